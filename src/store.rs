//! The store, [`DurableStore`], in one file per topic: its lifecycle and the steps of every call (here), `write`, `read`,
//! `delete`, `update`, `bulk`, `scan`, `schema`, and handles with other settings (`handle`). Lightweight transactions are
//! in `transact`, and the claims of mode owned in `owner`. What a call works with while it holds a lease is in `context`. Also here: the traits that every store implements (`state_store`), a store in memory (`memory`)
//! and a store of one type of state (`typed`).

mod bulk;
mod context;
mod delete;
mod handle;
mod memory;
mod owner;
mod read;
mod scan;
mod schema;
mod state_store;
mod transact;
mod typed;
mod update;
mod write;

use std::{fmt, pin::pin, sync::Arc};

use context::CallContext;
pub use memory::MemoryStore;
pub use scan::{ResumeToken, States};
pub use state_store::{OwnedStateStore, StateStore, VersionedStateStore};
pub use typed::{TypedState, TypedStates, TypedStore};

use crate::{
    Config, Error, Result, Ttl,
    block_on::block_on,
    call::{Call, retry::Limits},
    session::{Lifecycle, Pool, TableEntry},
    telemetry::{self, Operation},
};

/// Keeps the latest state of each entity in a Cassandra table.
///
/// A store is a handle: cheap to clone, safe to share between threads. All clones share one session and one pool, and
/// [`disconnect`](DurableStore::disconnect) on one of them disconnects all. When the last one is dropped, the session is
/// closed; the drop waits for that, at most one second.
///
/// Fork before you connect. In a child of `fork` whose parent had connected a store, every call, of a new store too, fails
/// with [`NotConnected`](crate::ErrorKind::NotConnected) until the child calls `exec`: the threads of the driver do not
/// exist in the child, and locks that they held there are never released.
///
/// Every method blocks the calling thread, at most for [`call_timeout`](crate::ConfigBuilder::call_timeout) unless its
/// documentation names another limit.
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
    /// Why a value of this handle was refused. Every call then fails with it.
    refused: Option<Error>,
}

impl DurableStore {
    /// Returns a store with these settings, not yet connected. Does no I/O.
    ///
    /// ```
    /// use durable_store::{Config, DurableStore, ErrorKind};
    ///
    /// let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let error = store.get_latest_state("account-42").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::NotConnected);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn new(config: Config) -> Self {
        telemetry::describe();
        let config = Arc::new(config);
        let lifecycle = Arc::new(Lifecycle::new(Arc::clone(&config)));
        let table = lifecycle.table(config.table());
        Self { lifecycle, config, table, ttl: None, refused: None }
    }

    /// Returns the settings of this handle: those of the store, with what `with_…` methods changed.
    ///
    /// ```
    /// use durable_store::{Config, DurableStore};
    ///
    /// let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// assert_eq!(store.config().table(), "states_store");
    /// assert_eq!(store.with_table("orders").config().table(), "orders");
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Connects to the cluster and reads what the table looks like; the table must exist. Does nothing if connected. If
    /// several threads call it at once, they share one session. A store that was disconnected can be connected again.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// store.connect()?;
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Unreachable`](crate::ErrorKind::Unreachable): no contact point answers; the error names those that do not
    ///   resolve. A server that refuses the store's certificate may just close the connection, which is this kind too.
    /// - [`Authentication`](crate::ErrorKind::Authentication): the server refused the credentials.
    /// - [`Tls`](crate::ErrorKind::Tls): the encrypted connection could not be set up.
    /// - [`Config`](crate::ErrorKind::Config): a certificate or key file is unusable, or the table records another
    ///   [`write_mode`](crate::ConfigBuilder::write_mode).
    /// - [`Schema`](crate::ErrorKind::Schema): keyspace or table is missing, or the table has neither
    ///   [`Layout`](crate::Layout); the error says what was found.
    /// - [`Timeout`](crate::ErrorKind::Timeout): not connected within `call_timeout`; connecting continues in the
    ///   background.
    pub fn connect(&self) -> Result<()> {
        self.run_call(&telemetry::CONNECT, None, |call| {
            self.lifecycle.connect(&self.config, self.table.number, self.limits(call).deadline).map(drop)
        })
    }

    /// Waits for calls in flight, at most `call_timeout`, and closes the session, for every handle. Later calls fail with
    /// [`NotConnected`](crate::ErrorKind::NotConnected). Does nothing if not connected.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// store.connect()?;
    /// store.disconnect()?;
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fails with [`Timeout`](crate::ErrorKind::Timeout) if calls are still in flight after `call_timeout`; the session
    /// closes when they end.
    pub fn disconnect(&self) -> Result<()> {
        self.run_call(&telemetry::DISCONNECT, None, |_| self.lifecycle.disconnect(self.config.call_timeout()))
    }

    /// Connects if needed, then makes a round trip to the server.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// if let Err(error) = store.ping() {
    ///     eprintln!("not ready: {error}");
    /// }
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// Everything [`connect`](DurableStore::connect) returns, and [`Unavailable`](crate::ErrorKind::Unavailable), [`Timeout`](crate::ErrorKind::Timeout),
    /// [`Overloaded`](crate::ErrorKind::Overloaded), [`PoolTimeout`](crate::ErrorKind::PoolTimeout).
    pub fn ping(&self) -> Result<()> {
        self.run_call(&telemetry::PING, None, |call| {
            let limits = self.limits(call);
            let pool = self.lifecycle.connect(&self.config, self.table.number, limits.deadline)?;
            self.with_lease_of(call, &pool, limits, async |context| context.ping().await)
        })
    }

    /// Runs a public method: measures and counts the call, and adds operation and persistence id to its error.
    fn run_call<T>(
        &self,
        operation: &'static Operation,
        persistence_id: Option<&str>,
        work: impl FnOnce(&Call<'_>) -> Result<T>,
    ) -> Result<T> {
        let call = Call::begin(&self.table.metrics, operation, persistence_id);
        let outcome = self.check_accepted().and_then(|()| work(&call));
        call.end(outcome, self.config().slow_call())
    }

    /// Takes a lease of the connected store, and blocks until `work` is done.
    fn with_lease<T>(&self, call: &Call<'_>, work: impl AsyncFnOnce(&CallContext<'_>) -> Result<T>) -> Result<T> {
        self.with_lease_of(call, &self.lifecycle.pool()?, self.limits(call), work)
    }

    fn with_lease_of<T>(
        &self,
        call: &Call<'_>,
        pool: &Arc<Pool>,
        limits: Limits,
        work: impl AsyncFnOnce(&CallContext<'_>) -> Result<T>,
    ) -> Result<T> {
        let lease = pool.lease(limits.deadline)?;
        // Pinned in place: the future is large, and moving it costs.
        block_on(pin!(work(&CallContext { store: self, call, lease: &lease, limits })))
    }
}

impl Config {
    /// Makes a store with these settings and connects it: [`DurableStore::new`] and [`DurableStore::connect`] in one step.
    ///
    /// ```no_run
    /// let store = durable_store::Config::builder().contact_points(["127.0.0.1"]).build()?.connect()?;
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// See [`DurableStore::connect`].
    pub fn connect(self) -> Result<DurableStore> {
        let store = DurableStore::new(self);
        store.connect()?;
        Ok(store)
    }
}

impl fmt::Debug for DurableStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableStore").field("config", self.config()).finish_non_exhaustive()
    }
}
