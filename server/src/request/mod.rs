pub(crate) mod bad_request;
pub(crate) mod call;
pub(crate) mod faults;
pub(crate) mod query;
pub(crate) mod response;
