//! A running cluster and how it comes up.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    builder::{Builder, Progress},
    config_files::NodeConfig,
    cql, jars, java,
    launch::{Launcher, write_files},
    node::{self, Node, ReadyWhen},
    ports::{self, Ports},
    run_folder::RunFolder,
};

/// How often a start may find that somebody has just taken one of its ports.
const PORT_TRIES: usize = 5;

/// A cluster that this process owns. Dropping it ends every node and removes what they stored.
#[derive(Debug)]
pub struct Cluster {
    // Dropped in this order: the nodes end before their folder is removed.
    nodes: Vec<Node>,
    _run: RunFolder,
}

impl Cluster {
    /// Begins the description of a cluster that keeps its jars and its runs in `folder`, such as `target/cassandra`.
    pub fn builder(folder: impl Into<PathBuf>) -> Builder {
        Builder::new(folder.into())
    }

    /// The nodes, in the order in which they were started; the first is the seed.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node at a place in [`nodes`](Self::nodes), from 0.
    ///
    /// # Panics
    /// When there are fewer nodes.
    #[allow(clippy::indexing_slicing, reason = "as for a slice: a test asks for nodes it has started")]
    pub fn node(&self, index: usize) -> &Node {
        &self.nodes[index]
    }

    /// The nodes' addresses without the port, for clients that take the two apart.
    pub fn contact_points(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.address().ip().to_string()).collect()
    }

    /// The port where every node takes clients.
    pub fn port(&self) -> u16 {
        self.address().port()
    }

    /// The first node's address with its port.
    pub fn address(&self) -> SocketAddr {
        self.node(0).address()
    }
}

/// Starts a cluster in a new run folder.
pub(crate) fn start(builder: Builder) -> Result<Cluster> {
    let plan = Plan::new(builder, false)?;
    let run = RunFolder::create(&plan.builder.folder)?;
    let nodes = plan.start_nodes(run.path(), ports::choose).inspect_err(|_| run.keep_logs())?;
    if plan.builder.keep_logs {
        run.keep_logs();
    }
    Ok(Cluster { nodes, _run: run })
}

/// A description with everything found that it takes to start it.
pub(crate) struct Plan {
    pub(crate) builder: Builder,
    launcher: Launcher,
}

impl Plan {
    pub(crate) fn new(mut builder: Builder, detached: bool) -> Result<Self> {
        ensure!(builder.nodes > 0, "a cluster has at least one node");
        let (nodes, advertised) = (usize::from(builder.nodes), builder.advertised.len());
        ensure!(
            advertised == 0 || advertised == nodes,
            "advertised: {advertised} addresses are given for {nodes} nodes; one a node is needed"
        );
        let java = java::find()?;
        builder.folder = real_folder(&builder.folder)?;
        let jars = jars::ensure(&builder.folder, &builder.version, &builder.progress)?;
        let jvm_options = builder.jvm_options.clone();
        let launcher = Launcher { java, jars, heap_mb: builder.heap_mb, jvm_options, jmx_port: 0, detached };
        Ok(Self { builder, launcher })
    }

    /// Starts the nodes in `run`, with other ports as long as somebody takes the chosen ones first.
    pub(crate) fn start_nodes(
        &self,
        run: &Path,
        mut choose_ports: impl FnMut(&[Ipv4Addr]) -> Result<Ports>,
    ) -> Result<Vec<Node>> {
        let deadline = Instant::now() + self.builder.start_timeout;
        let addresses = ports::addresses(self.builder.nodes);
        for _ in 0..PORT_TRIES {
            let ports = choose_ports(&[&*addresses, &*self.builder.advertised].concat())?;
            let nodes = self.lay_out(run, &addresses, ports)?;
            match bring_up(&nodes, deadline, &self.builder.progress) {
                Ok(()) => {
                    self.settle(&nodes, deadline)?;
                    return Ok(nodes);
                }
                Err(_) if nodes.iter().any(Node::lost_its_port) => {
                    self.builder.progress.say("a chosen port was taken meanwhile, trying others");
                }
                Err(error) => return Err(error),
            }
        }
        bail!("every time another process had taken a port before the nodes could")
    }

    /// Writes the files of all nodes.
    fn lay_out(&self, run: &Path, addresses: &[Ipv4Addr], ports: Ports) -> Result<Vec<Node>> {
        let settings = &self.builder.settings;
        // Unique, so that a node of another cluster that comes to the same ports is turned away.
        let cluster_name = run.file_name().unwrap_or_default().to_string_lossy();
        let node = |(index, &address): (usize, &Ipv4Addr)| {
            let folder = node::folder(run, index);
            let advertised = self.builder.advertised.get(index).copied();
            let config = NodeConfig { cluster_name: &cluster_name, index, addresses, advertised, ports, settings };
            write_files(&folder, &config)?;
            let address = SocketAddr::from((address, ports.native));
            let launcher = Launcher { jmx_port: ports::choose_beside(ports)?, ..self.launcher.clone() };
            Ok(Node::new(address, folder, launcher, self.ready_when(index)))
        };
        addresses.iter().enumerate().map(node).collect()
    }

    fn ready_when(&self, index: usize) -> ReadyWhen {
        let set = |key| self.builder.settings.contains_key(key);
        match (set("client_encryption_options"), set("authenticator")) {
            (false, _) => ReadyWhen::Answers,
            // The first node makes the user for all.
            (true, true) if index == 0 => ReadyWhen::LogSaysUserMade,
            (true, _) => ReadyWhen::LogSaysStarted,
        }
    }

    /// Waits until every node knows of all the others and has the same schema.
    fn settle(&self, nodes: &[Node], deadline: Instant) -> Result<()> {
        if self.ready_when(0) != ReadyWhen::Answers {
            return Ok(());
        }
        while !agree(nodes).unwrap_or(false) {
            ensure!(Instant::now() < deadline, "the nodes do not come to know each other; see {}", {
                nodes.iter().map(|node| node.log().display().to_string()).collect::<Vec<_>>().join(", ")
            });
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

/// Starts one node after the other: Cassandra lets in one at a time.
fn bring_up(nodes: &[Node], deadline: Instant, progress: &Progress) -> Result<()> {
    for (index, node) in nodes.iter().enumerate() {
        let place = format!("node {} of {} at {}", index + 1, nodes.len(), node.address());
        progress.say(&format!("{place}: starting"));
        let started = Instant::now();
        node.spawn()?;
        node.wait_ready(deadline.saturating_duration_since(started))?;
        progress.say(&format!("{place}: ready after {:.1} s", started.elapsed().as_secs_f32()));
    }
    Ok(())
}

fn agree(nodes: &[Node]) -> Result<bool, cql::Error> {
    let mut versions = Vec::new();
    for node in nodes {
        let mut client = node::log_in(node.address())?;
        let peers = client.query("SELECT schema_version FROM system.peers_v2")?.rows;
        let own = client.query("SELECT schema_version FROM system.local")?.rows;
        if peers.len() + 1 != nodes.len() {
            return Ok(false);
        }
        versions.extend(peers.into_iter().chain(own));
    }
    Ok(versions.windows(2).all(|pair| pair.first() == pair.last()))
}

/// Makes the folder and gives the one path by which its nodes are known, whatever way leads there.
pub(crate) fn real_folder(folder: &Path) -> Result<PathBuf> {
    let real = || {
        fs::create_dir_all(folder)?;
        folder.canonicalize()
    };
    real().with_context(|| format!("making {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn addresses_that_are_not_one_a_node_are_refused() {
        let builder = Cluster::builder("nowhere").nodes(2).advertised([Ipv4Addr::LOCALHOST]);
        let error = builder.start().unwrap_err().to_string();
        assert!(error.contains("1 addresses are given for 2 nodes"), "{error}");
    }

    #[test]
    fn a_port_taken_before_the_start_is_replaced() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/cassandra");
        // Java's first compiler alone starts a node with a third less work.
        let builder = Cluster::builder(folder).jvm_option("-XX:TieredStopAtLevel=1");
        let plan = Plan::new(builder, false).unwrap();
        let run = RunFolder::create(&plan.builder.folder).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = listener.local_addr().unwrap().port();
        let mut tries = 0;
        let nodes = plan.start_nodes(run.path(), |addresses| {
            tries += 1;
            let free = ports::choose(addresses)?;
            Ok(match tries {
                1 => Ports { native: taken, ..free },
                2 => Ports { storage: taken, ..free },
                _ => free,
            })
        });
        assert!(nodes.unwrap()[0].is_ready());
        assert_eq!(tries, 3);
    }
}
