//! A cluster that outlives the process that started it.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{
    builder::Builder,
    lock::lock,
    node::{self, answers},
    ports,
    process::{end_nodes_below, nodes_below},
    run_folder::remove_all_but_logs,
    running::{Plan, real_folder},
};

/// What is known of the detached cluster of a folder. There is at most one, in the folder `up`.
#[derive(Debug)]
pub struct Detached {
    version: String,
    port: u16,
    nodes: Vec<DetachedNode>,
}

/// One node of a detached cluster.
#[derive(Clone, Debug)]
pub struct DetachedNode {
    address: SocketAddr,
    pid: Option<u32>,
    folder: PathBuf,
}

impl Detached {
    /// The cluster that was last started in `folder`, unless it was ended since. Its nodes may have died.
    ///
    /// # Errors
    /// When the record of it, or the list of the machine's processes, cannot be read.
    pub fn find(folder: impl AsRef<Path>) -> Result<Option<Self>> {
        let up = real_folder(folder.as_ref())?.join("up");
        let Ok(text) = fs::read_to_string(up.join("cluster")) else { return Ok(None) };
        let Some((version, port, nodes)) = parse_record(&text) else {
            bail!("{} cannot be read: end the cluster and start it again", up.join("cluster").display())
        };
        let node = |(index, address): (usize, Ipv4Addr)| -> Result<DetachedNode> {
            let folder = node::folder(&up, index);
            let pid = nodes_below(&folder)?.first().copied();
            Ok(DetachedNode { address: SocketAddr::from((address, port)), pid, folder })
        };
        let nodes = ports::addresses(nodes).into_iter().enumerate().map(node).collect::<Result<_>>()?;
        Ok(Some(Self { version: version.to_owned(), port, nodes }))
    }

    /// Ends the detached cluster of `folder`, also one that is only half started, and says how many nodes it ended.
    /// What they stored is removed; their logs stay until the next start.
    ///
    /// # Errors
    /// When a node does not end or a file cannot be removed.
    pub fn end(folder: impl AsRef<Path>) -> Result<usize> {
        let up = real_folder(folder.as_ref())?.join("up");
        // First the nodes: one whose folder was removed by hand is ended as well.
        let ended = end_nodes_below(&up)?;
        if up.exists() {
            remove_record(&up)?;
            remove_all_but_logs(&up)?;
        }
        Ok(ended)
    }

    /// The Cassandra version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The nodes, the seed first.
    pub fn nodes(&self) -> &[DetachedNode] {
        &self.nodes
    }

    /// The nodes' addresses without the port.
    pub fn contact_points(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.address.ip().to_string()).collect()
    }

    /// The port where every node takes clients.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl DetachedNode {
    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of the node's process, `None` if it has died.
    pub fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// The path of Cassandra's log.
    pub fn log(&self) -> PathBuf {
        crate::launch::system_log(&self.folder)
    }

    /// Whether the node answers a query now.
    pub fn is_ready(&self) -> bool {
        self.pid.is_some() && answers(self.address)
    }
}

/// Starts a cluster in the folder `up` and lets go of its nodes.
pub(crate) fn start(builder: Builder) -> Result<Detached> {
    let plan = Plan::new(builder, true)?;
    let folder = &plan.builder.folder;
    let up = folder.join("up");
    let _one_at_a_time = lock(&folder.join("up.lock"))?;
    if !nodes_below(&up)?.is_empty() {
        bail!("a detached cluster is up already in {}", folder.display());
    }
    if up.exists() {
        fs::remove_dir_all(&up).with_context(|| format!("removing {}", up.display()))?;
    }
    let nodes = plan.start_nodes(&up, ports::choose)?;
    let port = nodes.first().map_or(0, |node| node.address().port());
    fs::write(up.join("cluster"), record(&plan.builder.version, port, plan.builder.nodes))?;
    for node in &nodes {
        node.let_go();
    }
    Detached::find(folder)?.context("the cluster was ended while it started")
}

fn remove_record(up: &Path) -> Result<()> {
    let record = up.join("cluster");
    if record.exists() {
        fs::remove_file(&record).with_context(|| format!("removing {}", record.display()))?;
    }
    Ok(())
}

fn record(version: &str, port: u16, nodes: u8) -> String {
    format!("version {version}\nport {port}\nnodes {nodes}\n")
}

fn parse_record(text: &str) -> Option<(&str, u16, u8)> {
    let value = |key| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
    Some((value("version")?, value("port")?.parse().ok()?, value("nodes")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        assert_eq!(parse_record(&record("5.0.6", 19_042, 3)), Some(("5.0.6", 19_042, 3)));
    }

    #[test]
    fn a_damaged_record_is_none() {
        for text in ["", "version 5.0.6\n", "version 5.0.6\nport x\nnodes 1\n", "version5\nport 1\nnodes 300"] {
            assert_eq!(parse_record(text), None, "{text:?}");
        }
    }
}
