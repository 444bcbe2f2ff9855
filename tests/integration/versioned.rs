//! Writes and deletes that are refused when the entity is not as the writer thinks.

mod deleted;
mod late;
mod races;
mod rows;
mod server_errors;
mod unknown;

use durable_store::{
    Error, ErrorKind, Result,
    WriteCondition::{IfAbsent, IfVersion},
};

use crate::harness::{Keyspace, account, versioned};

#[track_caller]
fn assert_conflict(outcome: Result<()>, stored: Option<u64>) {
    let error: Error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, stored), "{error}");
    assert!(!error.is_indeterminate() && !error.is_retryable(), "{error}");
    assert_eq!(error.persistence_id(), Some("account-42"));
}

#[test]
fn a_stale_write_is_refused_and_says_what_is_stored() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(versioned);
    for version in [5, 5, 6, 9] {
        let state = account("account-42", version, 1);
        store.write_state(&state).unwrap();
        assert_eq!(store.get_latest_state("account-42").unwrap(), Some(state));
    }
    for version in [8, 0] {
        assert_conflict(store.write_state(&account("account-42", version, 2)), Some(9));
    }
    assert_eq!(store.get_latest_state("account-42").unwrap().unwrap().version_number, 9);
}

#[test]
fn a_condition_that_does_not_hold_refuses() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(versioned);
    let write = |version, condition| store.write_state_if(&account("account-42", version, 1), condition);
    assert_conflict(write(2, IfVersion(1)), None);
    write(1, IfAbsent).unwrap();
    assert_conflict(write(1, IfAbsent), Some(1));
    assert_conflict(write(3, IfVersion(2)), Some(1));
    write(3, IfVersion(1)).unwrap();
    assert_conflict(write(3, IfVersion(1)), Some(3));

    let delete = |version| store.delete_state_if_version("account-42", version);
    assert_conflict(delete(1), Some(3));
    delete(3).unwrap();
    assert_conflict(delete(3), Some(3));
    assert_eq!(store.get_latest_state("account-42").unwrap(), None);
}
