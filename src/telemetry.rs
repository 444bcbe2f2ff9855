//! What a program can observe of its store: events through `tracing`, numbers through `metrics`. The only place that names
//! metrics and events; the names are public, and explained in `resources/docs/operating.md`.
//!
//! Without a recorder and a subscriber nothing is allocated for a call that succeeds: its keys are made once per table.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use metrics::{Gauge, Key, Label, Level, Metadata, Recorder, Unit, with_recorder};

use crate::{Error, ErrorKind, error::shortened};

const CALLS: &str = "durable_store_calls_total";
const CALL_DURATION: &str = "durable_store_call_duration_seconds";
const LEASE_WAIT: &str = "durable_store_lease_wait_seconds";
const LEASES_IN_USE: &str = "durable_store_leases_in_use";
const RETRIES: &str = "durable_store_retries_total";
const SESSION_GENERATION: &str = "durable_store_session_generation";
const WRITTEN_BYTES: &str = "durable_store_written_bytes_total";
const READ_BYTES: &str = "durable_store_read_bytes_total";
const FUTURE_ROWS: &str = "durable_store_future_rows_total";

static LEASE_WAIT_KEY: Key = Key::from_static_name(LEASE_WAIT);
static LEASES_IN_USE_KEY: Key = Key::from_static_name(LEASES_IN_USE);
static SESSION_GENERATION_KEY: Key = Key::from_static_name(SESSION_GENERATION);

/// The target of the metrics, by which recorders may filter.
static METADATA: Metadata<'static> = Metadata::new(TARGET, Level::INFO, None);

/// The target of the events, by which subscribers may filter.
const TARGET: &str = "durable_store";
const DRIVER_TARGET: &str = "durable_store::driver";

/// The label of a call that succeeded. The label of a failed call is the kind of its error.
const OK: &str = "ok";

/// A public method.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pace: Pace,
    /// Its index in [`OPERATION_NAMES`].
    number: usize,
}

/// Whether a call that takes longer than `slow_call` is logged.
#[derive(PartialEq, Eq)]
enum Pace {
    /// One or a few round trips: logged.
    Quick,
    /// Connects, disconnects or creates the schema, which has no expected duration.
    Unhurried,
}

macro_rules! operations {
    ($($operation:ident = $name:literal, $pace:ident;)+) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "numbers the statics of these names")]
        enum Number { $($operation,)+ }

        $(
            pub(crate) static $operation: Operation =
                Operation { name: $name, pace: Pace::$pace, number: Number::$operation as usize };
        )+

        const OPERATION_NAMES: [&str; [$($name),+].len()] = [$($name),+];
    };
}

operations! {
    CONNECT = "connect", Unhurried;
    DISCONNECT = "disconnect", Unhurried;
    PING = "ping", Quick;
    WRITE_STATE = "write_state", Quick;
    WRITE_STATE_IF = "write_state_if", Quick;
    WRITE_STATES = "write_states", Quick;
    UPDATE = "update", Quick;
    GET_LATEST_STATE = "get_latest_state", Quick;
    GET_LATEST_STATES = "get_latest_states", Quick;
    DELETE_STATE = "delete_state", Quick;
    DELETE_STATE_IF_VERSION = "delete_state_if_version", Quick;
    FORGET_STATE = "forget_state", Quick;
    SHARD_STATES = "shard_states", Quick;
    ALL_STATES = "all_states", Quick;
    CREATE_SCHEMA = "create_schema", Unhurried;
}

/// The keys of the metrics that have the label `table`. They are made once per table, so that a call allocates none.
pub(crate) struct TableMetrics {
    table: Arc<str>,
    /// By the number of the operation.
    operations: [OperationKeys; OPERATION_NAMES.len()],
    written_bytes: Key,
    read_bytes: Key,
    future_rows: Key,
}

struct OperationKeys {
    succeeded: Key,
    duration: Key,
    retries: Key,
}

impl TableMetrics {
    pub(crate) fn new(table: &str) -> Self {
        let table: Arc<str> = table.into();
        let label = || Label::new("table", Arc::clone(&table));
        let operations = OPERATION_NAMES.map(|name| {
            let operation = || Label::from_static_parts("operation", name);
            OperationKeys {
                succeeded: calls_key(name, OK, &table),
                duration: Key::from_parts(CALL_DURATION, vec![operation(), label()]),
                retries: Key::from_parts(RETRIES, vec![operation(), label()]),
            }
        });
        let key = |name: &'static str| Key::from_parts(name, vec![label()]);
        let (written_bytes, read_bytes, future_rows) = (key(WRITTEN_BYTES), key(READ_BYTES), key(FUTURE_ROWS));
        Self { table, operations, written_bytes, read_bytes, future_rows }
    }

    /// Counts the payload of a state that was written.
    pub(crate) fn written(&self, payload_bytes: usize) {
        count(&self.written_bytes, payload_bytes);
    }

    /// Counts the payload of a state that was read.
    pub(crate) fn read(&self, payload_bytes: usize) {
        count(&self.read_bytes, payload_bytes);
    }

    fn of(&self, operation: &Operation) -> Option<&OperationKeys> {
        self.operations.get(operation.number)
    }
}

fn calls_key(operation: &'static str, outcome: &'static str, table: &Arc<str>) -> Key {
    let labels = vec![
        Label::from_static_parts("operation", operation),
        Label::from_static_parts("outcome", outcome),
        Label::new("table", Arc::clone(table)),
    ];
    Key::from_parts(CALLS, labels)
}

/// Which table an event is about.
#[derive(Clone, Copy)]
pub(crate) struct TableName<'n> {
    pub(crate) keyspace: &'n str,
    pub(crate) table: &'n str,
}

/// Records that an attempt of a call, counted from 1, failed and that another follows after `pause`.
pub(crate) fn attempt_failed(
    table: &TableMetrics,
    operation: &'static Operation,
    persistence_id: Option<&str>,
    attempt: u32,
    error: &Error,
    pause: Duration,
) {
    if let Some(keys) = table.of(operation) {
        count(&keys.retries, 1);
    }
    tracing::debug!(
        target: TARGET,
        table = &*table.table,
        operation = operation.name,
        persistence_id = persistence_id.map(shortened).as_deref(),
        attempt,
        kind = error.kind().as_str(),
        pause_ms = milliseconds(pause),
        "an attempt failed and is made again",
    );
}

/// Records how a call ended: counted, timed, and logged if it took longer than `slow_call`.
pub(crate) fn call_ended(
    table: &TableMetrics,
    operation: &'static Operation,
    persistence_id: Option<&str>,
    failure: Option<ErrorKind>,
    elapsed: Duration,
    slow_call: Duration,
) {
    if let Some(keys) = table.of(operation) {
        with_recorder(|recorder| {
            let calls = match failure {
                None => recorder.register_counter(&keys.succeeded, &METADATA),
                Some(kind) => {
                    recorder.register_counter(&calls_key(operation.name, kind.as_str(), &table.table), &METADATA)
                }
            };
            calls.increment(1);
            recorder.register_histogram(&keys.duration, &METADATA).record(elapsed);
        });
    }
    if elapsed > slow_call && operation.pace == Pace::Quick {
        tracing::warn!(
            target: TARGET,
            table = &*table.table,
            operation = operation.name,
            persistence_id = persistence_id.map(shortened).as_deref(),
            elapsed_ms = milliseconds(elapsed),
            outcome = failure.map_or(OK, ErrorKind::as_str),
            "a call took longer than `slow_call`",
        );
    }
}

/// A lease that is held, counted until it is dropped. It is counted on the recorder that was installed when it began, so
/// that a recorder installed later does not count the return of a lease whose start it did not count.
pub(crate) struct LeaseInUse(Gauge);

impl LeaseInUse {
    /// Begins now, after this time of waiting.
    pub(crate) fn begin(waited: Duration) -> Self {
        let gauge = with_recorder(|recorder| {
            lease_awaited(recorder, waited);
            recorder.register_gauge(&LEASES_IN_USE_KEY, &METADATA)
        });
        gauge.increment(1);
        Self(gauge)
    }
}

impl Drop for LeaseInUse {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

/// Counts a call that waited this long for a lease and got none.
pub(crate) fn no_lease(waited: Duration) {
    with_recorder(|recorder| lease_awaited(recorder, waited));
}

fn lease_awaited(recorder: &dyn Recorder, waited: Duration) {
    recorder.register_histogram(&LEASE_WAIT_KEY, &METADATA).record(waited);
}

/// Records that a row was read whose timestamp is ahead of the clock of this machine by more than the writers' clocks may
/// differ.
pub(crate) fn future_row(table: &TableMetrics, persistence_id: &str, ahead: Duration) {
    count(&table.future_rows, 1);
    tracing::warn!(
        target: TARGET,
        table = &*table.table,
        persistence_id = &*shortened(persistence_id),
        ahead_ms = milliseconds(ahead),
        "a row was written with a timestamp ahead of this clock by more than `max_clock_drift`: it may hide later writes",
    );
}

/// Logs that a store connected, and how long that took.
pub(crate) fn connected(table: TableName<'_>, elapsed: Duration) {
    session_made();
    let TableName { keyspace, table } = table;
    tracing::info!(target: TARGET, keyspace, table, elapsed_ms = milliseconds(elapsed), "connected");
}

/// Logs that a store disconnected, and whether calls in flight still keep the session open.
pub(crate) fn disconnected(table: TableName<'_>, calls_in_flight: bool) {
    let TableName { keyspace, table } = table;
    tracing::info!(target: TARGET, keyspace, table, calls_in_flight, "disconnected");
}

/// Logs that a session stayed dead and was replaced.
pub(crate) fn session_replaced(table: TableName<'_>) {
    session_made();
    let TableName { keyspace, table } = table;
    tracing::warn!(target: TARGET, keyspace, table, "the session stayed dead and was replaced");
}

/// Logs that a dead session could not be replaced. Another attempt follows.
pub(crate) fn session_not_replaced(table: TableName<'_>, error: &Error) {
    let TableName { keyspace, table } = table;
    let kind = error.kind().as_str();
    tracing::warn!(target: TARGET, keyspace, table, kind, %error, "the session stays dead and could not be replaced");
}

/// Logs that a store sends its password without encryption.
pub(crate) fn password_in_the_clear(table: TableName<'_>) {
    let TableName { keyspace, table } = table;
    tracing::warn!(target: TARGET, keyspace, table, "the password travels without TLS; see `tls`");
}

/// Logs that an environment variable is ignored because no setting has its name. Its value may be secret.
pub(crate) fn variable_ignored(name: &str, nearest: &str) {
    tracing::warn!(target: TARGET, name, nearest, "an environment variable is no setting and is ignored");
}

/// Passes on a line that the driver logged.
pub(crate) fn driver_line(level: tracing::Level, line: &str) {
    // The level of an event is part of its type.
    match level {
        tracing::Level::ERROR => tracing::error!(target: DRIVER_TARGET, "{line}"),
        tracing::Level::WARN => tracing::warn!(target: DRIVER_TARGET, "{line}"),
        tracing::Level::INFO => tracing::info!(target: DRIVER_TARGET, "{line}"),
        tracing::Level::DEBUG => tracing::debug!(target: DRIVER_TARGET, "{line}"),
        tracing::Level::TRACE => tracing::trace!(target: DRIVER_TARGET, "{line}"),
    }
}

fn session_made() {
    with_recorder(|recorder| recorder.register_gauge(&SESSION_GENERATION_KEY, &METADATA).increment(1));
}

/// Runs code that passes events to the program, and stops panics of its subscriber: below frames of C++, on threads that
/// others wait for, and in a `drop`.
pub(crate) fn shielded(tell: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(tell));
}

/// Describes the metrics to the recorder of the program.
pub(crate) fn describe() {
    metrics::describe_counter!(CALLS, "Calls that ended, by operation and outcome");
    metrics::describe_histogram!(CALL_DURATION, Unit::Seconds, "How long calls took, all attempts included");
    metrics::describe_histogram!(LEASE_WAIT, Unit::Seconds, "How long calls waited for a lease");
    metrics::describe_gauge!(LEASES_IN_USE, "Leases that calls hold now");
    metrics::describe_counter!(RETRIES, "Attempts that failed and were followed by another");
    metrics::describe_gauge!(SESSION_GENERATION, "Sessions made so far: 1 is the first one");
    metrics::describe_counter!(WRITTEN_BYTES, Unit::Bytes, "Payload bytes of states written");
    metrics::describe_counter!(READ_BYTES, Unit::Bytes, "Payload bytes of states read");
    metrics::describe_counter!(FUTURE_ROWS, "Rows read whose timestamp is too far ahead: they hide later writes");
}

fn count(key: &Key, by: usize) {
    with_recorder(|recorder| recorder.register_counter(key, &METADATA).increment(by as u64));
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
