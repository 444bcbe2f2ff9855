//! The crate `scylla`, driven with `block_on` from the same threads on one shared runtime.

use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use durable_store::{DurableState, prost::Message, prost_types::Any};
use scylla::{
    client::{PoolSize, session::Session, session_builder::SessionBuilder},
    statement::{Consistency, prepared::PreparedStatement},
};
use tokio::runtime::Runtime;

use super::client::Client;
use crate::protocol::{Layout, Target};

const COLUMNS: &str = "version_number, state_payload, state_manifest, timestamp, shard_number";

pub(super) struct Scylla {
    runtime: Runtime,
    session: Session,
    insert: PreparedStatement,
    select: PreparedStatement,
    target: Target,
}

impl Scylla {
    pub(super) fn connect(address: SocketAddr, target: &Target) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let connections = NonZeroUsize::new(target.core_connections as usize).unwrap_or(NonZeroUsize::MIN);
        let session = SessionBuilder::new()
            .known_node(address.to_string())
            .pool_size(PoolSize::PerHost(connections))
            // Apache Cassandra has no port for each shard.
            .disallow_shard_aware_port(true);
        let session = runtime.block_on(session.build())?;
        let table = format!("\"{}\".\"{}\"", target.keyspace, target.table);
        let key = match (target.layout, target.shard) {
            (Layout::ByShard, Some(_)) => "shard_number = ? AND persistence_id = ?",
            _ => "persistence_id = ?",
        };
        let prepare = |cql: String| -> Result<PreparedStatement> {
            let mut statement = runtime.block_on(session.prepare(cql))?;
            statement.set_consistency(Consistency::LocalQuorum);
            statement.set_is_idempotent(true);
            Ok(statement)
        };
        let insert = prepare(format!("INSERT INTO {table} ({COLUMNS}, persistence_id) VALUES (?, ?, ?, ?, ?, ?)"))?;
        let mut select = prepare(format!("SELECT {COLUMNS} FROM {table} WHERE {key}"))?;
        select.set_use_cached_result_metadata(true);
        Ok(Self { runtime, session, insert, select, target: target.clone() })
    }
}

impl Client for Scylla {
    fn write(&self, state: &DurableState) -> Result<()> {
        let payload = state.resulting_state.as_ref().map(Message::encode_to_vec).unwrap_or_default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
        let mut insert = self.insert.clone();
        insert.set_timestamp(Some(i64::try_from(now)?));
        let values = (
            state.version_number.cast_signed(),
            payload,
            "google.protobuf.Any",
            state.timestamp,
            state.shard.cast_signed(),
            &state.persistence_id,
        );
        self.runtime.block_on(self.session.execute_unpaged(&insert, values))?;
        Ok(())
    }

    fn read(&self, id: &str) -> Result<Option<DurableState>> {
        let found = match (self.target.layout, self.target.shard) {
            (Layout::ByShard, Some(shard)) => {
                self.runtime.block_on(self.session.execute_unpaged(&self.select, (shard.cast_signed(), id)))?
            }
            _ => self.runtime.block_on(self.session.execute_unpaged(&self.select, (id,)))?,
        };
        let rows = found.into_rows_result()?;
        let row = rows.maybe_first_row::<(i64, &[u8], &str, i64, i64)>()?;
        let decode = |(version_number, payload, _, timestamp, shard): (i64, &[u8], &str, i64, i64)| {
            Ok(DurableState {
                persistence_id: id.to_owned(),
                version_number: version_number.cast_unsigned(),
                resulting_state: Some(Any::decode(payload)?),
                timestamp,
                shard: shard.cast_unsigned(),
            })
        };
        row.map(decode).transpose()
    }
}
