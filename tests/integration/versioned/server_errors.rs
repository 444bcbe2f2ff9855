//! Errors that a server can answer a transaction with, forged, once the transaction was applied and once it was not.

use durable_store::{Error, ErrorKind};

use crate::harness::{
    Transaction, account,
    proxy::{
        Action, Proxied,
        forged::{self, code},
    },
};

/// A server error makes the driver close its connection: more than are lost in one test.
const CONNECTIONS: u32 = 64;

fn proxied(attempts: u32) -> Proxied {
    Proxied::versioned(|config| config.max_attempts(attempts).core_connections_per_host(CONNECTIONS))
}

/// Errors that leave open whether the transaction was applied, and whether making it again may help.
fn unknown() -> Vec<(ErrorKind, bool, Action)> {
    use ErrorKind::{Internal, Overloaded, Server, Timeout, Unavailable};
    vec![
        (Timeout, true, forged::write_timeout(2, 1, "CAS")),
        (Timeout, true, forged::write_timeout(2, 1, "SIMPLE")),
        (Timeout, true, forged::read_timeout(2, 1)),
        (Timeout, true, forged::read_failure(2, 1, "UNKNOWN")),
        // Of a plain write it says that nothing was written; a transaction was seen applied.
        (Unavailable, true, forged::unavailable(2, 1)),
        (Overloaded, true, forged::error(code::OVERLOADED, "Too many requests")),
        (Server, true, forged::write_failure(2, 1, "UNKNOWN")),
        (Server, true, forged::error(code::SERVER_ERROR, "NullPointerException")),
        // "CAS operation result is unknown", in a later version of the protocol: the binding panics.
        (Internal, false, forged::error(0x1700, "CAS operation result is unknown")),
    ]
}

const SOME: [Transaction; 4] =
    [Transaction::IfAbsent, Transaction::IfVersion, Transaction::DeleteIfVersion, Transaction::Forget];

/// Has the first attempt end like this, after what is read before it.
fn first_attempt(transaction: Transaction, forged: &Action) -> impl Iterator<Item = Action> {
    vec![Action::Pass; transaction.reads()].into_iter().chain([forged.clone()])
}

#[test]
fn whatever_error_hides_that_it_was_applied_the_read_shows_it() {
    let proxied = proxied(1);
    for (case, (kind, _, forged)) in unknown().into_iter().enumerate() {
        for transaction in SOME {
            let id = transaction.prepare(&proxied.store, &format!("applied-{case}"));
            proxied.proxy.on_answers(first_attempt(transaction, &forged));
            let outcome = transaction.make(&proxied.store, &id);
            assert!(outcome.is_ok(), "{kind} {transaction:?}: {outcome:?}");
            transaction.assert_applied(&proxied.store, &id);
        }
    }
}

#[test]
fn each_error_in_doubt_is_retried_when_the_read_allows() {
    let proxied = proxied(2);
    for (case, (kind, again, forged)) in unknown().into_iter().enumerate() {
        for transaction in SOME {
            let id = transaction.prepare(&proxied.store, &format!("open-{case}"));
            proxied.proxy.on_executes(first_attempt(transaction, &forged));
            let (outcome, executes) = proxied.count_executes(|| transaction.make(&proxied.store, &id));
            if again {
                assert!(outcome.is_ok(), "{kind} {transaction:?}: {outcome:?}");
                assert_eq!(executes, transaction.reads() + 3, "{kind} {transaction:?}");
                transaction.assert_applied(&proxied.store, &id);
            } else {
                let error = outcome.unwrap_err();
                assert_eq!((error.kind(), error.is_indeterminate()), (kind, true), "{error}");
                transaction.assert_not_applied(&proxied.store, &id);
            }
        }
    }
}

#[test]
fn an_error_in_doubt_is_indeterminate_without_attempts_left() {
    let proxied = proxied(1);
    for (case, (kind, _, forged)) in unknown().into_iter().enumerate() {
        for transaction in SOME {
            let id = transaction.prepare(&proxied.store, &format!("unknown-{case}"));
            proxied.proxy.on_executes(first_attempt(transaction, &forged));
            let error = transaction.make(&proxied.store, &id).unwrap_err();
            assert_eq!((error.kind(), error.is_indeterminate()), (kind, true), "{transaction:?}: {error}");
            if kind == ErrorKind::Unavailable {
                assert_eq!((error.required(), error.alive()), (Some(2), Some(1)), "{error}");
            }
            transaction.assert_not_applied(&proxied.store, &id);
        }
    }
}

#[test]
fn what_the_server_refuses_was_not_applied_and_needs_no_read() {
    let proxied = proxied(3);
    for (case, (kind, forged)) in [
        (ErrorKind::InvalidState, forged::error(code::INVALID, "Key length of 70000 is longer than maximum of 65535")),
        (ErrorKind::Authentication, forged::error(code::UNAUTHORIZED, "User app has no MODIFY permission")),
        (ErrorKind::Authentication, forged::error(code::BAD_CREDENTIALS, "Provided username app is incorrect")),
        (ErrorKind::Config, forged::error(code::CONFIG_ERROR, "Unrecognized strategy")),
    ]
    .into_iter()
    .enumerate()
    {
        for transaction in SOME {
            let id = transaction.prepare(&proxied.store, &format!("refused-{case}"));
            proxied.proxy.on_executes(first_attempt(transaction, &forged));
            let (outcome, executes) = proxied.count_executes(|| transaction.make(&proxied.store, &id));
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), error.is_indeterminate()), (kind, false), "{error}");
            assert_eq!(executes, transaction.reads() + 1, "{error}");
            transaction.assert_not_applied(&proxied.store, &id);
        }
    }
}

/// Doubt outlives whatever ends the call.
#[test]
fn a_refusal_after_an_unknown_attempt_is_still_in_doubt() {
    let proxied = proxied(3);
    let id = Transaction::IfVersion.prepare(&proxied.store, "doubt");
    let unauthorized = forged::error(code::UNAUTHORIZED, "User app has no MODIFY permission");
    // The attempt, the read after it, the next attempt.
    proxied.proxy.on_executes([forged::write_timeout(2, 1, "CAS"), Action::Pass, unauthorized]);
    let error: Error = Transaction::IfVersion.make(&proxied.store, &id).unwrap_err();
    assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Authentication, true), "{error}");
    Transaction::IfVersion.assert_not_applied(&proxied.store, &id);
}

/// The write of the older version is refused by the server, not by a forgery.
#[test]
fn a_conflict_without_any_doubt_is_one() {
    let proxied = proxied(3);
    let id = Transaction::IfVersion.prepare(&proxied.store, "conflict");
    proxied.store.write_state(&account(&id, 9, 1)).unwrap();
    let (outcome, executes) = proxied.count_executes(|| Transaction::IfVersion.make(&proxied.store, &id));
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.stored_version(), error.is_indeterminate()), (ErrorKind::Conflict, Some(9), false));
    assert_eq!(executes, 1);
}
