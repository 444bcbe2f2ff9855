//! Checks whether a table found on the server has one of the two layouts, and which write mode its columns record. Uses no
//! server.

use super::{ClusteringOrder, cql};
use crate::{Config, Error, Layout, Result, WriteMode};

/// The columns of the table and their types. A table may have other columns too.
const COLUMNS: [(&str, &str); 6] = [
    ("version_number", "bigint"),
    ("persistence_id", "text"),
    ("state_payload", "blob"),
    ("state_manifest", "text"),
    ("timestamp", "bigint"),
    ("shard_number", "bigint"),
];

/// The further column of a table that is written by transactions.
const OWNER_EPOCH_COLUMN: (&str, &str) = (cql::OWNER_EPOCH, "bigint");

/// A column as `system_schema.columns` has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) position: i32,
    pub(crate) cql_type: String,
    /// `asc`, `desc` or `none`.
    pub(crate) clustering_order: String,
}

/// The layout of the table that has these columns. No columns mean that there is no table.
pub(crate) fn layout_of(columns: &[Column], config: &Config) -> Result<Layout> {
    let table = format!("{}.{}", config.keyspace(), config.table());
    if columns.is_empty() {
        let advice = "create it with `create_schema`, or by hand with the text of `schema_cql`";
        return Err(Error::schema(format!("table {table} does not exist: {advice}")));
    }
    for (name, cql_type) in COLUMNS.into_iter().chain([OWNER_EPOCH_COLUMN]) {
        match columns.iter().find(|column| column.name == name) {
            None if name == cql::OWNER_EPOCH => {}
            None => return Err(Error::schema(format!("table {table} has no column {name} of type {cql_type}"))),
            Some(found) if found.cql_type != cql_type => {
                let message = format!("column {name} of table {table} is of type {}, not {cql_type}", found.cql_type);
                return Err(Error::schema(message));
            }
            Some(found) if found.kind == "static" => {
                let message = format!("column {name} of table {table} is static: all rows of a shard share its value");
                return Err(Error::schema(message));
            }
            Some(_) => {}
        }
    }
    let partition = key_columns(columns, "partition_key");
    let clustering = key_columns(columns, "clustering");
    match (partition.as_slice(), clustering.as_slice()) {
        (["shard_number"], ["persistence_id"]) => Ok(Layout::ByShard),
        (["persistence_id"], []) => Ok(Layout::ById),
        _ => Err(Error::schema(format!(
            "table {table} has PRIMARY KEY (({}){}), which is neither {} nor {}",
            partition.join(", "),
            clustering.iter().map(|name| format!(", {name}")).collect::<String>(),
            Layout::ByShard.primary_key(),
            Layout::ById.primary_key(),
        ))),
    }
}

/// In which order the table has the rows of a shard.
pub(crate) fn clustering_order_of(columns: &[Column]) -> ClusteringOrder {
    let descending = columns.iter().any(|column| column.clustering_order == "desc");
    if descending { ClusteringOrder::Descending } else { ClusteringOrder::Ascending }
}

fn key_columns<'c>(columns: &'c [Column], kind: &str) -> Vec<&'c str> {
    let mut found: Vec<&Column> = columns.iter().filter(|column| column.kind == kind).collect();
    found.sort_by_key(|column| column.position);
    found.into_iter().map(|column| column.name.as_str()).collect()
}

/// Refuses transactions on a table keyed by shard: Cassandra runs one at a time per partition, which is a whole shard there.
pub(crate) fn check_layout_of_mode(layout: Layout, config: &Config) -> Result<()> {
    let (keyspace, table, mode) = (config.keyspace(), config.table(), config.write_mode());
    if mode.uses_transactions() && layout == Layout::ByShard {
        let message = format!("{mode} needs a table keyed by id, but {keyspace}.{table} is keyed by shard");
        return Err(Error::setting("write_mode", message));
    }
    Ok(())
}

/// Refuses settings with another write mode than the table records. The record is the column `owner_epoch`: a table has it
/// if it is written by transactions. A comment is for people: it can be dropped, and would then let plain writes in.
pub(crate) fn check_write_mode(columns: &[Column], comment: &str, layout: Layout, config: &Config) -> Result<()> {
    check_layout_of_mode(layout, config)?;
    let (table, wanted) = (format!("{}.{}", config.keyspace(), config.table()), config.write_mode());
    let refused = |reason: String| Err(Error::setting("write_mode", reason));
    let add = cql::add_owner_epoch(config);
    match (has_owner_epoch(columns), wanted.uses_transactions(), WriteMode::named_in(comment)) {
        (true, true, _) | (false, false, Ok(WriteMode::LastWriteWins)) => Ok(()),
        (true, false, _) => refused(format!(
            "it is {wanted}, but table {table} has the column owner_epoch: all its writers have to use transactions \
             (versioned); if there are no other writers, change that with: {}",
            plain_writes(comment, config).join("; ")
        )),
        (false, true, Ok(WriteMode::LastWriteWins)) => refused(format!(
            "it is {wanted}, but table {table} has no column owner_epoch: all its writers have to write plainly \
             (last_write_wins); if there are no other writers, change that with: {add}"
        )),
        (false, _, Ok(recorded)) => refused(format!(
            "table {table} records {recorded} in its comment only, which does not keep plain writes out; upgrade it with: \
             {add}"
        )),
        (false, _, Err(recorded)) => {
            refused(format!("table {table} is recorded as {recorded}, which this version does not know"))
        }
    }
}

pub(crate) fn has_owner_epoch(columns: &[Column]) -> bool {
    columns.iter().any(|column| column.name == cql::OWNER_EPOCH)
}

/// The statements that let plain writes into a table that is written by transactions.
pub(crate) fn plain_writes(comment: &str, config: &Config) -> Vec<String> {
    let mut statements = vec![cql::drop_owner_epoch(config)];
    if WriteMode::named_in(comment) != Ok(WriteMode::LastWriteWins) {
        statements.push(cql::name_write_mode(config, comment));
    }
    statements
}

/// A size as the server's settings have it, such as `32MiB` or `16384KiB`.
pub(crate) fn bytes_of(size: &str) -> Option<usize> {
    let digits = size.find(|c: char| !c.is_ascii_digit()).unwrap_or(size.len());
    let (number, unit) = size.split_at(digits);
    let factor = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<usize>().ok()?.checked_mul(factor)
}

pub(crate) fn keyspace_missing(config: &Config) -> Error {
    let advice = "create it with `create_schema`, or by hand with the text of `schema_cql`";
    Error::schema(format!("keyspace {} does not exist: {advice}", config.keyspace()))
}

/// The error of a read by id on a table keyed by shard without an index, if the shard is not known.
pub(crate) fn index_missing(config: &Config) -> Error {
    Error::schema(format!(
        "table {}.{} is keyed by shard and has no index on persistence_id, so an id alone cannot be read: \
         either create the index (`create_schema`, or CREATE INDEX ON it), or set `sharding` so that the shard follows \
         from the id, or read with the shard in the key, as (shard, id)",
        config.keyspace(),
        config.table(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn config() -> Config {
        Config::builder().contact_points(["127.0.0.1"]).build().unwrap()
    }

    fn columns(partition: &[&str], clustering: &[&str]) -> Vec<Column> {
        let place = |name: &str| {
            let position = |keys: &[&str]| keys.iter().position(|key| *key == name);
            match (position(partition), position(clustering)) {
                (Some(at), _) => ("partition_key", at),
                (_, Some(at)) => ("clustering", at),
                _ => ("regular", 0),
            }
        };
        let column = |(name, cql_type): (&str, &str)| {
            let (kind, at) = place(name);
            let position = if kind == "regular" { -1 } else { at as i32 };
            let clustering_order = if kind == "clustering" { "asc" } else { "none" }.into();
            Column { name: name.into(), kind: kind.into(), position, cql_type: cql_type.into(), clustering_order }
        };
        COLUMNS.into_iter().map(column).collect()
    }

    #[test]
    fn both_layouts_are_told_apart_and_further_columns_do_no_harm() {
        let mut by_shard = columns(&["shard_number"], &["persistence_id"]);
        assert_eq!(layout_of(&by_shard, &config()).unwrap(), Layout::ByShard);
        assert_eq!(layout_of(&columns(&["persistence_id"], &[]), &config()).unwrap(), Layout::ById);
        by_shard.push(Column { name: "note".into(), kind: "static".into(), ..by_shard[0].clone() });
        assert_eq!(layout_of(&by_shard, &config()).unwrap(), Layout::ByShard);
    }

    #[test]
    fn the_clustering_order_is_that_of_persistence_id() {
        let mut by_shard = columns(&["shard_number"], &["persistence_id"]);
        assert_eq!(clustering_order_of(&by_shard), ClusteringOrder::Ascending);
        by_shard.iter_mut().find(|column| column.name == "persistence_id").unwrap().clustering_order = "desc".into();
        assert_eq!(clustering_order_of(&by_shard), ClusteringOrder::Descending);
        assert_eq!(clustering_order_of(&columns(&["persistence_id"], &[])), ClusteringOrder::Ascending);
    }

    fn with_epoch(mut columns: Vec<Column>) -> Vec<Column> {
        let (name, cql_type) = OWNER_EPOCH_COLUMN;
        let regular = columns.iter().find(|column| column.kind == "regular").unwrap().clone();
        columns.push(Column { name: name.into(), cql_type: cql_type.into(), ..regular });
        columns
    }

    #[test]
    fn another_write_mode_is_refused_with_the_statement_to_set_it() {
        let config = |mode| Config::builder().contact_points(["127.0.0.1"]).write_mode(mode).build().unwrap();
        let (plain, versioned) = (config(WriteMode::LastWriteWins), config(WriteMode::Versioned));
        let (by_shard, by_id) = (columns(&["shard_number"], &["persistence_id"]), columns(&["persistence_id"], &[]));
        let epoch = with_epoch(by_id.clone());
        let named = "it's ours durable_store:write_mode=versioned";
        check_write_mode(&by_shard, "", Layout::ByShard, &plain).unwrap();
        check_write_mode(&by_id, "", Layout::ById, &plain).unwrap();
        for comment in ["", named, "durable_store:write_mode=last_write_wins", "durable_store:write_mode=newer"] {
            check_write_mode(&epoch, comment, Layout::ById, &versioned).unwrap();
        }
        let (add, drop) = ("ALTER TABLE \"ego\".\"states_store\" ADD owner_epoch bigint", "DROP owner_epoch");
        let recomment = "DROP owner_epoch; ALTER TABLE \"ego\".\"states_store\" WITH comment = 'it''s ours'";
        for (columns, comment, layout, config, part) in [
            (&by_shard, "", Layout::ByShard, &versioned, "needs a table keyed by id"),
            (&by_id, "it's ours", Layout::ById, &versioned, add),
            (&by_id, named, Layout::ById, &versioned, add),
            (&by_id, named, Layout::ById, &plain, add),
            (&epoch, "", Layout::ById, &plain, drop),
            (&epoch, named, Layout::ById, &plain, recomment),
            (&by_id, "durable_store:write_mode=newer", Layout::ById, &plain, "newer, which this version does not know"),
        ] {
            let error = check_write_mode(columns, comment, layout, config).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn sizes_are_read_with_their_unit_or_not_at_all() {
        for (text, bytes) in [("16384KiB", Some(16 << 20)), ("32MiB", Some(32 << 20)), ("7B", Some(7))] {
            assert_eq!(bytes_of(text), bytes);
        }
        for text in ["", "null", "32", "MiB", "-1MiB", "99999999999999999999GiB", "9999999999999999GiB"] {
            assert_eq!(bytes_of(text), None, "{text}");
        }
    }

    #[test]
    fn tables_of_another_form_are_named_with_the_difference() {
        let mut retyped = columns(&["persistence_id"], &[]);
        retyped[0].cql_type = "int".into();
        let mut other_epoch = with_epoch(columns(&["persistence_id"], &[]));
        other_epoch[6].cql_type = "text".into();
        let mut shared = columns(&["shard_number"], &["persistence_id"]);
        shared[3].kind = "static".into();
        let mut short = columns(&["persistence_id"], &[]);
        short.retain(|column| column.name != "state_manifest");
        for (found, part) in [
            (vec![], "table ego.states_store does not exist"),
            (short, "no column state_manifest of type text"),
            (shared, "column state_manifest of table ego.states_store is static"),
            (other_epoch, "owner_epoch of table ego.states_store is of type text, not bigint"),
            (retyped, "version_number of table ego.states_store is of type int, not bigint"),
            (columns(&["persistence_id"], &["shard_number"]), "PRIMARY KEY ((persistence_id), shard_number)"),
            (columns(&["shard_number", "persistence_id"], &[]), "PRIMARY KEY ((shard_number, persistence_id))"),
            (columns(&["shard_number"], &["persistence_id", "timestamp"]), "persistence_id, timestamp)"),
        ] {
            let error = layout_of(&found, &config()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Schema);
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
