//! Owned writes and claims whose request or answer is lost.

use std::time::Duration;

use durable_store::{DurableStore, Error, ErrorKind};

use super::{CHANGES, ID, reads};
use crate::harness::{
    account, eventually, owned,
    proxy::{Action, Proxied, opcode},
    versioned,
};

const CONNECTIONS: u32 = 64;

fn proxied() -> Proxied {
    Proxied::owned(|config| config.core_connections_per_host(CONNECTIONS))
}

/// Another store, which is not disturbed.
fn rival(proxied: &Proxied) -> DurableStore {
    proxied.keyspace.connected_with(owned)
}

/// The store owns the entity, whose state has version 7.
fn prepare(proxied: &Proxied) {
    proxied.keyspace.cql("TRUNCATE {table}");
    proxied.store.get_latest_state(ID).unwrap();
    proxied.store.write_state(&account(ID, 7, 7)).unwrap();
}

/// Cuts the connection at one request or answer, having done `meanwhile`.
fn lose(proxied: &Proxied, number: usize, answer: bool, mut meanwhile: impl FnMut() + Send + 'static) {
    let mut seen = 0;
    proxied.proxy.hook(move |passing| {
        let counts = if answer { passing.is_answer_to(opcode::EXECUTE) } else { passing.is_request(opcode::EXECUTE) };
        seen += usize::from(counts);
        if !counts || seen != number {
            return Action::Pass;
        }
        meanwhile();
        Action::Close
    });
}

fn version(store: &DurableStore) -> Option<u64> {
    store.get_latest_state(ID).unwrap().map(|state| state.version_number)
}

#[test]
fn a_lost_request_or_answer_of_an_owner_is_settled() {
    let proxied = proxied();
    let reader = proxied.keyspace.connected_with(versioned);
    for answer in [false, true] {
        for (operation, change) in CHANGES {
            prepare(&proxied);
            lose(&proxied, reads(operation) + 1, answer, || {});
            change(&proxied.store).unwrap_or_else(|error| panic!("{operation}, {answer}: {error}"));
            let expected = operation.starts_with("write").then_some(8);
            assert_eq!(version(&reader), expected, "{operation}, {answer}");
        }
    }
}

#[test]
fn a_write_lost_before_a_claim_is_fenced_and_not_there() {
    let proxied = proxied();
    let reader = proxied.keyspace.connected_with(versioned);
    for (operation, change) in CHANGES {
        prepare(&proxied);
        let rival = rival(&proxied);
        lose(&proxied, reads(operation) + 1, false, move || assert_eq!(version(&rival), Some(7)));
        let error = change(&proxied.store).unwrap_err();
        assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Fenced, true), "{operation}: {error}");
        assert!(!error.is_retryable(), "{error}");
        assert_eq!(version(&reader), Some(7), "{operation}");
    }
}

/// What was written is there, whoever owns the entity now.
#[test]
fn a_write_whose_answer_is_lost_before_a_claim_has_succeeded() {
    let proxied = proxied();
    for (operation, change) in CHANGES {
        prepare(&proxied);
        let rival = rival(&proxied);
        let expected = operation.starts_with("write").then_some(8);
        let found = expected;
        lose(&proxied, reads(operation) + 1, true, move || assert_eq!(version(&rival), found));
        let outcome = change(&proxied.store);
        if operation == "forget_state" {
            // The claim of the other made a row again: whether this one removed it cannot be seen.
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Fenced, true), "{error}");
        } else {
            outcome.unwrap_or_else(|error| panic!("{operation}: {error}"));
        }
    }
}

#[test]
fn a_write_that_was_overwritten_by_the_next_owner_is_in_doubt() {
    let proxied = proxied();
    for answer in [false, true] {
        prepare(&proxied);
        let rival = rival(&proxied);
        lose(&proxied, 1, answer, move || {
            rival.get_latest_state(ID).unwrap();
            rival.write_state(&account(ID, 9, 9)).unwrap();
        });
        let error: Error = proxied.store.write_state(&account(ID, 8, 1)).unwrap_err();
        assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Fenced, true), "{error}");
        assert!(error.to_string().ends_with("the write may have been applied"), "{error}");
    }
}

#[test]
fn a_write_that_arrives_after_a_claim_changes_nothing() {
    let proxied = Proxied::owned(|config| config.max_attempts(1).request_timeout(Duration::from_secs(1)));
    let rival = rival(&proxied);
    let reader = proxied.keyspace.connected_with(versioned);
    for (operation, change) in CHANGES {
        prepare(&proxied);
        let before = vec![Action::Pass; reads(operation)];
        proxied.proxy.on_executes(before.into_iter().chain([Action::Hold]));
        let error = change(&proxied.store).unwrap_err();
        assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Timeout, true), "{operation}: {error}");
        assert_eq!(version(&rival), Some(7));
        proxied.proxy.release_and_await_answer();
        assert_eq!(version(&reader), Some(7), "{operation}");
        rival.write_state(&account(ID, 8, 8)).unwrap();
        proxied.proxy.pass();
        eventually("the store answers", || proxied.store.ping().is_ok());
    }
}

#[test]
fn a_claim_whose_request_or_answer_is_lost_is_made_again() {
    let proxied = proxied();
    let rival = rival(&proxied);
    for answer in [false, true] {
        // The read, then the claim.
        for number in 1..=2 {
            prepare(&proxied);
            rival.get_latest_state(ID).unwrap();
            lose(&proxied, number, answer, || {});
            assert_eq!(version(&proxied.store), Some(7), "{number}, {answer}");
            let refused = rival.write_state(&account(ID, 8, 1)).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Fenced, "{refused}");
            proxied.store.write_state(&account(ID, 8, 1)).unwrap();
        }
    }
}

/// The claim of another store comes between the read and the claim.
#[test]
fn a_claim_that_another_was_faster_than_is_made_again() {
    let proxied = proxied();
    let rival = rival(&proxied);
    for changes in [false, true] {
        prepare(&proxied);
        let rival = rival.clone();
        let mut requests = 0;
        proxied.proxy.hook(move |passing| {
            requests += usize::from(passing.is_request(opcode::EXECUTE));
            if passing.is_request(opcode::EXECUTE) && requests == 2 {
                rival.get_latest_state(ID).unwrap();
                if changes {
                    // The same version: only the other cells tell.
                    rival.write_state(&account(ID, 7, -1)).unwrap();
                }
            }
            Action::Pass
        });
        let found = proxied.store.get_latest_state(ID).unwrap().unwrap();
        proxied.proxy.pass();
        let cents = if changes { -1 } else { 7 };
        assert_eq!(found.resulting_state, account(ID, 7, cents).resulting_state);
        proxied.store.write_state(&account(ID, 8, 1)).unwrap();
    }
}

#[test]
fn a_claim_that_never_succeeds_is_a_read_that_failed() {
    let proxied = Proxied::owned(|config| config.call_timeout(Duration::from_secs(2)));
    prepare(&proxied);
    let mut requests = 0;
    proxied.proxy.hook(move |passing| {
        requests += usize::from(passing.is_request(opcode::EXECUTE));
        if passing.is_answer_to(opcode::EXECUTE) && requests % 2 == 0 { Action::Close } else { Action::Pass }
    });
    let error = proxied.store.get_latest_state(ID).unwrap_err();
    assert!(error.is_retryable() && !error.is_indeterminate(), "{error}");
    assert_eq!(error.operation(), Some("get_latest_state"));
}
