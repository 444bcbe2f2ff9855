//! What a driver is to the rest of the crate: a `Session` runs `Request`s, whose markers are bound to `Value`s, and answers
//! with `Rows`; `Closing` waits for a dropped session; `reachability` finds why no contact point answers, `failure_reason`
//! why replicas failed. The folder `cpp` implements this over the DataStax C++ driver and is the only place that names
//! `cassandra_cpp`.

mod closing;
mod cpp;
mod failure_reason;
mod reachability;
mod request;

pub(crate) use closing::Closing;
pub(crate) use cpp::{Row, Rows, Session};
pub(crate) use request::{Request, Value};
