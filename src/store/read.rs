//! Reads of the latest state of one entity.

use std::{borrow::Cow, time::Instant};

use super::{CallContext, DurableStore, write::check_consistency};
use crate::{
    DurableState, Layout, Result, StateKey, WriteMode,
    call::{retry::Effect, timestamp},
    error::RetryHint,
    session::{Request, Row, Rows, TableSession, Value},
    state::limits,
    table::{
        check,
        row::{self, StoredRow},
    },
    telemetry,
};

impl DurableStore {
    /// Reads the latest state of an entity. Returns `None` if there is none.
    ///
    /// On a table keyed by shard, a key without a shard finds the newest row of the id: the one with the highest version
    /// number, then with the latest timestamp, then the one written last. A key with a shard, `(shard, "id")`, reads that
    /// row only.
    ///
    /// In [`WriteMode::Owned`] this call claims the entity for this store: every later write of the store that had
    /// claimed it before fails with [`Fenced`](crate::ErrorKind::Fenced). It takes a serial read and a lightweight
    /// transaction, which compares the payload too. If it fails, the entity may be claimed nevertheless. To read without
    /// claiming, use a store in [`WriteMode::Versioned`] on the same table,
    /// [`get_latest_states`](DurableStore::get_latest_states), or a scan.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore, prost_types::Timestamp};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// # store.connect()?;
    /// match store.get_latest_state("account-42")? {
    ///     Some(state) => println!("version {}: {:?}", state.version_number, state.to_msg::<Timestamp>()?),
    ///     None => println!("no state yet"),
    /// }
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`InvalidState`](crate::ErrorKind::InvalidState): the persistence id is empty or too long, or the shard in
    ///   the key contradicts [`sharding`](crate::ConfigBuilder::sharding). Nothing was sent.
    /// - [`Corrupt`](crate::ErrorKind::Corrupt): the row exists but cannot be read; the error names the column.
    /// - [`Schema`](crate::ErrorKind::Schema): the table is gone or changed, or has no index for reads by id.
    /// - [`NotConnected`](crate::ErrorKind::NotConnected), [`PoolTimeout`](crate::ErrorKind::PoolTimeout),
    ///   [`Unavailable`](crate::ErrorKind::Unavailable), [`Timeout`](crate::ErrorKind::Timeout),
    ///   [`Overloaded`](crate::ErrorKind::Overloaded), [`Server`](crate::ErrorKind::Server).
    pub fn get_latest_state<'k>(&self, key: impl Into<StateKey<'k>>) -> Result<Option<DurableState>> {
        let key = key.into();
        self.run_call(&telemetry::GET_LATEST_STATE, Some(key.persistence_id()), |call| {
            limits::check_persistence_id(key.persistence_id())?;
            if self.config.write_mode() == WriteMode::Owned {
                check_consistency(self)?;
                let id = key.persistence_id();
                let (row, _) = self.with_lease(call, async |context| context.claim(id).await)?;
                self.note_timestamp(&row, id);
                return self.decode(row, id, Layout::ById);
            }
            self.with_lease(call, async |context| context.read(&key).await)
        })
    }
}

/// The answer to a read. It is decoded after all attempts: another attempt could not decode it either.
enum ReadAnswer {
    /// To a read by the key of the layout.
    OfKey(Rows, Layout),
    /// The newest of all rows of the id, on a table keyed by shard.
    Newest(Option<Box<StoredRow<'static>>>),
}

impl CallContext<'_> {
    pub(super) async fn read(&self, key: &StateKey<'_>) -> Result<Option<DurableState>> {
        let id = key.persistence_id();
        let attempt = async |table: &TableSession, deadline| {
            let shard = match table.layout {
                Layout::ById => None,
                Layout::ByShard => match self.store.config().sharding().shard_of_key(key)? {
                    // Boxed: several times as large as a read by the key.
                    None => return Box::pin(self.newest_row(table, id, deadline)).await.map(ReadAnswer::Newest),
                    shard => shard,
                },
            };
            let values = [Value::Bigint(shard.unwrap_or_default().cast_signed()), Value::Text(id)];
            let values = if shard.is_some() { &values[..] } else { &values[1..] };
            let request = Request::new(values, self.store.config.consistency(), deadline);
            let rows = table.execute(&table.statements.select_row, &request).await?;
            Ok(ReadAnswer::OfKey(rows, table.layout))
        };
        match self.with_retries(Effect::Read, attempt).await? {
            ReadAnswer::OfKey(rows, layout) => {
                let decode = |row: &Row<'_>| {
                    let row = stored_row(row, 0)?;
                    self.store.note_timestamp(&row, id);
                    self.store.decode(row, id, layout)
                };
                rows.first(decode).map(Option::flatten)
            }
            ReadAnswer::Newest(row) => row.map_or(Ok(None), |row| self.store.decode(*row, id, Layout::ByShard)),
        }
    }

    async fn newest_row(
        &self,
        table: &TableSession,
        id: &str,
        deadline: Instant,
    ) -> Result<Option<Box<StoredRow<'static>>>> {
        let mut newest = None;
        let compare = |page: Vec<StoredRow<'static>>| {
            newest = row::newest(newest.take().into_iter().chain(page))?;
            Ok(())
        };
        self.rows_of_id(table, id, deadline, compare).await?;
        Ok(newest.map(Box::new))
    }

    /// Reads the rows of an id in all shards through the index, and passes them to `take` page by page.
    pub(super) async fn rows_of_id(
        &self,
        table: &TableSession,
        id: &str,
        deadline: Instant,
        mut take: impl FnMut(Vec<StoredRow<'static>>) -> Result<()>,
    ) -> Result<()> {
        limits::check_indexed_persistence_id(id)?;
        let key = [Value::Text(id)];
        let mut request = self.request(&key, deadline);
        loop {
            let rows = table.execute(&table.statements.select_by_id, &request).await;
            let rows = rows.map_err(|error| match error.retry_hint() {
                RetryHint::NoIndex => check::index_missing(self.store.config()).with_source(error),
                _ => error,
            })?;
            let page = rows.map(|row| {
                // An index may find other ids too: one of SASI can ignore case.
                let is_of_id = row.str(6)? == Some(id);
                Ok(is_of_id.then_some(stored_row(row, 0)?.into_owned()))
            })?;
            let page: Vec<_> = page.into_iter().flatten().collect();
            page.iter().for_each(|row| self.store.note_timestamp(row, id));
            take(page)?;
            request.page = rows.next_page()?;
            if request.page.is_none() {
                return Ok(());
            }
        }
    }
}

impl DurableStore {
    /// Makes later writes of this process replace this row, which was read; or warns that they cannot.
    pub(super) fn note_timestamp(&self, row: &StoredRow<'_>, persistence_id: &str) {
        let drift = self.config.max_clock_drift();
        if let Some(ahead) = row.written_at.and_then(|written_at| timestamp::read(written_at, drift)) {
            telemetry::future_row(&self.table.metrics, persistence_id, ahead);
        }
    }

    /// Returns the state in a row, and counts its payload as read.
    pub(super) fn decode(
        &self,
        row: StoredRow<'_>,
        persistence_id: &str,
        layout: Layout,
    ) -> Result<Option<DurableState>> {
        if self.config.write_mode().uses_transactions() && row.is_deleted() {
            return Ok(None);
        }
        let payload_bytes = row.state_payload.as_ref().map_or(0, |payload| payload.len());
        let state = row::decode(row, persistence_id, layout)?;
        self.table.metrics.read(payload_bytes);
        Ok(state)
    }
}

/// The columns of a state, which every SELECT names in one order, from column number `first` on.
pub(super) fn stored_row<'r>(row: &Row<'r>, first: usize) -> Result<StoredRow<'r>> {
    Ok(StoredRow {
        version_number: row.bigint(first)?,
        state_payload: row.blob(first + 1)?.map(Cow::Borrowed),
        state_manifest: row.str(first + 2)?.map(Cow::Borrowed),
        timestamp: row.bigint(first + 3)?,
        shard_number: row.bigint(first + 4)?,
        written_at: row.bigint(first + 5)?,
        owner_epoch: None,
    })
}
