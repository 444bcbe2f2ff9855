//! The client in C under AddressSanitizer and under valgrind: neither an error nor a leak.

use std::process::{Command, Output};

use crate::harness::{Keyspace, Program, address, is_missing};

/// All topics but `forks`, whose children end without freeing what belongs to their parent.
const TOPICS: [&[&str]; 3] = [
    &["states", "shards", "conditions", "owners", "updates", "errors"],
    &["bulk", "scans", "schema", "tables", "nulls"],
    &["lengths", "threads", "clones", "logs"],
];

/// What the client says last when the machine was too busy: a checker slows it down so much that the driver may take itself
/// for cut off.
const TOO_BUSY: &[u8] = b"too busy\n";
const ATTEMPTS: u32 = 10;

fn valgrind() -> Command {
    let mut valgrind = Command::new("valgrind");
    // What is only "possibly" lost belongs to threads and sessions that the end of the process finds at work: Rust's tables
    // and shared counts are known to them by pointers to their inside.
    valgrind.args(["--quiet", "--error-exitcode=99", "--fair-sched=yes", "--leak-check=full"]);
    valgrind.args(["--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"]);
    valgrind.arg(format!("--suppressions={}", clients::root().join("tests/clients/valgrind.supp").display()));
    // The driver's own allocator would hide what is in it.
    valgrind.env("VISIBLE_ALLOCATIONS", "1");
    valgrind
}

/// Runs all topics, which must neither fail nor be complained about, and one that forgets a store: the complaint about it
/// has to contain this.
fn check(command: impl Fn(&[&str], &Keyspace) -> Command, complaint: &str) {
    for topics in TOPICS {
        let run = || {
            // Of its own each time: an attempt may end half-way.
            let keyspace = Keyspace::new(address());
            command(topics, &keyspace).output().unwrap()
        };
        let mut output = run();
        for _ in 1..ATTEMPTS {
            if output.stdout.ends_with(TOO_BUSY) {
                output = run();
            }
        }
        let Output { status, stdout, stderr } = output;
        let (printed, errors) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(status.success(), "{status}\n{printed}\n{errors}");
    }
    let output = command(&["leak"], &Keyspace::new(address())).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(complaint), "a leak goes unnoticed: {said}");
}

#[test]
fn address_sanitizer_finds_nothing() {
    check(|topics, keyspace| Program::AddressSanitizer.run(topics, keyspace), "LeakSanitizer: detected memory leaks");
}

#[test]
fn valgrind_finds_nothing() {
    if is_missing("valgrind") {
        return;
    }
    check(|topics, keyspace| Program::Plain.run_by(valgrind(), topics, keyspace), "definitely lost");
}
