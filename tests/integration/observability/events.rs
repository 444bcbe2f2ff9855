//! The events that a subscriber gets, and what they must never contain.

use std::{thread, time::Duration};

use durable_store::{ConfigBuilder, ErrorKind, Layout, Replication, SchemaOptions, Tls, TlsVerification};
use tracing::Level;

use crate::harness::{
    Keyspace, account, any_of,
    events::{self, Seen},
    eventually,
    proxy::{Action, BOTH_CALLS, Proxied, forged, opcode},
    state_of,
};

const SLOW: &str = "a call took longer than `slow_call`";
const RETRY: &str = "an attempt failed and is made again";

fn about(persistence_id: &str, message: &str) -> Vec<Seen> {
    events::seen(|seen| seen.message() == message && seen.field("persistence_id") == Some(persistence_id))
}

fn of_keyspace(keyspace: &Keyspace, message: &str) -> Vec<Seen> {
    events::seen(|seen| seen.message() == message && seen.field("keyspace") == Some(keyspace.name()))
}

const PASSWORD: &str = "password-that-nobody-may-see";

/// A store whose every EXECUTE takes 20 milliseconds, and for which 5 are slow.
fn slow_store() -> Proxied {
    let proxied = Proxied::connected(|config| config.slow_call(Duration::from_millis(5)).credentials("ego", PASSWORD));
    proxied.proxy.hook(|passing| {
        if passing.is_request(opcode::EXECUTE) {
            thread::sleep(Duration::from_millis(20));
        }
        Action::Pass
    });
    proxied
}

#[test]
fn a_slow_call_is_a_warning_with_its_id_and_without_its_payload() {
    events::collect();
    let proxied = slow_store();
    let secret = "payload-that-nobody-may-see";
    let state = state_of("slow-42", Some(any_of("type.googleapis.com/bank.Secret", secret.as_bytes())));
    proxied.store.write_state(&state).unwrap();
    assert_eq!(proxied.store.get_latest_state("slow-42").unwrap(), Some(state));

    let told = about("slow-42", SLOW);
    let operations: Vec<_> = told.iter().filter_map(|seen| seen.field("operation")).collect();
    assert_eq!(operations, ["write_state", "get_latest_state"], "{told:?}");
    for seen in &told {
        assert_eq!((seen.level, seen.target, seen.field("outcome")), (Level::WARN, "durable_store", Some("ok")));
        assert_eq!(seen.names(), ["table", "operation", "persistence_id", "elapsed_ms", "outcome"]);
        let elapsed: u64 = seen.field("elapsed_ms").unwrap().parse().unwrap();
        assert!((20..60_000).contains(&elapsed), "{seen:?}");
    }
    let everything = format!("{:?}", events::seen(|_| true));
    assert!(!everything.contains(PASSWORD));
    // As text, and as a list of bytes.
    for shown in [secret.to_owned(), format!("{:?}", secret.as_bytes()).trim_matches(['[', ']']).to_owned()] {
        assert!(!everything.contains(&shown));
    }
}

#[test]
fn a_slow_call_that_fails_says_with_which_kind() {
    events::collect();
    let proxied = slow_store();
    proxied.proxy.hook(|passing| {
        if !passing.is_request(opcode::EXECUTE) {
            return Action::Pass;
        }
        thread::sleep(Duration::from_millis(20));
        forged::error(forged::code::UNAUTHORIZED, "User app has no SELECT permission")
    });
    proxied.store.get_latest_state("slow-43").unwrap_err();
    let told = about("slow-43", SLOW);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].field("outcome"), Some("authentication"));
}

#[test]
fn neither_a_quick_call_nor_one_that_sets_things_up_is_slow() {
    events::collect();
    let keyspace = Keyspace::unmade();
    let store = keyspace.store_with(|config| config.slow_call(Duration::from_millis(1)));
    store.create_schema(&SchemaOptions::new(Replication::Simple(1))).unwrap();
    store.connect().unwrap();
    store.disconnect().unwrap();
    for operation in ["create_schema", "connect", "disconnect"] {
        let told = events::seen(|seen| seen.message() == SLOW && seen.field("operation") == Some(operation));
        assert!(told.is_empty(), "{told:?}");
    }

    let store = keyspace.connected_with(|config| config.slow_call(Duration::from_secs(60)));
    store.write_state(&account("quick-42", 1, 1)).unwrap();
    assert!(about("quick-42", SLOW).is_empty());
}

#[test]
fn a_long_id_is_shortened() {
    events::collect();
    let proxied = slow_store();
    let id = format!("long-{}", "ы".repeat(4_000));
    proxied.store.write_state(&account(&id, 1, 1)).unwrap();
    let told = about(&format!("long-{}…", "ы".repeat(59)), SLOW);
    assert_eq!(told.len(), 1);
}

#[test]
fn each_retry_is_told_with_what_failed_and_how_long_it_pauses() {
    events::collect();
    let proxied = Proxied::connected(|config| config.max_attempts(3));
    for call in BOTH_CALLS {
        let id = format!("retried-by-{}", call.operation());
        proxied.proxy.on_executes([forged::unavailable(2, 1), forged::read_timeout(2, 1)]);
        call.make(&proxied.store, &id).unwrap();
        let told = about(&id, RETRY);
        assert_eq!(told.len(), 2, "{told:?}");
        for (seen, (attempt, kind, longest)) in told.iter().zip([("1", "unavailable", 50), ("2", "timeout", 100)]) {
            assert_eq!((seen.level, seen.target), (Level::DEBUG, "durable_store"));
            assert_eq!(seen.names(), ["table", "operation", "persistence_id", "attempt", "kind", "pause_ms"]);
            assert_eq!(seen.field("operation"), Some(call.operation()));
            assert_eq!((seen.field("attempt"), seen.field("kind")), (Some(attempt), Some(kind)));
            let pause: u64 = seen.field("pause_ms").unwrap().parse().unwrap();
            assert!((longest / 2 - 1..=longest).contains(&pause), "{seen:?}");
        }
    }

    proxied.proxy.on_executes(vec![forged::unavailable(2, 1); 3]);
    proxied.store.get_latest_state("given-up").unwrap_err();
    assert_eq!(about("given-up", RETRY).len(), 2, "the last attempt is followed by no other");
}

#[test]
fn connecting_and_disconnecting_are_told_once_each() {
    events::collect();
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.store();
    for times in 1..=2 {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| store.connect().unwrap());
            }
        });
        let told = of_keyspace(&keyspace, "connected");
        assert_eq!(told.len(), times, "{told:?}");
        assert_eq!((told[0].level, told[0].target), (Level::INFO, "durable_store"));
        assert_eq!(told[0].names(), ["keyspace", "table", "elapsed_ms"]);
        store.disconnect().unwrap();
        store.disconnect().unwrap();
        let told = of_keyspace(&keyspace, "disconnected");
        assert_eq!(told.len(), times, "{told:?}");
        assert_eq!(told[0].field("calls_in_flight"), Some("false"));
    }
}

#[test]
fn a_password_without_tls_is_a_warning() {
    events::collect();
    // The server speaks no TLS: a store that wants it ends there.
    let tls = Tls::new().verification(TlsVerification::DangerAcceptAny);
    let connect = |change: &dyn Fn(ConfigBuilder) -> ConfigBuilder| {
        let keyspace = Keyspace::unmade();
        let error = keyspace.store_with(change).connect().unwrap_err();
        (error.kind(), of_keyspace(&keyspace, "the password travels without TLS; see `tls`"))
    };
    let (kind, told) = connect(&|config| config.credentials("ego", PASSWORD));
    assert_eq!((kind, told.len()), (ErrorKind::Schema, 1), "{told:?}");
    assert_eq!((told[0].level, told[0].target), (Level::WARN, "durable_store"));
    assert_eq!(told[0].names(), ["keyspace", "table"]);

    let (kind, told) = connect(&|config| config.credentials("ego", PASSWORD).tls(tls.clone()));
    assert_eq!((kind, told.len()), (ErrorKind::Tls, 0), "{told:?}");
    let (kind, told) = connect(&|config| config);
    assert_eq!((kind, told.len()), (ErrorKind::Schema, 0), "{told:?}");
}

#[test]
fn the_drivers_log_lines_pass_except_the_meaningless_one() {
    events::collect();
    let keyspace = Keyspace::with_table(Layout::ById);
    keyspace.connected().write_state(&account("account-42", 1, 1)).unwrap();
    let nobody = keyspace.store_with(|config| config.contact_points(["127.0.0.1"]).port(1));
    assert_eq!(nobody.connect().unwrap_err().kind(), ErrorKind::Unreachable);
    eventually("the driver says that nothing answers", || {
        !events::seen(|seen| seen.target == "durable_store::driver" && seen.message().contains("127.0.0.1")).is_empty()
    });
    let lines = events::seen(|seen| seen.target == "durable_store::driver");
    assert!(lines.iter().all(|seen| seen.level <= Level::WARN), "{lines:?}");
    assert!(lines.iter().all(|seen| !seen.message().contains("sharding")), "{lines:?}");
}

#[test]
fn a_panicking_subscriber_breaks_neither_driver_nor_connect() {
    events::collect();
    let keyspace = Keyspace::with_table(Layout::ById);
    events::panic_at(|seen| {
        seen.target == "durable_store::driver"
            || (seen.message() == "connected" && seen.field("table") == Some("explosive"))
    });
    let nobody = keyspace.store_with(|config| config.contact_points(["127.0.0.1"]).port(1));
    assert_eq!(nobody.connect().unwrap_err().kind(), ErrorKind::Unreachable);

    let store = keyspace.store_with(|config| config.table("explosive"));
    store.create_schema(&SchemaOptions::new(Replication::Simple(1))).unwrap();
    store.connect().unwrap();
    store.write_state(&account("account-42", 1, 1)).unwrap();
    assert_eq!(of_keyspace(&keyspace, "connected").len(), 1);
    events::panic_at(|_| false);
}
