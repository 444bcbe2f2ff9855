//! Reading the latest state.

use std::{borrow::Cow, time::Instant};

use super::{CallContext, DurableStore};
use crate::{
    DurableState, Layout, Result, StateKey,
    call::retry::Effect,
    error::RetryHint,
    session::TableSession,
    session::{Request, Row, Rows, Value},
    state::limits,
    table::{
        check,
        row::{self, StoredRow},
    },
    telemetry,
};

impl DurableStore {
    /// The latest state of an entity, or `None` if there is none.
    ///
    /// On a table keyed by shard a key without a shard finds the newest row of the id: the highest version number, then
    /// the latest timestamp, then the row written last. A key with a shard, `(shard, "id")`, reads that one row.
    ///
    /// # Errors
    /// - [`InvalidState`](crate::ErrorKind::InvalidState): the persistence id is empty or too long, or the shard in
    ///   the key contradicts [`sharding`](crate::ConfigBuilder::sharding). Nothing was sent.
    /// - [`Corrupt`](crate::ErrorKind::Corrupt): the row is there but cannot be read; the error names the column.
    /// - [`Schema`](crate::ErrorKind::Schema): the table is gone or changed, or has no index to read by id through.
    /// - [`NotConnected`](crate::ErrorKind::NotConnected), [`PoolTimeout`](crate::ErrorKind::PoolTimeout),
    ///   [`Unavailable`](crate::ErrorKind::Unavailable), [`Timeout`](crate::ErrorKind::Timeout),
    ///   [`Overloaded`](crate::ErrorKind::Overloaded), [`Server`](crate::ErrorKind::Server).
    pub fn get_latest_state<'k>(&self, key: impl Into<StateKey<'k>>) -> Result<Option<DurableState>> {
        let key = key.into();
        self.observe(&telemetry::GET_LATEST_STATE, Some(key.persistence_id()), |call| {
            limits::check_persistence_id(key.persistence_id(), false)?;
            self.call(call, async |work| work.read(&key).await)
        })
    }
}

/// What a read found. It is decoded when all attempts are over: what one cannot decode, no other can.
enum Found {
    /// The answer to a read by the key of the layout.
    OfKey(Rows, Layout),
    /// Of all rows of the id, on a table keyed by shard.
    Newest(Option<Box<StoredRow<'static>>>),
}

impl CallContext<'_> {
    pub(super) async fn read(&self, key: &StateKey<'_>) -> Result<Option<DurableState>> {
        let id = key.persistence_id();
        let attempt = async |connection: &TableSession, deadline| {
            let by_id = [Value::Text(id)];
            let by_shard: [Value<'_>; 2];
            let values = match connection.layout {
                Layout::ById => &by_id[..],
                Layout::ByShard => match self.store.config().sharding().shard_of_key(key)? {
                    Some(shard) => {
                        by_shard = [Value::Bigint(shard.cast_signed()), Value::Text(id)];
                        &by_shard[..]
                    }
                    // Boxed, since it is several times as large as a read by the key.
                    None => return Box::pin(self.newest_row(connection, id, deadline)).await.map(Found::Newest),
                },
            };
            let request = Request::new(values, self.store.config.consistency(), deadline);
            let rows = connection.execute(&connection.statements.select_row, &request).await?;
            Ok(Found::OfKey(rows, connection.layout))
        };
        match self.attempts(Effect::Read, attempt).await? {
            Found::OfKey(rows, layout) => {
                rows.first(|row| self.store.decode(stored_row(row, 0)?, id, layout)).map(Option::flatten)
            }
            Found::Newest(row) => row.map_or(Ok(None), |row| self.store.decode(*row, id, Layout::ByShard)),
        }
    }

    /// The row of an entity as all transactions that have an outcome left it, on a table keyed by id.
    pub(super) async fn serial_row(
        &self,
        connection: &TableSession,
        persistence_id: &str,
        deadline: Instant,
    ) -> Result<Option<StoredRow<'static>>> {
        let key = [Value::Text(persistence_id)];
        let consistency = self.store.config().serial_consistency().of_reads();
        let request = Request::new(&key, consistency, deadline);
        let rows = connection.execute(&connection.statements.select_row, &request).await?;
        let row = rows.first(|row| stored_row(row, 0).map(StoredRow::into_owned))?;
        Ok(row.filter(|row| !row::is_absent(row, Layout::ById)))
    }

    async fn newest_row(
        &self,
        connection: &TableSession,
        id: &str,
        deadline: Instant,
    ) -> Result<Option<Box<StoredRow<'static>>>> {
        let mut newest = None;
        let compare = |page: Vec<StoredRow<'static>>| {
            newest = row::newest(newest.take().into_iter().chain(page))?;
            Ok(())
        };
        self.rows_of_id(connection, id, deadline, compare).await?;
        Ok(newest.map(Box::new))
    }

    /// Hands over the rows of an id, in whichever shards, page by page: through the index.
    pub(super) async fn rows_of_id(
        &self,
        connection: &TableSession,
        id: &str,
        deadline: Instant,
        mut take: impl FnMut(Vec<StoredRow<'static>>) -> Result<()>,
    ) -> Result<()> {
        limits::check_persistence_id(id, true)?;
        let key = [Value::Text(id)];
        let mut request = self.request(&key, deadline);
        loop {
            let rows = connection.execute(&connection.statements.select_by_id, &request).await;
            let rows = rows.map_err(|error| match error.retry_hint() {
                RetryHint::NoIndex => check::index_missing(self.store.config()).with_source(error),
                _ => error,
            })?;
            let page = rows.map(|row| {
                // An index may find other ids too: one of SASI can ignore case.
                let is_of_id = row.str(6)? == Some(id);
                Ok(is_of_id.then_some(StoredRow { written_at: row.bigint(5)?, ..stored_row(row, 0)?.into_owned() }))
            })?;
            take(page.into_iter().flatten().collect())?;
            request.page = rows.next_page()?;
            if request.page.is_none() {
                return Ok(());
            }
        }
    }
}

impl DurableStore {
    /// Returns the state in a row, and counts its payload as read.
    pub(super) fn decode(
        &self,
        row: StoredRow<'_>,
        persistence_id: &str,
        layout: Layout,
    ) -> Result<Option<DurableState>> {
        let payload_bytes = row.state_payload.as_ref().map_or(0, |payload| payload.len());
        let state = row::decode(row, persistence_id, layout)?;
        self.table.metrics.read(payload_bytes);
        Ok(state)
    }
}

/// The columns of states, which every SELECT of ours names in one order, from this place on.
pub(super) fn stored_row<'r>(row: &Row<'r>, first: usize) -> Result<StoredRow<'r>> {
    Ok(StoredRow {
        version_number: row.bigint(first)?,
        state_payload: row.blob(first + 1)?.map(Cow::Borrowed),
        state_manifest: row.str(first + 2)?.map(Cow::Borrowed),
        timestamp: row.bigint(first + 3)?,
        shard_number: row.bigint(first + 4)?,
        written_at: None,
    })
}
