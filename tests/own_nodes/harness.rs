//! A node of its own for each test, and a record of what calls on it came to.

pub(crate) mod certificates;
pub(crate) mod page;
pub(crate) mod refused;
pub(crate) mod secrets;
pub(crate) mod secure_cql;

use std::{
    fs,
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use cluster::{Builder, Cluster, Node};
use durable_store::{
    Config, ConfigBuilder, DurableState, DurableStore, Error, Layout, Replication, SchemaOptions,
    prost_types::Timestamp,
};

/// How much longer than its deadline a call may take on a machine that is busy: what is tested is that it ends.
pub(crate) const MARGIN: Duration = Duration::from_secs(2);

/// What one test at a time has: the machine, and on it perhaps the nodes that some tests share.
type Machine = MutexGuard<'static, Option<Cluster>>;

fn machine() -> Machine {
    static MACHINE: Mutex<Option<Cluster>> = Mutex::new(None);
    MACHINE.lock().unwrap_or_else(|poisoned| {
        MACHINE.clear_poison();
        let mut machine = poisoned.into_inner();
        // Whatever a test that failed has left them in.
        *machine = None;
        machine
    })
}

/// Tests with this guard run one after the other. Ends the nodes that other tests share.
pub(crate) fn alone() -> Machine {
    let mut machine = machine();
    *machine = None;
    machine
}

/// Three nodes that tests share one after the other, since they take most of a minute to start: each leaves all of them
/// running. The next test that is [`alone`] ends them, or the end of the process.
pub(crate) struct ThreeNodes(Machine);

impl ThreeNodes {
    pub(crate) fn take() -> Self {
        let mut machine = machine();
        // A write is answered when it is on disk: what a killed node had confirmed is there when it comes back.
        let durable = || nodes().setting("commitlog_sync", "batch").setting("commitlog_sync_period", "");
        // Java's first compiler alone starts a node with a third less work.
        let start = || {
            durable().setting("commitlog_segment_size", "1MiB").nodes(3).jvm_option("-XX:TieredStopAtLevel=1").start()
        };
        machine.get_or_insert_with(|| start().unwrap());
        Self(machine)
    }
}

impl Deref for ThreeNodes {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        self.0.as_ref().unwrap()
    }
}

pub(crate) fn nodes() -> Builder {
    Cluster::builder(concat!(env!("CARGO_MANIFEST_DIR"), "/target/cassandra"))
}

/// One node with the table of states, keyed by id.
pub(crate) fn node_with_table() -> Cluster {
    let cluster = nodes().start().unwrap();
    make_table(&cluster);
    cluster
}

pub(crate) fn make_table(cluster: &Cluster) {
    make_table_with(config(cluster));
}

pub(crate) fn make_table_with(settings: ConfigBuilder) {
    let store = DurableStore::new(settings.build().unwrap());
    store.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById)).unwrap();
}

/// Settings that lead to the cluster.
pub(crate) fn config(cluster: &Cluster) -> ConfigBuilder {
    Config::builder().contact_points(cluster.contact_points()).port(cluster.port())
}

pub(crate) fn connected(config: ConfigBuilder) -> DurableStore {
    let store = DurableStore::new(config.build().unwrap());
    store.connect().unwrap();
    store
}

pub(crate) fn state(persistence_id: &str, version_number: u64) -> DurableState {
    DurableState::new(persistence_id, version_number, &Timestamp { seconds: 42, nanos: 0 })
}

/// Waits until the node answers a query, asking all the time, and says when it first did.
pub(crate) fn first_answer(node: &Node) -> Instant {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !node.is_ready() {
        assert!(Instant::now() < deadline, "the node at {} does not answer", node.address());
        thread::sleep(Duration::from_millis(10));
    }
    Instant::now()
}

/// How many threads of stores and of the driver this process has, where the system tells. The driver's have the name of
/// the thread that connected.
pub(crate) fn threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.starts_with("durable-store") || name.starts_with("r2d2-worker")).count()
}

/// Waits until there are no more threads than before: those that end may take a moment.
pub(crate) fn assert_no_thread_is_left(before: usize) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while threads() > before {
        assert!(Instant::now() < deadline, "{} threads, {before} before", threads());
        thread::sleep(Duration::from_millis(20));
    }
}

/// What one call came to.
pub(crate) struct RecordedCall {
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    pub(crate) outcome: Result<(), Error>,
}

impl RecordedCall {
    pub(crate) fn took(&self) -> Duration {
        self.ended - self.began
    }
}

/// Threads that write and read without pause until [`stop`](Load::stop).
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Vec<RecordedCall>>>,
}

impl Load {
    pub(crate) fn on(store: &DurableStore, threads: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let worker = |number: usize| {
            let (store, stop) = (store.clone(), Arc::clone(&stop));
            let id = format!("load-{number}");
            thread::spawn(move || {
                let mut calls = Vec::new();
                for version in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let began = Instant::now();
                    let outcome = match version % 2 {
                        0 => store.write_state(&state(&id, version)),
                        _ => store.get_latest_state(&id).map(drop),
                    };
                    calls.push(RecordedCall { began, ended: Instant::now(), outcome });
                    // Some load, not all that the machine can do: the node has to start on it too.
                    thread::sleep(Duration::from_millis(2));
                }
                calls
            })
        };
        let threads = (0..threads).map(worker).collect();
        Self { stop, threads }
    }

    /// Ends the load; gives all calls in the order of their beginning.
    pub(crate) fn stop(self) -> Vec<RecordedCall> {
        self.stop.store(true, Ordering::Relaxed);
        let mut calls: Vec<RecordedCall> = self.threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        calls.sort_by_key(|call| call.began);
        calls
    }
}
