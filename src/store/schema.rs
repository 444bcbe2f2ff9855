//! Creates the keyspace, the table and its index.

use super::DurableStore;
use crate::{Result, SchemaOptions, session, table::cql, telemetry};

impl DurableStore {
    /// Creates keyspace, table and index as far as they are missing, and waits until all nodes have them and the index
    /// answers. No other call creates anything. Needs no [`connect`](DurableStore::connect): it opens and closes a session
    /// of its own. Any number of programs may call it at once.
    ///
    /// Takes at most 60 seconds, independent of [`call_timeout`](crate::ConfigBuilder::call_timeout).
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore, Layout, Replication, SchemaOptions};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let options = SchemaOptions::new(Replication::network_topology([("dc1", 3)])).layout(Layout::ById);
    /// store.create_schema(&options)?;
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Config`](crate::ErrorKind::Config): the replication is refused; or the table exists, holds states, and records
    ///   another [`write_mode`](crate::ConfigBuilder::write_mode). If it is empty, its record is changed instead.
    /// - [`Schema`](crate::ErrorKind::Schema): the table exists and is different, or an index of the same name is on
    ///   another table.
    /// - [`Authentication`](crate::ErrorKind::Authentication): also if the role may not create.
    /// - [`Timeout`](crate::ErrorKind::Timeout): the nodes did not agree in time, or the index does not answer yet.
    /// - Everything else [`connect`](DurableStore::connect) returns.
    pub fn create_schema(&self, options: &SchemaOptions) -> Result<()> {
        self.run_call(&telemetry::CREATE_SCHEMA, None, |_| session::create_schema(self.config(), options))
    }

    /// Returns the CQL that [`create_schema`](DurableStore::create_schema) runs, to be run by hand.
    ///
    /// ```
    /// use durable_store::{Config, DurableStore, Layout, Replication, SchemaOptions};
    ///
    /// let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let options = SchemaOptions::new(Replication::simple(3)).layout(Layout::ById);
    /// assert!(store.schema_cql(&options).contains(r#"CREATE TABLE IF NOT EXISTS "ego"."states_store""#));
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn schema_cql(&self, options: &SchemaOptions) -> String {
        cql::schema(self.config(), options)
    }
}
