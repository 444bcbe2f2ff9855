//! Keeps the latest state of each entity in Apache Cassandra, for programs that run on plain threads.
//!
//! [`DurableStore`] is the store: [`write_state`](DurableStore::write_state),
//! [`get_latest_state`](DurableStore::get_latest_state) and what grows from them, each of which blocks its thread until it
//! has an outcome. In [`WriteMode::Versioned`] it refuses stale writers;
//! [`write_states`](DurableStore::write_states) moves many states at once, [`all_states`](DurableStore::all_states) reads
//! all there are.
//! [`Config`] is the reference of settings, [`Error`] says what a failure means, and
//! [`_documentation::errors`] what to do about each kind. [`_documentation::operating`] takes a store to production and
//! lists the events and metrics that show what happens there. [`MemoryStore`] stands in for the store in tests. What every
//! store keeps to, one of your own too, can be checked with the feature `conformance`.
//!
//! ```no_run
//! use durable_store::{Config, DurableState, DurableStore, prost_types::Timestamp};
//!
//! let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
//! store.connect()?;
//! store.write_state(&DurableState::new("account-42", 1, &Timestamp::default()))?;
//! let latest = store.get_latest_state("account-42")?;
//! # Ok::<(), durable_store::Error>(())
//! ```
//!
//! It reads and writes the same rows as the Go module "Durable State Store (Cassandra)" of the actor framework eGo.
//!
//! **Not supported**: asynchronous calls, other tables than the store's own, and keeping earlier states.
//!
//! With the feature `ffi` it has a C interface, for every other language: [`_documentation::ffi`].
//!
#![cfg_attr(not(feature = "ffi"), forbid(unsafe_code))]
#![cfg_attr(feature = "ffi", deny(unsafe_code))]

pub mod _documentation;
mod block_on;
mod call;
mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
mod driver;
mod error;
#[cfg(feature = "ffi")]
mod ffi;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod session;
mod state;
mod store;
mod table;
mod telemetry;

/// Compiles the code of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use call::WriteCondition;
pub use config::{
    Config, ConfigBuilder, Consistency, PayloadFormat, Pem, SerialConsistency, Sharding, Tls, TlsVerification, Ttl,
    WriteMode,
};
pub use error::{Error, ErrorKind, Result};
pub use prost;
pub use prost_types;
pub use state::{DurableState, StateKey};
pub use store::{
    DurableStore, MemoryStore, ResumeToken, StateStore, States, TypedState, TypedStates, TypedStore,
    VersionedStateStore,
};
pub use table::{Layout, Replication, SchemaOptions};
