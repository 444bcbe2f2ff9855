//! Which errors are tried again inside a call, how often, and what doubt remains.

use std::time::{Duration, Instant};

use durable_store::ErrorKind;

use crate::harness::{
    account,
    proxy::{
        Action, BOTH_CALLS, Frame, Proxied, StoreCall,
        forged::{self, code},
    },
};

/// The attempts of every call here.
const ATTEMPTS: usize = 3;

/// More than are lost in one call: a server error makes the driver close its connection.
const CONNECTIONS: u32 = 16;

fn proxied() -> Proxied {
    Proxied::connected(|config| config.max_attempts(ATTEMPTS as u32).core_connections_per_host(CONNECTIONS))
}

fn unauthorized() -> Action {
    forged::error(code::UNAUTHORIZED, "User app has no MODIFY permission")
}

fn invalid() -> Action {
    forged::error(code::INVALID, "Key length of 70000 is longer than maximum of 65535")
}

#[test]
fn what_may_pass_is_tried_until_the_attempts_run_out() {
    let proxied = proxied();
    for (forged, kind) in [
        (forged::unavailable(2, 1), ErrorKind::Unavailable),
        (forged::error(code::OVERLOADED, "Too many requests"), ErrorKind::Overloaded),
        (forged::write_timeout(2, 1, "SIMPLE"), ErrorKind::Timeout),
        (forged::read_timeout(2, 1), ErrorKind::Timeout),
        (forged::read_failure(2, 1, "UNKNOWN"), ErrorKind::Timeout),
        (forged::write_failure(2, 1, "UNKNOWN"), ErrorKind::Server),
        (forged::error(code::SERVER_ERROR, "NullPointerException"), ErrorKind::Server),
    ] {
        for call in BOTH_CALLS {
            proxied.proxy.on_executes(vec![forged.clone(); ATTEMPTS]);
            let (outcome, executes) = proxied.count_executes(|| call.make(&proxied.store, "account-42"));
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), executes), (kind, ATTEMPTS), "{error}");

            proxied.proxy.on_executes(vec![forged.clone(); ATTEMPTS - 1]);
            let (outcome, executes) = proxied.count_executes(|| call.make(&proxied.store, "account-42"));
            assert!(outcome.is_ok(), "{kind}: {outcome:?}");
            assert_eq!(executes, ATTEMPTS, "{kind}");
        }
    }
}

#[test]
fn what_stays_as_it_is_is_not_tried_again() {
    let proxied = proxied();
    for (forged, kind) in [
        (invalid(), ErrorKind::InvalidState),
        (forged::error(code::INVALID, "Undefined column name state_manifest"), ErrorKind::Schema),
        (forged::already_exists(), ErrorKind::Schema),
        (unauthorized(), ErrorKind::Authentication),
        (forged::error(code::BAD_CREDENTIALS, "Provided username app is incorrect"), ErrorKind::Authentication),
        (forged::error(code::CONFIG_ERROR, "Unrecognized strategy"), ErrorKind::Config),
        (forged::error(code::SYNTAX_ERROR, "line 1:0 no viable alternative"), ErrorKind::Internal),
        (forged::error(0x7777, "what is this"), ErrorKind::Internal),
    ] {
        for call in BOTH_CALLS {
            proxied.proxy.on_executes([forged.clone()]);
            let (outcome, executes) = proxied.count_executes(|| call.make(&proxied.store, "account-42"));
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), executes), (kind, 1), "{error}");
        }
    }
}

#[test]
fn a_missing_table_is_asked_for_once_more_after_a_second() {
    let proxied = proxied();
    let missing = forged::error(code::INVALID, "unconfigured table states_store");
    for call in BOTH_CALLS {
        let start = Instant::now();
        proxied.proxy.on_executes([missing.clone()]);
        let (outcome, executes) = proxied.count_executes(|| call.make(&proxied.store, "account-42"));
        assert!(outcome.is_ok(), "{call:?}: {outcome:?}");
        assert_eq!(executes, 2);
        assert!(start.elapsed() >= Duration::from_secs(1));

        proxied.proxy.on_executes(vec![missing.clone(); ATTEMPTS]);
        let (outcome, executes) = proxied.count_executes(|| call.make(&proxied.store, "account-42"));
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), executes), (ErrorKind::Schema, 2), "{error}");
        assert!(!error.is_indeterminate(), "{error}");
    }
}

#[test]
fn doubt_left_by_one_attempt_stays_whatever_ends_the_call() {
    let proxied = Proxied::connected(|config| {
        // Half of it goes to an attempt without an answer.
        config.max_attempts(ATTEMPTS as u32).call_timeout(Duration::from_secs(4))
    });
    let timeout = || forged::write_timeout(2, 1, "SIMPLE");
    let unavailable = || forged::unavailable(2, 1);
    for (doubt, kind, attempts) in [
        (true, ErrorKind::Authentication, vec![timeout(), unauthorized()]),
        (true, ErrorKind::InvalidState, vec![timeout(), invalid()]),
        (true, ErrorKind::Authentication, vec![Action::Swallow, unauthorized()]),
        (true, ErrorKind::InvalidState, vec![Action::Swallow, unavailable(), invalid()]),
        (true, ErrorKind::Unavailable, vec![timeout(), unavailable(), unavailable()]),
        (true, ErrorKind::Unavailable, vec![unavailable(), timeout(), unavailable()]),
        (false, ErrorKind::Authentication, vec![unavailable(), unauthorized()]),
        (false, ErrorKind::InvalidState, vec![unavailable(), unavailable(), invalid()]),
        (false, ErrorKind::Unavailable, vec![unavailable(), unavailable(), unavailable()]),
    ] {
        for call in BOTH_CALLS {
            let expected = attempts.len();
            proxied.proxy.on_executes(attempts.clone());
            let (outcome, executes) = proxied.count_executes(|| call.make(&proxied.store, "account-42"));
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), executes), (kind, expected), "{attempts:?}: {error}");
            assert_eq!(error.is_indeterminate(), doubt && call == StoreCall::Write, "{attempts:?}: {error}");
        }
    }
}

/// The client timestamp of an EXECUTE, in microseconds since 1970: its last eight bytes.
fn timestamp(execute: &Frame) -> i64 {
    let (_, last) = execute.body().split_last_chunk().unwrap();
    i64::from_be_bytes(*last)
}

#[test]
fn attempts_of_a_write_share_a_timestamp_and_writes_increase_it() {
    let proxied = proxied();
    let before = proxied.proxy.executes().len();
    let mut last = 0;
    for version in 1..=20 {
        proxied.proxy.on_executes([forged::unavailable(2, 1), forged::write_timeout(2, 1, "SIMPLE")]);
        proxied.store.write_state(&account("account-42", version, 1)).unwrap();
    }
    let executes = proxied.proxy.executes();
    let writes: Vec<&[Frame]> = executes[before..].chunks(ATTEMPTS).collect();
    assert_eq!(writes.len(), 20);
    for attempts in writes {
        assert!(attempts.iter().all(|attempt| attempt.body() == attempts[0].body()), "{attempts:?}");
        let timestamp = timestamp(&attempts[0]);
        assert!(timestamp > last, "{timestamp} after {last}");
        last = timestamp;
    }
    // It is what the server stored.
    let stored =
        proxied.keyspace.cql("SELECT WRITETIME(version_number) FROM {table} WHERE persistence_id = 'account-42'");
    assert_eq!(stored.rows[0][0].as_deref(), Some(&last.to_be_bytes()[..]));
}
