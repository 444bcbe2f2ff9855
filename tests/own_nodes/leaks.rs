//! Memory, threads and descriptors of a process do not grow with the number of connects, calls and failures.

use std::{
    env, fs,
    net::TcpListener,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use durable_store::{Config, DurableState, DurableStore, ErrorKind, Result, WriteMode};

use crate::harness::{alone, config, make_table_with, nodes, state};

/// Tells the process that is measured where to go.
const STORE: &str = "LEAKS_STORE";

/// How many threads call at once.
const THREADS: u32 = 4;

/// Far more than a busy machine takes: what is tested here is not how long.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much more memory the process may hold in the end than when it was warm. While threads connect all the time it was
/// seen to rise and fall by 10 MiB, with nothing left; a leak of 20 bytes an operation, 200 a failure or 20,000 a connection
/// is more than this.
const GROWTH_KIB: u64 = 16 * 1024;

/// Of how many entities the states are: the server, too, holds no more from round to round.
const IDS: u32 = 1_000;

/// Runs a test of this file in a process of its own, on a table of its own: nothing else is in what it holds.
fn measure(test: &str, mode: WriteMode) {
    let _alone = alone();
    let cluster = nodes().start().unwrap();
    let settings = config(&cluster).write_mode(mode).connect_timeout(PATIENCE).call_timeout(PATIENCE);
    make_table_with(settings.clone());
    let status = Command::new(env::current_exe().unwrap())
        .args([&format!("leaks::{test}"), "--exact", "--ignored", "--nocapture"])
        .env(STORE, settings.build().unwrap().to_string())
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
}

/// Whether this process is one that a test measures.
fn is_measured() -> bool {
    env::var_os(STORE).is_some()
}

/// The store of the process that is measured.
fn target() -> DurableStore {
    DurableStore::new(env::var(STORE).unwrap().parse::<Config>().unwrap())
}

/// What this process holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    threads: usize,
    descriptors: usize,
    resident_kib: u64,
}

impl Held {
    fn now() -> Self {
        let count = |folder| fs::read_dir(folder).unwrap().count();
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        Self {
            threads: count("/proc/self/task"),
            descriptors: count("/proc/self/fd"),
            resident_kib: resident.trim().trim_end_matches(" kB").parse().unwrap(),
        }
    }

    /// What it holds when that has not shrunk for a while: threads and sockets that end may take a moment.
    fn settled() -> Self {
        let (mut least, mut since) = (Self::now(), Instant::now());
        while since.elapsed() < Duration::from_secs(2) {
            thread::sleep(Duration::from_millis(50));
            let now = Self::now();
            if now.threads < least.threads || now.descriptors < least.descriptors {
                since = Instant::now();
            }
            least = now;
        }
        least
    }
}

/// Makes a tenth of the rounds, in which allocators and pools take what they keep, then all others, after which the
/// process holds no more than before.
fn assert_flat(rounds: u32, round: impl Fn(u32)) {
    let (warm_up, measured) = (0..rounds / 10, rounds / 10..rounds);
    let began = Instant::now();
    warm_up.for_each(&round);
    let warm = Held::settled();
    measured.for_each(&round);
    let after = Held::settled();
    eprintln!("warm {warm:?}, after {rounds} rounds {after:?}, in {:?}", began.elapsed());
    assert!(after.threads <= warm.threads && after.descriptors <= warm.descriptors, "{warm:?}, then {after:?}");
    assert!(after.resident_kib <= warm.resident_kib + GROWTH_KIB, "{warm:?}, then {after:?}");
}

fn on_threads(work: impl Fn(u32) + Sync) {
    thread::scope(|scope| {
        for number in 0..THREADS {
            let work = &work;
            scope.spawn(move || work(number));
        }
    });
}

fn states(worker: u32, version: u64) -> impl Iterator<Item = DurableState> {
    (0..IDS).map(move |number| state(&format!("account-{worker}-{number}"), version))
}

#[test]
#[ignore = "takes minutes"]
fn a_thousand_times_connected_and_disconnected() {
    measure("connects", WriteMode::LastWriteWins);
}

#[test]
#[ignore = "the process that another test starts"]
fn connects() {
    if !is_measured() {
        return;
    }
    assert_flat(1_000 / THREADS, |_| {
        on_threads(|worker| {
            let store = target();
            until_ok(|| store.connect());
            until_ok(|| store.write_state(&state(&format!("account-{worker}"), 1)));
            store.disconnect().unwrap();
        });
    });
}

/// On a busy machine the server may be late at times.
fn until_ok(call: impl Fn() -> Result<()>) {
    while let Err(error) = call() {
        assert!(error.is_retryable(), "{error}");
    }
}

#[test]
#[ignore = "takes minutes"]
fn a_million_operations() {
    measure("operations", WriteMode::LastWriteWins);
}

#[test]
#[ignore = "the process that another test starts"]
fn operations() {
    if !is_measured() {
        return;
    }
    let store = target();
    store.connect().unwrap();
    // A round is a write and a read of every entity.
    let failed = AtomicUsize::new(0);
    assert_flat(1_000_000 / (2 * THREADS * IDS), |round| {
        on_threads(|worker| {
            let written = store.write_states(states(worker, round.into()));
            let ids: Vec<_> = states(worker, 0).map(|state| state.persistence_id).collect();
            let read = store.get_latest_states(&ids);
            let errors = written.into_iter().filter_map(Result::err).chain(read.into_iter().filter_map(Result::err));
            failed.fetch_add(errors.inspect(|error| assert!(error.is_retryable(), "{error}")).count(), Relaxed);
        });
    });
    // On a busy machine the server may be late at times.
    assert!(failed.load(Relaxed) < 10_000, "{failed:?} operations failed");
}

#[test]
#[ignore = "takes minutes"]
fn a_hundred_thousand_calls_that_fail() {
    measure("failures", WriteMode::Versioned);
}

#[test]
#[ignore = "the process that another test starts"]
fn failures() {
    if !is_measured() {
        return;
    }
    let store = target();
    store.connect().unwrap();
    for worker in 0..THREADS {
        while store.write_states(states(worker, 5)).iter().any(Result::is_err) {}
    }
    let hurried = store.with_call_timeout(Duration::from_millis(1));
    let never_connected = target();
    let nowhere = Config::builder().contact_points(["127.0.0.1"]).port(closed_port()).build().unwrap();
    // In a round the server refuses a write of every entity, and others come to nothing before they get there.
    assert_flat(100_000 / (THREADS * IDS), |_| {
        on_threads(|worker| {
            assert_fail(ErrorKind::Conflict, store.write_states(states(worker, 4)));
            assert_fail(ErrorKind::InvalidState, store.write_states((0..IDS).map(|_| state("", 1))));
            assert_fail(ErrorKind::NotConnected, never_connected.write_states(states(worker, 6)));
            assert_fail(ErrorKind::Unreachable, [DurableStore::new(nowhere.clone()).connect()]);
            // Some are in time, most are abandoned under way.
            for state in states(worker, 5).take(100) {
                let _ = hurried.get_latest_state(&state);
            }
        });
    });
}

fn assert_fail(kind: ErrorKind, outcomes: impl IntoIterator<Item = Result<()>>) {
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        // On a busy machine the server may be late at times.
        assert!(error.kind() == kind || error.is_retryable(), "{error}");
    }
}

fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
