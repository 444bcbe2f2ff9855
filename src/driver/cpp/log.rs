//! Passes the driver's log lines to `tracing`.

use std::sync::Once;

use slog::{Drain, Level, Never, OwnedKVList, Record};

use crate::telemetry::{driver_line, shielded};

/// What the ScyllaDB build of the driver logs as an error for each connection to an Apache Cassandra.
const NOISE: &str = "Could not retrieve sharding info";

/// Installs the bridge, once in a process: the driver has one log callback for all its sessions, and it must be there
/// before the first of them.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| cassandra_cpp::set_slog_logger(slog::Logger::root(Bridge, slog::o!())));
}

/// Used instead of the binding's own bridge to `log`, which cannot drop a line, and in which a panic of a subscriber
/// aborts the process.
struct Bridge;

impl Drain for Bridge {
    type Ok = ();
    type Err = Never;

    fn log(&self, record: &Record<'_>, _: &OwnedKVList) -> Result<(), Never> {
        let message = record.msg().to_string();
        if !message.contains(NOISE) {
            // The driver's C++ frames are above this one: a panic must not pass through them.
            shielded(|| driver_line(level(record.level()), &message));
        }
        Ok(())
    }
}

fn level(level: Level) -> tracing::Level {
    match level {
        Level::Critical | Level::Error => tracing::Level::ERROR,
        Level::Warning => tracing::Level::WARN,
        Level::Info => tracing::Level::INFO,
        Level::Debug => tracing::Level::DEBUG,
        Level::Trace => tracing::Level::TRACE,
    }
}
