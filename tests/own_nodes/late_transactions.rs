//! A node is paused during a transaction and resumed after the caller has given up: the transaction is then applied.

use std::{
    thread,
    time::{Duration, Instant},
};

use cluster::Cluster;
use durable_store::{
    ConfigBuilder, DurableStore, ErrorKind, Result,
    WriteCondition::{IfAbsent, IfVersion},
    WriteMode,
};

use crate::harness::{MARGIN, alone, config, connected, make_table_with, nodes, state};

/// Shorter than the driver takes to give up a connection without an answer, so that the request stays under way.
const CALL_TIMEOUT: Duration = Duration::from_secs(1);

/// A version that no attempt here writes.
const BEFORE: u64 = 4;

fn versioned(cluster: &Cluster) -> ConfigBuilder {
    config(cluster).write_mode(WriteMode::Versioned)
}

fn node_with_versioned_table() -> Cluster {
    let cluster = nodes().start().unwrap();
    make_table_with(versioned(&cluster));
    cluster
}

/// The version that is stored, as soon as the node answers again.
fn stored(store: &DurableStore, id: &str) -> Option<u64> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        assert!(Instant::now() < deadline, "the node does not answer again");
        match store.get_latest_state(id) {
            Ok(state) => return state.map(|state| state.version_number),
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    }
}

/// A call, whether it wants to find a state, and what is stored once it was applied.
type Transaction = (&'static str, fn(&DurableStore, &str) -> Result<()>, bool, Option<u64>);

const TRANSACTIONS: [Transaction; 4] = [
    ("write", |store, id| store.write_state(&state(id, 5)), true, Some(5)),
    ("if-absent", |store, id| store.write_state_if(&state(id, 5), IfAbsent), false, Some(5)),
    ("if-version", |store, id| store.write_state_if(&state(id, 5), IfVersion(BEFORE)), true, Some(5)),
    ("delete-if-version", |store, id| store.delete_state_if_version(id, BEFORE), true, None),
];

#[test]
fn a_late_transaction_was_reported_as_unknown() {
    let _alone = alone();
    let cluster = node_with_versioned_table();
    let patient = connected(versioned(&cluster));
    let hasty = patient.with_call_timeout(CALL_TIMEOUT);
    // Its statements are prepared: what is sent to the stopped node is the transaction itself.
    for (name, make, finds, _) in TRANSACTIONS {
        for id in ["warm-up", name] {
            if finds {
                patient.write_state_if(&state(id, BEFORE), IfAbsent).unwrap();
            }
        }
        make(&patient, "warm-up").unwrap();
        patient.forget_state("warm-up").unwrap();
    }

    cluster.node(0).pause().unwrap();
    // All at once, within the time that the driver keeps a connection without answers.
    thread::scope(|scope| {
        for (name, make, ..) in TRANSACTIONS {
            let hasty = &hasty;
            scope.spawn(move || {
                let began = Instant::now();
                let error = make(hasty, name).unwrap_err();
                assert!(began.elapsed() < CALL_TIMEOUT + MARGIN, "{name}: {error}");
                assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Timeout, true), "{name}: {error}");
                assert!(error.to_string().ends_with("the write may have been applied"), "{name}: {error}");
            });
        }
    });
    cluster.node(0).resume().unwrap();

    let deadline = Instant::now() + Duration::from_secs(60);
    for (name, _, finds, applied) in TRANSACTIONS {
        let before = finds.then_some(BEFORE);
        // A read may still be answered before the transaction that was sent first.
        loop {
            let found = stored(&patient, name);
            if found == applied {
                break;
            }
            assert_eq!(found, before, "{name}");
            assert!(Instant::now() < deadline, "{name} never came in");
        }
    }
}

/// The caller settles the matter by making the same step again: one of the two is applied, whatever comes when.
#[test]
fn a_late_transaction_never_overwrites_a_later_write() {
    let _alone = alone();
    let cluster = node_with_versioned_table();
    let patient = connected(versioned(&cluster));
    let hasty = patient.with_call_timeout(CALL_TIMEOUT);
    let id = "account-42";
    patient.write_state_if(&state(id, 1), IfAbsent).unwrap();
    patient.write_state_if(&state(id, 2), IfVersion(1)).unwrap();

    cluster.node(0).pause().unwrap();
    let late = state(id, 3).with_timestamp(-3);
    let error = hasty.write_state_if(&late, IfVersion(2)).unwrap_err();
    assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Timeout, true), "{error}");
    cluster.node(0).resume().unwrap();

    // By hand, as nothing is known: version 3 is either the late one or the second one, and never both in turn.
    let second = state(id, 3).with_timestamp(3);
    let deadline = Instant::now() + Duration::from_secs(60);
    let winner = loop {
        assert!(Instant::now() < deadline, "the node does not answer again");
        match patient.write_state_if(&second, IfVersion(2)) {
            Ok(()) => break second,
            Err(error) if error.kind() == ErrorKind::Conflict => {
                assert_eq!(error.stored_version(), Some(3), "{error}");
                break patient.get_latest_state(id).unwrap().unwrap();
            }
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    };
    assert!(winner == late || winner.timestamp == 3, "{winner:?}");
    // It stays, also when everything that was under way has come in: the next step builds on it.
    patient.write_state_if(&state(id, 4), IfVersion(3)).unwrap();
    assert_eq!(stored(&patient, id), Some(4));
}
