use metrics::with_local_recorder;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use super::*;

/// What a recorder has of a metric without labels, counted since this last looked.
fn change(recorder: &DebuggingRecorder, name: &str) -> Option<DebugValue> {
    let snapshot = recorder.snapshotter().snapshot().into_vec();
    snapshot.into_iter().find(|(key, ..)| key.key().name() == name).map(|(.., value)| value)
}

fn by(change: f64) -> Option<DebugValue> {
    Some(DebugValue::Gauge(change.into()))
}

#[test]
fn each_session_of_a_store_raises_the_generation() {
    let table = TableName { keyspace: "ego", table: "states_store" };
    let recorder = DebuggingRecorder::new();
    with_local_recorder(&recorder, || {
        connected(table, Duration::from_millis(50));
        assert_eq!(change(&recorder, SESSION_GENERATION), by(1.0));
        session_not_replaced(table, &Error::new(ErrorKind::Unreachable, "no"));
        assert_eq!(change(&recorder, SESSION_GENERATION), by(0.0));
        session_replaced(table);
        disconnected(table, false);
        assert_eq!(change(&recorder, SESSION_GENERATION), by(1.0));
    });
}

#[test]
fn a_lease_is_given_back_to_the_recorder_that_saw_it_taken() {
    let (recorder, later) = (DebuggingRecorder::new(), DebuggingRecorder::new());
    let unseen = LeaseInUse::begin(Duration::ZERO);
    let seen = with_local_recorder(&recorder, || LeaseInUse::begin(Duration::ZERO));
    assert_eq!(change(&recorder, LEASES_IN_USE), by(1.0));
    with_local_recorder(&later, || drop((unseen, seen)));
    assert_eq!(change(&recorder, LEASES_IN_USE), by(-1.0));
    assert_eq!(change(&later, LEASES_IN_USE), None);
}
