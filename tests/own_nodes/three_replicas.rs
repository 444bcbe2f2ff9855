//! Three nodes with three replicas, of which two are a quorum: what callers see when some of them are lost.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use cluster::Cluster;
use durable_store::{
    Consistency, DurableStore, Error, ErrorKind, Layout, Replication, Result, SchemaOptions, WriteMode,
};

use crate::harness::{Load, MARGIN, ThreeNodes, config, state};

/// Threads on each store; the nodes have to start beside them.
const THREADS: usize = 3;

/// For calls that have to fail: until the server notices that nodes are gone, they take as long as they may.
const SHORT: Duration = Duration::from_secs(3);

/// A store for each mode on a table of its own, of which all three replicas answer.
fn stores(cluster: &Cluster, test: &str) -> [DurableStore; 2] {
    [WriteMode::LastWriteWins, WriteMode::Versioned].map(|mode| {
        let settings = config(cluster).keyspace(format!("{test}_{mode}")).write_mode(mode);
        let store = DurableStore::new(settings.build().unwrap());
        store.create_schema(&SchemaOptions::new(Replication::Simple(3)).layout(Layout::ById)).unwrap();
        store.connect().unwrap();
        wait_until_known(&store, 3);
        store
    })
}

/// Waits until the nodes that are there know how many that is, and act on it: the driver asks them in turn.
fn wait_until_known(store: &DurableStore, alive: u32) {
    let store = store.with_consistency(Consistency::All).with_call_timeout(SHORT);
    let deadline = Instant::now() + Duration::from_secs(120);
    let mut in_a_row = 0;
    while in_a_row < 20 {
        let outcome = store.write_state(&state(&format!("known-{in_a_row}"), 1));
        let known = outcome.as_ref().map_or_else(Error::alive, |()| Some(3));
        assert!(known == Some(alive) || Instant::now() < deadline, "{outcome:?}, but {alive} are there");
        in_a_row = if known == Some(alive) { in_a_row + 1 } else { 0 };
    }
}

/// Does something to the nodes while threads write and read on both stores, and asserts that every call succeeds.
fn assert_every_call_succeeds(stores: &[DurableStore; 2], disturb: impl FnOnce()) {
    let loads = stores.each_ref().map(|store| Load::on(store, THREADS));
    thread::sleep(Duration::from_secs(1));
    disturb();
    thread::sleep(Duration::from_secs(1));
    for (store, load) in stores.iter().zip(loads) {
        let mode = store.config().write_mode();
        let calls = load.stop();
        let longest = calls.iter().max_by_key(|call| call.took()).unwrap();
        eprintln!("{mode}: {} calls, the longest {:?}", calls.len(), longest.took());
        for call in &calls {
            assert!(call.outcome.is_ok(), "{mode}: after {:?}: {:?}", call.took(), call.outcome);
        }
        assert!(calls.len() > 100, "{mode}: only {} calls", calls.len());
    }
}

#[test]
#[ignore = "takes minutes"]
fn calls_succeed_while_one_replica_is_killed() {
    let cluster = ThreeNodes::take();
    let stores = stores(&cluster, "one_killed");
    assert_every_call_succeeds(&stores, || {
        cluster.node(2).kill().unwrap();
        wait_until_known(&stores[0], 2);
        cluster.node(2).start().unwrap();
    });
}

#[test]
#[ignore = "takes minutes"]
fn reads_by_key_and_writes_succeed_while_one_replica_hangs() {
    let cluster = ThreeNodes::take();
    let stores = stores(&cluster, "one_hung");
    assert_every_call_succeeds(&stores, || {
        cluster.node(2).pause().unwrap();
        wait_until_known(&stores[0], 2);
        cluster.node(2).resume().unwrap();
    });
}

/// The others have room.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes minutes"]
fn calls_succeed_while_one_replica_has_a_full_disk() {
    let cluster = ThreeNodes::take();
    let stores = stores(&cluster, "disk_full");
    assert_every_call_succeeds(&stores, || {
        cluster.node(2).set_disk_full(true).unwrap();
        let mut large = state("large", 1);
        large.resulting_state.as_mut().unwrap().value = vec![7; 100_000];
        // By default such a node no longer talks to anybody.
        while cluster.node(2).is_ready() {
            stores[0].write_state(&large).unwrap();
        }
        cluster.node(2).kill().unwrap();
        cluster.node(2).start().unwrap();
    });
}

#[test]
#[ignore = "takes minutes"]
fn calls_succeed_during_a_rolling_restart() {
    let cluster = ThreeNodes::take();
    let stores = stores(&cluster, "restarted");
    assert_every_call_succeeds(&stores, || {
        for node in cluster.nodes() {
            node.stop().unwrap();
            node.start().unwrap();
            wait_until_known(&stores[0], 3);
        }
    });
}

#[test]
#[ignore = "takes minutes"]
fn calls_are_truthful_while_two_replicas_are_killed() {
    let cluster = ThreeNodes::take();
    let stores = stores(&cluster, "two_killed");
    let over = AtomicBool::new(false);
    let outcomes = thread::scope(|scope| {
        let writers = stores.each_ref().map(|store| {
            let store = store.with_call_timeout(SHORT);
            [(); THREADS].map(|()| {
                let (store, over) = (store.clone(), &over);
                scope.spawn(move || write_until(&store, over))
            })
        });
        thread::sleep(Duration::from_secs(1));
        cluster.node(1).kill().unwrap();
        cluster.node(2).kill().unwrap();
        wait_until_known(&stores[0], 1);
        thread::sleep(Duration::from_secs(1));
        cluster.node(1).start().unwrap();
        cluster.node(2).start().unwrap();
        wait_until_known(&stores[0], 3);
        over.store(true, Relaxed);
        writers.map(|writers| writers.map(|writer| writer.join().unwrap()).into_iter().flatten().collect::<Vec<_>>())
    });
    for (store, outcomes) in stores.iter().zip(outcomes) {
        assert_true(store, &outcomes);
    }
}

/// Writes ids that nobody has written, each once, and reads each.
fn write_until(store: &DurableStore, over: &AtomicBool) -> Vec<(String, Result<()>)> {
    let mut outcomes = Vec::new();
    while !over.load(Relaxed) {
        let id = format!("{:?}-{}", thread::current().id(), outcomes.len());
        let began = Instant::now();
        let outcome = store.write_state(&state(&id, 1));
        let read = store.get_latest_state(&id);
        assert!(began.elapsed() < 2 * SHORT + MARGIN, "{id}: {:?}", began.elapsed());
        read.err().iter().chain(outcome.as_ref().err()).for_each(assert_tells_of_two_lost);
        outcomes.push((id, outcome));
        thread::sleep(Duration::from_millis(2));
    }
    outcomes
}

fn assert_tells_of_two_lost(error: &Error) {
    match error.kind() {
        ErrorKind::Unavailable => assert_eq!((error.required(), error.alive()), (Some(2), Some(1)), "{error}"),
        // The server has not noticed yet.
        kind => assert_eq!(kind, ErrorKind::Timeout, "{error}"),
    }
    assert!(error.is_retryable(), "{error}");
}

/// What the outcomes say is what any of the three replicas holds.
fn assert_true(store: &DurableStore, outcomes: &[(String, Result<()>)]) {
    let mode = store.config().write_mode();
    let stored = store.with_consistency(Consistency::All).get_latest_states(outcomes.iter().map(|(id, _)| id));
    let (mut unavailable, mut late, mut refused) = (0, 0, 0);
    for ((id, outcome), stored) in outcomes.iter().zip(stored) {
        let is_stored = stored.unwrap().is_some();
        match outcome {
            Ok(()) => assert!(is_stored, "{mode}: {id} is lost"),
            Err(error) => {
                assert!(error.is_indeterminate() || !is_stored, "{mode}: it was written: {error}");
                unavailable += u32::from(error.kind() == ErrorKind::Unavailable);
                late += u32::from(error.kind() == ErrorKind::Timeout);
                refused += u32::from(!error.is_indeterminate());
            }
        }
    }
    eprintln!("{mode}: {} writes, {unavailable} unavailable, {late} late, {refused} not written", outcomes.len());
    assert!(unavailable > 0, "{mode}: nobody noticed");
    // Of a transaction it is never certain: see `Error::is_indeterminate`.
    assert_eq!(refused > 0, mode == WriteMode::LastWriteWins, "{mode}: {refused} not written");
    assert!([outcomes.first(), outcomes.last()].into_iter().flatten().all(|(_, outcome)| outcome.is_ok()), "{mode}");
}

#[test]
#[ignore = "takes minutes"]
fn eight_stores_make_one_schema() {
    let cluster = ThreeNodes::take();
    let begun = Arc::new(Barrier::new(8));
    let makers: Vec<_> = (0..8)
        .map(|maker| {
            let store = DurableStore::new(config(&cluster).call_timeout(SHORT).build().unwrap());
            let begun = Arc::clone(&begun);
            thread::spawn(move || {
                begun.wait();
                store.create_schema(&SchemaOptions::new(Replication::Simple(3))).unwrap();
                store.connect().unwrap();
                // Written at once: a second table of the same name would swallow it.
                store.write_state(&state(&format!("made-by-{maker}"), 1)).unwrap();
                store
            })
        })
        .collect();
    let stores: Vec<_> = makers.into_iter().map(|maker| maker.join().unwrap()).collect();
    for store in &stores {
        for maker in 0..8 {
            assert!(store.get_latest_state(&format!("made-by-{maker}")).unwrap().is_some(), "made-by-{maker} is lost");
        }
    }
}
