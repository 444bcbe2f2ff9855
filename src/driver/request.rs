//! A statement's values, and how it is to be run.

use std::time::Instant;

use crate::{Consistency, SerialConsistency, table::row::Payload};

/// A value bound to a marker of a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'v> {
    Null,
    Int(i32),
    Bigint(i64),
    Text(&'v str),
    /// Encoded when it is bound.
    Blob(Payload<'v>),
}

/// The values of a statement, one for each `?` of its text, and how it is to be run.
#[derive(Debug)]
pub(crate) struct Request<'r> {
    pub(crate) values: &'r [Value<'r>],
    pub(crate) consistency: Consistency,
    /// When to give up waiting for the answer.
    pub(crate) deadline: Instant,
    /// Of a lightweight transaction: which replicas agree on it.
    pub(crate) serial_consistency: Option<SerialConsistency>,
    /// The client timestamp of a write, in microseconds since 1970.
    pub(crate) timestamp: Option<i64>,
    /// How many rows a page has, if the answer can have many.
    pub(crate) page_size: Option<u32>,
    /// Where the page begins, from the page before; `None` for the first.
    pub(crate) page: Option<Vec<u8>>,
}

impl<'r> Request<'r> {
    /// A request that is neither a write nor a later page.
    pub(crate) fn new(values: &'r [Value<'r>], consistency: Consistency, deadline: Instant) -> Self {
        Self { values, consistency, deadline, serial_consistency: None, timestamp: None, page_size: None, page: None }
    }
}
