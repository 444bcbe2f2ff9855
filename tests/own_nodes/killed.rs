//! A node is killed under load and started again: the store recovers by itself.

use std::{
    sync::{Arc, Barrier, mpsc},
    thread,
    time::{Duration, Instant},
};

use durable_store::{ErrorKind, Sharding};

use crate::harness::{Load, MARGIN, alone, config, connected, first_answer, node_with_table, state};

const CALL_TIMEOUT: Duration = Duration::from_secs(4);

/// How long after the node's first answer the store may take to use it again.
const RECOVERY: Duration = Duration::from_millis(1_500);

fn comes_back_after(pause: Duration) {
    let _alone = alone();
    let cluster = node_with_table();
    let store = connected(config(&cluster).call_timeout(CALL_TIMEOUT));
    let load = Load::on(&store, 8);
    thread::sleep(Duration::from_secs(2));

    let killing_at = Instant::now();
    cluster.node(0).kill().unwrap();
    // Until now some calls may still have been answered.
    let killed_at = Instant::now();
    thread::sleep(pause);
    cluster.node(0).spawn().unwrap();
    let answered_at = first_answer(cluster.node(0));
    thread::sleep(Duration::from_secs(4));
    let calls = load.stop();

    let (before, during): (Vec<_>, Vec<_>) = calls.iter().partition(|call| call.ended < killing_at);
    assert!(before.len() > 100 && before.iter().all(|call| call.outcome.is_ok()));
    for call in &calls {
        assert!(call.took() < CALL_TIMEOUT + MARGIN, "a call took {:?}: {:?}", call.took(), call.outcome);
    }
    let failed: Vec<_> =
        during.iter().filter_map(|call| call.outcome.as_ref().err().map(|error| (call, error))).collect();
    assert!(failed.len() > 8, "only {} calls failed while the node was away", failed.len());
    for (call, error) in &failed {
        assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout), "{error}");
        // Once the first ones have learned of it, calls do not wait for their deadline.
        let is_early = call.began < killed_at + Duration::from_secs(1);
        assert!(is_early || call.took() < CALL_TIMEOUT / 2, "a call took {:?}: {error}", call.took());
    }
    let first_success =
        during.iter().find(|call| call.began > killed_at && call.outcome.is_ok()).expect("it came back");
    assert!(first_success.ended < answered_at + RECOVERY, "{:?} late", first_success.ended - answered_at);
    assert!(calls.last().unwrap().outcome.is_ok());
}

#[test]
fn a_node_away_for_five_seconds_is_used_again_at_once() {
    comes_back_after(Duration::from_secs(5));
}

#[test]
#[ignore = "takes minutes"]
fn a_node_away_for_a_minute_is_used_again_at_once() {
    comes_back_after(Duration::from_secs(60));
}

#[test]
fn a_pool_timeout_carries_why_the_server_cannot_be_reached() {
    let _alone = alone();
    let cluster = crate::harness::nodes().start().unwrap();
    let (release, held) = mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let holding = Arc::new(Barrier::new(2));
    let barrier = Arc::clone(&holding);
    // The holder of the only lease: the shard is computed under it.
    let sharding = Sharding::by(move |id| {
        if id == "slow" {
            barrier.wait();
            let _ = held.lock().unwrap().recv();
        }
        0
    });
    let config = config(&cluster).sharding(sharding).pool_size(1).call_timeout(Duration::from_secs(2));
    let store = durable_store::DurableStore::new(config.build().unwrap());
    store.create_schema(&durable_store::SchemaOptions::new(durable_store::Replication::Simple(1))).unwrap();
    store.connect().unwrap();
    cluster.node(0).kill().unwrap();
    while store.write_state(&state("a", 1)).unwrap_err().kind() != ErrorKind::Unavailable {}

    let holder = store.clone();
    let holder = thread::spawn(move || holder.write_state(&state("slow", 1)));
    holding.wait();
    let error = store.write_state(&state("a", 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolTimeout);
    assert!(!error.is_indeterminate() && error.is_retryable());
    let cause = std::error::Error::source(&error).expect("the cause").downcast_ref::<durable_store::Error>().unwrap();
    assert!(matches!(cause.kind(), ErrorKind::Unavailable | ErrorKind::Unreachable), "{cause}");
    drop(release);
    assert!(holder.join().unwrap().is_err());
}
