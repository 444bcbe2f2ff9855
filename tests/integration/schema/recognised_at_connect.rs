//! The tables that a connect accepts and refuses.

use durable_store::{DurableStore, ErrorKind};

use crate::harness::{Keyspace, account};

/// The columns, without a key.
const COLUMNS: &str = "version_number bigint, persistence_id text, state_payload blob, state_manifest text, \
                       timestamp bigint, shard_number bigint";

fn store_on(keyspace: &Keyspace, table: &str) -> DurableStore {
    keyspace.store_with(|config| config.table(table))
}

#[test]
fn a_table_that_does_not_fit_is_refused_naming_what_was_found() {
    let keyspace = Keyspace::empty();
    for (table, definition, found) in [
        (
            "id_then_shard",
            format!("{COLUMNS}, PRIMARY KEY (persistence_id, shard_number)"),
            "PRIMARY KEY ((persistence_id), shard_number)",
        ),
        (
            "both_in_partition",
            format!("{COLUMNS}, PRIMARY KEY ((shard_number, persistence_id))"),
            "PRIMARY KEY ((shard_number, persistence_id))",
        ),
        (
            "by_shard_and_time",
            format!("{COLUMNS}, PRIMARY KEY (shard_number, persistence_id, timestamp)"),
            "PRIMARY KEY ((shard_number), persistence_id, timestamp)",
        ),
        ("by_shard_alone", format!("{COLUMNS}, PRIMARY KEY (shard_number)"), "PRIMARY KEY ((shard_number))"),
        (
            "no_manifest",
            COLUMNS.replace("state_manifest text,", "PRIMARY KEY (persistence_id),"),
            "has no column state_manifest of type text",
        ),
        (
            "int_version",
            COLUMNS.replace("version_number bigint", "PRIMARY KEY (persistence_id), version_number int"),
            "column version_number of table",
        ),
        (
            "ascii_id",
            COLUMNS.replace("persistence_id text", "persistence_id ascii PRIMARY KEY"),
            "is of type ascii, not text",
        ),
    ] {
        keyspace.cql(&format!("CREATE TABLE {}.{table} ({definition})", keyspace.name()));
        let error = store_on(&keyspace, table).connect().unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Schema, Some("connect")), "{error}");
        for part in [found, &format!("{}.{table}", keyspace.name())] {
            assert!(error.to_string().contains(part), "{part} is not in: {error}");
        }
    }
}

#[test]
fn a_missing_table_or_keyspace_is_named_with_advice() {
    let (empty, unmade) = (Keyspace::empty(), Keyspace::unmade());
    for (keyspace, missing) in [
        (&empty, format!("table {}.states_store does not exist", empty.name())),
        (&unmade, format!("keyspace {} does not exist", unmade.name())),
    ] {
        let store = keyspace.store();
        for (operation, error) in [("connect", store.connect().unwrap_err()), ("ping", store.ping().unwrap_err())] {
            assert_eq!((error.kind(), error.operation()), (ErrorKind::Schema, Some(operation)), "{error}");
            for part in [missing.as_str(), "`create_schema`", "`schema_cql`"] {
                assert!(error.to_string().contains(part), "{part} is not in: {error}");
            }
        }
        let error = store.get_latest_state("account-42").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotConnected, "{error}");
    }
}

#[test]
fn further_columns_and_another_order_do_no_harm() {
    let keyspace = Keyspace::empty();
    for (table, key) in
        [("by_shard", "PRIMARY KEY (shard_number, persistence_id)"), ("by_id", "PRIMARY KEY (persistence_id)")]
    {
        let order = if table == "by_shard" { "WITH CLUSTERING ORDER BY (persistence_id DESC)" } else { "" };
        let name = format!("{}.{table}", keyspace.name());
        keyspace.cql(&format!("CREATE TABLE {name} (note text, added_at timestamp, {COLUMNS}, {key}) {order}"));
        let store = store_on(&keyspace, table);
        store.connect().unwrap();
        let state = account("account-42", 1, 4200).with_shard(7);
        store.write_state(&state).unwrap();
        let note = "(shard_number, persistence_id, note) VALUES (7, 'account-42', 'kept')";
        keyspace.cql(&format!("INSERT INTO {name} {note}"));
        store.write_state(&state).unwrap();
        assert_eq!(store.get_latest_state((7, "account-42")).unwrap().as_ref(), Some(&state));
        assert_eq!(keyspace.cql(&format!("SELECT note FROM {name}")).text(0, 0).as_deref(), Some("kept"));
    }
}
