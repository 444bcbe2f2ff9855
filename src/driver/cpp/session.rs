//! One session of the driver, shared by all calls, with the statements prepared on it.

use std::{
    mem, process, thread,
    time::{Duration, Instant},
};

use cassandra_cpp::{PreparedStatement, Statement};
use parking_lot::RwLock;
use prost::Message;

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

/// So many looks in a row, so far apart, must find that no connection has come or gone before a session is closed, and so
/// long that is waited for. Looks, not time: on a busy machine all takes longer, the driver's work between two looks too.
const SETTLED_LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
const LONGEST_SETTLING: Duration = Duration::from_secs(2);

/// A connected session. Dropping it closes it in the background, since closing blocks while requests are in flight.
pub(crate) struct Session {
    inner: Option<Inner>,
    closing: Closing,
    process: u32,
}

/// The statements hold the session too: all of it is dropped together.
struct Inner {
    /// By their places.
    prepared: RwLock<Vec<Option<PreparedStatement>>>,
    session: cassandra_cpp::Session,
}

impl Session {
    /// Connects to the cluster. Blocks until the driver has succeeded or given up, whatever that takes: a connect that
    /// is abandoned hangs its thread for ever.
    pub(crate) fn connect(config: &Config) -> Result<Self> {
        guarded(|| {
            log::install();
            let mut cluster = cluster(config)?;
            let session = block_on(cluster.connect()).map_err(|error| from_connect(error, config))?;
            let inner = Inner { prepared: RwLock::default(), session };
            Ok(Self { inner: Some(inner), closing: Closing::default(), process: process::id() })
        })
    }

    /// Runs a statement of the table's: it is prepared once.
    pub(crate) fn execute<'r>(
        &'r self,
        statement: &'r cql::Statement,
        request: &'r Request<'_>,
    ) -> impl Future<Output = Result<Rows>> + 'r {
        guarded_while(async move {
            let inner = self.inner()?;
            // What happens rarely is boxed: it would make each call's future several times as large.
            let bound = match inner.prepared(statement) {
                Some(bound) => bound,
                None => Box::pin(inner.prepare(statement, request.deadline)).await?,
            };
            match run(bound, request).await {
                // Preparing anew either mends it or says what is wrong: the table was made anew under the statement, or
                // it is gone and the driver, which failed to prepare by itself, says only that no host would have it.
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

    /// Tells, after this session was dropped, when it is closed.
    pub(crate) fn closing(&self) -> Closing {
        self.closing.clone()
    }

    fn inner(&self) -> Result<&Inner> {
        self.inner.as_ref().ok_or_else(|| Error::internal("the session is already closed"))
    }
}

impl Inner {
    /// The statement, to be given values, if it has been prepared.
    fn prepared(&self, statement: &cql::Statement) -> Option<Statement> {
        self.prepared.read().get(statement.place)?.as_ref().map(PreparedStatement::bind)
    }

    /// Prepares the statement.
    async fn prepare(&self, statement: &cql::Statement, deadline: Instant) -> Result<Statement> {
        let prepared = guarded_while(async {
            let prepared = until(deadline, self.session.prepare(statement.text.as_str())).await;
            prepared.ok_or_else(not_prepared_in_time)?.map_err(from_driver)
        });
        // Only the text was sent, without values: whatever the error, nothing was written.
        let prepared = prepared.await.map_err(|error| error.with_indeterminate(false))?;
        let bound = prepared.bind();
        self.keep(statement, Some(prepared));
        Ok(bound)
    }

    fn keep(&self, statement: &cql::Statement, prepared: Option<PreparedStatement>) {
        let mut all = self.prepared.write();
        if all.len() <= statement.place {
            all.resize_with(statement.place + 1, || None);
        }
        if let Some(place) = all.get_mut(statement.place) {
            *place = prepared;
        }
    }

    /// Waits until no connection has come or gone for a while. When a node comes back, the driver prepares all statements
    /// on it anew; a session that is closed during that ends the process ("pure virtual method called", CASSCPP-3).
    fn settle(&self) {
        let deadline = Instant::now() + LONGEST_SETTLING;
        let (mut connections, mut looks) = (self.connections(), 0);
        while looks < SETTLED_LOOKS && Instant::now() < deadline {
            thread::sleep(BETWEEN_LOOKS);
            let now = self.connections();
            looks = if now == connections { looks + 1 } else { 0 };
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
            Value::Int(number) => statement.bind_int32(index, *number)?,
            Value::Bigint(number) => statement.bind_int64(index, *number)?,
            Value::Text(text) => statement.bind_string(index, text)?,
            Value::Blob(bytes) => statement.bind_bytes(index, bytes.to_vec())?,
            Value::Encoded(any) => statement.bind_bytes(index, any.encode_to_vec())?,
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
        // In a forked child the driver's threads do not exist: closing would wait for them for ever.
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
        // If no thread can be had, the closure, and with it the session, is dropped here.
        if thread::Builder::new().name("durable-store-close".into()).spawn(close).is_err() {
            self.closing.end();
        }
    }
}
