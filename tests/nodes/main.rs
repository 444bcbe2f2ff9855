//! The store and nodes that fail: this suite starts nodes of its own, kills, stops and restarts them. One test after the
//! other, so that none sees another's load.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod certificates;
mod harness;
mod page;
mod refused;
mod secure_cql;

mod connecting;
#[cfg(target_os = "linux")]
mod disk_full;
mod fork;
mod hung;
mod killed;
mod late;
#[cfg(target_os = "linux")]
mod leaks;
mod limits;
mod many_tables;
mod operating;
mod passwords;
mod proxies;
mod restarted;
mod rights;
mod schema_race;
mod secrets;
mod three;
mod tls;
mod tls_expired;
mod tls_files;
mod tls_rotation;
mod volume;
