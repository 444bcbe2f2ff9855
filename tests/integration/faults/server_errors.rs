//! Every error that a server can answer with, forged, and the error that the caller gets.

use std::time::Duration;

use durable_store::{Error, ErrorKind};

use crate::harness::{
    eventually,
    proxy::{
        Action, BOTH_CALLS, Proxied, StoreCall,
        forged::{self, code},
        opcode,
    },
};

/// What a caller is to hear of an error.
struct Expected {
    kind: ErrorKind,
    /// Whether a write may have been applied.
    unknown: bool,
    required: Option<u32>,
    alive: Option<u32>,
    received: Option<u32>,
}

/// The server has not carried out the request.
fn refused(kind: ErrorKind) -> Expected {
    Expected { kind, unknown: false, required: None, alive: None, received: None }
}

/// The server may have carried out the request.
fn unknown(kind: ErrorKind) -> Expected {
    Expected { unknown: true, ..refused(kind) }
}

/// As forged below: 2 answers required, 1 received.
fn unknown_with_counts(kind: ErrorKind) -> Expected {
    Expected { required: Some(2), received: Some(1), ..unknown(kind) }
}

fn assert_error(error: &Error, call: StoreCall, id: &str, expected: &Expected, what: &str) {
    use ErrorKind::{Overloaded, Timeout, Unavailable};
    assert_eq!(error.kind(), expected.kind, "{what}: {error}");
    assert_eq!(error.is_indeterminate(), expected.unknown && call == StoreCall::Write, "{what}: {error}");
    let retryable = matches!(expected.kind, Unavailable | Timeout | Overloaded);
    assert_eq!(error.is_retryable(), retryable, "{what}: {error}");
    let counts = (error.required(), error.alive(), error.received());
    assert_eq!(counts, (expected.required, expected.alive, expected.received), "{what}: {error}");
    assert_eq!((error.operation(), error.persistence_id()), (Some(call.operation()), Some(id)), "{what}");
    assert_eq!(error.stored_version(), None, "{what}");
}

/// Forges each error as the answer to the only attempt of each call.
fn check(cases: Vec<(&str, Action, Expected)>) {
    let proxied = Proxied::connected(|config| config.max_attempts(1));
    for (what, forged, expected) in cases {
        for call in BOTH_CALLS {
            proxied.proxy.on_executes([forged.clone()]);
            let (outcome, executes) = proxied.count_executes(|| call.make(&proxied.store, "account-42"));
            assert_error(&outcome.unwrap_err(), call, "account-42", &expected, what);
            assert_eq!(executes, 1, "{what}");
            // Some errors make the driver close the connection.
            proxied.assert_heals();
        }
    }
}

#[test]
fn too_few_replicas_is_unavailable_with_its_counts() {
    let counted = Expected { required: Some(3), alive: Some(1), ..refused(ErrorKind::Unavailable) };
    check(vec![("unavailable", forged::unavailable(3, 1), counted)]);
}

/// The driver itself tries its other connections before it gives up.
#[test]
fn a_node_that_is_still_joining_is_unavailable() {
    let proxied = Proxied::connected(|config| config.max_attempts(1));
    for call in BOTH_CALLS {
        proxied.proxy.hook(|passing| {
            if passing.is_request(opcode::EXECUTE) {
                return forged::error(code::IS_BOOTSTRAPPING, "Cannot read from a bootstrapping node");
            }
            Action::Pass
        });
        let error = call.make(&proxied.store, "account-42").unwrap_err();
        assert_error(&error, call, "account-42", &refused(ErrorKind::Unavailable), "bootstrapping");
        proxied.assert_heals();
    }
}

#[test]
fn a_write_timeout_of_any_type_is_unknown_with_its_counts() {
    let types = ["SIMPLE", "BATCH", "UNLOGGED_BATCH", "COUNTER", "BATCH_LOG", "CAS", "VIEW", "CDC"];
    let case = |name| (name, forged::write_timeout(2, 1, name), unknown_with_counts(ErrorKind::Timeout));
    check(types.map(case).into());
}

#[test]
fn what_the_server_could_not_finish_is_unknown() {
    check(vec![
        ("read timeout", forged::read_timeout(2, 1), unknown_with_counts(ErrorKind::Timeout)),
        ("read failure", forged::read_failure(2, 1, "UNKNOWN"), unknown_with_counts(ErrorKind::Timeout)),
        ("write failure", forged::write_failure(2, 1, "UNKNOWN"), unknown_with_counts(ErrorKind::Server)),
        ("function failure", forged::function_failure(), unknown(ErrorKind::Server)),
        ("overloaded", forged::error(code::OVERLOADED, "Too many requests"), unknown(ErrorKind::Overloaded)),
        ("truncate", forged::error(code::TRUNCATE_ERROR, "Error during truncate"), unknown(ErrorKind::Server)),
        ("server error", forged::error(code::SERVER_ERROR, "NullPointerException"), unknown(ErrorKind::Server)),
        ("protocol error", forged::error(code::PROTOCOL_ERROR, "Invalid value"), unknown(ErrorKind::Server)),
    ]);
}

#[test]
fn what_the_server_refused_was_not_written() {
    let credentials = "Provided username app and/or password are incorrect";
    let permission = "User app has no MODIFY permission on <table ego.states_store> or any of its parents";
    check(vec![
        ("credentials", forged::error(code::BAD_CREDENTIALS, credentials), refused(ErrorKind::Authentication)),
        ("permission", forged::error(code::UNAUTHORIZED, permission), refused(ErrorKind::Authentication)),
        ("syntax", forged::error(code::SYNTAX_ERROR, "line 1:0 no viable"), refused(ErrorKind::Internal)),
        ("configuration", forged::error(code::CONFIG_ERROR, "Unrecognized strategy"), refused(ErrorKind::Config)),
        ("exists", forged::already_exists(), refused(ErrorKind::Schema)),
    ]);
}

#[test]
fn an_invalid_request_is_told_apart_by_its_text() {
    let case = |text, kind| (text, forged::error(code::INVALID, text), refused(kind));
    check(vec![
        case("unconfigured table states_store", ErrorKind::Schema),
        case("table ego.states_store does not exist", ErrorKind::Schema),
        case("Keyspace 'ego' doesn't exist", ErrorKind::Schema),
        case("Undefined column name state_manifest in table ego.states_store", ErrorKind::Schema),
        case("Some partition key parts are missing: shard_number", ErrorKind::Schema),
        case(
            "Cannot execute this query as it might involve data filtering and thus may have unpredictable performance. \
             If you want to execute this query despite the performance unpredictability, use ALLOW FILTERING",
            ErrorKind::Schema,
        ),
        case("Key length of 70000 is longer than maximum of 65535", ErrorKind::InvalidState),
        case("", ErrorKind::InvalidState),
    ]);
}

/// The binding panics on codes that it does not know.
#[test]
fn an_error_unknown_to_the_driver_is_internal_and_in_doubt() {
    check(vec![
        ("0x1700", forged::error(0x1700, "CAS operation result is unknown"), unknown(ErrorKind::Internal)),
        ("0x7777", forged::error(0x7777, "what is this"), unknown(ErrorKind::Internal)),
    ]);
}

#[test]
fn a_statement_that_the_server_forgot_is_prepared_again_unseen() {
    let proxied = Proxied::connected(|config| config.max_attempts(1));
    for call in BOTH_CALLS {
        let mut forgotten = false;
        proxied.proxy.hook(move |passing| {
            if passing.is_request(opcode::EXECUTE) && !forgotten {
                forgotten = true;
                return forged::unprepared(passing.frame);
            }
            Action::Pass
        });
        let (outcome, executes) = proxied.count_executes(|| call.make(&proxied.store, "account-42"));
        assert!(outcome.is_ok(), "{call:?}: {outcome:?}");
        assert_eq!(executes, 2, "{call:?}");
    }
}

/// Only the statement was sent, without values: nothing can have been written.
#[test]
fn a_statement_that_cannot_be_prepared_fails_for_certain() {
    let proxied = Proxied::unconnected(|config| config.max_attempts(1).call_timeout(Duration::from_secs(2)));
    proxied.store.connect().unwrap();
    for (action, kind) in [
        (Action::Swallow, ErrorKind::Timeout),
        // The driver tries its other connections.
        (Action::Close, ErrorKind::Unavailable),
        (forged::error(code::SERVER_ERROR, "NullPointerException"), ErrorKind::Server),
        (forged::error(code::OVERLOADED, "Too many requests"), ErrorKind::Overloaded),
        (forged::error(code::UNAUTHORIZED, "User app has no MODIFY permission"), ErrorKind::Authentication),
        (forged::error(code::INVALID, "Undefined column name state_manifest"), ErrorKind::Schema),
        (forged::error(0x7777, "what is this"), ErrorKind::Internal),
    ] {
        for call in BOTH_CALLS {
            let answer = action.clone();
            proxied.proxy.hook(
                move |passing| {
                    if passing.is_request(opcode::PREPARE) { answer.clone() } else { Action::Pass }
                },
            );
            let error = call.make(&proxied.store, "account-42").unwrap_err();
            assert_error(&error, call, "account-42", &refused(kind), &format!("{action:?}"));
            eventually("the server answers", || proxied.store.ping().is_ok());
        }
    }
    proxied.assert_heals();
}
