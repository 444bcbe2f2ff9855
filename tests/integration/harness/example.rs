//! Examples, run as their readers would run them.

use std::{env, process::Command};

use super::server;

/// `cargo run` of an example, with the shared server in its environment.
pub(crate) fn run_example(name: &str, keyspace: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--example", name]).current_dir(env!("CARGO_MANIFEST_DIR"));
    // What cargo tells a test of its package would have it build everything anew that looks at such variables.
    for (variable, _) in env::vars_os() {
        let of_package = [&b"CARGO_PKG_"[..], b"CARGO_MANIFEST_", b"OUT_DIR"];
        if of_package.iter().any(|beginning| variable.as_encoded_bytes().starts_with(beginning)) {
            cargo.env_remove(variable);
        }
    }
    cargo
        .env("DURABLE_STORE_CONTACT_POINTS", server().ip().to_string())
        .env("DURABLE_STORE_PORT", server().port().to_string())
        .env("DURABLE_STORE_KEYSPACE", keyspace);
    cargo
}
