//! The options of a cluster.

use std::{collections::BTreeMap, fmt, net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Result;

use crate::{
    detached::{self, Detached},
    running::{self, Cluster},
};

/// The Cassandra version that nodes run unless told otherwise.
pub const DEFAULT_VERSION: &str = "5.0.6";

/// Collects the settings of a cluster, then starts it. Made by [`Cluster::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing runs before `start`"]
pub struct Builder {
    pub(crate) folder: PathBuf,
    pub(crate) nodes: u8,
    /// Empty, or one a node.
    pub(crate) advertised: Vec<Ipv4Addr>,
    pub(crate) version: String,
    pub(crate) heap_mb: u32,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) jvm_options: Vec<String>,
    pub(crate) start_timeout: Duration,
    pub(crate) keep_logs: bool,
    pub(crate) progress: Progress,
}

impl Builder {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            nodes: 1,
            advertised: Vec::new(),
            version: DEFAULT_VERSION.to_owned(),
            heap_mb: 512,
            settings: BTreeMap::new(),
            jvm_options: Vec::new(),
            start_timeout: Duration::from_secs(180),
            keep_logs: false,
            progress: Progress::silent(),
        }
    }

    /// Sets how many nodes there are, each on an address of its own. Defaults to 1.
    pub fn nodes(mut self, nodes: u8) -> Self {
        self.nodes = nodes;
        self
    }

    /// Sets the addresses that the nodes tell to clients as theirs, one a node, so that something can stand in between.
    /// The nodes' port is kept free there too. Defaults to those at which the nodes listen.
    pub fn advertised(mut self, addresses: impl IntoIterator<Item = Ipv4Addr>) -> Self {
        self.advertised = addresses.into_iter().collect();
        self
    }

    /// Sets the Cassandra version, a 5.0 release. Defaults to [`DEFAULT_VERSION`].
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Sets the heap of each node in megabytes. Defaults to 512, which serves small tables; some 400,000 indexed rows
    /// need more.
    pub fn heap_mb(mut self, megabytes: u32) -> Self {
        self.heap_mb = megabytes;
        self
    }

    /// Adds a top-level setting to every node's `cassandra.yaml`, or replaces it. The value is YAML text: a scalar, a
    /// map in braces, or further lines that start with a line break and are indented. An empty value takes one of our
    /// own settings away.
    ///
    /// With passwords on (`authenticator`) a node counts as ready once it lets in Cassandra's first user, `cassandra`
    /// with the same word as password. With `client_encryption_options` set, once its log says that it has started and
    /// has that user.
    pub fn setting(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.insert(key.into(), value.into());
        self
    }

    /// Adds an option to every node's Java command line, after our own, so that it wins over them.
    pub fn jvm_option(mut self, option: impl Into<String>) -> Self {
        self.jvm_options.push(option.into());
        self
    }

    /// Sets how long all nodes together may take to become ready. Defaults to 180 seconds.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// Lets the nodes' logs stay for a day after the cluster is dropped. Defaults to removing them; those of a start
    /// that failed always stay.
    pub fn keep_logs(mut self, keep: bool) -> Self {
        self.keep_logs = keep;
        self
    }

    /// Sets what is done with the lines that say how a start comes along. Defaults to nothing.
    pub fn progress(mut self, say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.progress = Progress(Arc::new(say));
        self
    }

    /// Starts the nodes and waits until each answers a query. Fetches Cassandra's jars first where they are missing.
    ///
    /// # Errors
    /// When Java or Maven is missing, when the jars cannot be fetched, or when a node ends early or is not ready in
    /// time; the error then holds the end of its log and the log's path.
    pub fn start(self) -> Result<Cluster> {
        running::start(self)
    }

    /// Starts a cluster that outlives this process, at most one in a folder; [`Detached::end`] ends it.
    ///
    /// # Errors
    /// As [`start`](Self::start), and when one is up already.
    pub fn start_detached(self) -> Result<Detached> {
        detached::start(self)
    }
}

/// Where the lines go that say how a start comes along.
#[derive(Clone)]
pub(crate) struct Progress(Arc<dyn Fn(&str) + Send + Sync>);

impl Progress {
    pub(crate) fn silent() -> Self {
        Self(Arc::new(|_| ()))
    }

    pub(crate) fn say(&self, line: &str) {
        (self.0)(line);
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}
