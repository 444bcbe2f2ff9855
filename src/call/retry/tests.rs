use super::*;
use crate::telemetry::{PING, TableMetrics};

fn limits(call_timeout: Duration, max_attempts: u32) -> Limits {
    Limits { deadline: Instant::now() + call_timeout, request_timeout: Duration::from_secs(6), max_attempts }
}

fn error(kind: ErrorKind, indeterminate: bool) -> Error {
    Error::new(kind, "no").with_indeterminate(indeterminate)
}

/// Runs a call whose attempts fail with these errors in turn and then succeed; gives how many attempts there were.
fn attempts(effect: Effect, failures: &[Error]) -> (u32, Result<()>) {
    let mut count = 0;
    let mut failures = failures.iter().cloned();
    let table = TableMetrics::new("states_store");
    let (call, limits) = (Call::begin(&table, &PING, None), limits(Duration::from_secs(60), 3));
    let outcome = block_on::block_on(run(&call, &limits, effect, async |_| {
        count += 1;
        failures.next().map_or(Ok(()), Err)
    }));
    (count, outcome)
}

#[test]
fn what_may_pass_is_tried_again_and_what_stays_is_not() {
    use ErrorKind::*;
    for (kind, again) in [
        (Unavailable, true),
        (Timeout, true),
        (Overloaded, true),
        (Server, true),
        (Config, false),
        (Authentication, false),
        (Tls, false),
        (InvalidState, false),
        (Corrupt, false),
        (Schema, false),
        (Internal, false),
    ] {
        for effect in [Effect::Read, Effect::Write] {
            let (count, outcome) = attempts(effect, &[error(kind, true)]);
            assert_eq!((count, outcome.is_ok()), if again { (2, true) } else { (1, false) }, "{kind} {effect:?}");
        }
    }
}

#[test]
fn attempts_end_at_the_bound_with_the_last_error() {
    let timeout = error(ErrorKind::Timeout, true);
    let (count, outcome) = attempts(Effect::Write, &[timeout.clone(), timeout, error(ErrorKind::Unavailable, false)]);
    let error = outcome.unwrap_err();
    assert_eq!((count, error.kind(), error.is_indeterminate()), (3, ErrorKind::Unavailable, true));
}

#[test]
fn doubt_sticks_to_writes_and_never_to_reads() {
    let unknown_then_refused = [error(ErrorKind::Timeout, true), error(ErrorKind::Authentication, false)];
    for (effect, doubt) in [(Effect::Write, true), (Effect::Read, false)] {
        let (_, outcome) = attempts(effect, &unknown_then_refused);
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Authentication, doubt));
    }
    let refused_twice = [error(ErrorKind::Unavailable, false), error(ErrorKind::InvalidState, false)];
    assert!(!attempts(Effect::Write, &refused_twice).1.unwrap_err().is_indeterminate());
}

#[test]
fn a_missing_table_is_asked_for_once_more() {
    let missing = Error::new(ErrorKind::Schema, "no").with_retry_hint(RetryHint::MissingTable);
    assert_eq!(attempts(Effect::Read, std::slice::from_ref(&missing)).0, 2);
    let (count, outcome) = attempts(Effect::Read, &[missing.clone(), missing.clone(), missing]);
    assert_eq!((count, outcome.unwrap_err().kind()), (2, ErrorKind::Schema));
}

#[test]
fn an_attempt_gets_half_of_the_time_left_and_the_last_one_all() {
    let limits = limits(Duration::from_secs(8), 2);
    let share = |attempt| limits.attempt_deadline(attempt).saturating_duration_since(Instant::now());
    assert!(share(1) <= Duration::from_secs(4));
    assert!(share(2) > Duration::from_secs(4) && share(2) <= limits.request_timeout);
}

#[test]
fn a_call_without_time_left_for_a_pause_ends_at_once() {
    let missing = Error::new(ErrorKind::Schema, "no").with_retry_hint(RetryHint::MissingTable);
    let mut count = 0;
    let table = TableMetrics::new("states_store");
    let (call, limits) = (Call::begin(&table, &PING, None), limits(Duration::from_millis(500), 3));
    let outcome: Result<()> = block_on::block_on(run(&call, &limits, Effect::Read, async |_| {
        count += 1;
        Err(missing.clone())
    }));
    assert_eq!((count, outcome.unwrap_err().kind()), (1, ErrorKind::Schema));
}

#[test]
fn pauses_double_up_to_a_second_and_are_jittered() {
    for (attempt, longest) in [(1, 50), (2, 100), (3, 200), (6, 1_000), (60, 1_000)] {
        let pauses: Vec<Duration> = (0..100).map(|_| backoff(attempt)).collect();
        let longest = Duration::from_millis(longest);
        assert!(pauses.iter().all(|pause| *pause <= longest && *pause >= longest / 2), "{attempt}");
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}

#[test]
fn a_node_that_shuts_down_is_asked_again_after_its_shutdown() {
    let table = TableMetrics::new("states_store");
    let (call, limits) = (Call::begin(&table, &PING, None), limits(Duration::from_secs(60), 3));
    let attempts = Attempts::new(&call, &limits);
    let refused = error(ErrorKind::Overloaded, false);
    assert!(attempts.pause(&refused) <= FIRST_PAUSE);
    let shutting_down = refused.with_retry_hint(RetryHint::NodeShuttingDown);
    assert_eq!(attempts.pause(&shutting_down), SHUTDOWN_PAUSE);
}
