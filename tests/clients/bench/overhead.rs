//! What the C interface costs: a loop of single calls in C against the same loop in Rust, in alternating rounds on one
//! table. Run by hand, on a Cassandra that is there:
//!
//! ```text
//! cargo xtask ffi --install target/ffi
//! cargo run --release -p clients --example overhead -- HOST:PORT [ROUNDS] [CALLS]
//! ```
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "it ends by panicking")]

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::Instant,
};

use durable_store::{Config, DurableState, DurableStore, Layout, Replication, SchemaOptions, prost_types::Any};

/// Nanoseconds of one call.
#[derive(Clone, Copy)]
struct Round {
    write: u64,
    read: u64,
}

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let address = arguments.first().map_or("127.0.0.1:9042", String::as_str);
    let number = |at: usize, otherwise: u64| arguments.get(at).map_or(otherwise, |text| text.parse().unwrap());
    let (rounds, calls) = (number(1, 20), number(2, 500));
    let uri = format!("cassandra://{address}/durable_store_overhead");

    let store = DurableStore::new(uri.parse::<Config>().unwrap());
    store.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById)).unwrap();
    store.connect().unwrap();
    let states: Vec<_> = (0..100).map(state).collect();

    let mut child = Command::new(compiled());
    let mut child =
        child.args([&uri, &calls.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut in_c = || {
        stdin.write_all(b"\n").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let numbers: Vec<u64> = line.split_whitespace().map(|number| number.parse().unwrap()).collect();
        Round { write: numbers[0], read: numbers[1] }
    };
    let in_rust = || round(&store, &states, calls);

    // Not counted: statements are prepared, caches filled.
    in_c();
    in_rust();
    let (mut c, mut rust) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Neither always goes first.
        if round % 2 == 0 {
            c.push(in_c());
            rust.push(in_rust());
        } else {
            rust.push(in_rust());
            c.push(in_c());
        }
    }
    for (name, of) in [("write", (|round| round.write) as fn(&Round) -> u64), ("read", |round| round.read)] {
        // Of each pair, since the machine is at times slower for both.
        let ratio = median(c.iter().zip(&rust).map(|(c, rust)| of(c) * 10_000 / of(rust)));
        let more = ratio as f64 / 100.0 - 100.0;
        let (c, rust) = (median(c.iter().map(of)), median(rust.iter().map(of)));
        println!("{name}: C {c} ns, Rust {rust} ns a call, medians of {rounds} rounds; in a pair C takes {more:+.1}%");
    }
    drop(stdin);
    child.wait().unwrap();
}

fn state(number: usize) -> DurableState {
    let any = Any { type_url: "type.googleapis.com/google.protobuf.BytesValue".into(), value: vec![0x5a; 200] };
    DurableState {
        persistence_id: format!("entity-{number:03}"),
        version_number: 1,
        resulting_state: Some(any),
        ..Default::default()
    }
}

fn round(store: &DurableStore, states: &[DurableState], calls: u64) -> Round {
    let begun = Instant::now();
    for state in states.iter().cycle().take(calls as usize) {
        store.write_state(state).unwrap();
    }
    let written = Instant::now();
    for state in states.iter().cycle().take(calls as usize) {
        store.get_latest_state(&state.persistence_id).unwrap().unwrap();
    }
    let a_call = |from: Instant, to: Instant| u64::try_from((to - from).as_nanos()).unwrap() / calls;
    Round { write: a_call(begun, written), read: a_call(written, Instant::now()) }
}

/// The loop in C, linked with the release library.
fn compiled() -> std::path::PathBuf {
    let prefix = clients::root().join("target/ffi");
    let (program, lib) = (prefix.join("loop"), prefix.join("lib"));
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-std=c99"]).arg(clients::root().join("tests/clients/bench/loop.c")).arg("-o").arg(&program);
    cc.arg("-I").arg(prefix.join("include")).arg("-L").arg(&lib).arg("-ldurable_store");
    assert!(cc.arg(format!("-Wl,-rpath,{}", lib.display())).status().unwrap().success());
    program
}

fn median(numbers: impl Iterator<Item = u64>) -> u64 {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    numbers[numbers.len() / 2]
}
