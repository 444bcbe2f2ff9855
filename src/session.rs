//! The one session of a store, from the outside in: `Lifecycle` connects and disconnects it, `Pool` gives out `Lease`s of it
//! and replaces it when it stays dead, `ClusterSession` is the driver's session with what is known of the cluster, and
//! `TableSession` adds what was learned of one table, which `catalog` reads from Cassandra's system tables. All tables of a
//! store share one `ClusterSession`. `schema_setup` creates keyspace, table and index. Only this folder uses the driver;
//! what the store needs of the driver is exported here.

mod catalog;
mod cluster_session;
mod lifecycle;
mod pool;
mod schema_setup;
mod table_session;

pub(crate) use lifecycle::{Lifecycle, TableEntry};
pub(crate) use pool::{Lease, Pool};
pub(crate) use schema_setup::create_schema;
pub(crate) use table_session::TableSession;

pub(crate) use crate::driver::{Request, Row, Rows, Value};
