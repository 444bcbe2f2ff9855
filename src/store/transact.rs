//! Writes and deletes by lightweight transactions.

use std::time::Instant;

use super::{CallContext, write::Write};
use crate::{
    Error, ErrorKind, Layout, Result, WriteCondition,
    call::{
        retry::Effect,
        transaction::{Answer, Found, Goal},
    },
    session::{Request, TableSession, Value},
    table::{
        cql::{Statement, Writes},
        row::{self, StoredRow},
    },
};

use super::read::stored_row;

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
        let attempt = async |table: &TableSession, deadline| {
            write.check(self.store, table)?;
            match write.condition {
                Some(WriteCondition::IfAbsent) => self.update_if_no_state(write, table, deadline).await,
                Some(WriteCondition::IfVersion(version)) => {
                    self.update_if(Expected::Version(version), write, table, deadline).await
                }
                None => self.update_if_not_newer(write, table, deadline).await,
            }
        };
        self.run_transaction(&write.state.persistence_id, write.goal(), attempt).await
    }

    /// CQL has no one condition for "no state, or not newer". So one is tried when the other was refused, until one decides
    /// or the attempts are used up because others change the row in between.
    async fn update_if_not_newer(&self, write: &Write<'_>, table: &TableSession, deadline: Instant) -> Result<Answer> {
        let new = write.state.version_number;
        let mut answer = Answer::Refused(Found::default());
        for _ in 0..self.limits.max_attempts {
            answer = match self.update_if(Expected::NotNewer(new), write, table, deadline).await? {
                Answer::Refused(found) if found.state().is_none() => {
                    self.update_if_still(found, write, table, deadline).await?
                }
                answer => answer,
            };
            match answer {
                Answer::Refused(found) if found.state().is_some_and(|stored| stored <= new) => {}
                decided => return Ok(decided),
            }
        }
        Ok(answer)
    }

    async fn update_if_no_state(&self, write: &Write<'_>, table: &TableSession, deadline: Instant) -> Result<Answer> {
        match self.update_if_still(Found::default(), write, table, deadline).await? {
            Answer::Refused(found) if found.is_deleted => self.update_if_still(found, write, table, deadline).await,
            answer => Ok(answer),
        }
    }

    /// Writes where there is no state, if that stays as it was found: the entity was deleted, or there is no row.
    async fn update_if_still(
        &self,
        found: Found,
        write: &Write<'_>,
        table: &TableSession,
        deadline: Instant,
    ) -> Result<Answer> {
        let expected = match found.deleted() {
            Some(deleted) if deleted >= write.state.version_number => return Ok(Answer::Refused(found)),
            Some(deleted) => Expected::Deleted(deleted),
            None => Expected::Absent,
        };
        match self.update_if(expected, write, table, deadline).await? {
            // A refusal without a version means a row that cannot be read, not the absence of a state.
            Answer::Refused(Found { version: None, .. }) if matches!(expected, Expected::Absent) => {
                Err(Error::corrupt("version_number", "is null"))
            }
            answer => Ok(answer),
        }
    }

    async fn update_if(
        &self,
        expected: Expected,
        write: &Write<'_>,
        table: &TableSession,
        deadline: Instant,
    ) -> Result<Answer> {
        let writes = self.writes(table);
        let (statement, version) = match expected {
            Expected::Absent => (&writes.update_if_absent, None),
            Expected::NotNewer(version) => (&writes.update_if_not_newer, Some(version)),
            Expected::Version(version) => (&writes.update_if_version, Some(version)),
            Expected::Deleted(version) => (&writes.update_if_deleted, Some(version)),
        };
        let version = version.map(|version| Value::Bigint(version.cast_signed()));
        let values: Vec<Value<'_>> = self.ttl().into_iter().chain(write.values()).chain(version).collect();
        self.transact(table, statement, &values, deadline).await
    }

    /// Deletes the state of an entity, of any version.
    pub(super) async fn delete_by_transaction(&self, id: &str) -> Result<()> {
        let mut is_in_doubt = false;
        loop {
            let read = async |table: &TableSession, deadline| self.serial_row(table, id, deadline).await;
            let row = self.with_retries(Effect::Read, read).await;
            let row = row.map_err(|error| error.with_indeterminate(is_in_doubt))?;
            let Some(found) = row.as_ref().map(Found::from).filter(|found| !found.is_deleted) else { return Ok(()) };
            let Some(version) = found.version else {
                let reason = "is null, so the delete can keep no version; `forget_state` removes the row";
                return Err(Error::corrupt("version_number", reason).with_indeterminate(is_in_doubt));
            };
            match self.delete_if_version(id, version).await {
                // Another writer was faster: its state is to be deleted too.
                Err(error) if error.kind() == ErrorKind::Conflict && !self.limits.left().is_zero() => {
                    is_in_doubt |= error.is_indeterminate();
                }
                outcome => return outcome.map_err(|error| error.or_indeterminate(is_in_doubt)),
            }
        }
    }

    /// Deletes the state of an entity if it has this version. A row with the version stays.
    pub(super) async fn delete_if_version(&self, id: &str, version: u64) -> Result<()> {
        let number = Value::Bigint(version.cast_signed());
        let attempt = async |table: &TableSession, deadline| {
            let values: Vec<Value<'_>> = self.ttl().into_iter().chain([number, Value::Text(id), number]).collect();
            self.transact(table, &self.writes(table).mark_deleted, &values, deadline).await
        };
        self.run_transaction(id, Goal::Deleted(version), attempt).await
    }

    /// Removes the row of an entity.
    pub(super) async fn forget(&self, id: &str) -> Result<()> {
        let attempt = async |table: &TableSession, deadline| {
            self.transact(table, &table.statements.forget, &[Value::Text(id)], deadline).await?;
            // Refused means that there is no row.
            Ok(Answer::Applied)
        };
        self.run_transaction(id, Goal::Forgotten, attempt).await
    }

    /// Runs a transaction once.
    async fn transact(
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
                ..StoredRow::default()
            }))),
        })?;
        answer.ok_or_else(Error::unclear_transaction)
    }

    /// Reads the row of an entity after all transactions that were decided. `None` if there is no row, or only its key is
    /// left.
    pub(super) async fn serial_row(
        &self,
        table: &TableSession,
        persistence_id: &str,
        deadline: Instant,
    ) -> Result<Option<StoredRow<'static>>> {
        let key = [Value::Text(persistence_id)];
        let consistency = self.store.config().serial_consistency().of_reads();
        let request = Request::new(&key, consistency, deadline);
        let rows = table.execute(&table.statements.select_row, &request).await?;
        let row = rows.first(|row| stored_row(row, 0).map(StoredRow::into_owned))?;
        Ok(row.filter(|row| !row::is_absent(row, Layout::ById)))
    }

    /// The statements of a handle with a TTL, or without one.
    fn writes<'t>(&self, table: &'t TableSession) -> &'t Writes {
        let statements = &table.statements;
        if self.store.ttl.is_some() { &statements.writes_with_ttl } else { &statements.writes }
    }

    fn ttl(&self) -> Option<Value<'static>> {
        self.store.ttl.map(|ttl| Value::Int(ttl.cql_int()))
    }
}
