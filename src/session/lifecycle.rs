//! Connects once however many ask, and disconnects.

use std::{
    mem, process,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

use crate::{
    Config, Error, Result,
    session::{Pool, TableSession},
    telemetry::{self, shielded},
};

/// How long dropping the last handle waits for the session to close.
const LONGEST_DROP: Duration = Duration::from_secs(1);

/// The one connection that all handles of a store share.
pub(crate) struct Lifecycle {
    config: Config,
    link: Arc<Mutex<Link>>,
}

/// The process in which a store first connected, 0 before that.
static CONNECTED_IN: AtomicU32 = AtomicU32::new(0);

enum Link {
    Closed,
    Connecting(Arc<Attempt>),
    Open(Arc<Pool>),
}

/// A connect under way. All who ask meanwhile hear its outcome.
#[derive(Default)]
struct Attempt {
    outcome: Mutex<Option<Result<Arc<Pool>>>>,
    ended: Condvar,
}

impl Attempt {
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
    pub(crate) fn new(config: Config) -> Self {
        Self { config, link: Arc::new(Mutex::new(Link::Closed)) }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// The pool, if the store is connected.
    pub(crate) fn pool(&self) -> Result<Arc<Pool>> {
        check_process()?;
        match &*self.link.lock() {
            Link::Open(pool) => Ok(Arc::clone(pool)),
            Link::Closed | Link::Connecting(_) => Err(Error::not_connected()),
        }
    }

    /// Connects, or waits for the connect under way, until `deadline`.
    pub(crate) fn connect(&self, deadline: Instant) -> Result<Arc<Pool>> {
        check_process()?;
        CONNECTED_IN.store(process::id(), Ordering::Relaxed);
        let attempt = {
            let mut link = self.link.lock();
            match &*link {
                Link::Open(pool) => return Ok(Arc::clone(pool)),
                Link::Connecting(attempt) => Arc::clone(attempt),
                Link::Closed => {
                    let attempt = Arc::default();
                    self.begin(&attempt)?;
                    *link = Link::Connecting(Arc::clone(&attempt));
                    attempt
                }
            }
        };
        attempt.wait(deadline)
    }

    /// Connects on a thread of its own: the driver bounds each step of a connect, not the whole, and must not be
    /// interrupted.
    fn begin(&self, attempt: &Arc<Attempt>) -> Result<()> {
        let (config, link, attempt) = (self.config.clone(), Arc::clone(&self.link), Arc::clone(attempt));
        let connect = move || {
            let began = Instant::now();
            let opened = TableSession::open_guarded(&config);
            let mut link = link.lock();
            let still_wanted = matches!(&*link, Link::Connecting(current) if Arc::ptr_eq(current, &attempt));
            let outcome = match opened {
                _ if !still_wanted => Err(Error::not_connected()),
                Ok(connection) => {
                    let pool = Arc::new(Pool::new(config.clone(), connection));
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
                shielded(|| telemetry::connected(config.table_name(), began.elapsed()));
            }
            attempt.end(outcome);
        };
        let spawned = thread::Builder::new().name("durable-store-connect".into()).spawn(connect);
        spawned.map(drop).map_err(|cause| Error::internal("no thread could be started to connect").with_source(cause))
    }

    /// Lets go of the connection; waits for calls in flight, and for the session to close, at most `timeout`.
    pub(crate) fn disconnect(&self, timeout: Duration) -> Result<()> {
        check_process()?;
        let Link::Open(pool) = mem::replace(&mut *self.link.lock(), Link::Closed) else {
            return Ok(());
        };
        let closing = pool.closing();
        // Calls in flight hold the pool too: the last one to end closes the session.
        drop(pool);
        let closed = closing.wait(timeout);
        shielded(|| telemetry::disconnected(self.config.table_name(), !closed));
        if closed {
            return Ok(());
        }
        Err(Error::timeout("calls are still in flight after `call_timeout`; the session closes when the last one ends"))
    }
}

/// In a child made by `fork` the threads of the driver and of the pool do not exist, and locks that one of them held are
/// held for ever: a call would wait for them, and connecting anew was seen to hang and to panic below. So once a store has
/// connected, its process alone can use any. Looks at the process before any lock.
fn check_process() -> Result<()> {
    let connected_in = CONNECTED_IN.load(Ordering::Relaxed);
    if connected_in == 0 || connected_in == process::id() {
        return Ok(());
    }
    Err(Error::forked())
}

impl Drop for Lifecycle {
    fn drop(&mut self) {
        // In a forked child there is nothing to close, and the locks inside may be held for ever: it all stays.
        if check_process().is_err() {
            mem::forget(Arc::clone(&self.link));
            return;
        }
        let _ = self.disconnect(LONGEST_DROP);
    }
}
