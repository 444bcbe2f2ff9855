//! A session that stays dead is replaced.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use durable_store::ErrorKind;
use parking_lot::Mutex;
use tracing::Level;

use crate::harness::{
    events::{self, Seen},
    eventually,
    proxy::{Action, Proxied, StoreCall, opcode},
};

/// The value of an entry of the map that a STARTUP holds. Each session gives itself a CLIENT_ID.
fn startup_option(body: &[u8], wanted: &str) -> Option<String> {
    let mut rest = &body[2..];
    let mut text = || {
        let (length, after) = rest.split_at_checked(2)?;
        let (text, after) = after.split_at_checked(usize::from(u16::from_be_bytes([length[0], length[1]])))?;
        rest = after;
        Some(String::from_utf8_lossy(text).into_owned())
    };
    loop {
        let (name, value) = (text()?, text()?);
        if name == wanted {
            return Some(value);
        }
    }
}

fn about(proxied: &Proxied, message: &str) -> Vec<Seen> {
    let keyspace = proxied.keyspace.name();
    events::seen(|seen| seen.message() == message && seen.field("keyspace") == Some(keyspace))
}

#[test]
fn a_session_that_stays_dead_is_replaced_once_and_by_itself() {
    events::collect();
    let proxied = Proxied::unconnected(|config| config);
    let sessions = Arc::new(Mutex::new(Vec::<String>::new()));
    let first_is_dead = Arc::new(AtomicBool::new(false));
    proxied.proxy.hook({
        let (sessions, first_is_dead) = (Arc::clone(&sessions), Arc::clone(&first_is_dead));
        let mut session_of = HashMap::new();
        move |passing| {
            if passing.is_request(opcode::STARTUP) {
                let id = startup_option(passing.frame.body(), "CLIENT_ID").expect("the driver names its session");
                let mut sessions = sessions.lock();
                let known = sessions.iter().position(|session| *session == id);
                session_of.insert(passing.connection, known.unwrap_or(sessions.len()));
                if known.is_none() {
                    sessions.push(id);
                }
            }
            let is_first = session_of.get(&passing.connection) == Some(&0);
            if is_first && first_is_dead.load(Ordering::SeqCst) { Action::Close } else { Action::Pass }
        }
    });
    proxied.store.connect().unwrap();
    StoreCall::Write.make(&proxied.store, "account-42").unwrap();

    first_is_dead.store(true, Ordering::SeqCst);
    eventually("the calls fail fast", || {
        StoreCall::Read.make(&proxied.store, "account-42").is_err_and(|error| error.kind() == ErrorKind::Unavailable)
    });
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                eventually("the session is replaced", || {
                    thread::sleep(Duration::from_millis(20));
                    StoreCall::Read.make(&proxied.store, "account-42").is_ok()
                });
            });
        }
    });
    assert_eq!(sessions.lock().len(), 2, "eight callers made more than one new session");
    let told = about(&proxied, "the session stayed dead and was replaced");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].level, told[0].names()), (Level::WARN, vec!["keyspace", "table"]));
    proxied.store.disconnect().unwrap();
    eventually("both sessions are closed", || proxied.proxy.open() == 0);
}

#[test]
fn a_session_that_cannot_be_replaced_is_told_with_the_reason() {
    events::collect();
    let proxied = Proxied::connected(|config| config.max_attempts(1));
    proxied.proxy.hook(|_| Action::Close);
    let told = || about(&proxied, "the session stays dead and could not be replaced");
    eventually("replacing it fails", || {
        thread::sleep(Duration::from_millis(20));
        StoreCall::Read.make(&proxied.store, "account-0").unwrap_err();
        !told().is_empty()
    });
    let told = &told()[0];
    assert_eq!((told.level, told.names()), (Level::WARN, vec!["keyspace", "table", "kind", "error"]));
    assert_eq!(told.field("kind"), Some("unreachable"), "{told:?}");
    proxied.assert_heals();
}
