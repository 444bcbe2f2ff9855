//! The one session of a store, from the outside in: `Lifecycle` connects and disconnects it, `Pool` lends `Lease`s on it
//! and replaces it when it stays dead, and a `TableSession` is the session together with what was learned of the table,
//! which `catalog` reads from Cassandra's system tables. `schema_setup` creates keyspace, table and index. Only this
//! folder uses the driver; what the store needs of it is exported here.

mod catalog;
mod lifecycle;
mod pool;
mod schema_setup;
mod table_session;

pub(crate) use lifecycle::Lifecycle;
pub(crate) use pool::{Lease, Pool};
pub(crate) use schema_setup::create_schema;
pub(crate) use table_session::TableSession;

pub(crate) use crate::driver::{Request, Row, Rows, Value};
