//! Transactions that are applied after their caller has stopped waiting.

use std::{thread, time::Duration};

use durable_store::{
    DurableStore, ErrorKind,
    WriteCondition::{IfAbsent, IfVersion},
};

use crate::harness::{
    BEFORE, Transaction, account, eventually,
    proxy::{Action, Proxied},
    versioned,
};

/// When an attempt is given up.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(1);

fn proxied(attempts: u32) -> Proxied {
    Proxied::versioned(|config| config.max_attempts(attempts).request_timeout(REQUEST_TIMEOUT))
}

/// One whose calls do not go through the proxy.
fn bystander(proxied: &Proxied) -> DurableStore {
    proxied.keyspace.connected_with(versioned)
}

#[test]
fn a_transaction_applied_after_its_call_was_reported_unknown() {
    let proxied = proxied(1);
    let bystander = bystander(&proxied);
    for transaction in Transaction::ALL {
        let id = transaction.prepare(&proxied.store, "late");
        let passing = vec![Action::Pass; transaction.reads() + transaction.executes() - 1];
        proxied.proxy.on_executes(passing.into_iter().chain([Action::Hold]));
        let error = transaction.make(&proxied.store, &id).unwrap_err();
        assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Timeout, true), "{transaction:?}: {error}");
        // As the deciding read found it.
        transaction.assert_not_applied(&bystander, &id);
        proxied.proxy.release_and_await_answer();
        transaction.assert_applied(&bystander, &id);
    }
}

#[test]
fn a_transaction_applied_before_the_retry_succeeds() {
    let proxied = proxied(2);
    let bystander = bystander(&proxied);
    for transaction in [Transaction::IfAbsent, Transaction::DeleteIfVersion, Transaction::Forget] {
        let id = transaction.prepare(&proxied.store, "between");
        // The attempt, the read after it, the next attempt.
        let before = vec![Action::Pass; transaction.reads()];
        proxied.proxy.on_executes(before.into_iter().chain([Action::Hold, Action::Pass, Action::Hold]));
        thread::scope(|scope| {
            let call = scope.spawn(|| transaction.make(&proxied.store, &id));
            eventually("the second attempt is under way", || proxied.proxy.held() == 2);
            proxied.proxy.release_first();
            eventually("the first attempt has landed", || {
                let stored = bystander.get_latest_state(&id).unwrap().map(|state| state.version_number);
                stored == (!transaction.deletes()).then_some(5)
            });
            proxied.proxy.release_first();
            call.join().unwrap().unwrap();
        });
        transaction.assert_applied(&bystander, &id);
    }
}

/// Once the version has moved on, the condition never holds again.
#[test]
fn a_write_if_version_that_comes_late_changes_nothing_any_more() {
    let proxied = proxied(1);
    let bystander = bystander(&proxied);
    for transaction in [Transaction::IfVersion, Transaction::DeleteIfVersion] {
        let id = transaction.prepare(&proxied.store, "moved-on");
        proxied.proxy.on_executes([Action::Hold]);
        assert!(transaction.make(&proxied.store, &id).unwrap_err().is_indeterminate());
        // The caller, or somebody else, goes on from what a read shows.
        let next = account(&id, 5, -1);
        bystander.write_state_if(&next, IfVersion(BEFORE)).unwrap();
        proxied.proxy.release_and_await_answer();
        assert_eq!(bystander.get_latest_state(&id).unwrap(), Some(next), "{transaction:?}");
    }
}

/// What the documentation warns of: only to forget an entity lets an old condition hold again.
#[test]
fn a_late_creation_brings_back_what_was_forgotten_not_deleted() {
    let proxied = proxied(2);
    let bystander = bystander(&proxied);
    for forgets in [false, true] {
        let state = account(&format!("account-{forgets}"), 1, 4200);
        proxied.proxy.on_executes([Action::Hold]);
        proxied.store.write_state_if(&state, IfAbsent).unwrap();
        proxied.store.delete_state_if_version(&state, 1).unwrap();
        if forgets {
            proxied.store.forget_state(&state).unwrap();
        }
        assert_eq!(bystander.get_latest_state(&state).unwrap(), None);
        proxied.proxy.release_and_await_answer();
        assert_eq!(bystander.get_latest_state(&state).unwrap(), forgets.then_some(state));
    }
}
