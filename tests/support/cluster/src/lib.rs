//! Starts and ends local Cassandra nodes, for the tests and for `cargo xtask cassandra`.
//!
//! Nodes are real: Cassandra's own jars, fetched once with Maven, run by the machine's Java on 127.0.0.1, 127.0.0.2
//! and so on, each cluster with ports and folders of its own, so that several can run side by side.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! let cluster = cluster::Cluster::builder("target/cassandra").nodes(3).start()?;
//! println!("{:?} port {}", cluster.contact_points(), cluster.port());
//! cluster.node(1).kill()?; // the second of three
//! # Ok(())
//! # }
//! ```
//!
//! **Nothing is left behind.** Dropping a [`Cluster`] ends its nodes and removes its folder. When the owning process
//! ends without dropping it (a `static`, `exit`, SIGKILL) a watchdog process ends each node at once, and the next
//! start in the same folder removes the files, and any node the watchdog missed. Only [`Detached`] clusters stay.

mod builder;
mod config_files;
mod detached;
mod docker;
mod jars;
mod java;
mod launch;
mod lock;
mod log_file;
mod node;
mod nodetool;
mod ports;
mod process;
mod run_folder;
mod running;

pub mod cql;
pub mod shared;

pub use builder::{Builder, DEFAULT_VERSION};
pub use detached::{Detached, DetachedNode};
pub use docker::{docker_answers, remove_container};
pub use java::find as find_java;
pub use node::Node;
pub use running::Cluster;
