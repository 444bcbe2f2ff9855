//! One session of the driver, shared by all calls, with the statements prepared on it.

use std::{
    mem, process, thread,
    time::{Duration, Instant},
};

use cassandra_cpp::{PreparedStatement, Statement};
use parking_lot::RwLock;

use super::{
    cluster::cluster,
    error::{from_connect, from_driver},
    guarded::{guarded, guarded_while},
    log,
    rows::Rows,
};
use crate::{
    Config, Consistency, Error, Result,
    block_on::{block_on, until},
    driver::{Closing, Request, Value},
    error::RetryHint,
    table::cql,
};

/// Before closing, the count of connections is polled until it was the same for `SETTLED_POLLS` polls, `POLL_INTERVAL`
/// apart, or until `SETTLE_LIMIT` has passed. Polls are counted instead of time: on a busy machine everything takes longer,
/// the driver's work between two polls too.
const SETTLED_POLLS: u32 = 10;
const POLL_INTERVAL: Duration = Duration::from_millis(20);
const SETTLE_LIMIT: Duration = Duration::from_secs(2);

/// A connected session. Dropping it closes it in the background, since closing blocks while requests are in flight.
pub(crate) struct Session {
    inner: Option<Inner>,
    closing: Closing,
    process: u32,
}

/// The statements hold the session too: all of it is dropped together.
struct Inner {
    prepared_by_slot: RwLock<Vec<Option<PreparedStatement>>>,
    session: cassandra_cpp::Session,
}

impl Session {
    /// Connects to the cluster. Blocks until the driver has succeeded or given up: abandoning the future earlier would
    /// block its thread forever.
    pub(crate) fn connect(config: &Config) -> Result<Self> {
        guarded(|| {
            log::install();
            let mut cluster = cluster(config)?;
            let session = block_on(cluster.connect()).map_err(|error| from_connect(error, config))?;
            let inner = Inner { prepared_by_slot: RwLock::default(), session };
            Ok(Self { inner: Some(inner), closing: Closing::default(), process: process::id() })
        })
    }

    /// Runs a statement of a table. It is prepared the first time.
    pub(crate) fn execute<'r>(
        &'r self,
        statement: &'r cql::Statement,
        request: &'r Request<'_>,
    ) -> impl Future<Output = Result<Rows>> + 'r {
        guarded_while(async move {
            let inner = self.inner()?;
            // What happens rarely is boxed: the future of each call would be several times as large.
            let bound = match inner.prepared(statement) {
                Some(bound) => bound,
                None => Box::pin(inner.prepare(statement, request.deadline)).await?,
            };
            match run(bound, request).await {
                // Prepare again: this either succeeds, if the table was recreated after the statement was prepared, or
                // returns the real error, if the table was dropped. The driver, which failed to prepare by itself, reports
                // only that no host accepted the statement.
                Err(error) if matches!(error.retry_hint(), RetryHint::StaleStatement | RetryHint::NoLiveConnection) => {
                    inner.keep(statement, None);
                    Box::pin(async { run(inner.prepare(statement, request.deadline).await?, request).await }).await
                }
                executed => executed,
            }
        })
    }

    /// Runs a statement once, without preparing it.
    pub(crate) async fn query(&self, cql: &str, request: &Request<'_>) -> Result<Rows> {
        guarded_while(async { run(self.inner()?.session.statement(cql), request).await }).await
    }

    /// Returns a handle that waits until the session is closed. Take it before the session is dropped.
    pub(crate) fn closing(&self) -> Closing {
        self.closing.clone()
    }

    fn inner(&self) -> Result<&Inner> {
        self.inner.as_ref().ok_or_else(|| Error::internal("the session is already closed"))
    }
}

impl Inner {
    /// The statement ready to be bound, if it was prepared.
    fn prepared(&self, statement: &cql::Statement) -> Option<Statement> {
        self.prepared_by_slot.read().get(statement.slot)?.as_ref().map(PreparedStatement::bind)
    }

    /// Prepares the statement.
    async fn prepare(&self, statement: &cql::Statement, deadline: Instant) -> Result<Statement> {
        let prepared = guarded_while(async {
            let prepared = until(deadline, self.session.prepare(statement.text.as_str())).await;
            prepared.ok_or_else(not_prepared_in_time)?.map_err(from_driver)
        });
        // Only the text was sent, without values, so nothing was written.
        let prepared = prepared.await.map_err(|error| error.with_indeterminate(false))?;
        let bound = prepared.bind();
        self.keep(statement, Some(prepared));
        Ok(bound)
    }

    fn keep(&self, statement: &cql::Statement, prepared: Option<PreparedStatement>) {
        let mut all = self.prepared_by_slot.write();
        if all.len() <= statement.slot {
            all.resize_with(statement.slot + 1, || None);
        }
        if let Some(slot) = all.get_mut(statement.slot) {
            *slot = prepared;
        }
    }

    /// Waits until the count of connections is stable. When a node returns, the driver prepares all statements on it again;
    /// closing the session during that aborts the process ("pure virtual method called", CASSCPP-3).
    fn settle(&self) {
        let deadline = Instant::now() + SETTLE_LIMIT;
        let (mut connections, mut polls) = (self.connections(), 0);
        while polls < SETTLED_POLLS && Instant::now() < deadline {
            thread::sleep(POLL_INTERVAL);
            let now = self.connections();
            polls = if now == connections { polls + 1 } else { 0 };
            connections = now;
        }
    }

    fn connections(&self) -> u64 {
        self.session.get_metrics().total_connections
    }
}

async fn run(mut statement: Statement, request: &Request<'_>) -> Result<Rows> {
    set_up(&mut statement, request).map_err(from_driver)?;
    statement.execute().await.map(Rows::new).map_err(from_driver)
}

fn set_up(statement: &mut Statement, request: &Request<'_>) -> cassandra_cpp::Result<()> {
    for (index, value) in request.values.iter().enumerate() {
        match value {
            Value::Null => statement.bind_null(index)?,
            Value::Int(number) => statement.bind_int32(index, *number)?,
            Value::Bigint(number) => statement.bind_int64(index, *number)?,
            Value::Text(text) => statement.bind_string(index, text)?,
            Value::Blob(payload) => statement.bind_bytes(index, payload.to_vec())?,
        };
    }
    statement.set_consistency(consistency(request.consistency))?;
    if let Some(level) = request.serial_consistency {
        statement.set_serial_consistency(consistency(level.of_reads()))?;
    }
    if let Some(timestamp) = request.timestamp {
        statement.set_timestamp(timestamp)?;
    }
    if let Some(rows) = request.page_size {
        statement.set_paging_size(i32::try_from(rows).unwrap_or(i32::MAX))?;
    }
    if let Some(page) = &request.page {
        statement.set_paging_state_token(page)?;
    }
    let left = request.deadline.saturating_duration_since(Instant::now());
    // 0 would mean no timeout at all.
    statement.set_statement_request_timeout(Some(left.max(Duration::from_millis(1))));
    Ok(())
}

fn consistency(level: Consistency) -> cassandra_cpp::Consistency {
    use cassandra_cpp::Consistency as Driver;
    match level {
        Consistency::One => Driver::ONE,
        Consistency::Two => Driver::TWO,
        Consistency::Three => Driver::THREE,
        Consistency::Quorum => Driver::QUORUM,
        Consistency::All => Driver::ALL,
        Consistency::LocalQuorum => Driver::LOCAL_QUORUM,
        Consistency::EachQuorum => Driver::EACH_QUORUM,
        Consistency::LocalOne => Driver::LOCAL_ONE,
        Consistency::Serial => Driver::SERIAL,
        Consistency::LocalSerial => Driver::LOCAL_SERIAL,
    }
}

fn not_prepared_in_time() -> Error {
    Error::timeout("the statement was not prepared in time")
}

impl Drop for Session {
    fn drop(&mut self) {
        let inner = self.inner.take();
        // In a forked child the driver's threads do not exist: closing would wait for them forever.
        if process::id() != self.process {
            mem::forget(inner);
            return;
        }
        let closing = self.closing();
        let close = move || {
            inner.iter().for_each(Inner::settle);
            drop(inner);
            closing.end();
        };
        // If no thread can be started, the closure is dropped here, and the session with it.
        if thread::Builder::new().name("durable-store-close".into()).spawn(close).is_err() {
            self.closing.end();
        }
    }
}
