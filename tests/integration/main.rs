//! The store against a real Cassandra, a file a topic. `cargo xtask test` starts one and says where it is; each test
//! has a keyspace of its own, dropped when it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod harness;

mod changes;
mod contract;
mod corrupt;
mod edges;
mod examples;
mod faults_closing;
mod faults_connecting;
mod faults_connections;
mod faults_deadlines;
mod faults_garbage;
mod faults_rebuild;
mod faults_retries;
mod faults_server_errors;
mod golden;
mod index;
mod lifecycle;
mod observing_events;
mod observing_metrics;
mod payloads;
mod pool;
mod schema;
mod sharding;
mod shards;
mod table;
mod threads;
mod write_and_read;
