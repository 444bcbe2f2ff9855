//! Writing a state.

use std::time::Instant;

use super::DurableStore;
use crate::{
    DurableState, Error, ErrorKind, Layout, Result,
    codec::{self, Cells},
    connection::Connection,
    driver::{Request, Value},
    guard,
    retry::Effect,
    telemetry::{self, Call},
    timestamp,
};

/// What of the server's bound on a write is left to everything that is not the payload.
const MUTATION_MARGIN: usize = 256 * 1024;

impl DurableStore {
    /// Stores `state` as the latest state of its entity. The last write wins, whatever its version number: eGo rewrites
    /// the same version when an entity stops.
    ///
    /// The write carries one client timestamp from a strictly increasing source of this process, so trying it again
    /// inside the call is harmless and never buries a later write. Between processes the clocks decide which write is
    /// the last.
    ///
    /// # Errors
    /// - [`InvalidState`](ErrorKind::InvalidState): the persistence id is empty or too long, the payload is over
    ///   [`max_payload_bytes`](crate::ConfigBuilder::max_payload_bytes), or the shard contradicts
    ///   [`sharding`](crate::ConfigBuilder::sharding). Nothing was sent.
    /// - [`NotConnected`](ErrorKind::NotConnected), [`PoolTimeout`](ErrorKind::PoolTimeout). Nothing was sent.
    /// - [`Unavailable`](ErrorKind::Unavailable): too few replicas are alive.
    /// - [`Timeout`](ErrorKind::Timeout), [`Overloaded`](ErrorKind::Overloaded), [`Server`](ErrorKind::Server): see
    ///   [`is_indeterminate`](Error::is_indeterminate) for whether it may have been written.
    /// - [`Schema`](ErrorKind::Schema): the table is gone or changed.
    pub fn write_state(&self, state: &DurableState) -> Result<()> {
        self.observe(&telemetry::WRITE_STATE, Some(&state.persistence_id), |call| self.write(call, state))
    }

    fn write(&self, call: &Call<'_>, state: &DurableState) -> Result<()> {
        let config = self.config();
        guard::check_persistence_id(&state.persistence_id, false)?;
        if config.consistency().is_for_reads_only() {
            let message = format!("consistency: {} is for reads only", config.consistency());
            return Err(Error::new(ErrorKind::Config, message));
        }
        let cells = codec::encode(state, config.payload_format());
        guard::check_payload(&cells.state_payload, config.max_payload_bytes(), "`max_payload_bytes`")?;
        let timestamp = timestamp::next();
        self.call(call, Effect::Write, |connection, deadline| {
            if connection.layout == Layout::ByShard {
                config.sharding().check_state(state)?;
                guard::check_persistence_id(&state.persistence_id, config.sharding().needs_index())?;
            }
            if let Some(limit) = connection.max_mutation_bytes {
                let limit = limit.saturating_sub(MUTATION_MARGIN);
                guard::check_payload(&cells.state_payload, limit, "the server's max_mutation_size")?;
            }
            self.insert(connection, &cells, timestamp, deadline)
        })?;
        telemetry::written(cells.state_payload.len());
        Ok(())
    }

    fn insert(&self, connection: &Connection, cells: &Cells<'_>, timestamp: i64, deadline: Instant) -> Result<()> {
        let request = Request {
            cql: &connection.statements.insert,
            // In the order of the statement: every column, since one left out would keep what it held before.
            values: &[
                Value::Bigint(cells.version_number),
                Value::Text(cells.persistence_id),
                Value::Blob(&cells.state_payload),
                Value::Text(&cells.state_manifest),
                Value::Bigint(cells.timestamp),
                Value::Bigint(cells.shard_number),
            ],
            consistency: self.config().consistency(),
            deadline,
            timestamp: Some(timestamp),
            page: None,
        };
        connection.execute(&request).map(drop)
    }
}
