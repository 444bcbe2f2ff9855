//! Deletes in versioned mode: the version number stays, until it is forgotten or expires.

use std::time::Duration;

use durable_store::{
    DurableStore, ErrorKind, Result,
    WriteCondition::{IfAbsent, IfVersion},
};

use crate::harness::{Keyspace, RawRow, account, eventually, versioned};

/// The calls that delete a state of version 7.
const DELETES: [fn(&DurableStore) -> Result<()>; 2] =
    [|store| store.delete_state("account-42"), |store| store.delete_state_if_version("account-42", 7)];

/// A store in which the entity was deleted at version 7.
fn deleted(delete: fn(&DurableStore) -> Result<()>) -> (Keyspace, DurableStore) {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(versioned);
    store.write_state(&account("account-42", 7, 1)).unwrap();
    delete(&store).unwrap();
    (keyspace, store)
}

#[track_caller]
fn assert_conflict_with_deleted(outcome: Result<()>) {
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, Some(7)), "{error}");
    assert!(error.to_string().contains("the entity was deleted at version 7"), "{error}");
    assert!(!error.is_indeterminate() && !error.is_retryable(), "{error}");
}

#[test]
fn a_delete_leaves_a_row_with_nothing_but_the_version() {
    for delete in DELETES {
        let (keyspace, store) = deleted(delete);
        let marker = RawRow {
            version_number: Some(7),
            state_manifest: Some(String::new()),
            shard_number: None,
            ..RawRow::key("account-42")
        };
        assert_eq!(keyspace.rows(), std::slice::from_ref(&marker));
        // Nothing more to delete.
        store.delete_state("account-42").unwrap();
        assert_eq!(keyspace.rows(), [marker]);
    }
}

#[test]
fn every_kind_of_read_finds_no_state_after_a_delete() {
    for delete in DELETES {
        let (_keyspace, store) = deleted(delete);
        store.write_state(&account("account-43", 1, 1)).unwrap();
        assert_eq!(store.get_latest_state("account-42").unwrap(), None);
        let mut found = store.get_latest_states(["account-42", "account-43"]);
        assert!(found.remove(1).unwrap().is_some() && found.remove(0).unwrap().is_none());
        for page_size in [1, 500] {
            let ids: Vec<_> =
                store.all_states().page_size(page_size).map(|state| state.unwrap().persistence_id).collect();
            assert_eq!(ids, ["account-43"]);
        }
    }
}

#[test]
fn stale_writers_are_refused_after_a_delete() {
    for delete in DELETES {
        let (_keyspace, store) = deleted(delete);
        for version in [0, 6, 7] {
            let state = account("account-42", version, 2);
            assert_conflict_with_deleted(store.write_state(&state));
            assert_conflict_with_deleted(store.write_state_if(&state, IfAbsent));
            assert_conflict_with_deleted(store.write_states([&state]).remove(0));
        }
        for expected in [0, 6, 7] {
            assert_conflict_with_deleted(store.write_state_if(&account("account-42", 8, 2), IfVersion(expected)));
            assert_conflict_with_deleted(store.delete_state_if_version("account-42", expected));
        }
        assert_eq!(store.get_latest_state("account-42").unwrap(), None);
    }
}

#[test]
fn a_version_above_the_deleted_one_is_written() {
    let writes: [fn(&DurableStore) -> Result<()>; 3] = [
        |store| store.write_state(&account("account-42", 8, 2)),
        |store| store.write_state_if(&account("account-42", 8, 2), IfAbsent),
        |store| store.write_states([account("account-42", 7, 2), account("account-42", 8, 2)]).remove(1),
    ];
    for delete in DELETES {
        for write in writes {
            let (_keyspace, store) = deleted(delete);
            write(&store).unwrap();
            assert_eq!(store.get_latest_state("account-42").unwrap().unwrap().version_number, 8);
        }
    }
}

#[test]
fn a_forgotten_entity_begins_again_at_any_version() {
    for delete in DELETES {
        let (keyspace, store) = deleted(delete);
        store.forget_state("account-42").unwrap();
        store.forget_state("account-42").unwrap();
        assert_eq!(keyspace.rows(), []);
        store.write_state_if(&account("account-42", 1, 1), IfAbsent).unwrap();
        // A state is removed too.
        store.forget_state("account-42").unwrap();
        assert_eq!(keyspace.rows(), []);
    }
}

#[test]
fn a_delete_with_a_ttl_forgets_the_version_when_it_expires() {
    for delete in DELETES {
        let keyspace = Keyspace::versioned();
        let store = keyspace.connected_with(versioned);
        store.write_state(&account("account-42", 7, 1)).unwrap();
        let brief = store.with_ttl(Duration::from_secs(3));
        delete(&brief).unwrap();
        // On a slow machine the marker may have expired meanwhile.
        if let Err(error) = store.write_state(&account("account-42", 7, 2)) {
            assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, Some(7)), "{error}");
        }
        eventually("the marker has expired", || {
            store.write_state_if(&account("account-42", 1, 3), IfAbsent).is_ok() || {
                store.get_latest_state("account-42").unwrap().is_some()
            }
        });
    }
}

#[test]
fn a_delete_without_a_ttl_outlives_the_ttl_of_the_state() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(versioned);
    store.with_ttl(Duration::from_secs(20)).write_state(&account("account-42", 7, 1)).unwrap();
    store.delete_state("account-42").unwrap();
    let ttl = keyspace.cql("SELECT TTL(version_number), TTL(state_manifest) FROM {table}");
    assert_eq!([ttl.text(0, 0), ttl.text(0, 1)], [None, None]);
    store.with_ttl(Duration::from_secs(20)).write_state(&account("account-42", 8, 1)).unwrap();
    store.with_ttl(Duration::from_secs(100)).delete_state("account-42").unwrap();
    let ttl = keyspace.cql("SELECT TTL(version_number), TTL(state_manifest) FROM {table}");
    for column in 0..2 {
        let left: u64 = ttl.text(0, column).unwrap().parse().unwrap();
        assert!((21..=100).contains(&left), "{left}");
    }
}

#[test]
fn to_forget_needs_a_store_that_remembers() {
    let keyspace = Keyspace::with_table(durable_store::Layout::ById);
    let error = keyspace.connected().forget_state("account-42").unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Config, Some("forget_state")), "{error}");
}
