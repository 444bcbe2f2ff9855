//! The metrics that a recorder counts and a scraper gets.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Stdio},
    sync::Arc,
};

use durable_store::{ErrorKind, Layout, Replication, SchemaOptions, prost::Message};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use parking_lot::Mutex;

use crate::harness::{
    BOTH_LAYOUTS, Keyspace, account,
    proxy::{Action, BOTH_CALLS, Proxied, forged, opcode},
    run_example,
};

/// Metrics by name and labels, as in `name{label=value,…}`. Of a histogram only how many values it has.
pub(crate) type Numbers = BTreeMap<String, f64>;

/// What the calls count that `work` makes on this thread.
pub(crate) fn counted(work: impl FnOnce()) -> Numbers {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, work);
    numbers_of(&recorder.snapshotter())
}

/// What a recorder has counted since this last looked.
fn numbers_of(snapshotter: &Snapshotter) -> Numbers {
    let snapshot = snapshotter.snapshot().into_vec();
    let number = |value: DebugValue| match value {
        DebugValue::Counter(count) => count as f64,
        DebugValue::Gauge(value) => *value,
        DebugValue::Histogram(values) => {
            assert!(values.iter().all(|value| (0.0..60.0).contains(&**value)), "seconds: {values:?}");
            values.len() as f64
        }
    };
    snapshot.into_iter().map(|(key, _, _, value)| (name_of(key.key()), number(value))).collect()
}

fn name_of(key: &metrics::Key) -> String {
    let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
    if labels.is_empty() { key.name().to_owned() } else { format!("{}{{{}}}", key.name(), labels.join(",")) }
}

#[track_caller]
pub(crate) fn assert_number(numbers: &Numbers, name: &str, expected: f64) {
    assert_eq!(numbers.get(&format!("durable_store_{name}")).copied(), Some(expected), "{name} in {numbers:#?}");
}

#[test]
fn every_call_is_counted_and_timed_and_its_bytes_are_added_up() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let state = account("account-42", 1, 1);
        let payload = state.resulting_state.as_ref().unwrap().encoded_len() as f64;
        let numbers = counted(|| {
            let store = keyspace.store();
            store.write_state(&state).unwrap_err();
            store.ping().unwrap();
            store.connect().unwrap();
            for _ in 0..3 {
                store.write_state(&state).unwrap();
            }
            assert!(store.get_latest_state("account-42").unwrap().is_some());
            assert!(store.get_latest_state("account-43").unwrap().is_none());
            store.get_latest_state("").unwrap_err();
            store.disconnect().unwrap();
        });
        assert_number(&numbers, "calls_total{operation=write_state,outcome=not_connected,table=states_store}", 1.0);
        assert_number(&numbers, "calls_total{operation=write_state,outcome=ok,table=states_store}", 3.0);
        assert_number(&numbers, "calls_total{operation=get_latest_state,outcome=ok,table=states_store}", 2.0);
        assert_number(
            &numbers,
            "calls_total{operation=get_latest_state,outcome=invalid_state,table=states_store}",
            1.0,
        );
        for operation in ["ping", "connect", "disconnect"] {
            assert_number(
                &numbers,
                &format!("calls_total{{operation={operation},outcome=ok,table=states_store}}"),
                1.0,
            );
            assert_number(&numbers, &format!("call_duration_seconds{{operation={operation},table=states_store}}"), 1.0);
        }
        assert_number(&numbers, "call_duration_seconds{operation=write_state,table=states_store}", 4.0);
        assert_number(&numbers, "call_duration_seconds{operation=get_latest_state,table=states_store}", 3.0);
        // One for each call that reached the pool.
        assert_number(&numbers, "lease_wait_seconds", 6.0);
        assert_number(&numbers, "leases_in_use", 0.0);
        assert_number(&numbers, "written_bytes_total{table=states_store}", 3.0 * payload);
        assert_number(&numbers, "read_bytes_total{table=states_store}", payload);
        assert!(!numbers.keys().any(|name| name.contains("retries")), "{numbers:#?}");
    }
}

#[test]
fn each_item_of_a_bulk_call_and_each_page_of_a_scan_is_counted() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected();
    let states = ["a", "", "b", "c"].map(|id| account(id, 1, 1));
    let payload = |id: &str| account(id, 1, 1).resulting_state.unwrap().encoded_len() as f64;
    let numbers = counted(|| {
        assert_eq!(store.write_states(&states).iter().filter(|outcome| outcome.is_ok()).count(), 3);
        assert_eq!(store.get_latest_states(["a", "x"]).iter().flatten().flatten().count(), 1);
        assert_eq!(store.all_states().page_size(2).count(), 3);
    });
    assert_number(&numbers, "calls_total{operation=write_states,outcome=ok,table=states_store}", 3.0);
    assert_number(&numbers, "calls_total{operation=write_states,outcome=invalid_state,table=states_store}", 1.0);
    assert_number(&numbers, "call_duration_seconds{operation=write_states,table=states_store}", 4.0);
    assert_number(&numbers, "calls_total{operation=get_latest_states,outcome=ok,table=states_store}", 2.0);
    assert_number(&numbers, "calls_total{operation=all_states,outcome=ok,table=states_store}", 2.0);
    // One for each bulk call, and one for each page.
    assert_number(&numbers, "lease_wait_seconds", 4.0);
    assert_number(&numbers, "leases_in_use", 0.0);
    assert_number(&numbers, "written_bytes_total{table=states_store}", 3.0 * payload("a"));
    assert_number(&numbers, "read_bytes_total{table=states_store}", 4.0 * payload("a"));
}

#[test]
fn making_the_schema_is_counted() {
    let keyspace = Keyspace::unmade();
    let options = SchemaOptions::new(Replication::Simple(1));
    let numbers = counted(|| keyspace.store().create_schema(&options).unwrap());
    assert_number(&numbers, "calls_total{operation=create_schema,outcome=ok,table=states_store}", 1.0);
    assert_number(&numbers, "call_duration_seconds{operation=create_schema,table=states_store}", 1.0);
}

#[test]
fn a_retry_is_counted_once_and_the_call_and_its_bytes_too() {
    let proxied = Proxied::connected(|config| config.max_attempts(3));
    for call in BOTH_CALLS {
        let operation = call.operation();
        let numbers = counted(|| {
            proxied.proxy.on_executes([forged::unavailable(2, 1), forged::unavailable(2, 1)]);
            call.make(&proxied.store, "account-0").unwrap();
        });
        assert_number(&numbers, &format!("retries_total{{operation={operation},table=states_store}}"), 2.0);
        assert_number(&numbers, &format!("calls_total{{operation={operation},outcome=ok,table=states_store}}"), 1.0);
        assert_number(&numbers, "lease_wait_seconds", 1.0);
        let bytes: f64 = ["written", "read"]
            .iter()
            .filter_map(|side| numbers.get(&format!("durable_store_{side}_bytes_total{{table=states_store}}")))
            .sum();
        assert!(bytes > 0.0 && bytes < 100.0, "{numbers:#?}");

        let numbers = counted(|| {
            proxied.proxy.on_executes(vec![forged::unavailable(2, 1); 3]);
            assert_eq!(call.make(&proxied.store, "account-0").unwrap_err().kind(), ErrorKind::Unavailable);
        });
        assert_number(&numbers, &format!("retries_total{{operation={operation},table=states_store}}"), 2.0);
        assert_number(
            &numbers,
            &format!("calls_total{{operation={operation},outcome=unavailable,table=states_store}}"),
            1.0,
        );
        assert!(!numbers.keys().any(|name| name.contains("bytes")), "{numbers:#?}");
    }
}

#[test]
fn a_lease_is_in_use_while_a_call_is_with_the_server() {
    let proxied = Proxied::connected(|config| config.max_attempts(1));
    let recorder = DebuggingRecorder::new();
    let during = Arc::new(Mutex::new(Vec::new()));
    proxied.proxy.hook({
        let (snapshotter, during) = (recorder.snapshotter(), Arc::clone(&during));
        move |passing| {
            if !passing.is_request(opcode::EXECUTE) {
                return Action::Pass;
            }
            during.lock().push(numbers_of(&snapshotter)["durable_store_leases_in_use"]);
            forged::unavailable(2, 1)
        }
    });
    metrics::with_local_recorder(&recorder, || {
        for call in BOTH_CALLS {
            call.make(&proxied.store, "account-0").unwrap_err();
            assert_number(&numbers_of(&recorder.snapshotter()), "leases_in_use", -1.0);
        }
    });
    assert_eq!(*during.lock(), [1.0, 1.0]);
}

/// The example under way, ended when its standard input is closed.
struct Example {
    child: Child,
    address: SocketAddr,
}

impl Example {
    fn start(keyspace: &Keyspace) -> Self {
        // Free a moment ago; the exporter does not tell which port it took.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let mut child = run_example("metrics", keyspace.name())
            .env("METRICS_ADDRESS", free.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
        let served = format!("http://{free}/metrics");
        let told = printed.any(|line| line.unwrap().contains(&served));
        assert!(told, "the example ended without serving");
        Self { child, address: free }
    }

    /// The samples of a scrape, by name and labels as they are in it.
    fn scrape(&self) -> Numbers {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        let samples = body.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let numbers = samples.map(|line| line.rsplit_once(' ').unwrap());
        let numbers = numbers.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect();
        // All but the retries, of which there were none.
        assert_eq!(described(body), 7, "{body}");
        numbers
    }

    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

/// How many metrics of the store come with a line that says what they are.
fn described(body: &str) -> usize {
    body.lines().filter(|line| line.starts_with("# HELP durable_store_")).count()
}

#[test]
fn a_scraper_gets_the_numbers_of_the_example_over_http() {
    let keyspace = Keyspace::unmade();
    let example = Example::start(&keyspace);
    let numbers = example.scrape();
    assert_number(&numbers, r#"calls_total{operation="write_state",outcome="ok",table="states_store"}"#, 10.0);
    assert_number(&numbers, r#"calls_total{operation="get_latest_state",outcome="ok",table="states_store"}"#, 2.0);
    assert_number(&numbers, r#"calls_total{operation="create_schema",outcome="ok",table="states_store"}"#, 1.0);
    assert_number(&numbers, r#"call_duration_seconds_count{operation="write_state",table="states_store"}"#, 10.0);
    assert_number(
        &numbers,
        r#"call_duration_seconds_bucket{operation="write_state",table="states_store",le="+Inf"}"#,
        10.0,
    );
    assert!(numbers[r#"durable_store_call_duration_seconds_sum{operation="write_state",table="states_store"}"#] > 0.0);
    assert_number(&numbers, "lease_wait_seconds_count", 12.0);
    assert_number(&numbers, "leases_in_use", 0.0);
    assert_number(&numbers, "session_generation", 1.0);
    let written = numbers[r#"durable_store_written_bytes_total{table="states_store"}"#];
    assert!(written > 0.0);
    assert_number(&numbers, r#"read_bytes_total{table="states_store"}"#, written / 10.0);
    example.end();
}
