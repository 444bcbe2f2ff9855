//! Reading the latest state.

use std::time::Instant;

use super::DurableStore;
use crate::{
    DurableState, Layout, Result, StateKey,
    codec::{self, StoredRow},
    connection::Connection,
    driver::{Request, Row, Value},
    error::Detail,
    guard,
    retry::Effect,
    table,
    telemetry::{self, Call},
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
        self.observe(&telemetry::GET_LATEST_STATE, Some(key.persistence_id()), |call| self.read(call, &key))
    }

    fn read(&self, call: &Call<'_>, key: &StateKey<'_>) -> Result<Option<DurableState>> {
        let id = key.persistence_id();
        guard::check_persistence_id(id, false)?;
        self.call(call, Effect::Read, |connection, deadline| {
            let row = match connection.layout {
                Layout::ById => self.row(connection, &[Value::Text(id)], deadline)?,
                Layout::ByShard => match self.config().sharding().shard_of_key(key)? {
                    Some(shard) => {
                        let key = [Value::Bigint(shard.cast_signed()), Value::Text(id)];
                        self.row(connection, &key, deadline)?
                    }
                    None => self.newest_row(connection, id, deadline)?,
                },
            };
            row.map_or(Ok(None), |row| decode(row, id, connection.layout))
        })
    }

    fn row(&self, connection: &Connection, key: &[Value<'_>], deadline: Instant) -> Result<Option<StoredRow>> {
        let request = self.select(&connection.statements.select_row, key, deadline);
        connection.execute(&request)?.first(stored_row)
    }

    /// The newest of the rows of an id, in whichever shards, through the index.
    fn newest_row(&self, connection: &Connection, id: &str, deadline: Instant) -> Result<Option<StoredRow>> {
        guard::check_persistence_id(id, true)?;
        let key = [Value::Text(id)];
        let mut request = self.select(&connection.statements.select_by_id, &key, deadline);
        let mut newest = None;
        loop {
            let rows = connection.execute(&request).map_err(|error| match error.detail() {
                Detail::NoIndex => table::index_missing(self.config()).with_source(error),
                _ => error,
            })?;
            let found = rows.map(|row| Ok(StoredRow { written_at: row.bigint(5)?, ..stored_row(row)? }))?;
            newest = codec::newest(newest.into_iter().chain(found))?;
            request.page = rows.next_page()?;
            if request.page.is_none() {
                return Ok(newest);
            }
        }
    }

    fn select<'r>(&self, cql: &'r str, values: &'r [Value<'r>], deadline: Instant) -> Request<'r> {
        Request { cql, values, consistency: self.config().consistency(), deadline, timestamp: None, page: None }
    }
}

/// The state in a row, its payload counted as read.
fn decode(row: StoredRow, persistence_id: &str, layout: Layout) -> Result<Option<DurableState>> {
    let payload_bytes = row.state_payload.as_ref().map_or(0, Vec::len);
    let state = codec::decode(row, persistence_id, layout)?;
    telemetry::read(payload_bytes);
    Ok(state)
}

/// The columns in the order every SELECT of ours names them.
fn stored_row(row: &Row<'_>) -> Result<StoredRow> {
    Ok(StoredRow {
        version_number: row.bigint(0)?,
        state_payload: row.blob(1)?,
        state_manifest: row.text(2)?,
        timestamp: row.bigint(3)?,
        shard_number: row.bigint(4)?,
        written_at: None,
    })
}
