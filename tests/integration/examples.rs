//! Every example runs and prints what it is meant to print.

use std::{ffi::OsStr, fs, path::Path};

use durable_store::Layout;

use crate::harness::{Keyspace, run_example};

/// Lines of each, and the beginnings of lines in which something differs each time.
const LINES: [(&str, &[&str]); 8] = [
    ("bulk_load", &["Wrote 20000 states in ", "Read from the server in "]),
    ("deployment_check", &["Connected, wrote a state and read it back."]),
    ("metrics", &["Wrote ten states and read two."]),
    ("optimistic", &["Read from the server: version 20, 20 payments, 2000 cents."]),
    (
        "quickstart",
        &[
            "Read from the server: version 1 of account-42 has a balance of 4200 cents.",
            "Read from the server: there is no state of account-43.",
        ],
    ),
    (
        "shard_scan",
        &[
            "Read from the server: account-01 in shard 1.",
            "The rest is read from durable-store-scan-1:shard-1:after:",
            "Read from the server: account-28 in shard 1.",
            "Read from the server: 30 states in all shards.",
        ],
    ),
    ("typed", &["Read from the server: version 1 of account-42, 4200 cents.", "Read from the server, and refused: "]),
    ("workers", &["Read from the server: 100 states, 1000 versions in total."]),
];

#[test]
fn every_example_runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension() == Some(OsStr::new("rs")) {
            names.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    names.sort();
    assert_eq!(names, LINES.map(|(name, _)| name));
    for (name, lines) in LINES {
        let printed = printed_by(name);
        for line in lines {
            assert!(printed.lines().any(|printed| printed.starts_with(line)), "{line:?} is not in:\n{printed}");
        }
        match name {
            "bulk_load" => assert!(printed.contains(": 20000 states, 199990000 cents in total."), "{printed}"),
            "shard_scan" => assert_eq!(printed.matches(" in shard 1.").count(), 10, "{printed}"),
            _ => {}
        }
    }
}

/// What an example prints, run as its reader would run it, on a keyspace of its own.
fn printed_by(example: &str) -> String {
    // The others make what they need.
    let keyspace =
        if example == "deployment_check" { Keyspace::with_table(Layout::ByShard) } else { Keyspace::unmade() };
    let output = run_example(example, keyspace.name()).env("METRICS_ADDRESS", "127.0.0.1:0").output().unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{example}: {}\n{printed}\n{errors}", output.status);
    printed.into_owned()
}
