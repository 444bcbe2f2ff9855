//! Lends leases on the shared session through r2d2, and replaces the session when it stays dead.

use std::{
    convert::Infallible,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use r2d2::{ManageConnection, NopErrorHandler, PooledConnection};

use crate::{
    Config, Error, Result,
    driver::Closing,
    error::RetryHint,
    session::TableSession,
    telemetry::{self, LeaseInUse},
};

/// The driver reconnects by itself within a second or so of a node coming back. A session without any connection for
/// this long is replaced, and no more often than this.
const REBUILD_AFTER: Duration = Duration::from_secs(5);

/// Bounds the calls in flight: each holds a lease. An exclusive session for each would be ten times slower.
pub(crate) struct Pool {
    config: Config,
    leases: r2d2::Pool<Permits>,
    shared: Mutex<Shared>,
}

struct Shared {
    connection: Arc<TableSession>,
    /// Since when every request found no connection to any node.
    dead_since: Option<Instant>,
    /// Why connecting failed last, while the session is dead.
    last_failure: Option<Error>,
    rebuild: Rebuild,
}

/// The replacement of a dead session: one at a time.
enum Rebuild {
    Never,
    UnderWay,
    Ended(Instant),
}

/// A call's share of the session, given back when dropped.
pub(crate) struct Lease<'p> {
    pool: &'p Arc<Pool>,
    _permit: PooledConnection<Permits>,
    _in_use: LeaseInUse,
}

impl Pool {
    pub(crate) fn new(config: Config, connection: TableSession) -> Self {
        let leases = r2d2::Pool::builder()
            .max_size(config.pool_size())
            .min_idle(Some(1))
            // A permit does not age and cannot break: only the session can, and `observe` sees to that.
            .test_on_check_out(false)
            .max_lifetime(None)
            .idle_timeout(None)
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(Permits);
        let connection = Arc::new(connection);
        let shared = Shared { connection, dead_since: None, last_failure: None, rebuild: Rebuild::Never };
        Self { config, leases, shared: Mutex::new(shared) }
    }

    /// Waits for a lease until `deadline`.
    pub(crate) fn lease(self: &Arc<Self>, deadline: Instant) -> Result<Lease<'_>> {
        let (permit, waited) = match self.leases.try_get() {
            // No clock is read where there is nothing to wait for.
            Some(permit) => (permit, Duration::ZERO),
            None => {
                let asked = Instant::now();
                let permit = self.leases.get_timeout(deadline.saturating_duration_since(asked));
                let waited = asked.elapsed();
                let permit = permit.map_err(|_| {
                    telemetry::no_lease(waited);
                    self.no_lease()
                })?;
                (permit, waited)
            }
        };
        Ok(Lease { pool: self, _permit: permit, _in_use: LeaseInUse::begin(waited) })
    }

    fn no_lease(&self) -> Error {
        let error = Error::no_lease(self.leases.max_size());
        match self.shared.lock().last_failure.clone() {
            Some(cause) => error.with_source(cause),
            None => error,
        }
    }

    /// Tells, after the pool was dropped, when its session is closed.
    pub(crate) fn closing(&self) -> Closing {
        self.shared.lock().connection.closing()
    }

    /// Learns from the failure of an attempt that the session is dead, and has it replaced when it stays so. Gives the
    /// error, with why the last attempt to replace the session failed as its cause.
    fn observe_failure(self: &Arc<Self>, failure: Error) -> Error {
        if failure.retry_hint() != RetryHint::NoLiveConnection {
            self.observe_life();
            return failure;
        }
        let mut shared = self.shared.lock();
        let dead_since = *shared.dead_since.get_or_insert_with(Instant::now);
        let due = dead_since.elapsed() >= REBUILD_AFTER
            && match shared.rebuild {
                Rebuild::Never => true,
                Rebuild::UnderWay => false,
                Rebuild::Ended(at) => at.elapsed() >= REBUILD_AFTER,
            };
        if due && self.begin_rebuild() {
            shared.rebuild = Rebuild::UnderWay;
        }
        let cause = shared.last_failure.get_or_insert_with(|| failure.clone());
        let from_connecting = cause.retry_hint() != RetryHint::NoLiveConnection;
        if from_connecting { failure.with_source(cause.clone()) } else { failure }
    }

    /// Learns that the session is alive: something answered.
    fn observe_life(&self) {
        let mut shared = self.shared.lock();
        shared.dead_since = None;
        shared.last_failure = None;
    }

    /// Calls go on failing fast on the dead session meanwhile.
    fn begin_rebuild(self: &Arc<Self>) -> bool {
        let (config, pool) = (self.config.clone(), Arc::downgrade(self));
        let rebuild = move || {
            let opened = TableSession::open_guarded(&config);
            // A pool that is gone was disconnected.
            let Some(pool) = pool.upgrade() else { return };
            pool.end_rebuild(opened);
        };
        thread::Builder::new().name("durable-store-connect".into()).spawn(rebuild).is_ok()
    }

    /// Tells of it only when the lock is free again: a subscriber may be slow, or call the store.
    fn end_rebuild(&self, opened: Result<TableSession>) {
        let mut shared = self.shared.lock();
        shared.rebuild = Rebuild::Ended(Instant::now());
        match opened {
            Ok(connection) if shared.dead_since.is_some() => {
                shared.connection = Arc::new(connection);
                shared.dead_since = None;
                drop(shared);
                telemetry::session_replaced(self.config.table_name());
            }
            // The driver was faster.
            Ok(_) => {}
            Err(error) => {
                shared.last_failure = Some(error.clone());
                drop(shared);
                telemetry::session_not_replaced(self.config.table_name(), &error);
            }
        }
    }
}

impl Lease<'_> {
    /// The session as it is now, for one attempt.
    pub(crate) fn connection(&self) -> Arc<TableSession> {
        Arc::clone(&self.pool.shared.lock().connection)
    }

    /// Learns from what became of an attempt whether the session is alive. Gives it back, an error perhaps with its cause.
    pub(crate) fn learn<T>(&self, outcome: Result<T>) -> Result<T> {
        match outcome {
            Ok(value) => {
                self.pool.observe_life();
                Ok(value)
            }
            Err(error) => Err(self.pool.observe_failure(error)),
        }
    }
}

/// r2d2's manager. What it manages is the right to use the session, since the session itself is shared.
#[derive(Debug)]
struct Permits;

struct Permit;

impl ManageConnection for Permits {
    type Connection = Permit;
    type Error = Infallible;

    fn connect(&self) -> Result<Permit, Infallible> {
        Ok(Permit)
    }

    fn is_valid(&self, _: &mut Permit) -> Result<(), Infallible> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Permit) -> bool {
        false
    }
}
