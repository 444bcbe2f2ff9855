//! Deleting the state of an entity.

use std::time::Instant;

use super::{CallContext, DurableStore, write::check_consistency};
use crate::{
    Layout, Result, StateKey, WriteMode,
    call::{retry::Effect, timestamp, transaction::Goal, write_condition},
    session::TableSession,
    session::{Request, Value},
    state::limits,
    table::row::{self, StoredRow},
    telemetry,
};

impl DurableStore {
    /// Deletes the state of an entity; that there is none is as well. The version number is forgotten with it: a stale
    /// writer that comes later is not refused.
    ///
    /// On a table keyed by shard a key without a shard deletes every row of the id that can be found, the oldest first, so
    /// that a failure half-way never brings an older state back to light. A row written elsewhere at the same time is not
    /// covered. A key with a shard, `(shard, "id")`, deletes that one row.
    ///
    /// In [`WriteMode::LastWriteWins`] trying again is harmless, and a write that this process makes later is never
    /// covered.
    ///
    /// # Errors
    /// Those of [`get_latest_state`](DurableStore::get_latest_state) but for
    /// [`Corrupt`](crate::ErrorKind::Corrupt): what cannot be read can be deleted by id, and on a table keyed by shard
    /// with the shard in the key. See [`is_indeterminate`](crate::Error::is_indeterminate) for whether it, or one of its
    /// older rows, may have been deleted all the same.
    pub fn delete_state<'k>(&self, key: impl Into<StateKey<'k>>) -> Result<()> {
        let key = key.into();
        self.observe(&telemetry::DELETE_STATE, Some(key.persistence_id()), |call| {
            limits::check_persistence_id(key.persistence_id(), false)?;
            check_consistency(self)?;
            let timestamp = timestamp::next();
            self.call(call, async |work| match self.config().write_mode() {
                WriteMode::LastWriteWins => work.delete(&key, timestamp).await,
                WriteMode::Versioned => work.delete_if(key.persistence_id(), None).await,
            })
        })
    }

    /// Deletes the state of an entity if it has this version number. In [`WriteMode::Versioned`] only.
    ///
    /// `Ok` means that there is no state. Where the answer of the server is lost, what is stored decides; two deleters of
    /// one version may then both hear `Ok`.
    ///
    /// # Errors
    /// - [`Conflict`](crate::ErrorKind::Conflict): another version is stored
    ///   ([`stored_version`](crate::Error::stored_version)), or there is no state.
    /// - [`Config`](crate::ErrorKind::Config): the store is not in versioned mode.
    /// - All others of [`delete_state`](DurableStore::delete_state).
    pub fn delete_state_if_version<'k>(&self, key: impl Into<StateKey<'k>>, version_number: u64) -> Result<()> {
        let key = key.into();
        self.observe(&telemetry::DELETE_STATE_IF_VERSION, Some(key.persistence_id()), |call| {
            limits::check_persistence_id(key.persistence_id(), false)?;
            check_consistency(self)?;
            write_condition::check_delete(self.config().write_mode(), version_number)?;
            self.call(call, async |work| work.delete_if(key.persistence_id(), Some(version_number)).await)
        })
    }
}

impl CallContext<'_> {
    async fn delete(&self, key: &StateKey<'_>, timestamp: i64) -> Result<()> {
        let id = key.persistence_id();
        self.attempts(Effect::Write, async |connection, deadline| match connection.layout {
            Layout::ById => self.delete_row(connection, &[Value::Text(id)], timestamp, deadline).await,
            Layout::ByShard => {
                let shards = match self.store.config().sharding().shard_of_key(key)? {
                    Some(shard) => vec![shard.cast_signed()],
                    // Reading leaves no doubt behind.
                    None => {
                        let found = self.shards_of(connection, id, deadline).await;
                        found.map_err(|error| error.with_indeterminate(false))?
                    }
                };
                for (deleted, shard) in shards.into_iter().enumerate() {
                    let key = [Value::Bigint(shard), Value::Text(id)];
                    let outcome = self.delete_row(connection, &key, timestamp, deadline).await;
                    // Those before it are gone, whatever became of this one.
                    outcome.map_err(|error| if deleted > 0 { error.with_indeterminate(true) } else { error })?;
                }
                Ok(())
            }
        })
        .await
    }

    /// The shards that hold a row of the id, that of the oldest state first.
    async fn shards_of(&self, connection: &TableSession, id: &str, deadline: Instant) -> Result<Vec<i64>> {
        let mut found = Vec::new();
        let keep = |page: Vec<StoredRow<'static>>| {
            found.extend(page.into_iter().map(|row| StoredRow { state_payload: None, ..row }));
            Ok(())
        };
        self.rows_of_id(connection, id, deadline, keep).await?;
        found.sort_by_key(row::seniority);
        Ok(found.into_iter().filter_map(|row| row.shard_number).collect())
    }

    async fn delete_row(
        &self,
        connection: &TableSession,
        key: &[Value<'_>],
        timestamp: i64,
        deadline: Instant,
    ) -> Result<()> {
        let request = Request { timestamp: Some(timestamp), ..self.request(key, deadline) };
        connection.execute(&connection.statements.delete, &request).await.map(drop)
    }

    async fn delete_if(&self, id: &str, version_number: Option<u64>) -> Result<()> {
        let goal = version_number.map_or(Goal::Gone, Goal::GoneIfVersion);
        let attempt = async |connection: &TableSession, deadline| {
            let statements = &connection.statements;
            let answer = match version_number {
                None => self.transact(connection, &statements.delete_if_exists, &[Value::Text(id)], deadline).await?,
                Some(version) => {
                    let values = [Value::Text(id), Value::Bigint(version.cast_signed())];
                    self.transact(connection, &statements.delete_if_version, &values, deadline).await?
                }
            };
            Ok(goal.answer(answer))
        };
        let judge = async |connection: &TableSession, deadline| {
            let row = self.serial_row(connection, id, deadline).await?;
            Ok(goal.judge(row.as_ref()))
        };
        self.transaction(attempt, judge).await
    }
}
