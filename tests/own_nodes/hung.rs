//! A node hangs: its connections stay open and nothing answers.

use std::{
    thread,
    time::{Duration, Instant},
};

use durable_store::{DurableStore, ErrorKind};

use crate::harness::{Load, MARGIN, alone, config, connected, node_with_table, state};

const CALL_TIMEOUT: Duration = Duration::from_secs(2);

/// How long after the node wakes the store may take to use it again.
const RECOVERY: Duration = Duration::from_secs(2);

/// When the driver gives up a connection without an answer.
const NOTICED_AFTER: Duration = Duration::from_secs(6);

#[test]
fn calls_on_a_hung_node_fail_by_deadline_then_fast_then_recover() {
    let _alone = alone();
    let cluster = node_with_table();
    let store = connected(config(&cluster).call_timeout(CALL_TIMEOUT));
    let load = Load::on(&store, 8);
    thread::sleep(Duration::from_secs(1));

    cluster.node(0).pause().unwrap();
    // Now it has stopped: until then some calls are still answered.
    let hung_at = Instant::now();
    thread::sleep(Duration::from_secs(20));
    let woken_at = Instant::now();
    cluster.node(0).resume().unwrap();
    thread::sleep(Duration::from_secs(5));
    let calls = load.stop();

    let mut fast = 0;
    for call in &calls {
        assert!(call.took() < CALL_TIMEOUT + MARGIN, "a call took {:?}: {:?}", call.took(), call.outcome);
        if call.began > hung_at && call.ended < woken_at {
            let error = call.outcome.as_ref().expect_err("the node hangs");
            assert!(matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Unavailable), "{error}");
            if call.began > hung_at + NOTICED_AFTER {
                assert!(call.took() < CALL_TIMEOUT / 2, "a call took {:?}: {error}", call.took());
                fast += 1;
            }
        }
    }
    assert!(fast > 8, "{fast} calls failed fast");
    let success = calls.iter().find(|call| call.ended > woken_at && call.outcome.is_ok()).expect("it came back");
    assert!(success.ended < woken_at + RECOVERY, "{:?} late", success.ended - woken_at);
    assert!(calls.last().unwrap().outcome.is_ok());
}

#[test]
#[ignore = "takes minutes"]
fn forty_thousand_abandoned_requests_do_no_lasting_harm() {
    let _alone = alone();
    let cluster = node_with_table();
    let settings = config(&cluster).pool_size(256).max_attempts(1);
    let hasty = DurableStore::new(settings.call_timeout(Duration::from_millis(20)).build().unwrap());
    // Its calls are too short to wait for the connect that the first of them begins.
    while hasty.connect().is_err() {}
    let patient = connected(config(&cluster));
    cluster.node(0).pause().unwrap();
    let workers: Vec<_> = (0..200)
        .map(|worker| {
            let store = hasty.clone();
            let id = format!("abandoned-{worker}");
            let calls = move || (0..200).filter(|version| store.write_state(&state(&id, *version)).is_err()).count();
            thread::spawn(calls)
        })
        .collect();
    let failed: usize = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    assert_eq!(failed, 40_000);
    cluster.node(0).resume().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    for store in [&hasty, &patient] {
        while let Err(error) = store.write_state(&state("after", 1)) {
            assert!(Instant::now() < deadline, "the store does not heal: {error}");
        }
    }
    // Not just once: the connections are whole again.
    for version in 0..100 {
        patient.write_state(&state("after", version)).unwrap();
    }
}
