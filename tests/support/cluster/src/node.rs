//! One node: its process, its log, and what tests do to it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Child,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

#[cfg(target_os = "linux")]
use crate::process::{Watchdog, allow_growth, has_ended, pause, signal, storage_folder};
use crate::{
    cql,
    launch::{Launcher, output_log, system_log},
    log_file, nodetool,
};

/// How long a node may take to end by itself, or to start again.
const PATIENCE: Duration = Duration::from_secs(120);

/// One node of a cluster. Every method takes `&self`, so tests may call them from several threads.
#[derive(Debug)]
pub struct Node {
    address: SocketAddr,
    folder: PathBuf,
    launcher: Launcher,
    ready_when: ReadyWhen,
    process: Mutex<Option<Process>>,
    /// Where in the log the present start begins, in bytes.
    log_start: AtomicU64,
}

/// What shows that a node is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadyWhen {
    /// It answers a query.
    Answers,
    /// Its log says that it has started: clients must use TLS, which we do not speak.
    LogSaysStarted,
    /// Its log also says that there is a first user to log in as, which comes seconds later.
    LogSaysUserMade,
}

#[derive(Debug)]
struct Process {
    /// Dropped, and so called off, before the child is collected and its id can go to another process.
    watchdog: Option<Watchdog>,
    child: Child,
}

impl Node {
    pub(crate) fn new(address: SocketAddr, folder: PathBuf, launcher: Launcher, ready_when: ReadyWhen) -> Self {
        Self { address, folder, launcher, ready_when, process: Mutex::new(None), log_start: AtomicU64::new(0) }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of the node's process, `None` while it is not running. A paused node is running.
    pub fn pid(&self) -> Option<u32> {
        self.with_process(|process| process.child.id())
    }

    /// The path of Cassandra's log.
    pub fn log(&self) -> PathBuf {
        system_log(&self.folder)
    }

    /// The folder with all that the node stores: what `/var/lib/cassandra` is to an installed one.
    pub fn storage(&self) -> PathBuf {
        storage_folder(&self.folder)
    }

    /// Makes the command `nodetool` for this node, and gives the folder that it is in, for a PATH.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn nodetool(&self) -> Result<PathBuf> {
        nodetool::make(&self.folder, &self.launcher)
    }

    /// Ends the node at once, as if by `kill -9`. Nothing happens if it is not running.
    ///
    /// What it acknowledged in the last tenth of a second may be lost, since its commit log is written periodically. To
    /// keep it, start the cluster with the settings `commitlog_sync` as `batch` and `commitlog_sync_period` empty.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&self) -> Result<()> {
        let Some(mut process) = self.process().take() else { return Ok(()) };
        drop(process.watchdog.take());
        process.child.kill().and_then(|()| process.child.wait()).context("killing a node")?;
        Ok(())
    }

    /// Stops the node's process where it stands: its connections stay open and nothing answers. Returns once it has
    /// stopped.
    ///
    /// # Errors
    /// When the node is not running.
    pub fn pause(&self) -> Result<()> {
        self.with_process(|process| pause(&process.child)).context("the node is not running")?.context("pausing a node")
    }

    /// Lets a paused node go on.
    ///
    /// # Errors
    /// When the node is not running.
    pub fn resume(&self) -> Result<()> {
        self.send(Signal::CONT)
    }

    /// Lets the node's files grow no longer, as if its disk were full, or lets them grow again. What has its place on the
    /// disk can still be overwritten, as there: the commit log is, until its segments are full. A node that is started
    /// again has room.
    ///
    /// # Errors
    /// When the node is not running.
    #[cfg(target_os = "linux")]
    pub fn set_disk_full(&self, full: bool) -> Result<()> {
        let set = self.with_process(|process| allow_growth(process.child.id(), !full));
        set.context("the node is not running")?.context("limiting a node's files")
    }

    /// Ends the node in good order: it tells the others and writes its tables to disk. One that has not ended after
    /// two minutes is killed.
    ///
    /// # Errors
    /// When the node is not running, or had to be killed.
    pub fn stop(&self) -> Result<()> {
        self.send(Signal::TERM)?;
        self.send(Signal::CONT)?;
        let deadline = Instant::now() + PATIENCE;
        while self.pid().is_some() {
            if Instant::now() >= deadline {
                self.kill()?;
                bail!(
                    "the node did not end within {} s and was killed; its log: {}",
                    PATIENCE.as_secs(),
                    self.log().display()
                );
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Starts the node's process, with the data and ports it had before, and does not wait for it.
    ///
    /// # Errors
    /// When it is running already, or the system refuses.
    pub fn spawn(&self) -> Result<()> {
        if self.pid().is_some() {
            bail!("the node at {} is running already", self.address);
        }
        self.log_start.store(log_file::length(&self.log()), Ordering::Relaxed);
        let child = self.launcher.spawn(&self.folder).context("starting Java")?;
        let watchdog = if self.launcher.detached { None } else { Some(Watchdog::over(&child)) };
        // Kept before a failure of the watchdog is looked at: the node must be ended all the same.
        let mut process = self.process();
        let process = process.insert(Process { watchdog: None, child });
        process.watchdog = watchdog.transpose().context("starting the watchdog, a shell")?;
        Ok(())
    }

    /// Starts the node again and waits, up to two minutes, until it is ready.
    ///
    /// # Errors
    /// Those of [`spawn`](Self::spawn) and [`wait_ready`](Self::wait_ready).
    pub fn start(&self) -> Result<()> {
        self.spawn()?;
        self.wait_ready(PATIENCE)
    }

    /// Waits until the node answers a query.
    ///
    /// # Errors
    /// When it ends first or the time is over, with the end of its log.
    pub fn wait_ready(&self, timeout: Duration) -> Result<()> {
        let deadline = Instant::now() + timeout;
        loop {
            if self.pid().is_none() {
                bail!("the node at {} ended before it was ready\n{}", self.address, self.last_words());
            }
            if self.is_ready() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!("the node at {} is not ready after {} s\n{}", self.address, timeout.as_secs(), self.last_words());
            }
            sleep(Duration::from_millis(100));
        }
    }

    /// Whether the node answers a query now. An open port would prove nothing: a node out of memory keeps it open.
    pub fn is_ready(&self) -> bool {
        let started = || self.logged().contains("Startup complete");
        // Said in the node's first start only.
        let user_made = || log_file::read_from(&self.log(), 0).contains("Created default superuser role");
        match self.ready_when {
            ReadyWhen::Answers => answers(self.address),
            ReadyWhen::LogSaysStarted => started(),
            ReadyWhen::LogSaysUserMade => started() && user_made(),
        }
    }

    /// Whether the node ended because somebody else has one of its ports.
    pub(crate) fn lost_its_port(&self) -> bool {
        let signs = ["Address already in use", "is in use by another process", "Failed to bind port"];
        let logged = self.logged();
        self.pid().is_none() && signs.iter().any(|sign| logged.contains(sign))
    }

    /// Leaves the process to itself: dropping this no longer ends it.
    pub(crate) fn let_go(&self) {
        self.process().take();
    }

    fn logged(&self) -> String {
        log_file::read_from(&self.log(), self.log_start.load(Ordering::Relaxed))
    }

    fn last_words(&self) -> String {
        let from_java = log_file::tail(&log_file::read_from(&output_log(&self.folder), 0), 10);
        let log = log_file::tail(&self.logged(), 30);
        format!("{from_java}\n{log}\nThe whole log: {}", self.log().display())
    }

    fn send(&self, what: Signal) -> Result<()> {
        let sent = self.with_process(|process| signal(process.child.id(), what));
        sent.context("the node is not running")?.context("sending a signal to a node")
    }

    /// Does something with the process, or gives `None` if there is none or it has ended.
    fn with_process<T>(&self, act: impl FnOnce(&Process) -> T) -> Option<T> {
        let mut process = self.process();
        if process.as_ref().is_some_and(|process| has_ended(&process.child).unwrap_or(true))
            && let Some(mut ended) = process.take()
        {
            drop(ended.watchdog.take());
            let _ = ended.child.wait();
        }
        process.as_ref().map(act)
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// The folder of the node that is `index`th, from 0, in a run.
pub(crate) fn folder(run: &Path, index: usize) -> PathBuf {
    run.join(format!("node{}", index + 1))
}

/// Opens a connection as Cassandra's first user, which counts only where passwords are on.
pub(crate) fn log_in(address: SocketAddr) -> Result<cql::Client, cql::Error> {
    cql::Client::connect_as(address, Duration::from_secs(2), "cassandra", "cassandra")
}

/// Whether the node at the address answers a query.
pub(crate) fn answers(address: SocketAddr) -> bool {
    log_in(address).and_then(|mut client| client.query("SELECT release_version FROM system.local")).is_ok()
}
