//! Connects once for all threads that ask for it, disconnects, and numbers the tables of the store.
//!
//! A store is closed, connecting or open:
//!
//! ```text
//!          connect                    connected
//! Closed ----------> Connecting(Attempt) ------> Open(Pool)
//!   ^                     |                         |
//!   +---------------------+-------------------------+
//!      failed, disconnect          disconnect
//! ```

use std::{
    collections::HashMap,
    mem, process,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

use super::{
    cluster_session::{ClusterSession, connecting},
    pool::Pool,
};
use crate::{
    Config, Error, Result,
    block_on::block_on,
    call::claims::Claims,
    telemetry::{self, TableMetrics, shielded},
};

/// How long dropping the last handle waits for the session to close.
const LONGEST_DROP: Duration = Duration::from_secs(1);

/// The one session that all handles of a store share.
pub(crate) struct Lifecycle {
    config: Arc<Config>,
    link: Arc<Mutex<Link>>,
    /// The tables that handles of the store have named, by name.
    tables: Mutex<HashMap<String, Arc<TableEntry>>>,
}

/// A table that handles of the store use.
pub(crate) struct TableEntry {
    /// Its number among the tables of the store.
    pub(crate) number: usize,
    pub(crate) metrics: TableMetrics,
    /// The entities in it that this store has claimed, in mode owned.
    pub(crate) claims: Claims,
}

/// The process in which a store first connected, 0 before that.
static CONNECTED_IN: AtomicU32 = AtomicU32::new(0);

enum Link {
    Closed,
    Connecting(Arc<Attempt>),
    Open(Arc<Pool>),
}

/// A connect under way. Other calls that connect meanwhile wait for its outcome.
struct Attempt {
    /// The number of the table that is looked at.
    table: usize,
    outcome: Mutex<Option<Result<Arc<Pool>>>>,
    ended: Condvar,
}

impl Attempt {
    fn new(table: usize) -> Self {
        Self { table, outcome: Mutex::default(), ended: Condvar::new() }
    }

    fn end(&self, outcome: Result<Arc<Pool>>) {
        *self.outcome.lock() = Some(outcome);
        self.ended.notify_all();
    }

    fn wait(&self, deadline: Instant) -> Result<Arc<Pool>> {
        let mut outcome = self.outcome.lock();
        while outcome.is_none() {
            if self.ended.wait_until(&mut outcome, deadline).timed_out() {
                break;
            }
        }
        outcome.clone().unwrap_or_else(|| {
            Err(Error::timeout("not connected within `call_timeout`; connecting continues in the background"))
        })
    }
}

impl Lifecycle {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        Self { config, link: Arc::new(Mutex::new(Link::Closed)), tables: Mutex::default() }
    }

    /// The table of this name, which gets the next number when it is named first.
    pub(crate) fn table(&self, name: &str) -> Arc<TableEntry> {
        let mut tables = self.tables.lock();
        if let Some(entry) = tables.get(name) {
            return Arc::clone(entry);
        }
        let entry =
            Arc::new(TableEntry { number: tables.len(), metrics: TableMetrics::new(name), claims: Claims::default() });
        tables.insert(name.to_owned(), Arc::clone(&entry));
        entry
    }

    /// The pool, if the store is connected.
    pub(crate) fn pool(&self) -> Result<Arc<Pool>> {
        check_process()?;
        match &*self.link.lock() {
            Link::Open(pool) => Ok(Arc::clone(pool)),
            Link::Closed | Link::Connecting(_) => Err(Error::not_connected()),
        }
    }

    /// Connects, or waits for the connect of another thread, then reads the table named in `config`, whose number is `table`.
    /// Gives up at `deadline`.
    pub(crate) fn connect(&self, config: &Arc<Config>, table: usize, deadline: Instant) -> Result<Arc<Pool>> {
        check_process()?;
        CONNECTED_IN.store(process::id(), Ordering::Relaxed);
        loop {
            let attempt = {
                let mut link = self.link.lock();
                match &*link {
                    Link::Open(pool) => {
                        let pool = Arc::clone(pool);
                        drop(link);
                        block_on(pool.table_session(config, table, deadline))?;
                        return Ok(pool);
                    }
                    Link::Connecting(attempt) => Arc::clone(attempt),
                    Link::Closed => {
                        let attempt = Arc::new(Attempt::new(table));
                        self.begin(&attempt, config)?;
                        *link = Link::Connecting(Arc::clone(&attempt));
                        attempt
                    }
                }
            };
            match (attempt.wait(deadline), attempt.table == table) {
                (outcome, true) => return outcome,
                (Err(error), false) if Instant::now() >= deadline => return Err(error),
                // The attempt was made for another handle, whose table may be the reason if it failed.
                _ => {}
            }
        }
    }

    /// Connects on a thread of its own: the driver bounds each step of a connect, not the whole, and must not be
    /// interrupted. Looks at the table of `config` too: if that fails, the session is closed again.
    fn begin(&self, attempt: &Arc<Attempt>, config: &Arc<Config>) -> Result<()> {
        let (store_config, table_config) = (Arc::clone(&self.config), Arc::clone(config));
        let (link, attempt) = (Arc::clone(&self.link), Arc::clone(attempt));
        let connect = move || {
            let began = Instant::now();
            let opened = connecting(|| {
                let pool = Arc::new(Pool::new(Arc::clone(&store_config), ClusterSession::open(&store_config)?));
                let deadline = Instant::now() + store_config.connect_timeout();
                block_on(pool.table_session(&table_config, attempt.table, deadline))?;
                Ok(pool)
            });
            let mut link = link.lock();
            let still_wanted = matches!(&*link, Link::Connecting(current) if Arc::ptr_eq(current, &attempt));
            let outcome = match opened {
                _ if !still_wanted => Err(Error::not_connected()),
                Ok(pool) => {
                    *link = Link::Open(Arc::clone(&pool));
                    Ok(pool)
                }
                Err(error) => {
                    *link = Link::Closed;
                    Err(error)
                }
            };
            drop(link);
            if outcome.is_ok() {
                shielded(|| telemetry::connected(table_config.table_name(), began.elapsed()));
            }
            attempt.end(outcome);
        };
        let spawned = thread::Builder::new().name("durable-store-connect".into()).spawn(connect);
        spawned.map(drop).map_err(|cause| Error::internal("no thread could be started to connect").with_source(cause))
    }

    /// Releases the session; waits for calls in flight, and for the session to close, at most `timeout`.
    pub(crate) fn disconnect(&self, timeout: Duration) -> Result<()> {
        check_process()?;
        let Link::Open(pool) = mem::replace(&mut *self.link.lock(), Link::Closed) else {
            return Ok(());
        };
        let closing = pool.closing();
        // Calls in flight hold the pool too: the session closes when the last one ends.
        drop(pool);
        let closed = closing.wait(timeout);
        shielded(|| telemetry::disconnected(self.config.table_name(), !closed));
        if closed {
            return Ok(());
        }
        Err(Error::timeout("calls are still in flight after `call_timeout`; the session closes when the last one ends"))
    }
}

/// Refuses calls in a child made by `fork` after a store had connected. The threads of the driver and of the pool do not
/// exist there, and locks that they held are never released: a call would wait for them, and a new connect was seen to hang
/// and to panic. Checks the process before it takes any lock.
fn check_process() -> Result<()> {
    let connected_in = CONNECTED_IN.load(Ordering::Relaxed);
    if connected_in == 0 || connected_in == process::id() {
        return Ok(());
    }
    Err(Error::forked())
}

impl Drop for Lifecycle {
    fn drop(&mut self) {
        // In a forked child there is nothing to close, and the locks inside may never be released: leak everything inside.
        if check_process().is_err() {
            mem::forget(Arc::clone(&self.link));
            return;
        }
        let _ = self.disconnect(LONGEST_DROP);
    }
}
