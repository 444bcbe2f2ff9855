//! Three nodes, of which some fail.

use std::{
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use durable_store::{DurableStore, ErrorKind, Replication, SchemaOptions};

use crate::harness::{MARGIN, alone, config, long_tests, nodes, state};

const CALL_TIMEOUT: Duration = Duration::from_secs(3);

#[test]
fn eight_stores_make_one_schema_and_a_quorum_is_enough() {
    if !long_tests() {
        eprintln!("left out, it takes over a minute: cargo xtask test --long");
        return;
    }
    let _alone = alone();
    let cluster = nodes().nodes(3).start().unwrap();
    let begun = Arc::new(Barrier::new(8));
    let makers: Vec<_> = (0..8)
        .map(|maker| {
            let store = DurableStore::new(config(&cluster).call_timeout(CALL_TIMEOUT).build().unwrap());
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

    let store = &stores[0];
    cluster.node(2).kill().unwrap();
    // A coordinator may need a moment to learn that one is gone, and asks it meanwhile; two of three are a quorum throughout.
    let after_a_moment = |call: &dyn Fn() -> durable_store::Result<bool>| {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            match call() {
                Ok(found) => return found,
                Err(error) => assert!(error.is_retryable() && Instant::now() < deadline, "{error}"),
            }
        }
    };
    after_a_moment(&|| store.write_state(&state("after-one", 1)).map(|()| true));
    assert!(after_a_moment(&|| store.get_latest_state((0, "after-one")).map(|state| state.is_some())));

    cluster.node(1).kill().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let error = loop {
        let began = Instant::now();
        let error = store.write_state(&state("after-two", 1)).unwrap_err();
        assert!(began.elapsed() < CALL_TIMEOUT + MARGIN, "{:?}: {error}", began.elapsed());
        if error.alive().is_some() {
            break error;
        }
        assert!(Instant::now() < deadline, "{error}");
    };
    assert_eq!((error.kind(), error.required(), error.alive()), (ErrorKind::Unavailable, Some(2), Some(1)), "{error}");
    assert!(error.is_retryable());
}
