//! What the clients share: the installed library, programs made with it, the server, and what to do where a tool is
//! missing.

mod installed;
mod program;
mod server;
mod tools;

pub(crate) use installed::{folder, installed};
pub(crate) use program::{Program, printed};
pub(crate) use server::{Keyspace, address};
pub(crate) use tools::is_missing;
