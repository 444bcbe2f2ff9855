//! Writes and deletes by lightweight transactions.

use std::time::Instant;

use super::{CallContext, read::stored_row, update::KEPT_CHANGING, write::Write};
use crate::{
    Error, ErrorKind, Layout, Result, WriteCondition,
    call::{
        claims::Owner,
        retry::Effect,
        transaction::{Answer, Found, Goal},
        write_condition,
    },
    session::{Request, TableSession, Value},
    table::{
        cql::{OWNER_EPOCH, Statement, Writes},
        row::{self, StoredRow},
    },
};

/// What has to be stored for an update to be applied.
#[derive(Clone, Copy, PartialEq)]
enum Expected {
    /// There is no row.
    Absent,
    /// A state whose version is not over this one.
    NotNewer(u64),
    /// A state of this version.
    Version(u64),
    /// The row that an update has read.
    Unchanged,
    /// The entity was deleted at this version.
    Deleted(u64),
}

impl CallContext<'_> {
    pub(super) async fn write_by_transaction(&self, write: &Write<'_>) -> Result<()> {
        let id = &write.state.persistence_id;
        let attempt = async |table: &TableSession, deadline| {
            write.check(self.store, table)?;
            self.as_owner(write.owner, deadline, async |owner_epoch| {
                Update { context: self, write, table, owner_epoch, deadline }.run().await
            })
            .await
        };
        self.run_transaction(id, write.owner, write.goal(), attempt).await
    }

    /// Deletes the state of an entity, of any version.
    pub(super) async fn delete_by_transaction(&self, id: &str, owner: Option<Owner<'_>>) -> Result<()> {
        self.until_no_conflict(async || {
            let row = self.read_as_owner(id, owner).await?;
            if row::is_absent(&row, Layout::ById) || row.is_deleted() {
                return Ok(());
            }
            let Some(version) = row.version_number else {
                let reason = "is null, so the delete can keep no version; `forget_state` removes the row";
                return Err(Error::corrupt("version_number", reason));
            };
            self.delete_if_version(id, owner, version.cast_unsigned()).await
        })
        .await
    }

    /// Removes the row of an entity.
    pub(super) async fn forget(&self, id: &str, owner: Option<Owner<'_>>) -> Result<()> {
        self.until_no_conflict(async || {
            let epoch = owner.map(|owner| owner.epoch());
            let row = self.read_serially(id).await?;
            if row::is_absent(&row, Layout::ById) && row.owner_epoch.is_none() {
                return Ok(());
            }
            if let (Some(owner), Some(epoch)) = (owner, epoch) {
                owner.check_since(epoch, row.owner_epoch)?;
            }
            self.forget_row(id, owner, &row).await
        })
        .await?;
        if let Some(owner) = owner {
            self.store.table.claims.release_through(id, owner.epoch());
        }
        Ok(())
    }

    /// Has `change` read and remove what is stored, and again what another writer stored in between.
    async fn until_no_conflict(&self, change: impl AsyncFn() -> Result<()>) -> Result<()> {
        let mut is_in_doubt = false;
        loop {
            let error = match change().await {
                Ok(()) => return Ok(()),
                Err(error) => error.or_indeterminate(is_in_doubt),
            };
            is_in_doubt = error.is_indeterminate();
            if error.kind() != ErrorKind::Conflict {
                return Err(error);
            }
            if self.limits.left().is_zero() {
                return Err(Error::timeout(KEPT_CHANGING).with_source(error).with_indeterminate(is_in_doubt));
            }
        }
    }

    /// Deletes the state of an entity if it has this version. A row with the version stays.
    pub(super) async fn delete_if_version(&self, id: &str, owner: Option<Owner<'_>>, version: u64) -> Result<()> {
        let number = Value::Bigint(version.cast_signed());
        let attempt = async |table: &TableSession, deadline| {
            self.as_owner(owner, deadline, async |owner_epoch| {
                let key = [number, Value::Text(id)];
                let values = self.ttl().into_iter().chain(key).chain(owner_epoch.map(Value::Bigint)).chain([number]);
                let values: Vec<Value<'_>> = values.collect();
                self.transact(table, &self.writes(table).mark_deleted, &values, deadline).await
            })
            .await
        };
        self.run_transaction(id, owner, Goal::Deleted(version), attempt).await
    }

    /// Removes the row of an entity, if it still is this one.
    async fn forget_row(&self, id: &str, owner: Option<Owner<'_>>, row: &StoredRow<'_>) -> Result<()> {
        let attempt = async |table: &TableSession, deadline| {
            self.as_owner(owner, deadline, async |owner_epoch| {
                let values = [
                    Value::Text(id),
                    bigint_or_null(owner_epoch.or(row.owner_epoch)),
                    bigint_or_null(row.version_number),
                    row.state_manifest.as_deref().map_or(Value::Null, Value::Text),
                ];
                self.transact(table, &table.statements.forget, &values, deadline).await
            })
            .await
        };
        self.run_transaction(id, owner, Goal::Forgotten(Found::from(row)), attempt).await
    }

    /// Runs a transaction once.
    pub(super) async fn transact(
        &self,
        table: &TableSession,
        statement: &Statement,
        values: &[Value<'_>],
        deadline: Instant,
    ) -> Result<Answer> {
        let serial_consistency = Some(self.store.config().serial_consistency());
        let request = Request { serial_consistency, ..self.request(values, deadline) };
        let answer = table.execute(statement, &request).await?.first(|row| match row.boolean(0)? {
            Some(true) => Ok(Answer::Applied),
            // The answer has the columns of the condition only if there is a row.
            _ => Ok(Answer::Refused(Found::from(&StoredRow {
                version_number: row.bigint_named("version_number")?,
                state_manifest: row.str_named("state_manifest")?.map(Into::into),
                owner_epoch: row.bigint_named(OWNER_EPOCH)?,
                ..StoredRow::default()
            }))),
        })?;
        answer.ok_or_else(Error::unclear_transaction)
    }

    /// Reads the row of an entity with retries, see [`serial_row`](Self::serial_row).
    pub(super) fn read_serially(&self, persistence_id: &str) -> impl Future<Output = Result<StoredRow<'static>>> {
        self.with_retries(Effect::Read, async |table: &TableSession, deadline| {
            self.serial_row(table, persistence_id, deadline).await
        })
    }

    /// Reads the row of an entity, and who owns it, after all transactions that were decided. All cells are null if there
    /// is no row.
    pub(super) async fn serial_row(
        &self,
        table: &TableSession,
        persistence_id: &str,
        deadline: Instant,
    ) -> Result<StoredRow<'static>> {
        let key = [Value::Text(persistence_id)];
        let consistency = self.store.config().serial_consistency().of_reads();
        let request = Request::new(&key, consistency, deadline);
        let rows = table.execute(&table.statements.select_with_owner, &request).await?;
        let row =
            rows.first(|row| Ok(StoredRow { owner_epoch: row.bigint(6)?, ..stored_row(row, 0)?.into_owned() }))?;
        Ok(row.unwrap_or_default())
    }

    /// The statements of a handle with a TTL, or without one.
    fn writes<'t>(&self, table: &'t TableSession) -> &'t Writes {
        let statements = &table.statements;
        if self.store.ttl.is_some() { &statements.writes_with_ttl } else { &statements.writes }
    }

    pub(super) fn ttl(&self) -> Option<Value<'static>> {
        self.store.ttl.map(|ttl| Value::Int(ttl.cql_int()))
    }
}

/// An attempt to write a state.
struct Update<'u> {
    context: &'u CallContext<'u>,
    write: &'u Write<'u>,
    table: &'u TableSession,
    /// The epoch that the row has to hold, in mode owned.
    owner_epoch: Option<i64>,
    deadline: Instant,
}

impl Update<'_> {
    /// CQL has no one condition for "no state, or not newer". So another one is tried when one was refused, until one
    /// decides.
    async fn run(&self) -> Result<Answer> {
        let new = self.write.state.version_number;
        let mut expected = match self.write.condition {
            None => Expected::NotNewer(new),
            Some(WriteCondition::IfAbsent) => Expected::Absent,
            Some(WriteCondition::IfVersion(_)) if self.write.replaced.is_some() => Expected::Unchanged,
            Some(WriteCondition::IfVersion(version)) => Expected::Version(version),
        };
        loop {
            let found = match self.once(expected).await? {
                Answer::Refused(found) if found.owner_epoch == self.owner_epoch => found,
                decided => return Ok(decided),
            };
            let has_alternatives = matches!(self.write.condition, None | Some(WriteCondition::IfAbsent));
            if !has_alternatives || !write_condition::admits(self.write.condition, found, new) {
                return Ok(Answer::Refused(found));
            }
            let next = match (found.deleted_version(), found.version) {
                (Some(deleted), _) => Expected::Deleted(deleted),
                (None, Some(_)) => Expected::NotNewer(new),
                (None, None) => Expected::Absent,
            };
            if next == expected {
                // Nothing has changed in between: what is stored is neither a state nor the absence of one.
                return found
                    .version
                    .map_or_else(|| Err(Error::corrupt("version_number", "is null")), |_| Ok(Answer::Refused(found)));
            }
            if Instant::now() >= self.deadline {
                return Err(Error::timeout(KEPT_CHANGING).with_source(found.conflict()));
            }
            expected = next;
        }
    }

    async fn once(&self, expected: Expected) -> Result<Answer> {
        let writes = self.context.writes(self.table);
        let (statement, version) = match expected {
            Expected::Absent => (&writes.update_if_absent, None),
            Expected::NotNewer(version) => (&writes.update_if_not_newer, Some(version)),
            Expected::Version(version) => (&writes.update_if_version, Some(version)),
            Expected::Unchanged => (&writes.update_if_unchanged, None),
            Expected::Deleted(version) => (&writes.update_if_deleted, Some(version)),
        };
        let mut values: Vec<Value<'_>> = self.context.ttl().into_iter().chain(self.write.values()).collect();
        values.extend(self.owner_epoch.map(Value::Bigint));
        values.extend(version.map(|version| Value::Bigint(version.cast_signed())));
        if matches!(expected, Expected::Unchanged) {
            values.extend(self.write.replaced.into_iter().flat_map(every_column));
        }
        self.context.transact(self.table, statement, &values, self.deadline).await
    }
}

pub(super) fn bigint_or_null(number: Option<i64>) -> Value<'static> {
    number.map_or(Value::Null, Value::Bigint)
}

/// The columns of a state, for a condition that all have.
pub(super) fn every_column<'r>(row: &'r StoredRow<'_>) -> [Value<'r>; 5] {
    [
        bigint_or_null(row.version_number),
        row.state_payload.as_deref().map_or(Value::Null, |payload| Value::Blob(row::Payload::Bytes(payload))),
        row.state_manifest.as_deref().map_or(Value::Null, Value::Text),
        bigint_or_null(row.timestamp),
        bigint_or_null(row.shard_number),
    ]
}
