pub(crate) mod call;
pub(crate) mod query;
pub(crate) mod response;
