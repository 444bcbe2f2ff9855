//! The text of every statement, and nothing else. Tables are qualified and columns named, so that nothing depends on a
//! session's keyspace or on the order of columns.

use crate::{Config, Layout, Replication, SchemaOptions};

/// A round trip that touches no table of ours.
pub(crate) const PING: &str = "SELECT key FROM system.local";

pub(crate) const LOCAL_SCHEMA_VERSION: &str = "SELECT schema_version FROM system.local";
pub(crate) const PEER_SCHEMA_VERSIONS: &str = "SELECT schema_version FROM system.peers";

/// By keyspace.
pub(crate) const KEYSPACE: &str = "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?";

/// By name. Not there before Cassandra 4.0.
pub(crate) const SETTING: &str = "SELECT value FROM system_views.settings WHERE name = ?";

/// By keyspace and table.
pub(crate) const COLUMNS: &str =
    "SELECT column_name, kind, position, type FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?";

/// By keyspace and table.
pub(crate) const INDEXES: &str =
    "SELECT index_name, options FROM system_schema.indexes WHERE keyspace_name = ? AND table_name = ?";

/// The statements on the table of states, for the layout it was found to have.
#[derive(Debug)]
pub(crate) struct TableStatements {
    /// version_number, persistence_id, state_payload, state_manifest, timestamp, shard_number.
    pub(crate) insert: String,
    /// By shard_number and persistence_id, or by persistence_id alone: the key of the layout.
    pub(crate) select_row: String,
    /// By persistence_id, on a table keyed by shard: needs the index.
    pub(crate) select_by_id: String,
}

impl TableStatements {
    pub(crate) fn new(config: &Config, layout: Layout) -> Self {
        let table = qualified(config);
        let columns = "version_number, state_payload, state_manifest, timestamp, shard_number";
        let key = match layout {
            Layout::ByShard => "shard_number = ? AND persistence_id = ?",
            Layout::ById => "persistence_id = ?",
        };
        Self {
            insert: format!(
                "INSERT INTO {table} (version_number, persistence_id, state_payload, state_manifest, timestamp, \
                 shard_number) VALUES (?, ?, ?, ?, ?, ?)"
            ),
            select_row: format!("SELECT {columns} FROM {table} WHERE {key}"),
            select_by_id: format!("SELECT {columns}, WRITETIME(version_number) FROM {table} WHERE persistence_id = ?"),
        }
    }
}

pub(crate) fn create_keyspace(config: &Config, replication: &Replication) -> String {
    let options = match replication {
        Replication::Simple(factor) => format!("'class': 'SimpleStrategy', 'replication_factor': {factor}"),
        Replication::NetworkTopology(datacenters) => {
            let factors =
                datacenters.iter().map(|(name, factor)| format!(", '{}': {factor}", name.replace('\'', "''")));
            format!("'class': 'NetworkTopologyStrategy'{}", factors.collect::<String>())
        }
    };
    format!("CREATE KEYSPACE IF NOT EXISTS \"{}\" WITH replication = {{{options}}}", config.keyspace())
}

pub(crate) fn create_table(config: &Config, layout: Layout) -> String {
    let resource = match layout {
        Layout::ByShard => include_str!("../resources/states_store.sql"),
        Layout::ById => include_str!("../resources/states_store_by_id.sql"),
    };
    let statement: Vec<&str> = resource.lines().filter(|line| !line.starts_with("--")).collect();
    statement.join("\n").trim_end_matches(';').replace("ego.states_store", &qualified(config))
}

/// Without USING, so that any server version makes the kind it prefers; the store reads through either.
pub(crate) fn create_index(config: &Config) -> String {
    format!(
        "CREATE INDEX IF NOT EXISTS \"{}_persistence_id_idx\" ON {} (persistence_id)",
        config.table(),
        qualified(config)
    )
}

/// All that `create_schema` runs, for a person to run.
pub(crate) fn schema(config: &Config, options: &SchemaOptions) -> String {
    let mut statements = vec![create_keyspace(config, &options.replication), create_table(config, options.layout)];
    if options.has_index() {
        statements.push(create_index(config));
    }
    statements.iter().map(|statement| format!("{statement};\n")).collect()
}

fn qualified(config: &Config) -> String {
    format!("\"{}\".\"{}\"", config.keyspace(), config.table())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::builder().contact_points(["127.0.0.1"]).keyspace("Bank").table("Accounts").build().unwrap()
    }

    #[test]
    fn names_are_rendered_in_double_quotes_everywhere() {
        for layout in [Layout::ByShard, Layout::ById] {
            let statements = TableStatements::new(&config(), layout);
            for text in [statements.insert, statements.select_row, statements.select_by_id] {
                assert!(text.contains("\"bank\".\"accounts\""), "{text}");
            }
            let table = create_table(&config(), layout);
            assert!(table.starts_with("CREATE TABLE IF NOT EXISTS \"bank\".\"accounts\" ("), "{table}");
            assert!(table.trim_end().ends_with(&format!("{layout}\n)")), "{table}");
        }
    }

    #[test]
    fn the_schema_is_text_a_person_can_run() {
        let options = SchemaOptions::new(Replication::NetworkTopology(vec![("dc'1".into(), 3), ("dc2".into(), 2)]));
        let text = schema(&config(), &options);
        let replication = "{'class': 'NetworkTopologyStrategy', 'dc''1': 3, 'dc2': 2};";
        assert!(text.contains(replication), "{text}");
        assert!(
            text.ends_with("\"accounts_persistence_id_idx\" ON \"bank\".\"accounts\" (persistence_id);\n"),
            "{text}"
        );
        for without in [options.clone().layout(Layout::ById), options.index(false)] {
            assert!(!schema(&config(), &without).contains("CREATE INDEX"));
        }
        let simple = schema(&config(), &SchemaOptions::new(Replication::Simple(1)));
        assert!(simple.contains("{'class': 'SimpleStrategy', 'replication_factor': 1}"), "{simple}");
    }
}
