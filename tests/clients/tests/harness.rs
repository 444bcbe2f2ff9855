//! What the clients share: the installed library, programs made with it, the server, and what to do where a tool is
//! missing.

mod installed;
mod program;
mod tools;

pub(crate) use cluster::shared::{Keyspace, address};
pub(crate) use installed::{folder, installed};
pub(crate) use program::{Program, printed};
pub(crate) use tools::is_missing;
