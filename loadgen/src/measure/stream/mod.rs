//! What is measured of one stream, and of the connections that it is carried by.

mod connection_record;
mod lower_hull;
mod periodic_due;
mod record;
mod sequence;
mod stamped_due;

pub(crate) use connection_record::ConnectionRecord;
pub(crate) use record::{StreamRecord, StreamSetup};
