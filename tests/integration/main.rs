//! The store against a real Cassandra, a file a topic. `cargo xtask test` starts one and says where it is; each test
//! has a keyspace of its own, dropped when it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod harness;

mod bulk;
mod changes;
#[cfg(feature = "conformance")]
mod contract;
mod corrupt;
mod deletes;
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
mod handles;
mod index;
mod lifecycle;
mod model;
mod observing_events;
mod observing_metrics;
mod payloads;
mod peers_both_ways;
mod peers_formats;
mod peers_together;
mod pool;
mod quoted_names;
mod scans;
mod scans_resumed;
mod schema;
mod sharding;
mod shards;
mod table;
mod tables;
mod threads;
mod ttl;
mod typed;
mod versioned;
mod versioned_late;
mod versioned_races;
mod versioned_rows;
mod versioned_server_errors;
mod versioned_unknown;
mod write_and_read;
mod write_mode;
