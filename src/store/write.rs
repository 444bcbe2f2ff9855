//! Writes of one state, with and without a condition.

use std::time::Instant;

use super::{CallContext, DurableStore};
use crate::{
    DurableState, Error, Layout, Result, WriteCondition, WriteMode,
    call::{claims::Owner, retry::Effect, timestamp, transaction::Goal, write_condition},
    session::{Request, TableSession, Value},
    state::limits,
    table::row::{self, Cells, StoredRow},
    telemetry,
};

/// Headroom below the server's mutation limit for everything but the payload, in bytes.
const MUTATION_MARGIN: usize = 256 * 1024;

impl DurableStore {
    /// Stores `state` as the latest state of its entity.
    ///
    /// In [`WriteMode::LastWriteWins`] the last write wins, independent of its version number: eGo writes the same version
    /// again when an entity stops. Every write has a client timestamp, which increases strictly within the process. All
    /// attempts of a call use the same timestamp, so a retry never overwrites a later write. A write replaces what its
    /// process has read, if the clocks of the writers differ by at most
    /// [`max_clock_drift`](crate::ConfigBuilder::max_clock_drift). Of writes by processes that have not read each other's,
    /// the clocks decide which is the last.
    ///
    /// In [`WriteMode::Versioned`] the write is refused if the stored version number is higher than the new one, or the
    /// entity was deleted at a version that is not lower. In [`WriteMode::Owned`] it is refused too if this store has not
    /// claimed the entity by [`get_latest_state`](DurableStore::get_latest_state), or another store has since.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableState, DurableStore, prost_types::Timestamp};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// # store.connect()?;
    /// let message = Timestamp { seconds: 42, nanos: 0 };
    /// store.write_state(&DurableState::new("account-42", 1, &message))?;
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`InvalidState`](crate::ErrorKind::InvalidState): the persistence id is empty or too long, the payload is over
    ///   [`max_payload_bytes`](crate::ConfigBuilder::max_payload_bytes), the shard contradicts
    ///   [`sharding`](crate::ConfigBuilder::sharding), or the version number is over 2^63 - 1 in mode versioned or
    ///   owned, or in mode owned the store has not claimed the entity. Nothing was sent.
    /// - [`Conflict`](crate::ErrorKind::Conflict), in mode versioned or owned: a higher version is stored, or the entity was
    ///   deleted at a version that is not lower.
    /// - [`Fenced`](crate::ErrorKind::Fenced), in mode owned: another store has claimed the entity.
    /// - [`Corrupt`](crate::ErrorKind::Corrupt), in mode versioned or owned: the stored row has no version number; it is not
    ///   overwritten.
    /// - [`NotConnected`](crate::ErrorKind::NotConnected), [`PoolTimeout`](crate::ErrorKind::PoolTimeout). Nothing was sent.
    /// - [`Unavailable`](crate::ErrorKind::Unavailable): too few replicas are alive.
    /// - [`Timeout`](crate::ErrorKind::Timeout), [`Overloaded`](crate::ErrorKind::Overloaded),
    ///   [`Server`](crate::ErrorKind::Server): [`is_indeterminate`](Error::is_indeterminate) tells whether it may have been
    ///   written.
    /// - [`Schema`](crate::ErrorKind::Schema): the table is gone or changed.
    pub fn write_state(&self, state: &DurableState) -> Result<()> {
        self.run_call(&telemetry::WRITE_STATE, Some(&state.persistence_id), |call| {
            let write = Write::new(self, state, None, timestamp::next())?;
            self.with_lease(call, async |context| context.write(&write).await)
        })
    }

    /// Stores `state` as the latest state of its entity if the condition holds. Not in [`WriteMode::LastWriteWins`].
    ///
    /// `Ok` means that this state is stored, or was until a later write. If the answer of the server is lost, the stored
    /// row decides whether the write was applied; two writers of identical states may then both get `Ok`.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableState, DurableStore, ErrorKind, WriteCondition, WriteMode, prost_types::Timestamp};
    /// # let config = Config::builder().contact_points(["127.0.0.1"]).write_mode(WriteMode::Versioned).build()?;
    /// # let store = DurableStore::new(config);
    /// let state = DurableState::new("account-42", 8, &Timestamp::default());
    /// match store.write_state_if(&state, WriteCondition::IfVersion(7)) {
    ///     Ok(()) => {}
    ///     Err(error) if error.kind() == ErrorKind::Conflict && !error.is_indeterminate() => {
    ///         println!("another writer stored version {:?} first", error.stored_version());
    ///     }
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Conflict`](crate::ErrorKind::Conflict): the condition did not hold;
    ///   [`stored_version`](Error::stored_version) is what is stored. If
    ///   [`is_indeterminate`](Error::is_indeterminate), an earlier attempt of this call may have been applied: it may still
    ///   be stored, or overwritten since.
    /// - [`InvalidState`](crate::ErrorKind::InvalidState): see [`write_state`](DurableStore::write_state); also if the version
    ///   number is not higher than that of the condition.
    /// - [`Corrupt`](crate::ErrorKind::Corrupt): the stored row has no version number; it is not overwritten.
    /// - [`Config`](crate::ErrorKind::Config): the last write wins in this store.
    /// - Everything else [`write_state`](DurableStore::write_state) returns.
    pub fn write_state_if(&self, state: &DurableState, condition: WriteCondition) -> Result<()> {
        self.run_call(&telemetry::WRITE_STATE_IF, Some(&state.persistence_id), |call| {
            let write = Write::new(self, state, Some(condition), timestamp::next())?;
            self.with_lease(call, async |context| context.write(&write).await)
        })
    }
}

/// A write that passed all checks.
pub(super) struct Write<'s> {
    pub(super) state: &'s DurableState,
    cells: Cells<'s>,
    payload_bytes: usize,
    pub(super) condition: Option<WriteCondition>,
    /// In mode owned.
    pub(super) owner: Option<Owner<'s>>,
    /// Of an update: the row that it read, and that it replaces only if every column is as it was.
    pub(super) replaced: Option<&'s StoredRow<'s>>,
    /// Of a plain write, in microseconds since 1970. Fixed once, so that every attempt is the same write.
    timestamp: i64,
}

impl<'s> Write<'s> {
    /// Checks everything that needs no server.
    pub(super) fn new(
        store: &'s DurableStore,
        state: &'s DurableState,
        condition: Option<WriteCondition>,
        timestamp: i64,
    ) -> Result<Self> {
        Self::checked(store, state, condition, timestamp, || store.owner(&state.persistence_id))
    }

    /// The write of an update, which read this row, with the right that it had then.
    pub(super) fn of_update(
        store: &'s DurableStore,
        state: &'s DurableState,
        condition: WriteCondition,
        row: &'s StoredRow<'s>,
        owner: Option<Owner<'s>>,
    ) -> Result<Self> {
        let write = Self::checked(store, state, Some(condition), timestamp::next(), || Ok(owner))?;
        let is_state = matches!(condition, WriteCondition::IfVersion(_));
        Ok(Self { replaced: is_state.then_some(row), ..write })
    }

    fn checked(
        store: &DurableStore,
        state: &'s DurableState,
        condition: Option<WriteCondition>,
        timestamp: i64,
        owner: impl FnOnce() -> Result<Option<Owner<'s>>>,
    ) -> Result<Self> {
        let config = store.config();
        limits::check_persistence_id(&state.persistence_id)?;
        check_consistency(store)?;
        write_condition::check_write(config.write_mode(), state, condition)?;
        let owner = owner()?;
        let cells = row::encode(state, config.payload_format());
        let payload_bytes = cells.state_payload.len();
        limits::check_payload(payload_bytes, config.max_payload_bytes(), "`max_payload_bytes`")?;
        Ok(Self { state, cells, payload_bytes, condition, owner, replaced: None, timestamp })
    }

    /// Checks what depends on the table and the server.
    pub(super) fn check(&self, store: &DurableStore, table: &TableSession) -> Result<()> {
        if table.layout == Layout::ByShard {
            let sharding = store.config().sharding();
            sharding.check_state(self.state)?;
            if sharding.needs_index() {
                limits::check_indexed_persistence_id(&self.state.persistence_id)?;
            }
        }
        if let Some(limit) = table.cluster.max_mutation_bytes {
            let limit = limit.saturating_sub(MUTATION_MARGIN);
            limits::check_payload(self.payload_bytes, limit, "the server's max_mutation_size")?;
        }
        Ok(())
    }

    /// The cells in the order of the statements: every column, since one left out would keep its former value.
    pub(super) fn values(&self) -> [Value<'_>; 6] {
        let cells = &self.cells;
        [
            Value::Bigint(cells.version_number),
            Value::Blob(cells.state_payload),
            Value::Text(&cells.state_manifest),
            Value::Bigint(cells.timestamp),
            Value::Bigint(cells.shard_number),
            Value::Text(cells.persistence_id),
        ]
    }

    pub(super) fn goal(&self) -> Goal<'_> {
        match self.condition {
            None => Goal::Newest(&self.cells),
            Some(condition) => Goal::Conditional(&self.cells, condition),
        }
    }
}

/// Refuses levels that are for reads only; the error of the server is less clear.
pub(super) fn check_consistency(store: &DurableStore) -> Result<()> {
    let consistency = store.config.consistency();
    if consistency.is_for_reads_only() {
        return Err(Error::setting("consistency", format!("{consistency} is for reads only")));
    }
    Ok(())
}

impl CallContext<'_> {
    pub(super) async fn write(&self, write: &Write<'_>) -> Result<()> {
        match self.store.config().write_mode() {
            WriteMode::LastWriteWins => {
                let attempt = async |table: &TableSession, deadline| self.insert(write, table, deadline).await;
                self.with_retries(Effect::Write, attempt).await?;
            }
            // Boxed: several times as large as a plain write, whose future would grow to its size.
            WriteMode::Versioned | WriteMode::Owned => Box::pin(self.write_by_transaction(write)).await?,
        }
        self.store.table.metrics.written(write.payload_bytes);
        Ok(())
    }

    async fn insert(&self, write: &Write<'_>, table: &TableSession, deadline: Instant) -> Result<()> {
        write.check(self.store, table)?;
        let (plain, with_ttl) = (&table.statements.writes.insert, &table.statements.writes_with_ttl.insert);
        let ttl = self.ttl();
        let statement = if ttl.is_some() { with_ttl } else { plain };
        let [a, b, c, d, e, f] = write.values();
        let values = [a, b, c, d, e, f, ttl.unwrap_or(Value::Int(0))];
        let values = if ttl.is_some() { &values[..] } else { &values[..6] };
        let timestamp = Some(write.timestamp);
        let request = Request { timestamp, ..Request::new(values, self.store.config.consistency(), deadline) };
        table.execute(statement, &request).await.map(drop)
    }
}
