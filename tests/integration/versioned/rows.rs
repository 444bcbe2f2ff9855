//! Rows that were not written by a versioned writer are not overwritten by accident; and versions that cannot be compared.

use durable_store::{
    DurableStore, Error, ErrorKind, Result,
    WriteCondition::{IfAbsent, IfVersion},
};

use crate::harness::{Keyspace, RawRow, account, versioned};

const HIGHEST: u64 = i64::MAX as u64;

#[track_caller]
fn assert_error(outcome: Result<()>, kind: ErrorKind) -> Error {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(!error.is_indeterminate() && !error.is_retryable(), "{error}");
    assert_eq!(error.persistence_id(), Some("account-42"));
    error
}

#[track_caller]
fn assert_conflict(outcome: Result<()>, stored: Option<u64>) {
    let error = assert_error(outcome, ErrorKind::Conflict);
    assert_eq!(error.stored_version(), stored, "{error}");
}

/// The entity has a state that reads back as it was written.
#[track_caller]
fn assert_whole(store: &DurableStore, version: u64) {
    let state = store.get_latest_state("account-42").unwrap().unwrap();
    assert_eq!(state.version_number, version);
}

#[test]
fn an_incomparable_version_is_refused_before_io() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(versioned);
    for version in [HIGHEST + 1, u64::MAX] {
        let state = account("account-42", version, 1);
        for outcome in [
            store.write_state(&state),
            store.write_state_if(&state, IfAbsent),
            store.write_state_if(&state, IfVersion(1)),
            store.delete_state_if_version("account-42", version),
        ] {
            let error = assert_error(outcome, ErrorKind::InvalidState);
            assert!(error.to_string().contains("version_number: "), "{error}");
        }
    }
    assert_eq!(keyspace.rows(), []);
    store.write_state_if(&account("account-42", HIGHEST, 1), IfAbsent).unwrap();
    assert_whole(&store, HIGHEST);
    assert_conflict(store.write_state(&account("account-42", 1, 1)), Some(HIGHEST));
    store.delete_state_if_version("account-42", HIGHEST).unwrap();
}

/// As the Go module stores versions over 2^63 - 1.
#[test]
fn a_wrapped_version_refuses_every_write_and_is_named() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(versioned);
    for wrapped in [i64::MIN, -7, -1] {
        keyspace.insert(&RawRow { version_number: Some(wrapped), ..RawRow::of("account-42") });
        let stored = wrapped.cast_unsigned();
        assert_whole(&store, stored);
        for version in [0, 1, HIGHEST] {
            let state = account("account-42", version, 1);
            assert_conflict(store.write_state(&state), Some(stored));
            assert_conflict(store.write_state_if(&state, IfAbsent), Some(stored));
        }
        assert_conflict(store.write_state_if(&account("account-42", 2, 1), IfVersion(1)), Some(stored));
        assert_conflict(store.delete_state_if_version("account-42", 1), Some(stored));
        // No version is higher than this one.
        assert_error(
            store.write_state_if(&account("account-42", HIGHEST, 1), IfVersion(stored)),
            ErrorKind::InvalidState,
        );
        assert_whole(&store, stored);
    }
    // No version is above the one of a delete either: the way out is to forget it.
    store.delete_state("account-42").unwrap();
    assert_conflict(store.write_state(&account("account-42", HIGHEST, 1)), Some(-1_i64 as u64));
    store.forget_state("account-42").unwrap();
    store.write_state_if(&account("account-42", 1, 1), IfAbsent).unwrap();
}

#[test]
fn a_row_of_which_only_the_key_is_left_is_no_state() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(versioned);
    let state = account("account-42", 1, 1);
    let creations: [fn(&DurableStore) -> Result<()>; 2] = [
        |store| store.write_state(&account("account-42", 1, 1)),
        |store| store.write_state_if(&account("account-42", 1, 1), IfAbsent),
    ];
    for create in creations {
        keyspace.cql("INSERT INTO {table} (persistence_id) VALUES ('account-42')");
        assert_eq!(store.get_latest_state("account-42").unwrap(), None);
        assert_conflict(store.write_state_if(&account("account-42", 2, 1), IfVersion(1)), None);
        assert_conflict(store.delete_state_if_version("account-42", 1), None);
        create(&store).unwrap();
        assert_whole(&store, state.version_number);
        store.forget_state("account-42").unwrap();
        assert_eq!(keyspace.rows(), []);
    }
}

#[test]
fn a_row_without_version_is_corrupt_and_can_be_forgotten() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(versioned);
    for row in [
        RawRow { version_number: None, ..RawRow::of("account-42") },
        RawRow { timestamp: Some(7), ..RawRow::key("account-42") },
        RawRow { state_payload: Some(vec![]), ..RawRow::key("account-42") },
    ] {
        keyspace.insert(&row);
        let before = keyspace.rows();
        let state = account("account-42", 2, 1);
        for outcome in [
            store.get_latest_state("account-42").map(drop),
            store.write_state(&state),
            store.write_state_if(&state, IfAbsent),
            store.delete_state("account-42"),
        ] {
            let error = assert_error(outcome, ErrorKind::Corrupt);
            assert!(error.to_string().contains("version_number is null"), "{error}");
        }
        assert_conflict(store.write_state_if(&state, IfVersion(1)), None);
        assert_conflict(store.delete_state_if_version("account-42", 1), None);
        assert_eq!(keyspace.rows(), before);
        store.forget_state("account-42").unwrap();
        assert_eq!(keyspace.rows(), []);
    }
}

#[test]
fn a_row_with_only_a_version_is_corrupt_and_counts_as_it() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(versioned);
    let writes: [fn(&DurableStore) -> Result<()>; 2] = [
        |store| store.write_state(&account("account-42", 6, 1)),
        |store| store.write_state_if(&account("account-42", 6, 1), IfVersion(5)),
    ];
    for write in writes {
        keyspace.insert(&RawRow { version_number: Some(5), ..RawRow::key("account-42") });
        assert_error(store.get_latest_state("account-42").map(drop), ErrorKind::Corrupt);
        assert_conflict(store.write_state_if(&account("account-42", 6, 1), IfAbsent), Some(5));
        assert_conflict(store.write_state(&account("account-42", 4, 1)), Some(5));
        write(&store).unwrap();
        assert_whole(&store, 6);
        store.forget_state("account-42").unwrap();
    }
}
