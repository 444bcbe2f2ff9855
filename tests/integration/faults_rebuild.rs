//! A session that does not come back to life is replaced.

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

use crate::harness::{
    eventually,
    proxy::{Action, Call, Proxied, opcode},
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

#[test]
fn a_session_that_stays_dead_is_replaced_once_and_by_itself() {
    let proxied = Proxied::store(|config| config);
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
    Call::Write.make(&proxied.store, "account-42").unwrap();

    first_is_dead.store(true, Ordering::SeqCst);
    eventually("the calls fail fast", || {
        Call::Read.make(&proxied.store, "account-42").is_err_and(|error| error.kind() == ErrorKind::Unavailable)
    });
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                eventually("the session is replaced", || {
                    thread::sleep(Duration::from_millis(20));
                    Call::Read.make(&proxied.store, "account-42").is_ok()
                });
            });
        }
    });
    assert_eq!(sessions.lock().len(), 2, "eight callers made more than one new session");
    proxied.store.disconnect().unwrap();
    eventually("both sessions are closed", || proxied.proxy.open() == 0);
}
