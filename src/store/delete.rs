//! Deletes of the state of one entity.

use std::time::Instant;

use super::{CallContext, DurableStore, write::check_consistency};
use crate::{
    Layout, Result, StateKey, WriteMode,
    call::{retry::Effect, timestamp, write_condition},
    session::{Request, TableSession, Value},
    state::limits,
    table::row::{self, StoredRow},
    telemetry,
};

impl DurableStore {
    /// Deletes the state of an entity. Succeeds if there is none.
    ///
    /// In [`WriteMode::Versioned`] and [`WriteMode::Owned`] the version number stays: a new state needs a higher one, so that
    /// a stale write that follows is refused. It stays until [`forget_state`](DurableStore::forget_state), or for the time given to
    /// [`with_ttl`](DurableStore::with_ttl). What stays is a row of about 50 bytes, which scans read over.
    ///
    /// On a table keyed by shard, a key without a shard deletes all rows of the id that it finds, the oldest first, so that
    /// a failure between two rows never makes an older state the latest. A row that another program writes into another
    /// shard at the same time may stay. A key with a shard, `(shard, "id")`, deletes that row only.
    ///
    /// In [`WriteMode::LastWriteWins`] a delete can be repeated without harm, and never deletes what this process writes
    /// after it.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// # store.connect()?;
    /// store.delete_state("account-42")?;
    /// assert_eq!(store.get_latest_state("account-42")?, None);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// Everything [`get_latest_state`](DurableStore::get_latest_state) returns, except
    /// [`Corrupt`](crate::ErrorKind::Corrupt): a row that cannot be read can be deleted, on a table keyed by shard with
    /// the shard in the key, but not in mode versioned or owned if its version number is null.
    /// [`Timeout`](crate::ErrorKind::Timeout) also if other writers kept changing the entity.
    /// [`is_indeterminate`](crate::Error::is_indeterminate) tells whether the state, or one of its older rows, may have been
    /// deleted. In mode owned also [`Fenced`](crate::ErrorKind::Fenced): another store has claimed the entity.
    pub fn delete_state<'k>(&self, key: impl Into<StateKey<'k>>) -> Result<()> {
        let key = key.into();
        self.run_call(&telemetry::DELETE_STATE, Some(key.persistence_id()), |call| {
            limits::check_persistence_id(key.persistence_id())?;
            check_consistency(self)?;
            let owner = self.owner(key.persistence_id())?;
            self.with_lease(call, async |context| match self.config().write_mode() {
                WriteMode::LastWriteWins => context.delete(&key).await,
                WriteMode::Versioned | WriteMode::Owned => {
                    context.delete_by_transaction(key.persistence_id(), owner).await
                }
            })
        })
    }

    /// Deletes the state of an entity if it has this version number. Not in [`WriteMode::LastWriteWins`].
    ///
    /// `Ok` means that there is no state. If the answer of the server is lost, the stored row decides; two callers that
    /// delete the same version may then both get `Ok`.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore, ErrorKind, WriteMode};
    /// # let config = Config::builder().contact_points(["127.0.0.1"]).write_mode(WriteMode::Versioned).build()?;
    /// # let store = config.connect()?;
    /// match store.delete_state_if_version("account-42", 7) {
    ///     Err(error) if error.kind() == ErrorKind::Conflict => println!("stored: {:?}", error.stored_version()),
    ///     outcome => outcome?,
    /// }
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Conflict`](crate::ErrorKind::Conflict): another version is stored
    ///   ([`stored_version`](crate::Error::stored_version)), or there is no state.
    /// - [`Config`](crate::ErrorKind::Config): the last write wins in this store.
    /// - Everything else [`delete_state`](DurableStore::delete_state) returns.
    pub fn delete_state_if_version<'k>(&self, key: impl Into<StateKey<'k>>, version_number: u64) -> Result<()> {
        let key = key.into();
        self.run_call(&telemetry::DELETE_STATE_IF_VERSION, Some(key.persistence_id()), |call| {
            limits::check_persistence_id(key.persistence_id())?;
            check_consistency(self)?;
            write_condition::check_delete(self.config().write_mode(), version_number)?;
            let owner = self.owner(key.persistence_id())?;
            self.with_lease(call, async |context| {
                context.delete_if_version(key.persistence_id(), owner, version_number).await
            })
        })
    }
}

impl DurableStore {
    /// Removes the row of an entity, and with it all memory of its version number: a stale write that follows is not
    /// refused. Not in [`WriteMode::LastWriteWins`]. Succeeds if there is no row. In [`WriteMode::Owned`] the claim of this
    /// store is gone too.
    ///
    /// A row that cannot be read is removed too. If an attempt has an unknown outcome, it may remove the row later, if
    /// the row then has the same version again.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore, WriteMode};
    /// # let config = Config::builder().contact_points(["127.0.0.1"]).write_mode(WriteMode::Versioned).build()?;
    /// # let store = config.connect()?;
    /// store.delete_state("account-42")?;
    /// // When no writer is left that could still write an older version:
    /// store.forget_state("account-42")?;
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Config`](crate::ErrorKind::Config): the last write wins in this store.
    /// - Everything else [`delete_state`](DurableStore::delete_state) returns, except
    ///   [`Corrupt`](crate::ErrorKind::Corrupt).
    pub fn forget_state<'k>(&self, key: impl Into<StateKey<'k>>) -> Result<()> {
        let key = key.into();
        self.run_call(&telemetry::FORGET_STATE, Some(key.persistence_id()), |call| {
            limits::check_persistence_id(key.persistence_id())?;
            check_consistency(self)?;
            write_condition::check_mode(self.config().write_mode(), "forget_state")?;
            let owner = self.owner(key.persistence_id())?;
            self.with_lease(call, async |context| context.forget(key.persistence_id(), owner).await)
        })
    }
}

impl CallContext<'_> {
    async fn delete(&self, key: &StateKey<'_>) -> Result<()> {
        let id = key.persistence_id();
        // One for all attempts. Taken after the rows were read that are to be deleted, so that it is above theirs.
        let mut timestamp = None;
        self.with_retries(Effect::Write, async |table, deadline| match table.layout {
            Layout::ById => {
                let timestamp = *timestamp.get_or_insert_with(timestamp::next);
                self.delete_row(table, &[Value::Text(id)], timestamp, deadline).await
            }
            Layout::ByShard => {
                let shards = match self.store.config().sharding().shard_of_key(key)? {
                    Some(shard) => vec![shard.cast_signed()],
                    // A read that failed has deleted nothing.
                    None => {
                        let found = self.shards_of(table, id, deadline).await;
                        found.map_err(|error| error.with_indeterminate(false))?
                    }
                };
                let timestamp = *timestamp.get_or_insert_with(timestamp::next);
                for (deleted, shard) in shards.into_iter().enumerate() {
                    let key = [Value::Bigint(shard), Value::Text(id)];
                    let outcome = self.delete_row(table, &key, timestamp, deadline).await;
                    // The rows before it are deleted, independent of the outcome of this one.
                    outcome.map_err(|error| if deleted > 0 { error.with_indeterminate(true) } else { error })?;
                }
                Ok(())
            }
        })
        .await
    }

    /// The shards that hold a row of the id, sorted by age: the shard of the oldest state first.
    async fn shards_of(&self, table: &TableSession, id: &str, deadline: Instant) -> Result<Vec<i64>> {
        let mut found = Vec::new();
        let keep = |page: Vec<StoredRow<'static>>| {
            found.extend(page.into_iter().map(|row| StoredRow { state_payload: None, ..row }));
            Ok(())
        };
        self.rows_of_id(table, id, deadline, keep).await?;
        found.sort_by_key(row::seniority);
        Ok(found.into_iter().filter_map(|row| row.shard_number).collect())
    }

    async fn delete_row(
        &self,
        table: &TableSession,
        key: &[Value<'_>],
        timestamp: i64,
        deadline: Instant,
    ) -> Result<()> {
        let request = Request { timestamp: Some(timestamp), ..self.request(key, deadline) };
        table.execute(&table.statements.delete, &request).await.map(drop)
    }
}
