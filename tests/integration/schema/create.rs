//! Creating the schema.

use std::thread;

use durable_store::{DurableStore, ErrorKind, Layout, Replication, SchemaOptions};

use crate::harness::{BOTH_LAYOUTS, Keyspace, account, raw};

fn one_copy() -> SchemaOptions {
    SchemaOptions::new(Replication::Simple(1))
}

/// The store is good for writing and reading by id.
#[track_caller]
fn assert_works(store: &DurableStore) {
    store.connect().unwrap();
    let state = account("account-42", 1, 4200).with_shard(7);
    store.write_state(&state).unwrap();
    assert_eq!(store.get_latest_state("account-42").unwrap(), Some(state));
}

#[test]
fn making_it_again_changes_nothing() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.store();
        assert_works(&store);
        let before = keyspace.catalog();
        store.create_schema(&one_copy().layout(layout)).unwrap();
        assert_eq!(keyspace.catalog(), before);
        assert!(store.get_latest_state("account-42").unwrap().is_some(), "{layout:?}");
    }
}

fn key(layout: Layout) -> &'static str {
    match layout {
        Layout::ById => "PRIMARY KEY (persistence_id)",
        _ => "PRIMARY KEY (shard_number, persistence_id)",
    }
}

#[test]
fn a_table_of_the_other_layout_is_left_alone_and_named() {
    for (there, wanted) in [(Layout::ByShard, Layout::ById), (Layout::ById, Layout::ByShard)] {
        let keyspace = Keyspace::with_table(there);
        let before = keyspace.catalog();
        let error = keyspace.store().create_schema(&one_copy().layout(wanted)).unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Schema, Some("create_schema")), "{error}");
        let text =
            format!("table {}.states_store exists with {}, expected {}", keyspace.name(), key(there), key(wanted));
        assert!(error.to_string().contains(&text), "{error}");
        assert_eq!(keyspace.catalog(), before);
        assert_works(&keyspace.store());
    }
}

#[test]
fn eight_stores_make_it_at_once() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::unmade();
        let stores: Vec<DurableStore> = (0..8).map(|_| keyspace.store()).collect();
        thread::scope(|scope| {
            for (number, store) in stores.iter().enumerate() {
                scope.spawn(move || {
                    store.create_schema(&one_copy().layout(layout)).unwrap();
                    store.connect().unwrap();
                    store.write_state(&account(&format!("account-{number}"), 1, 1)).unwrap();
                });
            }
        });
        for store in &stores {
            for number in 0..stores.len() {
                assert!(store.get_latest_state(&format!("account-{number}")).unwrap().is_some(), "{layout:?} {number}");
            }
        }
    }
}

#[test]
fn the_cql_for_a_person_makes_what_the_store_accepts() {
    for options in BOTH_LAYOUTS.map(|layout| one_copy().layout(layout)) {
        let by_hand = Keyspace::unmade();
        let cql = by_hand.store().schema_cql(&options);
        for statement in cql.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            raw().query(statement).unwrap();
        }
        // Nothing is left to do for the store, which also waits for the index.
        let before = by_hand.catalog();
        by_hand.store().create_schema(&options).unwrap();
        assert_eq!(by_hand.catalog(), before);
        assert_works(&by_hand.store());
    }
}

#[test]
fn the_longest_names_work() {
    let keyspace = Keyspace::unmade();
    let store = keyspace.store_with(|config| config.table("t".repeat(48)));
    store.create_schema(&one_copy()).unwrap();
    assert_works(&store);
}

#[test]
fn names_in_upper_case_are_the_same_names() {
    let keyspace = Keyspace::unmade();
    let store = keyspace.store_with(|config| config.keyspace(keyspace.name().to_uppercase()).table("STATES_Store"));
    store.create_schema(&one_copy()).unwrap();
    assert_works(&store);
    assert_eq!(keyspace.rows().len(), 1);
    assert!(keyspace.connected().get_latest_state("account-42").unwrap().is_some());
}

#[test]
fn an_unknown_datacenter_is_a_setting_refused() {
    let keyspace = Keyspace::unmade();
    let replication = Replication::NetworkTopology(vec![("nowhere".into(), 1)]);
    let error = keyspace.store().create_schema(&SchemaOptions::new(replication)).unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Config, Some("create_schema")), "{error}");
    assert!(error.to_string().contains("nowhere"), "{error}");
}
