//! A request as it is read, and what it is answered with.
//!
//! | part | is |
//! | --- | --- |
//! | `call` | a request on its way; it reads the body and opens the stream of the answer |
//! | `query` | its parameters, each of which is known or refused |
//! | `faults` | its parameter `fault` |
//! | `bad_request` | why it is refused |
//! | `response` | the responses there are |

pub(crate) mod bad_request;
pub(crate) mod call;
pub(crate) mod faults;
pub(crate) mod query;
pub(crate) mod response;
