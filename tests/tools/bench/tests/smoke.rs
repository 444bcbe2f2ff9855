//! One tiny round of every point of a quick run against a real Cassandra, so that the bench does not rot. Whether bars are
//! reached does not matter here.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use std::{fs, path::Path, process::Command};

use cluster::shared;

#[test]
fn a_quick_run_measures_every_contender_and_writes_its_report() {
    // Without a server the test ends here: the bench would start one.
    shared::address();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-smoke");
    let _ = fs::remove_dir_all(&folder);

    let mut bench = Command::new(env!("CARGO_BIN_EXE_bench"));
    bench.args(["--quick", "--rounds", "1", "--millis", "10", "--out"]).arg(&folder);
    let output = bench.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{:?}: {said}", output.status);

    let report = fs::read_to_string(folder.join("report.md")).unwrap();
    let lines = |part: &str| report.lines().filter(|line| line.contains(part)).count();
    for op in ["write", "read"] {
        for threads in ["1 thread", "4 threads", "16 threads", "64 threads"] {
            assert_eq!(lines(&format!("### {op} of 200 B, {threads}")), 1, "{report}");
        }
        assert!(folder.join(format!("{op}-of-200-b.svg")).exists(), "{said}");
    }
    let without_go = if toolchains::find_go().is_ok() { 0 } else { 16 };
    assert_eq!(lines("without the Go program"), without_go, "{report}");
    assert_eq!(lines(" 1 pairs)"), 8 * 5 + 2 * 3 + 2 - without_go, "{report}");
}
