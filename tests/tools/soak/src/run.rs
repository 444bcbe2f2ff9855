//! One run, from the first node's start to the last line.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread::{self, sleep},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use durable_store::{DurableStore, Layout, Replication, SchemaOptions, Sharding, WriteMode};
use fastrand::Rng;

use crate::{
    chart, checker, faults,
    history::{Entry, Nanos, Recorder, SECOND},
    load::{self, CALL_TIMEOUT, Load, SHARD},
    options::{self, Mode, Options},
    processes::Processes,
    report::{self, FaultRecord},
    resources::{self, Resources},
    retries,
    schedule::{Planned, schedule},
    sleep_monitor::SleepMonitor,
    test_cluster::{DATACENTER, NODES, TestCluster},
    violation::Violation,
};

/// After which what is held is compared with what is held at the end.
const FIRST_MINUTE: Duration = Duration::from_secs(60);

/// From the last fault to the end, all is well for so long.
const QUIET: Duration = Duration::from_secs(8);

/// Many a fault and what comes before it fit into this time.
const SHORTEST: Duration = Duration::from_secs(20);

const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// Whether nothing was wrong.
///
/// # Errors
/// When it could not be run to its end, which proves nothing.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target");
    let folder = target.join("soak");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let folder = folder.canonicalize()?;

    retries::watch()?;
    let cluster = TestCluster::start(&target.join("cassandra"))?;
    let stores = stores(&cluster, options)?;
    let recorder = Recorder::new(&file(&folder, options, "history.jsonl"))?;
    let sleep_monitor = SleepMonitor::default();
    let load = Load::new(&stores, &recorder, options.mode, options.seed);
    let processes = options.clocks_apart.map(|apart| {
        let config = stores.first().context("there is no store")?.config();
        Processes::start(config, options.seed, apart, recorder.began(), &folder)
    });
    let processes = processes.transpose()?;
    let under_load = thread::scope(|scope| {
        let counts = || processes.as_ref().map_or_else(|| recorder.counts(), Processes::counts);
        let progress = Progress { recorder: &recorder, counts: &counts, now: Mutex::default() };
        scope.spawn(|| sleep_monitor.run(&recorder));
        if processes.is_none() {
            load.start(scope);
        }
        let made = make_faults(&cluster, options, &progress);
        load.stop();
        sleep_monitor.stop();
        made
    })?;
    println!("the load is over; reading every id from all replicas");
    let history = match processes {
        Some(processes) => processes.finish()?,
        None => recorder.finish()?,
    };
    // Without them the rules about ids that are deleted would take every write for one of one attempt.
    ensure!(history.iter().any(|call| call.retried), "the store told of no retry in a run with faults");
    let last = load::read_all(&load, &history)?;
    stores.iter().try_for_each(DurableStore::disconnect)?;
    drop(cluster);

    let mut violations = checker::check(options.mode, &history, &last);
    violations.extend(under_load.leaks());
    print_report(options, &folder, &under_load, &history, &violations, &sleep_monitor)?;
    println!("{}", report::summary(history.len(), under_load.faults.len(), &violations));
    Ok(violations.is_empty())
}

/// In mode owned, stores that claim the same ids.
const OWNERS: usize = 3;

/// The stores of this process, on one table.
fn stores(cluster: &TestCluster, options: &Options) -> Result<Vec<DurableStore>> {
    let (write_mode, layout) = match (options.mode, options.layout) {
        (Mode::LastWriteWins, options::Layout::ById) => (WriteMode::LastWriteWins, Layout::ById),
        (Mode::LastWriteWins, options::Layout::ByShard) => (WriteMode::LastWriteWins, Layout::ByShard),
        (Mode::Versioned, _) => (WriteMode::Versioned, Layout::ById),
        (Mode::Owned, _) => (WriteMode::Owned, Layout::ById),
    };
    let count = if options.mode == Mode::Owned { OWNERS } else { 1 };
    let config = cluster.config().keyspace("soak").write_mode(write_mode).sharding(Sharding::Fixed(SHARD));
    let config = config.call_timeout(CALL_TIMEOUT).build()?;
    let replication = Replication::NetworkTopology(vec![(DATACENTER.to_owned(), NODES as u32)]);
    let options = SchemaOptions::new(replication).layout(layout).index(false);
    DurableStore::new(config.clone()).create_schema(&options)?;
    (0..count).map(|_| Ok(config.clone().connect()?)).collect()
}

/// What is known when the load is over, but for the history.
struct UnderLoad {
    faults: Vec<FaultRecord>,
    /// After the first minute and at the end; `None` where the system does not tell.
    held: Option<(Resources, Resources)>,
}

impl UnderLoad {
    fn leaks(&self) -> Vec<Violation> {
        self.held.map(|(before, now)| resources::leaks(before, now)).unwrap_or_default()
    }
}

/// Makes one fault after the other until the time is over.
fn make_faults(cluster: &TestCluster, options: &Options, progress: &Progress<'_>) -> Result<UnderLoad> {
    let recorder = progress.recorder;
    let began = Instant::now();
    let over = began + options.duration();
    let mut rng = Rng::with_seed(options.seed);
    let (mut faults, mut before) = (Vec::new(), None);
    // One that does not fit into the time that is left makes room for the next that does.
    let time_left = || over.saturating_duration_since(Instant::now() + QUIET);
    let mut planned = schedule(options.seed).filter(|planned| planned.fault.takes() + planned.after <= time_left());
    while time_left() > SHORTEST {
        let Some(Planned { after, fault }) = planned.next() else { break };
        progress.wait(after, "all is well");
        if began.elapsed() >= FIRST_MINUTE {
            before = before.or_else(Resources::now);
        }
        let from = recorder.now();
        thread::scope(|scope| {
            let made = scope.spawn(|| faults::run(cluster, &fault, &mut rng));
            progress.until(&fault.to_string(), || made.is_finished());
            made.join().unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked")))
        })
        .with_context(|| format!("while {fault}"))?;
        faults.push(FaultRecord { fault, began: from, over: recorder.now() });
    }
    // A fault may have lasted from before that minute was over until now.
    before = before.or_else(Resources::now);
    progress.wait(QUIET.max(over.saturating_duration_since(Instant::now())), "all is well");
    let held = before.and_then(|before| Some((before, Resources::settle(before)?)));
    Ok(UnderLoad { faults, held })
}

/// Prints how far a run is.
struct Progress<'r> {
    recorder: &'r Recorder,
    /// How many operations there were, and how many of them failed.
    counts: &'r (dyn Fn() -> (u64, u64) + Sync),
    /// When the last line was printed, and how many operations there were.
    now: Mutex<(Nanos, u64)>,
}

impl Progress<'_> {
    fn wait(&self, time: Duration, what: &str) {
        let over = Instant::now() + time;
        self.until(what, || Instant::now() >= over);
    }

    fn until(&self, what: &str, is_over: impl Fn() -> bool) {
        while !is_over() {
            sleep(Duration::from_millis(20));
            let now = self.recorder.now();
            let mut last = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            let passed = now.saturating_sub(last.0);
            if passed >= PROGRESS_EVERY.as_secs() * SECOND {
                let (operations, errors) = (self.counts)();
                let rate = (operations - last.1) * SECOND / passed;
                let seconds = now / SECOND;
                println!(
                    "{:3}:{:02}  {operations} operations, {errors} errors, {rate} a second; {what}",
                    seconds / 60,
                    seconds % 60
                );
                *last = (now, operations);
            }
        }
    }
}

/// Prints the report and draws the chart.
fn print_report(
    options: &Options,
    folder: &Path,
    under_load: &UnderLoad,
    history: &[Entry],
    violations: &[Violation],
    sleep_monitor: &SleepMonitor,
) -> Result<()> {
    println!("\n{}", report::table(history, &under_load.faults));
    match (options.mode, options.clocks_apart) {
        (Mode::LastWriteWins, Some(seconds)) => {
            println!(
                "clocks: those of three processes were {seconds} s apart; what a process had read ordered its writes"
            );
        }
        (Mode::LastWriteWins, None) => println!(
            "clocks: one process took all timestamps, so its clock decides nothing here; between processes clocks do"
        ),
        _ => println!("clocks: no rule of this mode depends on them"),
    }
    match under_load.held {
        Some((before, now)) => println!("held after the first minute: {before}; at the end: {now}"),
        None => println!("leaked: not measured, this system does not tell what a process holds"),
    }
    let retried = history.iter().filter(|call| call.retried).count();
    println!("operations in calls of more than one attempt: {retried}");
    let worst = sleep_monitor.worst(0, Nanos::MAX).as_millis();
    println!("this machine woke a thread at most {worst} ms late (up to 50 ms is not kept)");
    let chart = file(folder, options, "svg");
    chart::draw(&chart, &options.to_string(), history, &under_load.faults)?;
    println!("chart: {}", chart.display());
    println!("history: {}", file(folder, options, "history.jsonl").display());
    if !violations.is_empty() {
        println!("\n{}seed {}; to run it again: {options}", report::violations(violations), options.seed);
        for late in report::late(violations).filter_map(|late| late.calls.first()).take(5) {
            let overshoot = sleep_monitor.worst(late.deadline, late.end).as_millis();
            println!("around the end of call {} this machine woke a thread {overshoot} ms late", late.call);
        }
    }
    Ok(())
}

fn file(folder: &Path, options: &Options, extension: &str) -> PathBuf {
    folder.join(format!("{}.{extension}", options.name()))
}
