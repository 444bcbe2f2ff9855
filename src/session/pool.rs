//! Gives out leases of the shared session through r2d2, keeps what was learned of each table on it, and replaces the session
//! when it stays dead.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    mem,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use futures_util::{
    FutureExt,
    future::{self, BoxFuture},
};
use parking_lot::Mutex;
use r2d2::{ManageConnection, NopErrorHandler, PooledConnection};

use super::{
    cluster_session::{ClusterSession, connecting},
    table_session::TableSession,
};
use crate::{
    Config, Error, Result,
    block_on::until,
    driver::Closing,
    error::RetryHint,
    telemetry::{self, LeaseInUse},
};

/// The driver reconnects by itself within a second or so of a node coming back. A session without any connection for
/// this long is replaced, and no more often than this.
const REBUILD_AFTER: Duration = Duration::from_secs(5);

/// Bounds the calls in flight: each holds a lease. An exclusive session for each would be ten times slower.
pub(crate) struct Pool {
    config: Arc<Config>,
    leases: r2d2::Pool<Permits>,
    shared: Mutex<Shared>,
}

struct Shared {
    session: Arc<ClusterSession>,
    /// What is known of each table on this session, by the table's number.
    tables: BTreeMap<usize, Table>,
    /// Since when every request found no connection to any node.
    dead_since: Option<Instant>,
    /// The last error of a request or a replacement, while the session is dead.
    last_failure: Option<Error>,
    rebuild: Rebuild,
}

/// What is known of a table.
#[derive(Default)]
enum Table {
    #[default]
    Unknown,
    /// A call is looking at it. Other calls that need the table wait for the same look.
    Examined(Look),
    Known(Arc<TableSession>),
}

type Look = future::Shared<BoxFuture<'static, Result<Arc<TableSession>>>>;

/// The replacement of a dead session: one at a time.
enum Rebuild {
    Never,
    UnderWay,
    Ended(Instant),
}

/// The right of a call to use the session, returned when dropped.
pub(crate) struct Lease<'p> {
    pool: &'p Arc<Pool>,
    _permit: PooledConnection<Permits>,
    _in_use: LeaseInUse,
}

impl Pool {
    pub(crate) fn new(config: Arc<Config>, session: ClusterSession) -> Self {
        let leases = r2d2::Pool::builder()
            .max_size(config.pool_size())
            .min_idle(Some(1))
            // A permit does not age and cannot break: only the session can, which `record_failure` takes care of.
            .test_on_check_out(false)
            .max_lifetime(None)
            .idle_timeout(None)
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(Permits);
        let shared = Shared {
            session: Arc::new(session),
            tables: BTreeMap::new(),
            dead_since: None,
            last_failure: None,
            rebuild: Rebuild::Never,
        };
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

    /// Returns a handle that waits until the session is closed. Take it before the session is dropped.
    pub(crate) fn closing(&self) -> Closing {
        self.session().closing()
    }

    /// The current session.
    fn session(&self) -> Arc<ClusterSession> {
        Arc::clone(&self.shared.lock().session)
    }

    /// The current session together with what is known of a table. Looks at the table if it is not known yet.
    pub(crate) async fn table_session(
        &self,
        config: &Arc<Config>,
        number: usize,
        deadline: Instant,
    ) -> Result<Arc<TableSession>> {
        if let Some(Table::Known(table)) = self.shared.lock().tables.get(&number) {
            return Ok(Arc::clone(table));
        }
        // Boxed, since it happens once per table and session, and would make the future of each call larger.
        Box::pin(self.examine(config, number, deadline)).await
    }

    /// Looks at a table, or waits for the look that is under way, until `deadline`.
    async fn examine(&self, config: &Arc<Config>, number: usize, deadline: Instant) -> Result<Arc<TableSession>> {
        let (session, look) = {
            let mut shared = self.shared.lock();
            let session = Arc::clone(&shared.session);
            let look = match shared.tables.entry(number).or_default() {
                Table::Known(table) => return Ok(Arc::clone(table)),
                Table::Examined(look) => look.clone(),
                unknown @ Table::Unknown => {
                    let look = look_at(Arc::clone(&session), Arc::clone(config), number);
                    *unknown = Table::Examined(look.clone());
                    look
                }
            };
            (session, look)
        };
        let late = || Error::timeout("the table's columns were not read within the time of this attempt");
        let table = until(deadline, look).await.ok_or_else(late)?;
        let mut shared = self.shared.lock();
        // What was learned on a session that was replaced meanwhile is discarded with it.
        if Arc::ptr_eq(&shared.session, &session) {
            let found = table.as_ref().map_or(Table::Unknown, |table| Table::Known(Arc::clone(table)));
            shared.tables.insert(number, found);
        }
        table
    }

    /// Records that an attempt failed: if the session is dead, and stays so, it is replaced. Returns the error, with why
    /// the last attempt to replace the session failed as its source.
    fn record_failure(self: &Arc<Self>, failure: Error) -> Error {
        if failure.retry_hint() != RetryHint::NoLiveConnection {
            self.record_life();
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

    /// Records that the session is alive: something answered.
    fn record_life(&self) {
        let mut shared = self.shared.lock();
        shared.dead_since = None;
        shared.last_failure = None;
    }

    /// Starts a thread that replaces the session. Until it succeeds, calls fail fast on the dead session.
    fn begin_rebuild(self: &Arc<Self>) -> bool {
        let (config, pool) = (Arc::clone(&self.config), Arc::downgrade(self));
        let rebuild = move || {
            let opened = connecting(|| ClusterSession::open(&config));
            // The pool was dropped: the store was disconnected meanwhile.
            let Some(pool) = pool.upgrade() else { return };
            pool.end_rebuild(opened);
        };
        thread::Builder::new().name("durable-store-connect".into()).spawn(rebuild).is_ok()
    }

    /// Logs the outcome after the lock is released: a subscriber may be slow, or call the store.
    fn end_rebuild(&self, opened: Result<ClusterSession>) {
        let mut shared = self.shared.lock();
        shared.rebuild = Rebuild::Ended(Instant::now());
        match opened {
            Ok(session) if shared.dead_since.is_some() => {
                // Dropped after the lock is released, too.
                let replaced = (mem::replace(&mut shared.session, Arc::new(session)), mem::take(&mut shared.tables));
                shared.dead_since = None;
                drop(shared);
                drop(replaced);
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

fn look_at(session: Arc<ClusterSession>, config: Arc<Config>, number: usize) -> Look {
    let look = async move {
        let opened = TableSession::open(session, &config, number).await;
        // Nothing is written while a table is looked at.
        opened.map(Arc::new).map_err(|error| error.with_indeterminate(false))
    };
    look.boxed().shared()
}

impl Lease<'_> {
    /// Runs a round trip on the current session.
    pub(crate) async fn ping(&self, deadline: Instant) -> Result<()> {
        self.record_outcome(self.pool.session().ping(deadline).await)
    }

    /// See [`Pool::table_session`].
    pub(crate) fn table_session(
        &self,
        config: &Arc<Config>,
        number: usize,
        deadline: Instant,
    ) -> impl Future<Output = Result<Arc<TableSession>>> {
        self.pool.table_session(config, number, deadline)
    }

    /// Learns from the outcome of an attempt whether the session is alive. Returns the outcome, an error perhaps with its
    /// source.
    pub(crate) fn record_outcome<T>(&self, outcome: Result<T>) -> Result<T> {
        match outcome {
            Ok(value) => {
                self.pool.record_life();
                Ok(value)
            }
            Err(error) => Err(self.pool.record_failure(error)),
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
