//! What a program can see of its store: events through `tracing`. The one place that names them; the names are public,
//! and explained in `resources/docs/observing.md`.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use crate::{Config, Error, ErrorKind, Result, key::shortened};

/// What subscribers may filter by.
const TARGET: &str = "durable_store";
const DRIVER_TARGET: &str = "durable_store::driver";

/// The outcome of a call that succeeded; that of one that failed is the kind of its error.
const OK: &str = "ok";

/// A public method.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pace: Pace,
}

/// Whether a call that takes longer than `slow_call` is worth a warning.
#[derive(PartialEq, Eq)]
enum Pace {
    /// A round trip or a few: taking long is news.
    Quick,
    /// Sets something up or takes it down, which takes what it takes.
    Unhurried,
}

macro_rules! operations {
    ($($operation:ident = $name:literal, $pace:ident;)+) => {$(
        pub(crate) static $operation: Operation = {
            Operation {
                name: $name,
                pace: Pace::$pace,
            }
        };
    )+};
}

operations! {
    CONNECT = "connect", Unhurried;
    DISCONNECT = "disconnect", Unhurried;
    PING = "ping", Quick;
    WRITE_STATE = "write_state", Quick;
    GET_LATEST_STATE = "get_latest_state", Quick;
    CREATE_SCHEMA = "create_schema", Unhurried;
}

/// A call of a public method under way.
pub(crate) struct Call<'c> {
    operation: &'static Operation,
    persistence_id: Option<&'c str>,
    started: Instant,
}

impl<'c> Call<'c> {
    /// Begins now.
    pub(crate) fn begin(operation: &'static Operation, persistence_id: Option<&'c str>) -> Self {
        Self { operation, persistence_id, started: Instant::now() }
    }

    /// Tells that an attempt, counted from 1, failed and that another follows after `pause`.
    pub(crate) fn retries(&self, attempt: u32, error: &Error, pause: Duration) {
        tracing::debug!(
            target: TARGET,
            operation = self.operation.name,
            persistence_id = self.persistence_id.map(shortened).as_deref(),
            attempt,
            kind = name_of(error.kind()),
            pause_ms = milliseconds(pause),
            "an attempt failed and is made again",
        );
    }

    /// Tells of the call if it was slow, and adds to an error which call it was.
    pub(crate) fn end<T>(self, outcome: Result<T>, slow_call: Duration) -> Result<T> {
        let elapsed = self.started.elapsed();
        if elapsed > slow_call && self.operation.pace == Pace::Quick {
            self.was_slow(elapsed, outcome.as_ref().map_or_else(|error| name_of(error.kind()), |_| OK));
        }
        outcome.map_err(|error| error.during(self.operation.name, self.persistence_id))
    }

    fn was_slow(&self, elapsed: Duration, outcome: &'static str) {
        tracing::warn!(
            target: TARGET,
            operation = self.operation.name,
            persistence_id = self.persistence_id.map(shortened).as_deref(),
            elapsed_ms = milliseconds(elapsed),
            outcome,
            "a call took longer than `slow_call`",
        );
    }
}

/// Tells that a store has its session, made in this time.
pub(crate) fn connected(config: &Config, elapsed: Duration) {
    let (keyspace, table) = (config.keyspace(), config.table());
    tracing::info!(target: TARGET, keyspace, table, elapsed_ms = milliseconds(elapsed), "connected");
}

/// Tells that a store let go of its session, and whether calls in flight still keep it open.
pub(crate) fn disconnected(config: &Config, calls_in_flight: bool) {
    let (keyspace, table) = (config.keyspace(), config.table());
    tracing::info!(target: TARGET, keyspace, table, calls_in_flight, "disconnected");
}

/// Tells that a session was found dead and that a new one took its place.
pub(crate) fn session_replaced(config: &Config) {
    let (keyspace, table) = (config.keyspace(), config.table());
    tracing::warn!(target: TARGET, keyspace, table, "the session stayed dead and was replaced");
}

/// Tells that no session could be made to take the place of a dead one. That is tried again.
pub(crate) fn session_not_replaced(config: &Config, error: &Error) {
    let (keyspace, table) = (config.keyspace(), config.table());
    let kind = name_of(error.kind());
    tracing::warn!(target: TARGET, keyspace, table, kind, %error, "the session stays dead and could not be replaced");
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

/// Runs what hands events to the program where a panic of its subscriber must go no further: beneath frames of C++, on
/// threads that others wait for, and in a `drop`.
pub(crate) fn shielded(tell: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(tell));
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What events call a kind of error.
fn name_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Config => "config",
        ErrorKind::NotConnected => "not_connected",
        ErrorKind::PoolTimeout => "pool_timeout",
        ErrorKind::Unreachable => "unreachable",
        ErrorKind::Authentication => "authentication",
        ErrorKind::Tls => "tls",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Overloaded => "overloaded",
        ErrorKind::Conflict => "conflict",
        ErrorKind::InvalidState => "invalid_state",
        ErrorKind::Corrupt => "corrupt",
        ErrorKind::Schema => "schema",
        ErrorKind::Server => "server",
        ErrorKind::Internal => "internal",
    }
}
