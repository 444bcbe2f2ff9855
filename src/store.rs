//! The store: its lifecycle, and the one door that every call goes through.

mod bulk;
mod context;
mod delete;
mod handle;
mod memory;
mod read;
mod scan;
mod schema;
mod state_store;
mod typed;
mod write;

use std::{fmt, pin::pin, sync::Arc};

use context::CallContext;
pub use memory::MemoryStore;
pub use scan::{ResumeToken, States};
pub use state_store::{StateStore, VersionedStateStore};
pub use typed::{TypedState, TypedStore};

use crate::{
    Config, Error, Result, Ttl,
    block_on::block_on,
    call::{Call, retry::Limits},
    session::{Lifecycle, Pool, TableEntry},
    telemetry::{self, Operation},
};

/// Keeps the latest state of each entity in a Cassandra table.
///
/// A handle: cheap to clone, safe to share between threads. All clones share one session and one pool, and
/// [`disconnect`](DurableStore::disconnect) on one of them disconnects all. When the last is dropped, the session is
/// closed; dropping waits at most one second for that.
///
/// Fork before you connect: in a child made by `fork` from a process in which a store had connected, every call, of a new
/// store too, is [`NotConnected`](crate::ErrorKind::NotConnected) until it `exec`s, since locks of threads that are not
/// there may be held for ever.
///
/// Every method blocks the calling thread, for [`call_timeout`](crate::ConfigBuilder::call_timeout) at the longest.
///
/// ```no_run
/// use durable_store::{Config, DurableState, DurableStore, prost_types::Timestamp};
///
/// let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
/// store.connect()?;
/// store.write_state(&DurableState::new("account-42", 1, &Timestamp::default()))?;
/// let latest = store.get_latest_state("account-42")?;
/// assert_eq!(latest.map(|state| state.version_number), Some(1));
/// store.disconnect()?;
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone)]
pub struct DurableStore {
    lifecycle: Arc<Lifecycle>,
    /// The settings of this handle.
    config: Arc<Config>,
    /// The table of this handle.
    table: Arc<TableEntry>,
    ttl: Option<Ttl>,
    /// Why a value of this handle was refused, which each call then reports.
    refused: Option<Error>,
}

impl DurableStore {
    /// A store with these settings, not yet connected. Does no I/O.
    pub fn new(config: Config) -> Self {
        telemetry::describe();
        let config = Arc::new(config);
        let lifecycle = Arc::new(Lifecycle::new(Arc::clone(&config)));
        let table = lifecycle.table(config.table());
        Self { lifecycle, config, table, ttl: None, refused: None }
    }

    /// The settings of this handle: those of the store, with what this handle has changed.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Connects and looks at the table, which must be there. Does nothing if connected; however many threads call it at
    /// once, one session is made. A store that was disconnected can be connected again.
    ///
    /// # Errors
    /// - [`Unreachable`](crate::ErrorKind::Unreachable): nothing answers there, or the name does not resolve.
    /// - [`Authentication`](crate::ErrorKind::Authentication): the server refused the credentials.
    /// - [`Tls`](crate::ErrorKind::Tls): the encrypted connection could not be set up; [`Config`](crate::ErrorKind::Config):
    ///   a file of certificates or a key cannot be used. Where the server refuses the store's certificate it may just hang
    ///   up, which is `Unreachable`.
    /// - [`Schema`](crate::ErrorKind::Schema): keyspace or table is missing, or the table has neither
    ///   [`Layout`](crate::Layout); the error says what was found.
    /// - [`Timeout`](crate::ErrorKind::Timeout): it takes longer than `call_timeout`; it goes on meanwhile.
    pub fn connect(&self) -> Result<()> {
        self.observe(&telemetry::CONNECT, None, |call| {
            self.lifecycle.connect(&self.config, self.table.number, self.limits(call).deadline).map(drop)
        })
    }

    /// Waits for calls in flight, at most `call_timeout`, and closes the session, for every handle. Calls that come
    /// later are [`NotConnected`](crate::ErrorKind::NotConnected). Does nothing if not connected.
    ///
    /// # Errors
    /// [`Timeout`](crate::ErrorKind::Timeout) if calls are still in flight then; the session closes when they end.
    pub fn disconnect(&self) -> Result<()> {
        self.observe(&telemetry::DISCONNECT, None, |_| self.lifecycle.disconnect(self.config.call_timeout()))
    }

    /// Connects if needed, then asks the server for an answer.
    ///
    /// # Errors
    /// Those of [`connect`](DurableStore::connect), and what keeps a request from being answered:
    /// [`Unavailable`](crate::ErrorKind::Unavailable), [`Timeout`](crate::ErrorKind::Timeout),
    /// [`Overloaded`](crate::ErrorKind::Overloaded), [`PoolTimeout`](crate::ErrorKind::PoolTimeout).
    pub fn ping(&self) -> Result<()> {
        self.observe(&telemetry::PING, None, |call| {
            let limits = self.limits(call);
            let pool = self.lifecycle.connect(&self.config, self.table.number, limits.deadline)?;
            self.lend(call, &pool, limits, async |work| work.ping().await)
        })
    }

    /// What every public method that can fail goes through: it is timed and counted, and its error says what failed.
    fn observe<T>(
        &self,
        operation: &'static Operation,
        persistence_id: Option<&str>,
        work: impl FnOnce(&Call<'_>) -> Result<T>,
    ) -> Result<T> {
        let call = Call::begin(&self.table.metrics, operation, persistence_id);
        let outcome = self.check_accepted().and_then(|()| work(&call));
        call.end(outcome, self.config().slow_call())
    }

    /// The one door to a connected store: takes a lease, and blocks until the work that needs it is done.
    fn call<T>(&self, call: &Call<'_>, work: impl AsyncFnOnce(&CallContext<'_>) -> Result<T>) -> Result<T> {
        self.lend(call, &self.lifecycle.pool()?, self.limits(call), work)
    }

    fn lend<T>(
        &self,
        call: &Call<'_>,
        pool: &Arc<Pool>,
        limits: Limits,
        work: impl AsyncFnOnce(&CallContext<'_>) -> Result<T>,
    ) -> Result<T> {
        let lease = pool.lease(limits.deadline)?;
        // Pinned where it is made: it is too large to be moved for nothing.
        block_on(pin!(work(&CallContext { store: self, call, lease: &lease, limits })))
    }
}

impl fmt::Debug for DurableStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableStore").field("config", self.config()).finish_non_exhaustive()
    }
}
