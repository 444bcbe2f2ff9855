//! Instructions of each operation, ours and the bare binding's, counted by callgrind. They repeat, unlike time.
//!
//! The client runs under valgrind, the responder in this process outside of it. The worker passes through a function of
//! its own before and after each run; there callgrind writes down what it has counted since the last time. So every
//! second file is one run, and nothing of connecting is in it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::{
    bars::{Bound, Row},
    contender::{Contender, ContenderName},
    protocol::{Layout, Operation, Request, Target},
    ratio::{Ratio, median},
    responder, worker,
};

/// As `load.rs` calls it.
const BOUNDARY: &str = "*load::run_boundary*";
const OPERATIONS: u64 = 1_000;
const REPEATS: usize = 3;
const OPERATIONS_MEASURED: [(Operation, &str); 2] = [(Operation::Write, "write"), (Operation::Read, "read")];
const AT_MOST: f64 = 1.05;
const PAYLOAD: usize = 200;

/// What one contender needs for one operation, a figure each repeat.
#[derive(Debug)]
pub(crate) struct Count {
    pub(crate) who: ContenderName,
    pub(crate) what: &'static str,
    pub(crate) instructions: Vec<f64>,
}

/// Why it cannot be measured here, if so.
pub(crate) fn unavailable() -> Option<String> {
    let mut valgrind = Command::new("valgrind");
    let answer = valgrind.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if answer.is_ok_and(|status| status.success()) { None } else { Some("no valgrind".to_owned()) }
}

/// Counts both contenders, and keeps callgrind's files in `folder`.
pub(crate) fn count(folder: &Path) -> Result<Vec<Count>> {
    let address = responder::start(&worker::state(0, 0, PAYLOAD))?;
    let mut counts = Vec::new();
    for who in [ContenderName::Bare, ContenderName::Ours] {
        println!("  counting the instructions of {who}");
        let files = folder.join("callgrind").join(who.name());
        let _ = fs::remove_dir_all(&files);
        fs::create_dir_all(&files)?;
        run(who, &address.to_string(), &files)?;
        for (at, (_, what)) in OPERATIONS_MEASURED.into_iter().enumerate() {
            let instructions = (0..REPEATS)
                .map(|repeat| {
                    // The first run of each operation is left out: things are made then that stay.
                    let run = at * (REPEATS + 1) + repeat + 1;
                    let file = dump(&files, 2 * run + 2);
                    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
                    let total = total_in(&text).with_context(|| format!("no total in {}", file.display()))?;
                    Ok(total as f64 / OPERATIONS as f64)
                })
                .collect::<Result<_>>()?;
            counts.push(Count { who, what, instructions });
        }
    }
    Ok(counts)
}

/// Has one contender do all operations under callgrind.
fn run(who: ContenderName, address: &str, files: &Path) -> Result<()> {
    let mut valgrind = Command::new("valgrind");
    valgrind
        .arg("--tool=callgrind")
        .arg(format!("--dump-before={BOUNDARY}"))
        .arg(format!("--callgrind-out-file={}", files.join("run").display()))
        .arg(env::current_exe()?)
        .args(["worker", who.name(), address]);
    let mut contender = Contender::start(who, &mut valgrind)?;
    for (op, _) in OPERATIONS_MEASURED {
        for _ in 0..=REPEATS {
            let answer = contender.ask(&request(op))?;
            ensure!(answer.operations == OPERATIONS, "{who} did {} of {OPERATIONS} operations", answer.operations);
        }
    }
    Ok(())
}

fn request(op: Operation) -> Request {
    let target = Target {
        keyspace: "bench".to_owned(),
        table: "states_store".to_owned(),
        layout: Layout::ById,
        shard: None,
        versioned: false,
        owned: false,
        with_clock: false,
        pool_size: 64,
        io_threads: 1,
        core_connections: 2,
        depth: 256,
    };
    let (threads, millis, operations, payload, ids) = (1, 0, OPERATIONS, PAYLOAD, 1);
    Request { op, threads, millis, operations, payload, ids, count_allocations: false, target }
}

fn dump(files: &Path, number: usize) -> PathBuf {
    files.join(format!("run.{number}"))
}

fn total_in(file: &str) -> Option<u64> {
    file.lines().find_map(|line| line.strip_prefix("totals:"))?.trim().parse().ok()
}

/// The lines of the table.
pub(crate) fn rows(counts: &[Count]) -> Vec<Row> {
    let row = |(_, what): (Operation, &'static str)| {
        let of = |who| counts.iter().find(|count| count.what == what && count.who == who);
        let ratio = of(ContenderName::Ours)
            .zip(of(ContenderName::Bare))
            .and_then(|(ours, bare)| Ratio::of(&ours.instructions, &bare.instructions));
        Row {
            what: format!("{what} of {PAYLOAD} B, instructions: bare cassandra-cpp"),
            ratio: ratio.ok_or_else(|| "not counted".to_owned()),
            bound: Bound::AtMost(AT_MOST),
        }
    };
    OPERATIONS_MEASURED.into_iter().map(row).collect()
}

/// The lines of the table where nothing could be counted.
pub(crate) fn rows_without(why: &str) -> Vec<Row> {
    rows(&[]).into_iter().map(|row| Row { ratio: Err(why.to_owned()), ..row }).collect()
}

/// Cells of a table: contender, operation, median, least and most instructions of an operation.
pub(crate) fn cells(counts: &[Count]) -> Vec<Vec<String>> {
    let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    counts
        .iter()
        .map(|count| {
            let values = &count.instructions;
            let figures = [median(values).unwrap_or(f64::NAN), least(values), most(values)];
            [count.who.to_string(), count.what.to_owned()]
                .into_iter()
                .chain(figures.map(|n| format!("{n:.0}")))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_found_in_callgrind_s_file() {
        assert_eq!(total_in("version: 1\nsummary: 5\ntotals: 1234567\n"), Some(1_234_567));
        assert_eq!(total_in("version: 1\n"), None);
    }

    #[test]
    fn ours_is_compared_with_the_bare_binding() {
        let count = |who, instructions: f64| Count { who, what: "write", instructions: vec![instructions; 3] };
        let rows = rows(&[count(ContenderName::Bare, 100.0), count(ContenderName::Ours, 104.0)]);
        assert_eq!(rows[0].ratio.as_ref().unwrap().median, 1.04);
        assert!(rows[1].ratio.is_err());
        assert_eq!(cells(&[count(ContenderName::Ours, 104.0)])[0][1..], ["write", "104", "104", "104"]);
    }
}
