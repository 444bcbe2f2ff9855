//! The text of every statement, and nothing else. Tables are qualified and columns named, so that nothing depends on a
//! session's keyspace or on the order of columns.

use super::{ClusteringOrder, row::DELETED_MANIFEST};
use crate::{Config, Layout, Replication, SchemaOptions, WriteMode};

/// A round trip that uses no table of the store.
pub(crate) const PING: &str = "SELECT key FROM system.local";

pub(crate) const SELECT_LOCAL_SCHEMA_VERSION: &str = "SELECT schema_version FROM system.local";
pub(crate) const SELECT_PEER_SCHEMA_VERSIONS: &str = "SELECT schema_version FROM system.peers";

/// By keyspace.
pub(crate) const SELECT_KEYSPACE: &str = "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?";

/// By name. Not there before Cassandra 4.0.
pub(crate) const SELECT_SETTING: &str = "SELECT value FROM system_views.settings WHERE name = ?";

/// By keyspace and table.
pub(crate) const SELECT_COLUMNS: &str = "SELECT column_name, kind, position, type, clustering_order FROM system_schema.columns \
     WHERE keyspace_name = ? AND table_name = ?";

/// By keyspace and table.
pub(crate) const SELECT_INDEXES: &str =
    "SELECT index_name, options FROM system_schema.indexes WHERE keyspace_name = ? AND table_name = ?";

/// By keyspace and table.
pub(crate) const SELECT_TABLE_COMMENT: &str =
    "SELECT comment FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?";

/// The column that only a table written by transactions has: it records the write mode, and holds the epoch of the owner of
/// the entity, a number that rises with each claim.
pub(crate) const OWNER_EPOCH: &str = "owner_epoch";

/// The columns of a state, in the order in which every statement names them.
const STATE_COLUMNS: &str = "version_number, state_payload, state_manifest, timestamp, shard_number";

/// What every SELECT of states names, in this order. The timestamp of the row is that of its version number: a write sets
/// all columns at once.
fn read_columns() -> String {
    format!("{STATE_COLUMNS}, WRITETIME(version_number)")
}

/// A statement on the table of states, run again and again.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) text: String,
    /// Its number among the statements of all tables of the store. A session finds the prepared statement by it: an index
    /// into a vector costs less than a lookup of the text in a map.
    pub(crate) slot: usize,
}

/// The most statements that a table may have: the slots of table `n` begin at `n` times this.
const SLOTS_PER_TABLE: usize = 32;

/// Numbers the statements of a table.
struct Slots(usize);

impl Slots {
    fn next(&mut self, text: String) -> Statement {
        let slot = self.0;
        self.0 += 1;
        Statement { text, slot }
    }
}

/// The statements on the table of states, for the layout it was found to have.
#[derive(Debug)]
pub(crate) struct TableStatements {
    /// By shard_number and persistence_id, or by persistence_id alone: the key of the layout.
    pub(crate) select_row: Statement,
    /// By persistence_id, on a table keyed by shard: needs the index.
    pub(crate) select_by_id: Statement,
    /// By the key of the layout.
    pub(crate) delete: Statement,
    /// By persistence_id, on a table with owner_epoch, which is its last column.
    pub(crate) select_with_owner: Statement,
    /// On a table with owner_epoch: sets it if the row is as it was read. Its values are the new epoch, persistence_id, and
    /// what the row has to hold: owner_epoch and the columns of a state.
    pub(crate) claim: Statement,
    /// By persistence_id, on a table with owner_epoch: if the row holds the owner_epoch, version_number and state_manifest
    /// that follow. A condition that any row meets would let a late attempt remove a state that was written since.
    pub(crate) forget: Statement,
    pub(crate) writes: Writes,
    /// Another value is the TTL, in seconds: the last of the insert, the first of the updates.
    pub(crate) writes_with_ttl: Writes,
    pub(crate) scans: Scans,
}

/// Statements that write a state. Their values are version_number, state_payload, state_manifest, timestamp, shard_number
/// and persistence_id. In mode owned the value that follows for an update is the owner_epoch that the row has to hold.
#[derive(Debug)]
pub(crate) struct Writes {
    /// Without a condition.
    pub(crate) insert: Statement,
    /// On a table keyed by id: if there is no row. Never an INSERT: its row marker outlives a TTL, and then there is
    /// a row without a state forever.
    pub(crate) update_if_absent: Statement,
    /// On a table keyed by id: if there is a state whose version is not negative and not over the value that follows.
    pub(crate) update_if_not_newer: Statement,
    /// On a table keyed by id: if there is a state whose version is the value that follows.
    pub(crate) update_if_version: Statement,
    /// On a table keyed by id: if the row has the columns of a state that follow.
    pub(crate) update_if_unchanged: Statement,
    /// On a table keyed by id: if the entity was deleted at the version that follows.
    pub(crate) update_if_deleted: Statement,
    /// On a table keyed by id: leaves nothing but the version of a state. Its values are the version, persistence_id, and
    /// the version that the state has to have.
    pub(crate) mark_deleted: Statement,
}

/// Statements that read many states, in the order in which the table has them. Before the columns of states they select
/// the token of the partition, and persistence_id.
#[derive(Debug)]
pub(crate) struct Scans {
    pub(crate) table: Statement,
    /// From the partitions with a token on, those included.
    pub(crate) table_from: Statement,
    /// By shard_number, on a table keyed by shard.
    pub(crate) shard: Statement,
    /// By shard_number, and a persistence_id after which to begin in the clustering order of the table.
    pub(crate) shard_after: Statement,
}

impl TableStatements {
    /// `number` is the table's number among those of the store.
    pub(crate) fn new(config: &Config, layout: Layout, order: ClusteringOrder, number: usize) -> Self {
        let table = qualified(config);
        let key = match layout {
            Layout::ByShard => "shard_number = ? AND persistence_id = ?",
            Layout::ById => "persistence_id = ?",
        };
        let columns = read_columns();
        let select_by_id = format!("SELECT {columns}, persistence_id FROM {table} WHERE persistence_id = ?");
        let select_with_owner = format!("SELECT {columns}, {OWNER_EPOCH} FROM {table} WHERE persistence_id = ?");
        // A default TTL of the table must not end a claim.
        let claim = format!(
            "UPDATE {table} USING TTL 0 SET {OWNER_EPOCH} = ? WHERE persistence_id = ? IF {OWNER_EPOCH} = ? AND {}",
            every_column()
        );
        let forget = format!(
            "DELETE FROM {table} WHERE persistence_id = ? IF {OWNER_EPOCH} = ? AND version_number = ? AND state_manifest = ?"
        );
        let slots = &mut Slots(number * SLOTS_PER_TABLE);
        Self {
            select_row: slots.next(format!("SELECT {columns} FROM {table} WHERE {key}")),
            select_by_id: slots.next(select_by_id),
            delete: slots.next(format!("DELETE FROM {table} WHERE {key}")),
            select_with_owner: slots.next(select_with_owner),
            claim: slots.next(claim),
            forget: slots.next(forget),
            writes: Writes::new(&table, config.write_mode(), "", slots),
            writes_with_ttl: Writes::new(&table, config.write_mode(), " USING TTL ?", slots),
            scans: Scans::new(&table, layout, order, slots),
        }
    }
}

impl Writes {
    fn new(table: &str, mode: WriteMode, using: &str, slots: &mut Slots) -> Self {
        let owner = if mode == WriteMode::Owned { format!("{OWNER_EPOCH} = ? AND ") } else { String::new() };
        let insert = format!("INSERT INTO {table} ({STATE_COLUMNS}, persistence_id) VALUES (?, ?, ?, ?, ?, ?){using}");
        let insert = slots.next(insert);
        // Every column, since one left out would keep its former value, and the TTL of it.
        let mut set = |[payload, manifest, timestamp, shard]: [&str; 4], condition: &str| {
            slots.next(format!(
                "UPDATE {table}{using} SET version_number = ?, state_payload = {payload}, state_manifest = {manifest}, \
                 timestamp = {timestamp}, shard_number = {shard} WHERE persistence_id = ? IF {owner}{condition}"
            ))
        };
        let mut update = |condition: &str| set(["?"; 4], condition);
        let is_state = format!("version_number = ? AND state_manifest != '{DELETED_MANIFEST}'");
        Self {
            insert,
            update_if_absent: update(
                "version_number = null AND state_payload = null AND state_manifest = null AND timestamp = null",
            ),
            update_if_not_newer: update(&format!(
                "version_number <= ? AND version_number >= 0 AND state_manifest != '{DELETED_MANIFEST}'"
            )),
            update_if_version: update(&is_state),
            update_if_unchanged: update(&every_column()),
            update_if_deleted: update(&format!(
                "version_number = ? AND state_manifest = '{DELETED_MANIFEST}' AND state_payload = null"
            )),
            mark_deleted: set(["null", &literal(DELETED_MANIFEST), "null", "null"], &is_state),
        }
    }
}

impl Scans {
    fn new(table: &str, layout: Layout, order: ClusteringOrder, slots: &mut Slots) -> Self {
        let after = match order {
            ClusteringOrder::Ascending => ">",
            ClusteringOrder::Descending => "<",
        };
        let key = match layout {
            Layout::ByShard => "shard_number",
            Layout::ById => "persistence_id",
        };
        let select = format!("SELECT token({key}), persistence_id, {} FROM {table}", read_columns());
        Self {
            table_from: slots.next(format!("{select} WHERE token({key}) >= ?")),
            shard: slots.next(format!("{select} WHERE shard_number = ?")),
            shard_after: slots.next(format!("{select} WHERE shard_number = ? AND persistence_id {after} ?")),
            table: slots.next(select),
        }
    }
}

/// The condition that every column of a state has a value.
fn every_column() -> String {
    format!("{} = ?", STATE_COLUMNS.replace(", ", " = ? AND "))
}

pub(crate) fn create_keyspace(config: &Config, replication: &Replication) -> String {
    let options = match replication {
        Replication::Simple(factor) => format!("'class': 'SimpleStrategy', 'replication_factor': {factor}"),
        Replication::NetworkTopology(datacenters) => {
            let factors = datacenters.iter().map(|(name, factor)| format!(", {}: {factor}", literal(name)));
            format!("'class': 'NetworkTopologyStrategy'{}", factors.collect::<String>())
        }
    };
    format!("CREATE KEYSPACE IF NOT EXISTS \"{}\" WITH replication = {{{options}}}", config.keyspace())
}

pub(crate) fn create_table(config: &Config, layout: Layout) -> String {
    let resource = match layout {
        Layout::ByShard => include_str!("../../resources/states_store.sql"),
        Layout::ById => include_str!("../../resources/states_store_by_id.sql"),
    };
    let statement: Vec<&str> = resource.lines().filter(|line| !line.starts_with("--")).collect();
    let statement = statement.join("\n").trim_end_matches(';').replace("ego.states_store", &qualified(config));
    if !config.write_mode().uses_transactions() {
        return statement;
    }
    let statement = statement.replace("    PRIMARY KEY", &format!("    {OWNER_EPOCH} bigint,\n    PRIMARY KEY"));
    format!("{statement} WITH comment = {}", literal(&config.write_mode().name_in("")))
}

/// Records that the table is written by transactions.
pub(crate) fn add_owner_epoch(config: &Config) -> String {
    format!("ALTER TABLE {} ADD {OWNER_EPOCH} bigint", qualified(config))
}

/// Records that the table is not written by transactions.
pub(crate) fn drop_owner_epoch(config: &Config) -> String {
    format!("ALTER TABLE {} DROP {OWNER_EPOCH}", qualified(config))
}

/// Names the write mode of the settings in the table's comment, which is `comment` now.
pub(crate) fn name_write_mode(config: &Config, comment: &str) -> String {
    let comment = literal(&config.write_mode().name_in(comment));
    format!("ALTER TABLE {} WITH comment = {comment}", qualified(config))
}

/// Whether there is any state.
pub(crate) fn any_state(config: &Config) -> String {
    format!("SELECT persistence_id FROM {} LIMIT 1", qualified(config))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
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
            let all = format!("{:?}", TableStatements::new(&config(), layout, ClusteringOrder::Ascending, 0))
                .replace('\\', "");
            let statements = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "].map(|verb| all.matches(verb).count());
            assert_eq!(all.matches("\"bank\".\"accounts\"").count(), statements.iter().sum::<usize>(), "{all}");
            let table = create_table(&config(), layout);
            assert!(table.starts_with("CREATE TABLE IF NOT EXISTS \"bank\".\"accounts\" ("), "{table}");
            assert!(table.trim_end().ends_with(&format!("{}\n)", layout.primary_key())), "{table}");
        }
    }

    #[test]
    fn every_statement_of_a_table_has_its_own_slot() {
        let all: String = (0..2)
            .map(|number| {
                format!("{:?}", TableStatements::new(&config(), Layout::ById, ClusteringOrder::Ascending, number))
            })
            .collect();
        let slots = all.split("slot: ").skip(1).filter_map(|rest| rest.split(' ').next()?.parse::<usize>().ok());
        let mut slots: Vec<_> = slots.collect();
        slots.sort_unstable();
        assert_eq!(slots.len(), all.matches("Statement {").count());
        slots.dedup();
        assert_eq!(slots.len(), all.matches("Statement {").count());
        assert!(slots.iter().all(|slot| *slot < 2 * SLOTS_PER_TABLE), "{slots:?}");
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
