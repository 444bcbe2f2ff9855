//! The schema changes while a store is connected: the store recovers, or reports what is wrong until it is corrected.

use durable_store::{DurableStore, ErrorKind, Layout, Replication, SchemaOptions};

use crate::harness::{BOTH_LAYOUTS, Keyspace, account, eventually};

/// Both kinds of call that prepare statements, so that later ones use what was prepared.
fn write_and_read(store: &DurableStore, version: u64) {
    let state = account("account-42", version, 1);
    store.write_state(&state).unwrap();
    assert_eq!(store.get_latest_state("account-42").unwrap(), Some(state));
}

fn make_table(store: &DurableStore, layout: Layout) {
    store.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(layout)).unwrap();
}

#[test]
fn a_table_made_anew_is_used_at_once() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        for version in 1..=3 {
            write_and_read(&store, version);
            keyspace.cql("DROP TABLE {table}");
            make_table(&keyspace.store(), layout);
            assert_eq!(store.get_latest_state("account-42").unwrap(), None, "{layout:?}");
        }
        write_and_read(&store, 4);
    }
}

#[test]
fn a_dropped_table_or_keyspace_is_a_schema_error() {
    for layout in BOTH_LAYOUTS {
        for dropped in ["TABLE {table}", "KEYSPACE {keyspace}"] {
            let keyspace = Keyspace::with_table(layout);
            let store = keyspace.connected();
            write_and_read(&store, 1);
            keyspace.cql(&format!("DROP {}", dropped.replace("{keyspace}", keyspace.name())));
            for outcome in
                [store.write_state(&account("account-42", 2, 1)), store.get_latest_state("account-42").map(drop)]
            {
                let error = outcome.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Schema, "{layout:?}, {dropped}: {error}");
                assert!(!error.is_indeterminate() && !error.is_retryable(), "{error}");
            }
            // Nothing is wrong with the session.
            store.ping().unwrap();
            make_table(&keyspace.store(), layout);
            write_and_read(&store, 3);
        }
    }
}

#[test]
fn a_column_added_under_way_does_no_harm() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        write_and_read(&store, 1);
        keyspace.cql("ALTER TABLE {table} ADD note text");
        write_and_read(&store, 2);
        keyspace.cql("ALTER TABLE {table} DROP note");
        write_and_read(&store, 3);
    }
}

#[test]
fn a_dropped_index_is_a_schema_error_until_it_is_back() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    write_and_read(&store, 1);
    keyspace.cql(&format!("DROP INDEX {}.states_store_persistence_id_idx", keyspace.name()));
    let error = store.get_latest_state("account-42").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema, "{error}");
    for way_out in ["create_schema", "`sharding`", "(shard, id)"] {
        assert!(error.to_string().contains(way_out), "{error}");
    }
    store.write_state(&account("account-42", 2, 1)).unwrap();
    assert_eq!(store.get_latest_state((0, "account-42")).unwrap().unwrap().version_number, 2);
    make_table(&keyspace.store(), Layout::ByShard);
    eventually("the index answers", || store.get_latest_state("account-42").is_ok());
    assert_eq!(store.get_latest_state("account-42").unwrap().unwrap().version_number, 2);
}
