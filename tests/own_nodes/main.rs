//! The store and nodes that fail: this suite starts nodes of its own, kills, stops and restarts them. One test after the
//! other, so that none sees another's load.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod harness;

mod connecting;
#[cfg(target_os = "linux")]
mod disk_full;
mod fork;
mod hung;
mod killed;
mod late_transactions;
#[cfg(target_os = "linux")]
mod leaks;
mod many_tables;
mod mutation_limit;
mod operating;
mod passwords;
mod proxies;
mod restarted;
mod rights;
mod schema_race;
mod secrets_hidden;
mod three_replicas;
mod tls;
mod updates;
mod volume;
