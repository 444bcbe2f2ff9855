//! A session with the cluster, and what is known of the cluster as a whole.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use super::catalog;
use crate::{
    Config, Consistency, Error, Result,
    block_on::block_on,
    driver::{Closing, Request, Session},
    table::cql,
};

/// Runs a connect on a background thread: a panic must reach the threads that wait for the outcome. A failed connect has
/// written nothing.
pub(super) fn connecting<T>(connect: impl FnOnce() -> Result<T>) -> Result<T> {
    let connected = catch_unwind(AssertUnwindSafe(connect));
    let connected = connected.unwrap_or_else(|_| Err(Error::internal("connecting panicked")));
    connected.map_err(|error| error.with_indeterminate(false))
}

/// What all tables of a store share.
pub(crate) struct ClusterSession {
    pub(super) driver: Session,
    /// The largest write that the server accepts, in bytes, if it is known.
    pub(crate) max_mutation_bytes: Option<usize>,
}

impl ClusterSession {
    /// Connects. Blocks until the driver has succeeded or given up.
    pub(super) fn open(config: &Config) -> Result<Self> {
        let driver = Session::connect(config)?;
        let deadline = Instant::now() + config.connect_timeout();
        let max_mutation_bytes = block_on(catalog::max_mutation_bytes(&driver, deadline));
        Ok(Self { driver, max_mutation_bytes })
    }

    /// Returns a handle that waits until the session is closed. Take it before the session is dropped.
    pub(crate) fn closing(&self) -> Closing {
        self.driver.closing()
    }

    /// Runs a round trip that reads no table of the store.
    pub(crate) async fn ping(&self, deadline: Instant) -> Result<()> {
        let request = Request::new(&[], Consistency::LocalOne, deadline);
        self.driver.query(cql::PING, &request).await.map(drop)
    }
}
