//! The store against a real Cassandra, one file per topic. `cargo xtask test` starts a server and passes its address. Each
//! test has a keyspace of its own, which is dropped when the test ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod harness;

mod boundary_values;
mod bulk;
mod clocks;
#[cfg(feature = "conformance")]
mod conformance;
mod corrupt_rows;
mod deletes;
mod examples;
mod faults;
mod golden;
mod handles;
mod lifecycle;
mod model_based;
mod observability;
mod owned;
mod payloads;
mod peers;
mod pool;
mod quoted_names;
mod scans;
mod schema;
mod tables;
mod threads;
mod ttl;
mod typed;
mod update;
mod versioned;
mod write_and_read;
mod write_mode;
