//! How states lie in a Cassandra table: the two [`Layout`]s, the [`SchemaOptions`] of a new table, the text of every
//! statement (`cql`), the conversion between a row and a state (`row`), and the check that a table found on the server
//! fits the store (`check`). Nothing here uses a server.

pub(crate) mod check;
pub(crate) mod cql;
mod layout;
pub(crate) mod row;
mod schema_options;

pub(crate) use layout::ClusteringOrder;
pub use layout::Layout;
pub use schema_options::{Replication, SchemaOptions};
