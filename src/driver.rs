//! The only place that names `cassandra_cpp`, and the only one that blocks.

#![expect(clippy::result_large_err, reason = "the binding's own error is large; it ends at this module's edge")]

mod cluster;
mod error;
mod guarded;
mod log;
mod rows;
mod session;
mod tls;

pub(crate) use rows::{Row, Rows};
pub(crate) use session::{Closing, Request, Session, Value};
