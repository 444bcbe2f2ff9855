//! Very many states in a call and in a scan, and a node that is restarted in the middle of a call.

use std::{
    env, fs,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use cluster::Cluster;
use durable_store::{
    Config, ConfigBuilder, DurableState, DurableStore, ErrorKind, Layout, Replication, Result, SchemaOptions, Sharding,
    WriteMode, prost_types::Any,
};

use crate::harness::{alone, config, connected, first_answer, nodes};

/// Of each layout, its keyspace and how many states it has throughout.
const TABLES: [(Layout, &str, u64); 2] = [(Layout::ById, "by_id", 200_000), (Layout::ByShard, "by_shard", 100_000)];

/// How many states go while the others are scanned, and how many come.
const PASSING: u64 = 2_000;

const SHARDS: u64 = 64;

/// Bytes of a payload.
const PAYLOAD: usize = 500;

/// How much more memory a scan may hold after its last row than after its first 10,000. The payloads in between are over
/// 35 MiB, and over 80 MiB on the larger table.
const GROWTH_BYTES: u64 = 16 * 1024 * 1024;

fn id(number: u64) -> String {
    format!("account-{number}")
}

fn number_of(id: &str) -> u64 {
    id.trim_start_matches("account-").parse().unwrap()
}

fn state(number: u64, version_number: u64) -> DurableState {
    let value = [number.to_be_bytes().as_slice(), &[7; PAYLOAD]].concat();
    let resulting_state = Some(Any { type_url: "type.googleapis.com/bank.AccountState".into(), value });
    let shard = number % SHARDS;
    DurableState { persistence_id: id(number), version_number, resulting_state, timestamp: 42, shard }
}

/// A connected store on a table of its own. On one keyed by shard reads by id need no index: the shard follows from the
/// id.
fn store(settings: ConfigBuilder, keyspace: &str, layout: Layout) -> DurableStore {
    let sharding = Sharding::by(|id| id.trim_start_matches("account-").parse::<u64>().unwrap_or_default() % SHARDS);
    let store = DurableStore::new(settings.keyspace(keyspace).sharding(sharding).build().unwrap());
    store.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(layout).index(false)).unwrap();
    store.connect().unwrap();
    store
}

#[test]
#[ignore = "takes minutes"]
fn a_restart_during_a_bulk_call_leaves_truthful_outcomes() {
    let _alone = alone();
    // A write is answered when it is on disk: what a killed node had confirmed is there when it comes back.
    let durable = nodes().heap_mb(1024).setting("commitlog_sync", "batch").setting("commitlog_sync_period", "");
    let cluster = durable.start().unwrap();
    let calls = [("plain", WriteMode::LastWriteWins), ("versioned", WriteMode::Versioned)].map(|(keyspace, mode)| {
        // Few at once: those that fail cost the machine that the node has to start on.
        let settings = config(&cluster).write_mode(mode).call_timeout(Duration::from_secs(4)).max_in_flight(64);
        BulkCall::to(store(settings, keyspace, Layout::ById))
    });
    let outcomes = thread::scope(|scope| {
        let threads = calls.each_ref().map(|call| scope.spawn(|| call.write()));
        let reach = |more| {
            let wanted = calls.each_ref().map(|call| call.begun.load(Relaxed) + more);
            let are_there = || calls.iter().zip(wanted).all(|(call, wanted)| call.begun.load(Relaxed) >= wanted);
            while !are_there() && !threads.iter().any(|thread| thread.is_finished()) {
                thread::sleep(Duration::from_millis(1));
            }
        };
        reach(1_000);
        cluster.node(0).kill().unwrap();
        cluster.node(0).spawn().unwrap();
        first_answer(cluster.node(0));
        let deadline = Instant::now() + Duration::from_secs(60);
        while calls.iter().any(|call| call.store.ping().is_err()) {
            assert!(Instant::now() < deadline, "a store does not find back");
        }
        // What is under way now may fail yet; what is begun some windows later does not.
        reach(2_000);
        calls.iter().for_each(|call| call.over.store(true, Relaxed));
        threads.map(|thread| thread.join().unwrap())
    });
    for (call, outcomes) in calls.iter().zip(outcomes) {
        call.assert_true(&outcomes);
    }
}

/// A bulk call that goes on until it is told to end. It writes version 2 of states of which some have a version 1.
struct BulkCall {
    store: DurableStore,
    /// How many items it has begun.
    begun: AtomicU64,
    over: AtomicBool,
}

impl BulkCall {
    fn to(store: DurableStore) -> Self {
        let call = Self { store, begun: AtomicU64::new(0), over: AtomicBool::new(false) };
        assert!(call.store.write_states((0..4_000).filter_map(Self::older)).iter().all(Result::is_ok));
        call
    }

    /// What was stored before.
    fn older(number: u64) -> Option<DurableState> {
        (number < 4_000 && number.is_multiple_of(2)).then(|| state(number, 1))
    }

    fn write(&self) -> Vec<Result<()>> {
        let items = (0..).take_while(|_| !self.over.load(Relaxed));
        let items = items.inspect(|number| self.begun.store(*number, Relaxed));
        self.store.write_states(items.map(|number| state(number, 2)))
    }

    /// What the outcomes say is what is stored.
    fn assert_true(&self, outcomes: &[Result<()>]) {
        let mode = self.store.config().write_mode();
        let ids: Vec<String> = (0..outcomes.len() as u64).map(id).collect();
        let (mut failed, mut unknown) = (0, 0);
        for ((number, outcome), stored) in (0..).zip(outcomes).zip(self.store.get_latest_states(&ids)) {
            let stored = stored.unwrap();
            let is_written = stored == Some(state(number, 2));
            assert!(is_written || stored == Self::older(number), "{mode:?}: {number}: {stored:?}");
            match outcome {
                Ok(()) => assert!(is_written, "{mode:?}: {number} is lost"),
                Err(error) => {
                    assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout), "{mode:?}: {error}");
                    assert_eq!(error.persistence_id(), Some(id(number).as_str()));
                    assert!(error.is_indeterminate() || !is_written, "{mode:?}: {number} was written: {error}");
                    failed += 1;
                    unknown += u64::from(error.is_indeterminate());
                }
            }
        }
        eprintln!("{mode:?}: {} items, {failed} failed, {unknown} of them indeterminate", outcomes.len());
        assert!(failed > 0, "{mode:?}: the restart was not noticed");
        assert!([outcomes.first(), outcomes.last()].into_iter().flatten().all(Result::is_ok), "{mode:?}");
    }
}

#[test]
#[ignore = "takes minutes"]
fn very_many_states_are_written_read_and_scanned() {
    let _alone = alone();
    let cluster = nodes().heap_mb(1024).start().unwrap();
    for (layout, keyspace, states) in TABLES {
        let store = store(config(&cluster), keyspace, layout);
        let began = Instant::now();
        for (number, outcome) in
            store.write_states((0..states + PASSING).map(|number| state(number, 1))).iter().enumerate()
        {
            assert!(outcome.is_ok(), "{layout:?}: {number}: {outcome:?}");
        }
        let written = Instant::now();
        assert_all_are_read(&store, states);
        eprintln!("{layout:?}: written in {:?}, read in {:?}", written - began, written.elapsed());
        assert_each_is_scanned_once(&store, states, &cluster);
    }
}

/// Reads half of the states in one call, backwards, and before them some that are not there.
fn assert_all_are_read(store: &DurableStore, states: u64) {
    let end = states + PASSING + 10_000;
    let ids: Vec<String> = (states / 2..end).rev().map(id).collect();
    for (id, outcome) in ids.iter().zip(store.get_latest_states(&ids)) {
        let number = number_of(id);
        let wanted = (number < states + PASSING).then(|| state(number, 1));
        assert_eq!(outcome.unwrap(), wanted, "{id}");
    }
}

/// Scans a tenth here and the rest in another process, while some states are deleted and others come.
fn assert_each_is_scanned_once(store: &DurableStore, count: u64, cluster: &Cluster) {
    let mut states = store.all_states();
    let tenth = states.by_ref().take(count as usize / 10);
    let mut scanned: Vec<u64> = tenth.map(|state| number_of(&state.unwrap().persistence_id)).collect();
    let other = OtherProcess::start(cluster, store.config().keyspace(), &states.resume_token().to_string());
    scanned.extend(thread::scope(|scope| {
        let other = scope.spawn(|| other.scanned());
        for number in count..count + PASSING {
            store.delete_state(&state(number, 1)).unwrap();
            store.write_state(&state(number + PASSING, 1)).unwrap();
        }
        other.join().unwrap()
    }));
    let mut seen = vec![0; (count + 2 * PASSING) as usize];
    scanned.iter().for_each(|number| seen[*number as usize] += 1);
    let (stayed, others) = seen.split_at(count as usize);
    assert!(stayed.iter().all(|times| *times == 1));
    assert!(others.iter().all(|times| *times <= 1));
}

const HOST: &str = "SCAN_HOST";
const PORT: &str = "SCAN_PORT";
const KEYSPACE: &str = "SCAN_KEYSPACE";
const TOKEN: &str = "SCAN_TOKEN";
const SCANNED: &str = "scanned: ";

/// This program again, for one test in it.
struct OtherProcess(Child);

impl OtherProcess {
    /// Starts a scan that goes on from a token.
    fn start(cluster: &Cluster, keyspace: &str, token: &str) -> Self {
        let child = Command::new(env::current_exe().unwrap())
            .args(["volume::the_other_process", "--exact", "--ignored", "--nocapture"])
            .env(HOST, cluster.contact_points().join(","))
            .env(PORT, cluster.port().to_string())
            .env(KEYSPACE, keyspace)
            .env(TOKEN, token)
            .stdout(Stdio::piped())
            .spawn();
        Self(child.unwrap())
    }

    /// The numbers of the states it came by.
    fn scanned(self) -> Vec<u64> {
        let output = self.0.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", output.status);
        let printed = String::from_utf8(output.stdout).unwrap();
        printed.lines().filter_map(|line| line.strip_prefix(SCANNED)).map(number_of).collect()
    }
}

#[test]
#[ignore = "what another test starts as a process of its own"]
fn the_other_process() {
    let Ok(token) = env::var(TOKEN) else { return };
    let [host, port, keyspace] = [HOST, PORT, KEYSPACE].map(|name| env::var(name).unwrap());
    let config = Config::builder().contact_points([host]).port(port.parse().unwrap()).keyspace(keyspace);
    // Its own line: the name of the test has no line break behind it.
    println!();
    let mut early = 0;
    for (count, state) in connected(config).all_states().resume_from(token.as_str()).enumerate() {
        println!("{SCANNED}{}", state.unwrap().persistence_id);
        if count == 10_000 {
            early = resident_bytes();
        }
    }
    let growth = resident_bytes().saturating_sub(early);
    eprintln!("{} MiB in use early on, then {growth} bytes more", early >> 20);
    assert!(growth < GROWTH_BYTES, "the scan came to hold {growth} bytes more");
}

/// What this process has in memory, where the system tells.
fn resident_bytes() -> u64 {
    const PAGE: u64 = 4096;
    let pages = fs::read_to_string("/proc/self/statm").ok();
    pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok()).unwrap_or_default() * PAGE
}
