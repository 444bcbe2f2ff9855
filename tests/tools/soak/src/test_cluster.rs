//! Three nodes, each behind a proxy of its own.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use anyhow::{Context, Result};
use cluster::{Cluster, Node};
use durable_store::{Config, ConfigBuilder};
use proxy::Proxy;

pub(crate) const NODES: usize = 3;

/// Of the nodes for clients: node i listens at 127.0.0.i, and its proxy here.
const PROXIES: [Ipv4Addr; NODES] =
    [Ipv4Addr::new(127, 0, 0, 101), Ipv4Addr::new(127, 0, 0, 102), Ipv4Addr::new(127, 0, 0, 103)];

/// What SimpleSnitch calls it.
pub(crate) const DATACENTER: &str = "datacenter1";

#[derive(Debug)]
pub(crate) struct TestCluster {
    // Dropped in this order.
    proxies: Vec<Proxy>,
    cluster: Cluster,
}

impl TestCluster {
    /// Starts the nodes, then their proxies.
    ///
    /// # Errors
    /// When a node does not come up, or its port is taken where its proxy is to be.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let cluster = Cluster::builder(folder)
            .nodes(NODES as u8)
            .advertised(PROXIES)
            .heap_mb(768)
            // A write is acknowledged when it is on disk, so that a killed node still has it when it comes back.
            .setting("commitlog_sync", "batch")
            .setting("commitlog_sync_period", "")
            // Java's first compiler alone starts a node with a third less work.
            .jvm_option("-XX:TieredStopAtLevel=1")
            .progress(|line| println!("  {line}"))
            .start()?;
        let proxy = |(at, node): (&Ipv4Addr, &Node)| {
            let at = SocketAddr::from((*at, cluster.port()));
            Proxy::listen(at, node.address()).with_context(|| format!("a proxy at {at}"))
        };
        let proxies = PROXIES.iter().zip(cluster.nodes()).map(proxy).collect::<Result<_>>()?;
        Ok(Self { proxies, cluster })
    }

    /// Settings that lead to the proxies.
    pub(crate) fn config(&self) -> ConfigBuilder {
        let contact_points = PROXIES.map(|address| address.to_string());
        Config::builder().contact_points(contact_points).port(self.cluster.port()).local_datacenter(DATACENTER)
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        self.cluster.nodes()
    }

    pub(crate) fn proxies(&self) -> &[Proxy] {
        &self.proxies
    }
}
