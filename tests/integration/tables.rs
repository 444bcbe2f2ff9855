//! Handles on other tables of the keyspace, `with_table`: one session serves all of them, and each table fails for itself.

use std::thread;

use durable_store::{
    Config, DurableStore, ErrorKind, Layout, Replication, SchemaOptions,
    WriteCondition::{IfAbsent, IfVersion},
    WriteMode,
};

use crate::harness::{Keyspace, account};

/// Creates a table of this name on its own store, and returns the settings that lead to it.
fn create(keyspace: &Keyspace, table: &str, layout: Layout) -> Config {
    let config = keyspace.config().table(table).build().unwrap();
    let options = SchemaOptions::new(Replication::Simple(1)).layout(layout);
    DurableStore::new(config.clone()).create_schema(&options).unwrap();
    config
}

#[test]
fn each_table_keeps_its_own_states_in_its_own_layout() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let orders = DurableStore::new(create(&keyspace, "orders", Layout::ById));
    let store = keyspace.connected();
    let handle = store.with_table("orders");
    let (in_store, in_orders) = (account("account-42", 1, 1).with_shard(7), account("account-42", 5, 5));
    store.write_state(&in_store).unwrap();
    handle.write_state(&in_orders).unwrap();
    assert_eq!(store.get_latest_state("account-42").unwrap().as_ref(), Some(&in_store));
    assert_eq!(handle.get_latest_state("account-42").unwrap().as_ref(), Some(&in_orders));
    assert_eq!(handle.all_states().map(Result::unwrap).collect::<Vec<_>>(), std::slice::from_ref(&in_orders));
    assert_eq!(store.shard_states(7).map(Result::unwrap).collect::<Vec<_>>(), [in_store]);
    assert!(handle.write_states([&account("b", 1, 1)]).into_iter().all(|outcome| outcome.is_ok()));
    handle.delete_state("b").unwrap();

    // A store whose own table this is reads the same.
    orders.connect().unwrap();
    assert_eq!(orders.all_states().map(Result::unwrap).collect::<Vec<_>>(), [in_orders]);
}

#[test]
fn a_handle_connects_with_its_own_table_alone() {
    let keyspace = Keyspace::empty();
    create(&keyspace, "orders", Layout::ById);
    let store = keyspace.store();
    let handle = store.with_table("orders");
    handle.connect().unwrap();
    handle.write_state(&account("account-42", 1, 1)).unwrap();
    let error = store.write_state(&account("account-42", 1, 1)).unwrap_err();
    assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Schema, false), "{error}");
    assert!(error.to_string().contains("states_store"), "{error}");
    handle.write_state(&account("account-42", 2, 2)).unwrap();
}

#[test]
fn two_handles_that_connect_at_once_fail_each_for_its_own_table() {
    let keyspace = Keyspace::with_table(Layout::ById);
    for _ in 0..5 {
        let store = keyspace.store();
        let missing = store.with_table("missing");
        thread::scope(|scope| {
            let failing: Vec<_> = (0..4).map(|_| scope.spawn(|| missing.connect().unwrap_err())).collect();
            let connecting: Vec<_> = (0..4).map(|_| scope.spawn(|| store.connect())).collect();
            for failed in failing {
                let error = failed.join().unwrap();
                assert_eq!(error.kind(), ErrorKind::Schema, "{error}");
                assert!(error.to_string().contains("missing"), "{error}");
            }
            for connected in connecting {
                connected.join().unwrap().unwrap();
            }
        });
        store.get_latest_state("account-42").unwrap();
    }
}

#[test]
fn a_table_that_is_missing_works_once_it_is_created() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected();
    let late = store.with_table("late");
    assert_eq!(late.write_state(&account("a", 1, 1)).unwrap_err().kind(), ErrorKind::Schema);
    late.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById)).unwrap();
    late.write_state(&account("a", 1, 1)).unwrap();
    assert!(late.get_latest_state("a").unwrap().is_some());
    assert!(store.get_latest_state("a").unwrap().is_none());
}

#[test]
fn a_dropped_table_fails_its_own_calls_only() {
    let keyspace = Keyspace::with_table(Layout::ById);
    create(&keyspace, "dropped", Layout::ById);
    let store = keyspace.connected();
    let dropped = store.with_table("dropped");
    let state = account("account-42", 1, 1);
    dropped.write_state(&state).unwrap();
    keyspace.cql(&format!("DROP TABLE {}.dropped", keyspace.name()));
    for version in 2..12 {
        let error = dropped.write_state(&account("account-42", version, 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema, "{error}");
        assert_eq!(dropped.get_latest_state("account-42").unwrap_err().kind(), ErrorKind::Schema);
        assert_eq!(dropped.all_states().next().unwrap().unwrap_err().kind(), ErrorKind::Schema);
        assert!(dropped.write_states([&state]).remove(0).is_err());
        store.write_state(&account("account-42", version, 1)).unwrap();
        store.ping().unwrap();
    }
    assert_eq!(store.get_latest_state("account-42").unwrap().unwrap().version_number, 11);
    // A new table of the same name: the statements are prepared again.
    create(&keyspace, "dropped", Layout::ById);
    dropped.write_state(&state).unwrap();
    assert_eq!(dropped.get_latest_state("account-42").unwrap(), Some(state));
}

#[test]
fn the_write_mode_of_each_table_is_checked_by_its_own_calls() {
    let keyspace = Keyspace::versioned();
    create(&keyspace, "overwritten", Layout::ById);
    let store = keyspace.connected_with(crate::harness::versioned);
    let overwritten = store.with_table("overwritten");
    let error = overwritten.write_state(&account("a", 1, 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(error.to_string().contains("write_mode"), "{error}");
    store.write_state_if(&account("a", 1, 1), IfAbsent).unwrap();
    store.write_state_if(&account("a", 2, 1), IfVersion(1)).unwrap();
    assert_eq!(store.config().write_mode(), WriteMode::Versioned);
}
