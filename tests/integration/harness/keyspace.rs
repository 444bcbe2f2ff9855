//! A keyspace for one test.

use cluster::{cql::Rows, shared};
use durable_store::{Config, ConfigBuilder, DurableStore, Layout, Replication, SchemaOptions, WriteMode};

use super::server::{raw, server};

/// Settings for a table that is recorded as versioned.
pub(crate) fn versioned(config: ConfigBuilder) -> ConfigBuilder {
    config.write_mode(WriteMode::Versioned)
}

/// Settings for a store that owns what it writes.
pub(crate) fn owned(config: ConfigBuilder) -> ConfigBuilder {
    config.write_mode(WriteMode::Owned)
}

/// A keyspace that no other test uses, dropped at the end.
pub(crate) struct Keyspace(shared::Keyspace);

impl Keyspace {
    /// A name that is not taken; the keyspace itself is made by whoever needs it.
    pub(crate) fn unmade() -> Self {
        Self(shared::Keyspace::new(server()))
    }

    /// As [`unmade`](Keyspace::unmade), with capital letters in the name.
    pub(crate) fn unmade_with_capitals() -> Self {
        Self(shared::Keyspace::with_capitals(server()))
    }

    /// An empty keyspace without tables.
    pub(crate) fn empty() -> Self {
        let keyspace = Self::unmade();
        keyspace.cql(&format!(
            "CREATE KEYSPACE {} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}",
            keyspace.name()
        ));
        keyspace
    }

    /// A keyspace with the table in this layout, made by the store itself.
    pub(crate) fn with_table(layout: Layout) -> Self {
        Self::with_schema(&SchemaOptions::new(Replication::Simple(1)).layout(layout))
    }

    /// A keyspace with the table these options describe, made by the store itself.
    pub(crate) fn with_schema(options: &SchemaOptions) -> Self {
        let keyspace = Self::unmade();
        keyspace.store().create_schema(options).expect("the schema is made");
        keyspace
    }

    /// A keyspace with a table keyed by id that is recorded as versioned, made by the store itself.
    pub(crate) fn versioned() -> Self {
        let keyspace = Self::unmade();
        let store = keyspace.store_with(versioned);
        store.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById)).expect("it is made");
        keyspace
    }

    pub(crate) fn name(&self) -> &str {
        self.0.name()
    }

    /// Settings that lead here.
    pub(crate) fn config(&self) -> ConfigBuilder {
        Self::config_of(self.name())
    }

    /// Settings that lead to a keyspace of another process.
    pub(crate) fn config_of(name: &str) -> ConfigBuilder {
        Config::builder()
            .contact_points([server().ip().to_string()])
            .port(server().port())
            .keyspace(format!("\"{name}\""))
    }

    /// A store on this keyspace, not connected.
    pub(crate) fn store(&self) -> DurableStore {
        self.store_with(|config| config)
    }

    /// A store on this keyspace with other settings, not connected.
    pub(crate) fn store_with(&self, change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> DurableStore {
        DurableStore::new(change(self.config()).build().expect("the settings are good"))
    }

    /// A connected store on this keyspace.
    pub(crate) fn connected(&self) -> DurableStore {
        self.connected_with(|config| config)
    }

    /// A connected store on this keyspace with other settings.
    pub(crate) fn connected_with(&self, change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> DurableStore {
        let store = self.store_with(change);
        store.connect().expect("the store connects");
        store
    }

    /// Its tables with their ids, and its indexes: the same before and after means that nothing was made.
    pub(crate) fn catalog(&self) -> [Rows; 2] {
        ["SELECT table_name, id FROM system_schema.tables", "SELECT * FROM system_schema.indexes"]
            .map(|select| self.cql(&format!("{select} WHERE keyspace_name = '{}'", self.name())))
    }

    /// The names of its indexes.
    pub(crate) fn indexes(&self) -> Vec<String> {
        let select = format!("SELECT index_name FROM system_schema.indexes WHERE keyspace_name = '{}'", self.name());
        let found = self.cql(&select);
        (0..found.rows.len()).map(|row| found.text(row, 0).expect("a name")).collect()
    }

    /// Runs a statement without the store. `{table}` in it stands for the table of states.
    pub(crate) fn cql(&self, statement: &str) -> Rows {
        self.cql_with(statement, &[])
    }

    /// As [`cql`](Keyspace::cql), with values for the markers as Cassandra encodes them.
    pub(crate) fn cql_with(&self, statement: &str, values: &[Option<&[u8]>]) -> Rows {
        let statement = statement.replace("{table}", &format!("\"{}\".states_store", self.name()));
        raw().query_with(&statement, values).unwrap_or_else(|error| panic!("{statement}: {error}"))
    }
}
