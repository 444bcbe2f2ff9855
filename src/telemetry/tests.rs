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
    let config = Config::builder().contact_points(["127.0.0.1"]).build().unwrap();
    let recorder = DebuggingRecorder::new();
    with_local_recorder(&recorder, || {
        connected(&config, Duration::from_millis(50));
        assert_eq!(change(&recorder, SESSION_GENERATION), by(1.0));
        session_not_replaced(&config, &Error::new(ErrorKind::Unreachable, "no"));
        assert_eq!(change(&recorder, SESSION_GENERATION), by(0.0));
        session_replaced(&config);
        disconnected(&config, false);
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

#[test]
fn kinds_of_errors_are_named_as_they_are_in_small_letters() {
    use ErrorKind::*;
    for kind in [
        Config,
        NotConnected,
        PoolTimeout,
        Unreachable,
        Authentication,
        Tls,
        Unavailable,
        Timeout,
        Overloaded,
        Conflict,
        InvalidState,
        Corrupt,
        Schema,
        Server,
        Internal,
    ] {
        let name: String = name_of(kind).split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        assert_eq!(name, kind.to_string());
    }
}

#[test]
fn a_call_that_failed_says_which_it_was() {
    let refused = Err::<(), _>(Error::new(ErrorKind::InvalidState, "no"));
    let error = Call::begin(&WRITE_STATE, Some("account-42")).end(refused, Duration::from_secs(1)).unwrap_err();
    assert_eq!((error.operation(), error.persistence_id()), (Some("write_state"), Some("account-42")));
}
