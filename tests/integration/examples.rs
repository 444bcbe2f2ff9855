//! Every example runs, and shows what it says it shows.

use std::{ffi::OsStr, fs, path::Path, process::Command};

use durable_store::Layout;

use crate::harness::{Keyspace, server};

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
    assert!(names.contains(&"quickstart".to_owned()), "{names:?}");
    for name in names {
        let printed = printed_by(&name);
        if name == "quickstart" {
            for line in [
                "Read from the server: version 1 of account-42 has a balance of 4200 cents.",
                "Read from the server: there is no state of account-43.",
            ] {
                assert!(printed.lines().any(|printed| printed == line), "{line:?} is not in:\n{printed}");
            }
        }
    }
}

/// What an example prints, run as its reader would run it, on a keyspace of its own.
fn printed_by(example: &str) -> String {
    // The others make what they need.
    let keyspace = if example == "check" { Keyspace::with_table(Layout::ByShard) } else { Keyspace::unmade() };
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--example", example])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("DURABLE_STORE_CONTACT_POINTS", server().ip().to_string())
        .env("DURABLE_STORE_PORT", server().port().to_string())
        .env("DURABLE_STORE_KEYSPACE", keyspace.name())
        .env("METRICS_ADDRESS", "127.0.0.1:0")
        .output()
        .unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{example}: {}\n{printed}\n{errors}", output.status);
    printed.into_owned()
}
