//! Making the keyspace, the table and its index.

use super::DurableStore;
use crate::{Result, SchemaOptions, session, table::cql, telemetry};

impl DurableStore {
    /// Makes what is missing of keyspace, table and index, and waits until every node has it and the index answers.
    /// Never done unasked. Needs no [`connect`](DurableStore::connect): it opens and closes a session of its own. Any
    /// number of programs may do it at once.
    ///
    /// Takes at most 60 seconds, whatever [`call_timeout`](crate::ConfigBuilder::call_timeout) says.
    ///
    /// # Errors
    /// - [`Config`](crate::ErrorKind::Config): the replication is refused; or the table is there, holds states, and records another
    ///   [`write_mode`](crate::ConfigBuilder::write_mode). That of an empty table is changed.
    /// - [`Schema`](crate::ErrorKind::Schema): a table is there and is different, or an index of the same name is on another
    ///   table.
    /// - Those of [`connect`](DurableStore::connect); [`Authentication`](crate::ErrorKind::Authentication) also where the role
    ///   may not create.
    /// - [`Timeout`](crate::ErrorKind::Timeout): the nodes did not agree in time, or the index does not answer yet.
    pub fn create_schema(&self, options: &SchemaOptions) -> Result<()> {
        self.observe(&telemetry::CREATE_SCHEMA, None, |_| session::create_schema(self.config(), options))
    }

    /// The CQL that [`create_schema`](DurableStore::create_schema) runs, for the person who must run it by hand.
    ///
    /// ```
    /// use durable_store::{Config, DurableStore, Layout, Replication, SchemaOptions};
    ///
    /// let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let options = SchemaOptions::new(Replication::Simple(3)).layout(Layout::ById);
    /// assert!(store.schema_cql(&options).contains(r#"CREATE TABLE IF NOT EXISTS "ego"."states_store""#));
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn schema_cql(&self, options: &SchemaOptions) -> String {
        cql::schema(self.config(), options)
    }
}
