//! Writing a state, whatever is stored or under a condition.

use std::time::Instant;

use super::{CallContext, DurableStore};
use crate::{
    DurableState, Error, Layout, Result, WriteCondition, WriteMode,
    call::{
        retry::Effect,
        timestamp,
        transaction::{Answer, Goal},
        write_condition,
    },
    session::TableSession,
    session::{Request, Value},
    state::limits,
    table::row::{self, Cells, Payload},
    telemetry,
};

/// What of the server's bound on a write is left to everything that is not the payload.
const MUTATION_MARGIN: usize = 256 * 1024;

impl DurableStore {
    /// Stores `state` as the latest state of its entity.
    ///
    /// In [`WriteMode::LastWriteWins`] the last write wins, whatever its version number: eGo rewrites the same version
    /// when an entity stops. The write carries one client timestamp from a strictly increasing source of this process, so
    /// trying it again inside the call is harmless and never buries a later write. Between processes the clocks decide
    /// which write is the last.
    ///
    /// In [`WriteMode::Versioned`] it is refused if the stored version number is higher than the new one.
    ///
    /// # Errors
    /// - [`InvalidState`](crate::ErrorKind::InvalidState): the persistence id is empty or too long, the payload is over
    ///   [`max_payload_bytes`](crate::ConfigBuilder::max_payload_bytes), the shard contradicts
    ///   [`sharding`](crate::ConfigBuilder::sharding), or the version number of a versioned write is over 2^63 - 1. Nothing
    ///   was sent.
    /// - [`Conflict`](crate::ErrorKind::Conflict), in versioned mode only: a higher version is stored.
    /// - [`Corrupt`](crate::ErrorKind::Corrupt), in versioned mode only: there is a row without a version number, which is not
    ///   overwritten.
    /// - [`NotConnected`](crate::ErrorKind::NotConnected), [`PoolTimeout`](crate::ErrorKind::PoolTimeout). Nothing was sent.
    /// - [`Unavailable`](crate::ErrorKind::Unavailable): too few replicas are alive.
    /// - [`Timeout`](crate::ErrorKind::Timeout), [`Overloaded`](crate::ErrorKind::Overloaded), [`Server`](crate::ErrorKind::Server): see
    ///   [`is_indeterminate`](Error::is_indeterminate) for whether it may have been written.
    /// - [`Schema`](crate::ErrorKind::Schema): the table is gone or changed.
    pub fn write_state(&self, state: &DurableState) -> Result<()> {
        self.observe(&telemetry::WRITE_STATE, Some(&state.persistence_id), |call| {
            let write = Write::new(self, state, None, timestamp::next())?;
            self.call(call, async |work| work.write(&write).await)
        })
    }

    /// Stores `state` as the latest state of its entity if the condition holds. In [`WriteMode::Versioned`] only.
    ///
    /// `Ok` means that the stored state is exactly this one, or was until a later write. Where the answer of the server is
    /// lost, what is stored decides whether the write was applied; two writers of identical states may then both hear
    /// `Ok`.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableState, DurableStore, ErrorKind, WriteCondition, WriteMode, prost_types::Timestamp};
    /// # let config = Config::builder().contact_points(["127.0.0.1"]).write_mode(WriteMode::Versioned).build()?;
    /// # let store = DurableStore::new(config);
    /// let state = DurableState::new("account-42", 8, &Timestamp::default());
    /// match store.write_state_if(&state, WriteCondition::IfVersion(7)) {
    ///     Ok(()) => {}
    ///     Err(error) if error.kind() == ErrorKind::Conflict && !error.is_indeterminate() => {
    ///         println!("somebody else wrote version {:?} first", error.stored_version());
    ///     }
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Conflict`](crate::ErrorKind::Conflict): the condition did not hold;
    ///   [`stored_version`](Error::stored_version) is what is stored. If
    ///   [`is_indeterminate`](Error::is_indeterminate), an earlier attempt of this call may have been applied and
    ///   overwritten since.
    /// - [`InvalidState`](crate::ErrorKind::InvalidState): as of [`write_state`](DurableStore::write_state); the version number is
    ///   not higher than that of the condition.
    /// - [`Corrupt`](crate::ErrorKind::Corrupt): there is a row without a version number, which is not overwritten.
    /// - [`Config`](crate::ErrorKind::Config): the store is not in versioned mode.
    /// - All others of [`write_state`](DurableStore::write_state).
    pub fn write_state_if(&self, state: &DurableState, condition: WriteCondition) -> Result<()> {
        self.observe(&telemetry::WRITE_STATE_IF, Some(&state.persistence_id), |call| {
            let write = Write::new(self, state, Some(condition), timestamp::next())?;
            self.call(call, async |work| work.write(&write).await)
        })
    }
}

/// A write that is fit to be sent.
pub(super) struct Write<'s> {
    state: &'s DurableState,
    cells: Cells<'s>,
    payload_bytes: usize,
    condition: Option<WriteCondition>,
    /// Of a plain write: fixed once, so that every attempt is the same write.
    timestamp: i64,
}

impl<'s> Write<'s> {
    /// Checks all that can be checked without the server.
    pub(super) fn new(
        store: &DurableStore,
        state: &'s DurableState,
        condition: Option<WriteCondition>,
        timestamp: i64,
    ) -> Result<Self> {
        let config = store.config();
        limits::check_persistence_id(&state.persistence_id, false)?;
        check_consistency(store)?;
        write_condition::check_write(config.write_mode(), state, condition)?;
        let cells = row::encode(state, config.payload_format());
        let payload_bytes = cells.state_payload.len();
        limits::check_payload(payload_bytes, config.max_payload_bytes(), "`max_payload_bytes`")?;
        Ok(Self { state, cells, payload_bytes, condition, timestamp })
    }

    /// Checks what depends on the table and the server.
    fn check(&self, store: &DurableStore, connection: &TableSession) -> Result<()> {
        if connection.layout == Layout::ByShard {
            let sharding = store.config().sharding();
            sharding.check_state(self.state)?;
            limits::check_persistence_id(&self.state.persistence_id, sharding.needs_index())?;
        }
        if let Some(limit) = connection.cluster.max_mutation_bytes {
            let limit = limit.saturating_sub(MUTATION_MARGIN);
            limits::check_payload(self.payload_bytes, limit, "the server's max_mutation_size")?;
        }
        Ok(())
    }

    /// The cells in the order of the statements: every column, since one left out would keep what it held before.
    fn values(&self) -> [Value<'_>; 6] {
        let cells = &self.cells;
        [
            Value::Bigint(cells.version_number),
            match cells.state_payload {
                Payload::Encoded(any) => Value::Encoded(any),
                Payload::Bytes(bytes) => Value::Blob(bytes),
            },
            Value::Text(&cells.state_manifest),
            Value::Bigint(cells.timestamp),
            Value::Bigint(cells.shard_number),
            Value::Text(cells.persistence_id),
        ]
    }

    fn goal(&self) -> Goal<'_> {
        match self.condition {
            None => Goal::Newest(&self.cells),
            Some(condition) => Goal::Conditional(&self.cells, condition),
        }
    }
}

/// Some levels are for reads only, which the server says less clearly.
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
                let attempt =
                    async |connection: &TableSession, deadline| self.insert(write, connection, deadline).await;
                self.attempts(Effect::Write, attempt).await?;
            }
            WriteMode::Versioned => {
                let attempt =
                    async |connection: &TableSession, deadline| self.update(write, connection, deadline).await;
                let judge = async |connection: &TableSession, deadline| {
                    let row = self.serial_row(connection, write.cells.persistence_id, deadline).await?;
                    Ok(write.goal().judge(row.as_ref()))
                };
                // Boxed, since it is several times as large as a plain write, which would be moved around with its size.
                Box::pin(self.transaction(attempt, judge)).await?;
            }
        }
        self.store.table.metrics.written(write.payload_bytes);
        Ok(())
    }

    async fn insert(&self, write: &Write<'_>, connection: &TableSession, deadline: Instant) -> Result<()> {
        write.check(self.store, connection)?;
        let values = write.values();
        let with_ttl: [Value<'_>; 7];
        let (statement, values) = match self.store.ttl {
            None => (&connection.statements.writes.insert, &values[..]),
            Some(ttl) => {
                let [a, b, c, d, e, f] = values;
                with_ttl = [a, b, c, d, e, f, Value::Int(ttl.cql_int())];
                (&connection.statements.writes_with_ttl.insert, &with_ttl[..])
            }
        };
        let timestamp = Some(write.timestamp);
        let request = Request { timestamp, ..Request::new(values, self.store.config.consistency(), deadline) };
        connection.execute(statement, &request).await.map(drop)
    }

    async fn update(&self, write: &Write<'_>, connection: &TableSession, deadline: Instant) -> Result<Answer> {
        write.check(self.store, connection)?;
        match write.condition {
            Some(WriteCondition::IfAbsent) => self.update_if_absent(write, connection, deadline).await,
            Some(WriteCondition::IfVersion(version)) => {
                self.update_if(Stored::Version(version), write, connection, deadline).await
            }
            None => self.update_if_not_newer(write, connection, deadline).await,
        }
    }

    /// There is no one condition for "absent or not newer": the other is tried when one is refused for what it leaves out,
    /// as often as others change the row in between.
    async fn update_if_not_newer(
        &self,
        write: &Write<'_>,
        connection: &TableSession,
        deadline: Instant,
    ) -> Result<Answer> {
        let new = write.state.version_number;
        let mut answer = Answer::Refused(None);
        for _ in 0..self.limits.max_attempts {
            answer = self.update_if(Stored::NotNewer(new), write, connection, deadline).await?;
            if answer == Answer::Refused(None) {
                answer = self.update_if_absent(write, connection, deadline).await?;
            }
            match answer {
                Answer::Refused(Some(stored)) if stored <= new => {}
                decided => return Ok(decided),
            }
        }
        Ok(answer)
    }

    /// What refuses this without a version is a row that cannot be read, not "no state".
    async fn update_if_absent(
        &self,
        write: &Write<'_>,
        connection: &TableSession,
        deadline: Instant,
    ) -> Result<Answer> {
        match self.update_if(Stored::Absent, write, connection, deadline).await? {
            Answer::Refused(None) => Err(Error::corrupt("version_number", "is null")),
            answer => Ok(answer),
        }
    }

    async fn update_if(
        &self,
        stored: Stored,
        write: &Write<'_>,
        connection: &TableSession,
        deadline: Instant,
    ) -> Result<Answer> {
        let statements = &connection.statements;
        let writes = if self.store.ttl.is_some() { &statements.writes_with_ttl } else { &statements.writes };
        let (statement, version) = match stored {
            Stored::Absent => (&writes.update_if_absent, None),
            Stored::NotNewer(version) => (&writes.update_if_not_newer, Some(version)),
            Stored::Version(version) => (&writes.update_if_version, Some(version)),
        };
        let ttl = self.store.ttl.map(|ttl| Value::Int(ttl.cql_int()));
        let version = version.map(|version| Value::Bigint(version.cast_signed()));
        let values: Vec<Value<'_>> = ttl.into_iter().chain(write.values()).chain(version).collect();
        self.transact(connection, statement, &values, deadline).await
    }
}

/// What has to be stored for an update to be applied.
#[derive(Clone, Copy)]
enum Stored {
    Absent,
    NotNewer(u64),
    Version(u64),
}
