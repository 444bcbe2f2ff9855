//! The binding beneath the store, doing the same statements with nothing around them.
#![expect(clippy::result_large_err, reason = "the binding's own error is large")]

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, anyhow, ensure};
use cassandra_cpp::{
    CassResult, Cluster, Consistency, LendingIterator, PreparedStatement, RetryPolicy, Row, Session, Statement,
};
use durable_store::{DurableState, prost::Message, prost_types::Any};

use super::client::Client;
use crate::protocol::{Layout, Target};

const COLUMNS: &str = "version_number, state_payload, state_manifest, timestamp, shard_number";
/// The latest timestamp that was read.
static CLOCK: AtomicI64 = AtomicI64::new(0);
const DRIFT_MICROS: u128 = 10_000_000;

const MANIFEST: &str = "google.protobuf.Any";
/// Rows in a page, as of the store.
const PAGE: i32 = 500;

pub(super) struct Bare {
    session: Session,
    insert: PreparedStatement,
    select: PreparedStatement,
    update_if: Option<PreparedStatement>,
    scan: PreparedStatement,
    target: Target,
}

impl Bare {
    /// With the settings that the store gives the driver: `src/driver/cpp/cluster.rs`.
    pub(super) fn connect(address: SocketAddr, target: &Target) -> Result<Self> {
        let mut cluster = Cluster::default();
        cluster.set_contact_points(&address.ip().to_string()).map_err(ours)?;
        cluster.set_port(address.port()).map_err(ours)?;
        cluster.set_num_threads_io(target.io_threads).map_err(ours)?;
        cluster.set_core_connections_per_host(target.core_connections).map_err(ours)?;
        cluster.set_connect_timeout(Duration::from_secs(5));
        cluster.set_resolve_timeout(Duration::from_secs(5));
        cluster.set_request_timeout(Duration::from_secs(6));
        cluster.set_connection_heartbeat_interval(Duration::from_secs(1));
        cluster.set_connection_idle_timeout(Duration::from_secs(3));
        cluster.set_exponential_reconnect(Duration::from_millis(100), Duration::from_secs(1));
        cluster.set_retry_policy(RetryPolicy::fallthrough_new());
        // Connecting and preparing are all that has to be awaited.
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let session = runtime.block_on(cluster.connect()).map_err(ours)?;
        let table = format!("\"{}\".\"{}\"", target.keyspace, target.table);
        let prepare = |cql: String| runtime.block_on(session.prepare(cql)).map_err(ours);
        let select = match (target.layout, target.shard) {
            (Layout::ById, _) if target.with_clock => {
                format!("SELECT {COLUMNS}, WRITETIME(version_number) FROM {table} WHERE persistence_id = ?")
            }
            (Layout::ById, _) => format!("SELECT {COLUMNS} FROM {table} WHERE persistence_id = ?"),
            (Layout::ByShard, Some(_)) => {
                format!("SELECT {COLUMNS} FROM {table} WHERE shard_number = ? AND persistence_id = ?")
            }
            (Layout::ByShard, None) => {
                format!("SELECT {COLUMNS}, WRITETIME(version_number) FROM {table} WHERE persistence_id = ?")
            }
        };
        let update_if = format!(
            "UPDATE {table} SET version_number = ?, state_payload = ?, state_manifest = ?, timestamp = ?, \
             shard_number = ? WHERE persistence_id = ? IF version_number <= ? AND version_number >= 0 \
             AND state_manifest != ''"
        );
        Ok(Self {
            insert: prepare(format!("INSERT INTO {table} ({COLUMNS}, persistence_id) VALUES (?, ?, ?, ?, ?, ?)"))?,
            select: prepare(select)?,
            update_if: if target.versioned { Some(prepare(update_if)?) } else { None },
            scan: prepare(format!("SELECT persistence_id, {COLUMNS} FROM {table}"))?,
            session,
            target: target.clone(),
        })
    }
}

impl Bare {
    fn insert(&self, state: &DurableState) -> Result<Statement> {
        let mut statement = self.insert.bind();
        bind(&mut statement, state)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
        statement.set_timestamp(i64::try_from(now)?).map_err(ours)?;
        statement.set_consistency(Consistency::LOCAL_QUORUM).map_err(ours)?;
        Ok(statement)
    }

    fn select(&self, id: &str) -> Result<Statement> {
        let mut statement = self.select.bind();
        match (self.target.layout, self.target.shard) {
            (Layout::ByShard, Some(shard)) => {
                statement.bind_int64(0, shard.cast_signed()).map_err(ours)?;
                statement.bind_string(1, id).map_err(ours)?;
            }
            _ => {
                statement.bind_string(0, id).map_err(ours)?;
            }
        }
        statement.set_consistency(Consistency::LOCAL_QUORUM).map_err(ours)?;
        Ok(statement)
    }

    /// The binding's own way to block.
    fn execute(&self, statement: &Statement) -> Result<CassResult> {
        Ok(self.session.execute_with_payloads(statement).wait().map_err(ours)?.0)
    }
}

impl Client for Bare {
    fn write(&self, state: &DurableState) -> Result<()> {
        self.execute(&self.insert(state)?).map(drop)
    }

    fn read(&self, id: &str) -> Result<Option<DurableState>> {
        let result = self.execute(&self.select(id)?)?;
        let row = result.first_row();
        if let Some(row) = row.as_ref().filter(|_| self.target.with_clock) {
            let written_at = row.get_column(5).and_then(|value| value.get_i64()).map_err(ours)?;
            if written_at > CLOCK.load(Ordering::Relaxed) {
                let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
                ensure!(u128::from(written_at.cast_unsigned()) < now + DRIFT_MICROS, "a row from the future");
                CLOCK.fetch_max(written_at, Ordering::Relaxed);
            }
        }
        row.map(|row| decode(&row, 0, id.to_owned())).transpose()
    }

    fn write_versioned(&self, state: &DurableState) -> Result<()> {
        let mut statement = self.update_if.as_ref().context("the table is not versioned")?.bind();
        bind(&mut statement, state)?;
        statement.bind_int64(6, state.version_number.cast_signed()).map_err(ours)?;
        statement.set_serial_consistency(Consistency::LOCAL_SERIAL).map_err(ours)?;
        statement.set_consistency(Consistency::LOCAL_QUORUM).map_err(ours)?;
        let result = self.execute(&statement)?;
        let row = result.first_row().context("no answer")?;
        let applied = row.get_column(0).and_then(|value| value.get_bool()).map_err(ours)?;
        ensure!(applied, "refused");
        Ok(())
    }

    fn write_all(&self, states: &[DurableState]) -> Result<()> {
        self.pipelined(states.iter(), |state| self.insert(state), |_, _| Ok(()))
    }

    fn read_all(&self, ids: &[String]) -> Result<Vec<DurableState>> {
        let mut found = Vec::new();
        let select = |id: &String| self.select(id);
        self.pipelined(ids.iter(), select, |result, at| {
            let id = ids.get(at).context("an id for each answer")?;
            found.extend(result.first_row().map(|row| decode(&row, 0, id.clone())).transpose()?);
            Ok(())
        })?;
        Ok(found)
    }

    fn scan(&self) -> Result<u64> {
        let mut count = 0;
        let mut page: Option<Vec<u8>> = None;
        loop {
            let mut statement = self.scan.bind();
            statement.set_paging_size(PAGE).map_err(ours)?;
            statement.set_consistency(Consistency::LOCAL_QUORUM).map_err(ours)?;
            if let Some(page) = &page {
                statement.set_paging_state_token(page).map_err(ours)?;
            }
            let result = self.execute(&statement)?;
            let mut rows = result.iter();
            while let Some(row) = rows.next() {
                let id = row.get_column(0).and_then(|value| value.get_string()).map_err(ours)?;
                decode(&row, 1, id)?;
                count += 1;
            }
            page = result.paging_state_token().map_err(ours)?;
            if page.is_none() {
                return Ok(count);
            }
        }
    }
}

impl Bare {
    /// Sends a request for each item, as many in flight as `depth` says, and takes the answers in their order.
    fn pipelined<I>(
        &self,
        items: impl Iterator<Item = I>,
        send: impl Fn(I) -> Result<Statement>,
        mut take: impl FnMut(CassResult, usize) -> Result<()>,
    ) -> Result<()> {
        let depth = self.target.depth as usize;
        let mut in_flight = VecDeque::with_capacity(depth);
        let mut taken = 0;
        let mut items = items.fuse();
        loop {
            while in_flight.len() < depth
                && let Some(item) = items.next()
            {
                in_flight.push_back(self.session.execute_with_payloads(&send(item)?));
            }
            let Some(first) = in_flight.pop_front() else { return Ok(()) };
            take(first.wait().map_err(ours)?.0, taken)?;
            taken += 1;
        }
    }
}

/// Binds all six columns by their places.
fn bind(statement: &mut Statement, state: &DurableState) -> Result<()> {
    let payload = state.resulting_state.as_ref().map(Message::encode_to_vec).unwrap_or_default();
    statement.bind_int64(0, state.version_number.cast_signed()).map_err(ours)?;
    statement.bind_bytes(1, payload).map_err(ours)?;
    statement.bind_string(2, MANIFEST).map_err(ours)?;
    statement.bind_int64(3, state.timestamp).map_err(ours)?;
    statement.bind_int64(4, state.shard.cast_signed()).map_err(ours)?;
    statement.bind_string(5, &state.persistence_id).map_err(ours)?;
    Ok(())
}

/// The same state as the store makes of the row, without copies on the way.
fn decode(row: &Row<'_>, first: usize, persistence_id: String) -> Result<DurableState> {
    let bigint = |at: usize| row.get_column(first + at).and_then(|value| value.get_i64()).map_err(ours);
    let manifest = row.get_column(first + 2).map_err(ours)?;
    ensure!(manifest.get_str().map_err(ours)? == MANIFEST, "another manifest");
    let payload = row.get_column(first + 1).map_err(ours)?;
    Ok(DurableState {
        persistence_id,
        version_number: bigint(0)?.cast_unsigned(),
        resulting_state: Some(Any::decode(payload.get_bytes().map_err(ours)?)?),
        timestamp: bigint(3)?,
        shard: bigint(4)?.cast_unsigned(),
    })
}

/// The binding's error cannot be sent to another thread.
#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn ours(error: cassandra_cpp::Error) -> anyhow::Error {
    anyhow!("{error}")
}
