//! The DataStax C++ driver, through the binding `cassandra_cpp`.

#![expect(clippy::result_large_err, reason = "the binding's own error is large; it ends at this module's edge")]

mod cluster;
mod error;
mod guarded;
mod log;
mod rows;
mod session;
mod tls;

pub(crate) use rows::{Row, Rows};
pub(crate) use session::Session;
