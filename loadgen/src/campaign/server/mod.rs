//! Servers in processes of their own: those of a user's commands, and this program's.

mod command;
mod own;

pub use self::command::{Command, Running, ServerError, kill_servers};
pub(super) use self::own::OwnServer;
pub use self::own::serve;
pub(crate) use self::own::{SUBCOMMAND, cores};
