//! Handles used or freed after they were freed: a debug build of the library ends the process and says why.

use std::os::unix::process::ExitStatusExt;

use crate::harness::{Keyspace, Program, address};

const ABORTED: i32 = 6;

#[test]
fn a_debug_build_catches_double_frees_and_uses_after_free() {
    let keyspace = Keyspace::new(address());
    for (topic, message) in [
        ("free_store_twice", "a durable_store was freed twice"),
        ("free_error_twice", "a durable_store_error was freed twice"),
        ("free_results_twice", "a durable_store_results was freed twice"),
        ("free_scan_twice", "a durable_store_states was freed twice"),
        ("free_bytes_twice", "a state or text was freed twice"),
        ("free_bytes_of_another_length", "a state or text was freed with another length"),
        ("use_store_after_free", "a durable_store was used after it was freed"),
        ("use_error_after_free", "a durable_store_error was used after it was freed"),
        ("use_results_after_free", "a durable_store_results was used after it was freed"),
        ("use_scan_after_free", "a durable_store_states was used after it was freed"),
        ("use_error_as_store", "a durable_store was used after it was freed, or was never one"),
    ] {
        let output = Program::Plain.run(&[topic], &keyspace).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.signal(), Some(ABORTED), "{topic}: {} {said}", output.status);
        assert!(said.starts_with(&format!("durable_store: {message}")), "{topic}: {said}");
    }
}
