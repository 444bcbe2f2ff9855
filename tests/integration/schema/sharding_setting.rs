//! The setting `sharding`: reads by id that need no index.

use durable_store::{DurableStore, ErrorKind, Layout, Replication, SchemaOptions, Sharding};

use crate::harness::{Keyspace, account};

/// Both ways to say which shard an id is in; this puts "account-42" into shard 10.
fn sharded_stores(keyspace: &Keyspace) -> [DurableStore; 2] {
    let by_length = Sharding::by(|id| id.len() as u64);
    [Sharding::Fixed(10), by_length].map(|sharding| keyspace.connected_with(|config| config.sharding(sharding)))
}

#[test]
fn a_known_shard_needs_no_index() {
    let keyspace = Keyspace::with_schema(&SchemaOptions::new(Replication::Simple(1)).index(false));
    for (version, store) in (1..).zip(sharded_stores(&keyspace)) {
        let state = account("account-42", version, 4200).with_shard(10);
        store.write_state(&state).unwrap();
        for read in [store.get_latest_state("account-42"), store.get_latest_state((10, "account-42"))] {
            assert_eq!(read.unwrap().as_ref(), Some(&state));
        }
        assert_eq!(store.get_latest_state("account-43").unwrap(), None);
    }
    let error = keyspace.connected().get_latest_state("account-42").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
}

#[test]
fn a_function_spreads_ids_over_shards() {
    let keyspace = Keyspace::with_schema(&SchemaOptions::new(Replication::Simple(1)).index(false));
    let store = keyspace.connected_with(|config| config.sharding(Sharding::by(|id| id.len() as u64)));
    for id in ["a", "bc", "def"] {
        store.write_state(&account(id, 1, 1).with_shard(id.len() as u64)).unwrap();
    }
    let shards: Vec<_> = keyspace.rows().into_iter().map(|row| row.shard_number).collect();
    assert_eq!(shards, [Some(1), Some(2), Some(3)]);
    for id in ["a", "bc", "def"] {
        assert_eq!(store.get_latest_state(id).unwrap().unwrap().persistence_id, id);
    }
}

#[test]
fn another_shard_than_the_known_one_is_refused() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    for store in sharded_stores(&keyspace) {
        let state = account("account-42", 1, 1).with_shard(9);
        for (operation, error) in [
            ("write_state", store.write_state(&state).unwrap_err()),
            ("get_latest_state", store.get_latest_state((9, "account-42")).unwrap_err()),
            ("get_latest_state", store.get_latest_state(&state).unwrap_err()),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
            assert_eq!((error.operation(), error.persistence_id()), (Some(operation), Some("account-42")));
            assert!(error.to_string().contains("shard: 9 was given"), "{error}");
            assert!(!error.is_indeterminate());
        }
    }
    assert_eq!(keyspace.rows(), []);
}

#[test]
fn a_known_shard_shows_one_row_only_where_there_are_several() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let (known, elsewhere) = (account("account-42", 1, 1).with_shard(10), account("account-42", 2, 2).with_shard(11));
    let store = keyspace.connected();
    for state in [&known, &elsewhere] {
        store.write_state(state).unwrap();
    }
    assert_eq!(store.get_latest_state("account-42").unwrap(), Some(elsewhere));
    for store in sharded_stores(&keyspace) {
        assert_eq!(store.get_latest_state("account-42").unwrap().as_ref(), Some(&known));
    }
}

#[test]
fn on_a_table_keyed_by_id_the_setting_has_no_effect() {
    let keyspace = Keyspace::with_table(Layout::ById);
    for (version, store) in (1..).zip(sharded_stores(&keyspace)) {
        let state = account("account-42", version, 1).with_shard(9);
        store.write_state(&state).unwrap();
        for read in [store.get_latest_state("account-42"), store.get_latest_state((8, "account-42"))] {
            assert_eq!(read.unwrap().as_ref(), Some(&state));
        }
    }
}
