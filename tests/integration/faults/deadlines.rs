//! Answers that are late or lost: a call ends by its deadline, and no call gets the answer of another.

use std::time::{Duration, Instant};

use durable_store::ErrorKind;

use crate::harness::{
    account,
    proxy::{Action, BOTH_CALLS, Proxied, StoreCall, forged, opcode},
};

const CALL_TIMEOUT: Duration = Duration::from_secs(2);

/// For what a busy machine adds to a deadline.
const MARGIN: Duration = Duration::from_secs(2);

#[track_caller]
fn within_deadline<T>(call: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let outcome = call();
    let taken = start.elapsed();
    assert!(taken < CALL_TIMEOUT + MARGIN, "took {taken:?}");
    outcome
}

#[test]
fn a_late_answer_is_not_taken_for_that_of_another_call() {
    // One connection, so that the next call goes the same way.
    let proxied =
        Proxied::connected(|config| config.call_timeout(CALL_TIMEOUT).max_attempts(1).core_connections_per_host(1));
    let store = &proxied.store;
    for (id, cents) in [("account-1", 1), ("account-2", 2)] {
        store.write_state(&account(id, 1, cents)).unwrap();
    }
    let assert_own_answers = || {
        for (id, cents) in [("account-2", 2), ("account-1", 1)] {
            let state = store.get_latest_state(id).unwrap().unwrap();
            assert_eq!(state.resulting_state, account(id, 1, cents).resulting_state, "{id}");
        }
        assert_eq!(store.get_latest_state("account-3").unwrap(), None);
    };
    for call in BOTH_CALLS {
        proxied.proxy.on_answers([Action::Hold]);
        let error = within_deadline(|| match call {
            StoreCall::Write => store.write_state(&account("account-1", 1, 1)).unwrap_err(),
            StoreCall::Read => store.get_latest_state("account-1").unwrap_err(),
        });
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert_eq!(error.is_indeterminate(), call == StoreCall::Write, "{error}");
        assert_own_answers();
        proxied.proxy.release();
        assert_own_answers();
    }
}

#[test]
fn all_attempts_fit_into_the_deadline_when_no_answer_comes() {
    let proxied = Proxied::connected(|config| config.call_timeout(CALL_TIMEOUT).max_attempts(3));
    for call in BOTH_CALLS {
        proxied.proxy.hook(|passing| if passing.request == opcode::EXECUTE { Action::Swallow } else { Action::Pass });
        let (outcome, executes) =
            within_deadline(|| proxied.count_executes(|| call.make(&proxied.store, "account-42")));
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        // On a slow machine no time may be left for the third.
        assert!((2..=3).contains(&executes), "{executes} attempts: {error}");
        assert_eq!(error.is_indeterminate(), call == StoreCall::Write, "{error}");
        proxied.assert_heals();
    }
}

#[test]
fn an_attempt_that_gets_no_answer_leaves_time_for_the_next() {
    let proxied = Proxied::connected(|config| config.call_timeout(CALL_TIMEOUT).max_attempts(2));
    for call in BOTH_CALLS {
        proxied.proxy.on_executes([Action::Swallow]);
        let (outcome, executes) =
            within_deadline(|| proxied.count_executes(|| call.make(&proxied.store, "account-42")));
        assert!(outcome.is_ok(), "{call:?}: {outcome:?}");
        assert_eq!(executes, 2);
    }
}

#[test]
fn a_statement_that_is_always_forgotten_fails_by_the_deadline() {
    let proxied = Proxied::connected(|config| config.call_timeout(CALL_TIMEOUT).max_attempts(1));
    for call in BOTH_CALLS {
        proxied.proxy.hook(|passing| {
            if passing.is_request(opcode::EXECUTE) { forged::unprepared(passing.frame) } else { Action::Pass }
        });
        let error = within_deadline(|| call.make(&proxied.store, "account-42").unwrap_err());
        // The driver prepares it and tries again until then.
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        proxied.assert_heals();
    }
}
