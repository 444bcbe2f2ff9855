//! The Cassandra that all contenders use, and the tables in it.

use std::{
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use cluster::{Cluster, cql, shared::CONTACT_POINTS};
use durable_store::{Config, DurableStore, Layout, Replication, SchemaOptions, WriteMode};

use crate::{plan::Table, protocol};

/// Enough for a million rows with an index.
const HEAP_MB: u32 = 2_048;

/// A node of our own, unless one is named.
pub(crate) struct Server {
    address: SocketAddr,
    _cluster: Option<Cluster>,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        if let Ok(named) = env::var(CONTACT_POINTS) {
            let address =
                cql::first_address(&named).with_context(|| format!("{CONTACT_POINTS}={named:?} is not host:port"))?;
            return Ok(Self { address, _cluster: None });
        }
        let builder = Cluster::builder(workspace().join("target/cassandra")).heap_mb(HEAP_MB);
        let cluster = builder.progress(|line| println!("  {line}")).start()?;
        Ok(Self { address: cluster.address(), _cluster: Some(cluster) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn is_ours(&self) -> bool {
        self._cluster.is_some()
    }

    /// The release of the server.
    pub(crate) fn version(&self) -> Result<String> {
        let rows = client(self.address)?.query("SELECT release_version FROM system.local")?;
        rows.text(0, 0).context("a server without a version")
    }
}

/// The folder of the workspace.
pub(crate) fn workspace() -> PathBuf {
    let member = Path::new(env!("CARGO_MANIFEST_DIR"));
    member.ancestors().nth(3).unwrap_or(member).to_owned()
}

fn client(address: SocketAddr) -> Result<cql::Client> {
    Ok(cql::Client::connect(address, Duration::from_secs(60))?)
}

/// Makes the table, with an index where it is keyed by shard.
pub(crate) fn make(table: &Table, server: SocketAddr) -> Result<()> {
    let layout = match table.target.layout {
        protocol::Layout::ById => Layout::ById,
        protocol::Layout::ByShard => Layout::ByShard,
    };
    let mode = if table.target.versioned { WriteMode::Versioned } else { WriteMode::LastWriteWins };
    let config = Config::builder()
        .contact_points([server.ip().to_string()])
        .port(server.port())
        .keyspace(&table.target.keyspace)
        .table(&table.target.table)
        .write_mode(mode);
    let options = SchemaOptions::new(Replication::Simple(1)).layout(layout);
    Ok(DurableStore::new(config.build()?).create_schema(&options)?)
}
