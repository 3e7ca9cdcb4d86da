//! Servers in processes of their own: those of a user's commands, and this program's.

mod command;
mod group;
mod own;

pub use self::command::{Command, Running, ServerError};
pub use self::group::kill_servers;
pub(super) use self::own::OwnServer;
