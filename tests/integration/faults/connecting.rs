//! Servers that refuse, drop or ignore whoever connects.

use std::time::{Duration, Instant};

use durable_store::ErrorKind::{self, Authentication, Server, Timeout, Unavailable, Unreachable};

use crate::harness::{
    eventually,
    proxy::{
        Action, Passing, Proxied, Side,
        forged::{self, code},
        opcode,
    },
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const CALL_TIMEOUT: Duration = Duration::from_secs(4);
const AT_ONCE: Duration = Duration::ZERO;

/// For what a busy machine adds to a deadline.
const MARGIN: Duration = Duration::from_secs(2);

const PASSWORD: &str = "secret-password";
const AUTHENTICATOR: &str = "org.apache.cassandra.auth.PasswordAuthenticator";

fn proxied() -> Proxied {
    Proxied::unconnected(|config| {
        config.connect_timeout(CONNECT_TIMEOUT).call_timeout(CALL_TIMEOUT).credentials("app", PASSWORD)
    })
}

/// Connecting fails with this kind, within this time plus the margin, and leaves no connection behind; once the fault
/// is gone it succeeds.
#[track_caller]
fn assert_connect_fails(
    proxied: &Proxied,
    kind: ErrorKind,
    longest: Duration,
    fault: impl FnMut(&Passing<'_>) -> Action + Send + 'static,
) {
    proxied.proxy.hook(fault);
    let start = Instant::now();
    let error = proxied.store.connect().unwrap_err();
    let taken = start.elapsed();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(taken < longest + MARGIN, "took {taken:?}: {error}");
    assert_eq!((error.operation(), error.persistence_id()), (Some("connect"), None));
    assert!(!error.is_indeterminate(), "{error}");
    assert!(!format!("{error} {error:?}").contains(PASSWORD));
    // An attempt may go on after its caller has given up, but not endlessly.
    eventually("no connection is left", || proxied.proxy.open() == 0);
    proxied.proxy.pass();
    eventually("the store connects", || proxied.store.connect().is_ok());
    proxied.store.disconnect().unwrap();
}

/// Whether this is the store's query for the columns of the table. The driver's own queries come on the control connection.
fn asks_about_the_table(passing: &Passing<'_>) -> bool {
    let text = String::from_utf8_lossy(passing.frame.body());
    !passing.control && passing.is_request(opcode::QUERY) && text.contains("system_schema.columns")
}

#[test]
fn a_server_that_closes_every_connection_is_unreachable() {
    let proxied = proxied();
    assert_connect_fails(&proxied, Unreachable, AT_ONCE, |_| Action::Close);
    assert_connect_fails(&proxied, Unreachable, AT_ONCE, |passing| {
        if passing.is_request(opcode::STARTUP) { Action::Close } else { Action::Pass }
    });
}

#[test]
fn a_server_that_says_nothing_is_unreachable() {
    let proxied = proxied();
    assert_connect_fails(&proxied, Unreachable, CONNECT_TIMEOUT, |_| Action::Swallow);
    assert_connect_fails(&proxied, Unreachable, CONNECT_TIMEOUT, |passing| {
        if passing.is_request(opcode::STARTUP) { Action::Swallow } else { Action::Pass }
    });
}

#[test]
fn a_server_silent_during_connect_fails_it_by_the_deadline() {
    let proxied = proxied();
    assert_connect_fails(&proxied, Timeout, CALL_TIMEOUT, |passing| {
        if asks_about_the_table(passing) { Action::Swallow } else { Action::Pass }
    });
    // The driver's own question: it waits 12 seconds for the answer, whatever it is told.
    assert_connect_fails(&proxied, Timeout, CALL_TIMEOUT, |passing| {
        if passing.control && passing.is_request(opcode::QUERY) { Action::Swallow } else { Action::Pass }
    });
}

#[test]
fn connect_fails_with_the_error_of_the_table_query() {
    let proxied = proxied();
    for (kind, answer) in [
        (Server, forged::error(code::SERVER_ERROR, "NullPointerException")),
        (Unavailable, forged::unavailable(1, 0)),
        (Authentication, forged::error(code::UNAUTHORIZED, "User app has no SELECT permission")),
        (Timeout, forged::read_timeout(1, 0)),
        (Timeout, Action::Close),
    ] {
        assert_connect_fails(&proxied, kind, AT_ONCE, move |passing| {
            if asks_about_the_table(passing) { answer.clone() } else { Action::Pass }
        });
    }
}

#[test]
fn refused_credentials_are_told_at_once() {
    let proxied = proxied();
    let refusal = || forged::error(code::BAD_CREDENTIALS, "Provided username app and/or password are incorrect");
    assert_connect_fails(&proxied, Authentication, AT_ONCE, move |passing| {
        if passing.is_request(opcode::STARTUP) { refusal() } else { Action::Pass }
    });
    assert_connect_fails(&proxied, Authentication, AT_ONCE, move |passing| match (passing.from, passing.request) {
        (Side::Client, opcode::STARTUP) => asks_for_credentials(),
        (Side::Client, opcode::AUTH_RESPONSE) => refusal(),
        _ => Action::Pass,
    });
}

#[test]
fn a_server_that_requires_credentials_refuses_a_login_sans_them() {
    let proxied = Proxied::unconnected(|config| config.connect_timeout(CONNECT_TIMEOUT).call_timeout(CALL_TIMEOUT));
    assert_connect_fails(&proxied, Authentication, AT_ONCE, |passing| {
        if passing.is_request(opcode::STARTUP) { asks_for_credentials() } else { Action::Pass }
    });
}

fn asks_for_credentials() -> Action {
    Action::Answer(opcode::AUTHENTICATE, forged::string(AUTHENTICATOR))
}
