//! Handles with one setting changed: the change takes effect, and does not affect other handles.

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use durable_store::{
    Consistency, DurableStore, Error, ErrorKind, Layout, Replication, SchemaOptions, WriteCondition::IfAbsent,
};

use crate::harness::{
    Keyspace, account, eventually,
    proxy::{Action, Frame, Proxied, opcode},
};

/// What the protocol calls these levels.
const LEVELS: [(Consistency, u16); 4] =
    [(Consistency::One, 1), (Consistency::Quorum, 4), (Consistency::All, ALL), (Consistency::LocalOne, 10)];
const ALL: u16 = 5;
const LOCAL_QUORUM: u16 = 6;
const LOCAL_SERIAL: u16 = 9;

/// The consistency of an EXECUTE: it follows the statement's id, which follows its length.
fn consistency(execute: &Frame) -> u16 {
    let body = execute.body();
    let at = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
    u16::from_be_bytes([body[at], body[at + 1]])
}

type NamedCall<'c> = (&'static str, Box<dyn FnOnce() + 'c>);

/// The consistency of each EXECUTE that a call makes.
#[track_caller]
fn levels(proxied: &Proxied, call: impl FnOnce()) -> Vec<u16> {
    let ((), executes) = proxied.count_executes(call);
    let all = proxied.proxy.executes();
    all[all.len() - executes..].iter().map(consistency).collect()
}

#[test]
fn the_consistency_of_a_handle_is_on_the_wire() {
    let proxied = Proxied::connected(|config| config);
    let store = &proxied.store;
    let state = account("account-42", 1, 1);
    for (consistency, level) in LEVELS {
        let handle = store.with_consistency(consistency);
        let calls: [NamedCall<'_>; 6] = [
            ("write", Box::new(|| handle.write_state(&state).unwrap())),
            ("read", Box::new(|| drop(handle.get_latest_state("account-42").unwrap()))),
            ("bulk write", Box::new(|| handle.write_states([&state]).into_iter().for_each(Result::unwrap))),
            ("bulk read", Box::new(|| drop(handle.get_latest_states(["account-42"]).remove(0).unwrap()))),
            ("scan", Box::new(|| drop(handle.all_states().next().unwrap().unwrap()))),
            ("delete", Box::new(|| handle.delete_state("account-42").unwrap())),
        ];
        for (what, call) in calls {
            assert_eq!(levels(&proxied, call), [level], "{what}");
        }
        // Not that of the others.
        assert_eq!(levels(&proxied, || store.write_state(&state).unwrap()), [LOCAL_QUORUM]);
    }
}

/// It is that of the commit; who has to agree is a setting of the whole table.
#[test]
fn transactions_use_the_handles_consistency_but_their_reads_not() {
    let proxied = Proxied::versioned(|config| config.core_connections_per_host(8));
    let handle = proxied.store.with_consistency(Consistency::All);
    let create = |id| handle.write_state_if(&account(id, 1, 1), IfAbsent).unwrap();
    assert_eq!(levels(&proxied, || create("account-42")), [ALL]);
    proxied.proxy.on_answers([Action::Close]);
    assert_eq!(levels(&proxied, || create("account-43")), [ALL, LOCAL_SERIAL]);
    assert_eq!(levels(&proxied, || handle.delete_state("account-42").unwrap()), [LOCAL_SERIAL, ALL]);
}

#[test]
fn a_level_for_reads_only_reads_and_does_not_write() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected();
    let state = account("account-42", 1, 1);
    store.write_state(&state).unwrap();
    for consistency in [Consistency::Serial, Consistency::LocalSerial] {
        let handle = store.with_consistency(consistency);
        assert_eq!(handle.get_latest_state("account-42").unwrap().as_ref(), Some(&state));
        for error in [
            handle.write_state(&state).unwrap_err(),
            handle.write_states([&state]).remove(0).unwrap_err(),
            handle.delete_state("account-42").unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Config, "{error}");
            assert!(error.to_string().contains("for reads only"), "{error}");
        }
    }
}

#[test]
fn a_shorter_time_ends_a_call_earlier() {
    const SHORT: Duration = Duration::from_millis(300);
    let proxied = Proxied::connected(|config| config.call_timeout(Duration::from_secs(60)).max_attempts(2));
    let handle = proxied.store.with_call_timeout(SHORT);
    proxied.proxy.hook(|passing| if passing.request == opcode::EXECUTE { Action::Swallow } else { Action::Pass });
    let start = Instant::now();
    for error in [
        handle.write_state(&account("account-42", 1, 1)).unwrap_err(),
        handle.get_latest_state("account-42").unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    }
    // One attempt with the time of the store alone would take six seconds.
    let taken = start.elapsed();
    assert!(taken >= SHORT && taken < Duration::from_secs(6), "{taken:?}");
}

#[test]
fn a_longer_time_outlasts_that_of_the_store() {
    let proxied = Proxied::unconnected(|config| {
        config.call_timeout(Duration::from_millis(300)).request_timeout(Duration::from_secs(60)).max_attempts(1)
    });
    let handle = proxied.store.with_call_timeout(Duration::from_secs(60));
    // Neither connecting nor preparing is to take time later.
    handle.connect().unwrap();
    handle.write_state(&account("account-42", 0, 1)).unwrap();
    proxied.proxy.hook(|passing| if passing.is_request(opcode::EXECUTE) { Action::Hold } else { Action::Pass });
    thread::scope(|scope| {
        let patient = scope.spawn(|| handle.write_state(&account("account-42", 1, 1)));
        eventually("the patient call is under way", || proxied.proxy.held() == 1);
        let error = proxied.store.write_state(&account("account-43", 1, 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        proxied.proxy.release();
        patient.join().unwrap().unwrap();
    });
}

#[test]
fn handles_share_one_session() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.store();
    let handles = [
        store.with_consistency(Consistency::One),
        store.with_call_timeout(Duration::from_secs(20)),
        store.with_ttl(Duration::from_secs(3_600)),
    ];
    let all_see = |kind: Option<ErrorKind>| {
        for handle in handles.iter().chain([&store]) {
            assert_eq!(handle.get_latest_state("account-42").err().map(|error| error.kind()), kind);
        }
    };
    all_see(Some(ErrorKind::NotConnected));
    // Whichever connects, and whichever disconnects, does it for all.
    handles[0].connect().unwrap();
    all_see(None);
    handles[1].disconnect().unwrap();
    all_see(Some(ErrorKind::NotConnected));
    handles[2].ping().unwrap();
    all_see(None);
}

#[test]
fn changes_add_up() {
    let proxied = Proxied::connected(|config| config);
    let handle = proxied.store.with_ttl(Duration::from_secs(60)).with_consistency(Consistency::One);
    let handle = handle.with_call_timeout(Duration::from_secs(20));
    assert_eq!(levels(&proxied, || handle.write_state(&account("account-42", 1, 1)).unwrap()), [1]);
    let ttl = proxied.keyspace.cql("SELECT TTL(version_number) FROM {table} WHERE persistence_id = 'account-42'");
    assert!(ttl.rows[0][0].is_some());
    // The last one counts.
    let handle = handle.with_consistency(Consistency::Quorum);
    assert_eq!(levels(&proxied, || handle.write_state(&account("account-42", 1, 1)).unwrap()), [4]);
}

/// What every call on a handle says.
fn all_errors(handle: &DurableStore) -> Vec<Error> {
    let state = account("account-42", 1, 1);
    let options = SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById);
    vec![
        handle.connect().unwrap_err(),
        handle.ping().unwrap_err(),
        handle.write_state(&state).unwrap_err(),
        handle.write_state_if(&state, IfAbsent).unwrap_err(),
        handle.get_latest_state("account-42").unwrap_err(),
        handle.delete_state("account-42").unwrap_err(),
        handle.delete_state_if_version("account-42", 1).unwrap_err(),
        handle.write_states([&state]).remove(0).unwrap_err(),
        handle.get_latest_states(["account-42"]).remove(0).unwrap_err(),
        handle.shard_states(1).next().unwrap().unwrap_err(),
        handle.all_states().next().unwrap().unwrap_err(),
        handle.create_schema(&options).unwrap_err(),
        handle.disconnect().unwrap_err(),
    ]
}

#[test]
fn a_refused_value_fails_the_calls_of_its_handle_only() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected();
    let good = Duration::from_secs(60);
    for (setting, handle) in [
        ("ttl: ", store.with_ttl(Duration::from_millis(999))),
        ("ttl: ", store.with_ttl(Duration::from_secs(21 * 365 * 24 * 60 * 60))),
        ("call_timeout: ", store.with_call_timeout(Duration::ZERO)),
        ("call_timeout: ", store.with_call_timeout(Duration::MAX)),
        // A handle made from it is no better.
        ("ttl: ", store.with_ttl(Duration::ZERO).with_ttl(good).with_consistency(Consistency::One)),
    ] {
        for error in all_errors(&handle) {
            assert_eq!(error.kind(), ErrorKind::Config, "{error}");
            assert!(error.to_string().contains(setting), "{error}");
            assert!(!error.is_indeterminate() && error.operation().is_some(), "{error}");
        }
    }
    // Not even disconnected.
    store.write_state(&account("account-42", 1, 1)).unwrap();
    assert_eq!(keyspace.rows().len(), 1);
}

#[test]
fn handles_work_side_by_side() {
    let proxied = Proxied::connected(|config| config);
    let handles = LEVELS.map(|(consistency, level)| (proxied.store.with_consistency(consistency), level));
    let start = Barrier::new(handles.len());
    let before = proxied.proxy.executes().len();
    thread::scope(|scope| {
        for (handle, level) in &handles {
            let start = &start;
            scope.spawn(move || {
                let id = format!("account-{level}");
                start.wait();
                (1..=50).for_each(|version| handle.write_state(&account(&id, version, 1)).unwrap());
            });
        }
    });
    let executes = proxied.proxy.executes().split_off(before);
    for (_, level) in handles {
        let id = format!("account-{level}").into_bytes();
        // "account-1" begins "account-10" too: the id with its length before it.
        let id = [u32::try_from(id.len()).unwrap().to_be_bytes().to_vec(), id].concat();
        let own: Vec<_> =
            executes.iter().filter(|execute| execute.body().windows(id.len()).any(|window| window == id)).collect();
        assert_eq!(own.len(), 50);
        assert!(own.iter().all(|execute| consistency(execute) == level), "{level}");
    }
}
