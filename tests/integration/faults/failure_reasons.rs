//! READ_FAILURE and WRITE_FAILURE: the reason in the text decides whether the call is worth repeating.

use std::thread;

use durable_store::{ErrorKind, Layout};

use crate::harness::{
    Keyspace,
    proxy::{Action, BOTH_CALLS, Proxied, StoreCall, forged},
};

/// Reasons that pass: the next attempt succeeds.
const PASSING: [&str; 8] = [
    "TIMEOUT",
    "NODE_DOWN",
    "INDEX_NOT_AVAILABLE",
    "INDEX_BUILD_IN_PROGRESS",
    "INCOMPATIBLE_SCHEMA",
    "COORDINATOR_BEHIND",
    "INVALID_ROUTING",
    "NOT_CMS",
];

/// Reasons that last, and the setting that the text names.
const LASTING: [(&str, &str); 3] = [
    ("READ_TOO_MANY_TOMBSTONES", "`gc_grace_seconds`"),
    ("READ_SIZE", "`page_size`"),
    ("READ_TOO_MANY_INDEXES", "`nodetool compact`"),
];

fn failure(call: StoreCall, reason: &str) -> Action {
    match call {
        StoreCall::Read => forged::read_failure(2, 1, reason),
        StoreCall::Write => forged::write_failure(2, 1, reason),
    }
}

#[test]
fn a_reason_that_passes_is_retryable_and_retried() {
    let once = Proxied::connected(|config| config.max_attempts(1));
    let twice = Proxied::connected(|config| config.max_attempts(2));
    for reason in PASSING {
        for call in BOTH_CALLS {
            once.proxy.on_executes([failure(call, reason)]);
            let error = call.make(&once.store, "account-42").unwrap_err();
            assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Timeout, true), "{error}");
            assert_eq!(error.is_indeterminate(), call == StoreCall::Write, "{error}");
            assert!(error.to_string().contains(reason), "{error}");
            twice.proxy.on_executes([failure(call, reason)]);
            call.make(&twice.store, "account-42").unwrap();
        }
    }
}

#[test]
fn a_reason_that_lasts_is_not_retried_and_says_what_helps() {
    let proxied = Proxied::connected(|config| config.max_attempts(3));
    for (reason, helps) in LASTING {
        for call in BOTH_CALLS {
            proxied.proxy.on_executes([failure(call, reason)]);
            let (outcome, executes) = proxied.count_executes(|| call.make(&proxied.store, "account-42"));
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), error.is_retryable(), executes), (ErrorKind::Server, false, 1), "{error}");
            assert_eq!(error.is_indeterminate(), call == StoreCall::Write, "{error}");
            assert!(error.to_string().contains(reason) && error.to_string().contains(helps), "{error}");
        }
    }
}

#[test]
fn a_reason_without_a_meaning_keeps_the_kind_of_the_failure() {
    let proxied = Proxied::connected(|config| config.max_attempts(1));
    for reason in ["UNKNOWN", "OF_A_LATER_VERSION"] {
        for (call, kind) in [(StoreCall::Read, ErrorKind::Timeout), (StoreCall::Write, ErrorKind::Server)] {
            proxied.proxy.on_executes([failure(call, reason)]);
            assert_eq!(call.make(&proxied.store, "account-42").unwrap_err().kind(), kind, "{reason}");
        }
    }
}

#[test]
fn a_shard_of_110_000_deleted_rows_says_what_helps() {
    const DELETED: usize = 110_000;
    const THREADS: usize = 32;
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let store = &store;
            scope.spawn(move || {
                for number in (thread..DELETED).step_by(THREADS) {
                    store.delete_state((7, &format!("account-{number}"))).unwrap();
                }
            });
        }
    });
    for mut states in [store.shard_states(7), store.all_states()] {
        let error = states.next().unwrap().unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Server, false), "{error}");
        for helps in ["READ_TOO_MANY_TOMBSTONES", "`page_size`", "`gc_grace_seconds`", "compact"] {
            assert!(error.to_string().contains(helps), "{error}");
        }
        assert!(states.next().is_none());
    }
}
