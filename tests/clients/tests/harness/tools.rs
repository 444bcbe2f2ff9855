//! Programs of the system that a test needs.

use std::process::{Command, Stdio};

/// Whether a tool is not there: the test is then skipped, with a line that says so. Where all tests have to run it fails.
pub(crate) fn is_missing(tool: &str) -> bool {
    let mut version = Command::new(tool);
    let there = version
        .arg(if tool == "go" { "version" } else { "--version" })
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if there.is_ok_and(|status| status.success()) {
        return false;
    }
    assert!(!toolchains::are_required(), "{tool} is not there, but required here");
    eprintln!("skipped: {tool} is not there");
    true
}
