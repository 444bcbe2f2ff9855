//! Writes and deletes by lightweight transactions.

use std::time::Instant;

use super::{CallContext, read::stored_row, write::Write};
use crate::{
    Error, ErrorKind, Layout, Result, WriteCondition,
    call::{
        claims::Owner,
        retry::Effect,
        transaction::{Answer, Found, Goal},
    },
    session::{Request, TableSession, Value},
    table::{
        cql::{OWNER_EPOCH, Statement, Writes},
        row::{self, StoredRow},
    },
};

/// What has to be stored for an update to be applied.
#[derive(Clone, Copy)]
enum Expected {
    /// There is no row.
    Absent,
    /// A state whose version is not over this one.
    NotNewer(u64),
    /// A state of this version.
    Version(u64),
    /// The entity was deleted at this version.
    Deleted(u64),
}

impl CallContext<'_> {
    pub(super) async fn write_by_transaction(&self, write: &Write<'_>) -> Result<()> {
        let id = &write.state.persistence_id;
        let attempt = async |table: &TableSession, deadline| {
            write.check(self.store, table)?;
            self.as_owner(write.owner, deadline, async |owner_epoch| {
                let update = Update { context: self, write, table, owner_epoch, deadline };
                match write.condition {
                    Some(WriteCondition::IfAbsent) => update.if_no_state().await,
                    Some(WriteCondition::IfVersion(version)) => update.once(Expected::Version(version)).await,
                    None => update.if_not_newer().await,
                }
            })
            .await
        };
        self.run_transaction(id, write.owner, write.goal(), attempt).await
    }

    /// Deletes the state of an entity, of any version.
    pub(super) async fn delete_by_transaction(&self, id: &str, owner: Option<Owner<'_>>) -> Result<()> {
        self.until_no_conflict(id, owner, async |row| {
            if row::is_absent(row, Layout::ById) || row.is_deleted() {
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
        self.until_no_conflict(id, owner, async |row| {
            let is_absent = row::is_absent(row, Layout::ById) && row.owner_epoch.is_none();
            if is_absent { Ok(()) } else { self.forget_row(id, owner, row).await }
        })
        .await?;
        if let Some(owner) = owner {
            self.store.table.claims.release_through(id, owner.epoch());
        }
        Ok(())
    }

    /// Has `change` remove what is stored, and again what another writer stored in between.
    async fn until_no_conflict(
        &self,
        id: &str,
        owner: Option<Owner<'_>>,
        change: impl AsyncFn(&StoredRow<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut is_in_doubt = false;
        loop {
            let row = self.read_serially(id).await.and_then(|row| {
                owner.map_or(Ok(()), |owner| owner.check(row.owner_epoch))?;
                Ok(row)
            });
            let row = row.map_err(|error| error.with_indeterminate(is_in_doubt))?;
            match change(&row).await {
                Err(error) if error.kind() == ErrorKind::Conflict && !self.limits.left().is_zero() => {
                    is_in_doubt |= error.is_indeterminate();
                }
                outcome => return outcome.map_err(|error| error.or_indeterminate(is_in_doubt)),
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
        let bigint = |number: Option<i64>| number.map_or(Value::Null, Value::Bigint);
        let attempt = async |table: &TableSession, deadline| {
            self.as_owner(owner, deadline, async |owner_epoch| {
                let values = [
                    Value::Text(id),
                    bigint(owner_epoch.or(row.owner_epoch)),
                    bigint(row.version_number),
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
    /// Which owner, counted, the row has to have, in mode owned.
    owner_epoch: Option<i64>,
    deadline: Instant,
}

impl Update<'_> {
    /// CQL has no one condition for "no state, or not newer". So one is tried when the other was refused, until one decides
    /// or the attempts are used up because others change the row in between.
    async fn if_not_newer(&self) -> Result<Answer> {
        let new = self.write.state.version_number;
        let mut answer = Answer::Refused(Found::default());
        for _ in 0..self.context.limits.max_attempts {
            answer = match self.once(Expected::NotNewer(new)).await? {
                Answer::Refused(found) if found.state_version().is_none() => self.if_still(found).await?,
                answer => answer,
            };
            match answer {
                Answer::Refused(found)
                    if self.owns(found) && found.state_version().is_some_and(|stored| stored <= new) => {}
                decided => return Ok(decided),
            }
        }
        Ok(answer)
    }

    async fn if_no_state(&self) -> Result<Answer> {
        let nothing = Found { owner_epoch: self.owner_epoch, ..Found::default() };
        match self.if_still(nothing).await? {
            Answer::Refused(found) if found.is_deleted => self.if_still(found).await,
            answer => Ok(answer),
        }
    }

    /// Writes where there is no state, if that stays as it was found: the entity was deleted, or there is no row.
    async fn if_still(&self, found: Found) -> Result<Answer> {
        let expected = match found.deleted_version() {
            _ if !self.owns(found) => return Ok(Answer::Refused(found)),
            Some(deleted) if deleted >= self.write.state.version_number => return Ok(Answer::Refused(found)),
            Some(deleted) => Expected::Deleted(deleted),
            None => Expected::Absent,
        };
        match self.once(expected).await? {
            // A refusal of its owner without a version means a row that cannot be read, not the absence of a state.
            Answer::Refused(found)
                if matches!(expected, Expected::Absent) && self.owns(found) && found.version.is_none() =>
            {
                Err(Error::corrupt("version_number", "is null"))
            }
            answer => Ok(answer),
        }
    }

    async fn once(&self, expected: Expected) -> Result<Answer> {
        let writes = self.context.writes(self.table);
        let (statement, version) = match expected {
            Expected::Absent => (&writes.update_if_absent, None),
            Expected::NotNewer(version) => (&writes.update_if_not_newer, Some(version)),
            Expected::Version(version) => (&writes.update_if_version, Some(version)),
            Expected::Deleted(version) => (&writes.update_if_deleted, Some(version)),
        };
        let version = version.map(|version| Value::Bigint(version.cast_signed()));
        let expected = self.owner_epoch.map(Value::Bigint).into_iter().chain(version);
        let values: Vec<Value<'_>> =
            self.context.ttl().into_iter().chain(self.write.values()).chain(expected).collect();
        self.context.transact(self.table, statement, &values, self.deadline).await
    }

    fn owns(&self, found: Found) -> bool {
        found.owner_epoch == self.owner_epoch
    }
}
