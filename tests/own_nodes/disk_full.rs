//! A node with a full disk: the outcome of calls depends on its `commit_failure_policy`.

use std::{
    thread,
    time::{Duration, Instant},
};

use cluster::Cluster;
use durable_store::{DurableState, DurableStore, Error, ErrorKind, Result, prost_types::Any};

use crate::harness::{alone, config, connected, make_table, nodes};

const POLICY: &str = "commit_failure_policy";

/// How many writes of 100 KB wait for room while others read. With 256 of them a read was seen to time out beside them, as
/// if the server's bound on the requests of one client were reached.
const WAITING: usize = 32;

/// A node of which a few writes fill all the room that it has already.
fn node(policy: &str) -> Cluster {
    let small = nodes().setting("commitlog_segment_size", "1MiB").setting("write_request_timeout", "500ms");
    let cluster = small.setting(POLICY, policy).start().unwrap();
    make_table(&cluster);
    cluster
}

fn state(number: usize) -> DurableState {
    let value = vec![7; 100_000];
    let resulting_state = Some(Any { type_url: "type.googleapis.com/bank.AccountState".into(), value });
    DurableState { persistence_id: format!("account-{number}"), resulting_state, ..DurableState::default() }
}

/// Writes one state after the other until one is refused; gives those that are stored, and what that one got.
fn fill(store: &DurableStore, cluster: &Cluster) -> (Vec<DurableState>, Error) {
    let write = |number| store.write_state(&state(number)).map(|()| state(number));
    let mut stored: Vec<DurableState> = (0..5).map(|number| write(number).unwrap()).collect();
    cluster.node(0).set_disk_full(true).unwrap();
    loop {
        match write(stored.len()) {
            Ok(state) => stored.push(state),
            Err(error) => return (stored, error),
        }
        assert!(stored.len() < 1_000, "the node finds room all the time");
    }
}

fn assert_are_read(store: &DurableStore, states: &[DurableState]) {
    for (state, read) in states.iter().zip(store.get_latest_states(states)) {
        assert_eq!(read.unwrap().as_ref(), Some(state));
    }
}

#[track_caller]
fn wait_until_ok(call: impl Fn() -> Result<()>) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while let Err(error) = call() {
        assert!(Instant::now() < deadline, "{error}");
    }
}

/// Fills a node that goes on without its commit log: writes fail, as late, and reads go on beside them.
fn writes_alone_fail(policy: &str) -> (Cluster, DurableStore, Vec<DurableState>) {
    let cluster = node(policy);
    let store = connected(config(&cluster));
    let (stored, error) = fill(&store, &cluster);
    assert_eq!((error.kind(), error.required(), error.received()), (ErrorKind::Timeout, Some(1), Some(0)), "{error}");
    assert!(error.is_indeterminate() && error.is_retryable(), "{error}");

    thread::scope(|scope| {
        let writer = scope.spawn(|| store.write_states((0..WAITING).map(|number| state(10_000 + number))));
        while !writer.is_finished() {
            assert_are_read(&store, &stored);
        }
        for outcome in writer.join().unwrap() {
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Timeout, true), "{error}");
        }
    });
    (cluster, store, stored)
}

#[test]
fn where_failures_are_ignored_writes_fail_until_there_is_room() {
    let _alone = alone();
    let (cluster, store, stored) = writes_alone_fail("ignore");
    cluster.node(0).set_disk_full(false).unwrap();
    wait_until_ok(|| store.write_state(&state(stored.len())));
    assert_are_read(&store, &stored);
    assert_are_read(&store, &[state(stored.len())]);
}

#[test]
fn writes_fail_after_the_commit_log_stops_until_a_restart() {
    let _alone = alone();
    let (cluster, store, stored) = writes_alone_fail("stop_commit");
    cluster.node(0).set_disk_full(false).unwrap();
    let error = store.write_state(&state(stored.len())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    comes_back(&cluster, &store, &stored);
}

/// Cassandra's default.
#[test]
fn where_the_node_stops_calls_fail_fast_until_it_is_restarted() {
    let _alone = alone();
    let cluster = node("stop");
    let store = connected(config(&cluster));
    let (stored, error) = fill(&store, &cluster);
    // It hangs up on the write that finds no room: what became of that one is unknown.
    assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout) && error.is_indeterminate(), "{error}");
    // The driver may need a moment to see that all connections are gone.
    wait_until_ok(|| match store.ping() {
        Err(error) if error.kind() == ErrorKind::Unavailable => Ok(()),
        other => other.and(Err(Error::new(ErrorKind::Timeout, "it still answers"))),
    });
    for _ in 0..10 {
        let began = Instant::now();
        let error = store.write_state(&state(0)).unwrap_err();
        assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Unavailable, false), "{error}");
        let error = store.get_latest_state(&stored[0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(began.elapsed() < store.config().call_timeout() / 2, "{:?}", began.elapsed());
    }
    cluster.node(0).set_disk_full(false).unwrap();
    assert_eq!(store.write_state(&state(0)).unwrap_err().kind(), ErrorKind::Unavailable);
    comes_back(&cluster, &store, &stored);
}

/// Restarts the node, whose orderly stop would never return from its commit log; the store needs nobody's help.
fn comes_back(cluster: &Cluster, store: &DurableStore, stored: &[DurableState]) {
    cluster.node(0).kill().unwrap();
    cluster.node(0).start().unwrap();
    wait_until_ok(|| store.write_state(&state(stored.len())));
    assert_are_read(store, stored);
    assert_are_read(store, &[state(stored.len())]);
}
