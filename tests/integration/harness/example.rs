//! Examples, run as their readers would run them.

use std::process::Command;

use super::server;

/// `cargo run` of an example, with the shared server in its environment.
pub(crate) fn run_example(name: &str, keyspace: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--example", name]).current_dir(env!("CARGO_MANIFEST_DIR"));
    toolchains::forget_our_package(&mut cargo);
    cargo
        .env("DURABLE_STORE_CONTACT_POINTS", server().ip().to_string())
        .env("DURABLE_STORE_PORT", server().port().to_string())
        .env("DURABLE_STORE_KEYSPACE", keyspace);
    cargo
}
