//! Keeps the latest state of each entity in Apache Cassandra, for programs that run on plain threads. Reads and writes the
//! same rows as the Go module "Durable State Store (Cassandra)" of the actor framework eGo.
//!
//! ```no_run
//! use durable_store::{Config, DurableState, DurableStore, Layout, Replication, SchemaOptions, prost_types::Timestamp};
//!
//! let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
//! store.create_schema(&SchemaOptions::new(Replication::simple(1)).layout(Layout::ById))?;
//! store.connect()?;
//! store.write_state(&DurableState::new("account-42", 1, &Timestamp { seconds: 42, nanos: 0 }))?;
//! if let Some(state) = store.get_latest_state("account-42")? {
//!     println!("version {}: {:?}", state.version_number, state.to_msg::<Timestamp>()?);
//! }
//! # Ok::<(), durable_store::Error>(())
//! ```
//!
//! # Where to begin
//!
//! | item | content |
//! |---|---|
//! | [`DurableStore`] | the store: [`write_state`](DurableStore::write_state), [`get_latest_state`](DurableStore::get_latest_state), and their bulk, conditional and scanning variants. Every call blocks the calling thread. |
//! | [`TypedStore`], [`MemoryStore`], [`StateStore`] | a store of one message type, a store in memory for tests, and the trait of all stores |
//! | [`Config`] | all settings, with defaults and bounds |
//! | [`WriteMode`] | whether the last write wins, or stale writes are refused |
//! | [`Error`], [`ErrorKind`] | what a failure means; [`_documentation::errors`] says what to do about each kind |
//! | [`_documentation::operating`] | how to run a store in production; its events and metrics |
//! | [`_documentation::design`] | how the store works, and how it is verified |
//! | [`_documentation::ffi`] | how to use it from other languages |
//!
//! # Features
//!
//! None is on by default.
//!
//! | feature | adds |
//! |---|---|
//! | `conformance` | the module `conformance`: the contract of a store as test cases, for a store or wrapper of your own |
//! | `serde` | `Serialize` and `Deserialize` for [`Config`] and the enumerations; secrets are never serialized |
//! | `ffi` | the C interface, and with it the only `unsafe` code |
//!
//! # Implementation
//!
//! All threads share one session of the DataStax C++ driver, through the crate `cassandra-cpp`. A pool of leases (`r2d2`)
//! limits the calls in flight. Calls are futures inside, which the calling thread polls; there is no executor.
//!
//! **Not supported**: asynchronous calls, and keeping earlier states of an entity.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(feature = "ffi"), forbid(unsafe_code))]
#![cfg_attr(feature = "ffi", deny(unsafe_code))]

pub mod _documentation;
mod block_on;
mod call;
mod config;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
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
    DurableStore, MemoryStore, OwnedStateStore, ResumeToken, StateStore, States, TypedState, TypedStates, TypedStore,
    VersionedStateStore,
};
pub use table::{Layout, Replication, SchemaOptions};
