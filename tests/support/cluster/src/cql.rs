//! A tiny blocking client of Cassandra's native protocol, version 4: enough to look at a node from outside, without
//! the driver under test. One connection, one request at a time, whole results in memory.
//!
//! ```no_run
//! # fn main() -> Result<(), cluster::cql::Error> {
//! let address = "127.0.0.1:9042".parse().unwrap();
//! let mut client = cluster::cql::Client::connect(address, std::time::Duration::from_secs(2))?;
//! let rows = client.query("SELECT release_version FROM system.local")?;
//! println!("{}", rows.text(0, 0).unwrap_or_default());
//! # Ok(())
//! # }
//! ```

mod address;
mod client;
mod error;
mod frame;
mod render;
mod rows;
mod types;

pub use address::first_address;
pub use client::Client;
pub use error::Error;
pub use render::render;
pub use rows::{Column, Rows};
pub use types::Type;

type Result<T> = std::result::Result<T, Error>;
