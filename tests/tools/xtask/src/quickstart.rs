//! `cargo xtask quickstart`: from a fresh checkout to a first program that stores and reads states.

use std::{env, thread};

use anyhow::{Context, Result, anyhow};
use cluster::Detached;

use crate::{
    driver,
    server::{self, Running},
    steps::Steps,
    workspace,
};

/// Runs the example, with a Cassandra that is there already or one started for it.
///
/// # Errors
/// When a step fails; a Cassandra that was started is ended nevertheless.
pub(crate) fn run() -> Result<()> {
    let mut steps = Steps::new(4);
    steps.begin("the native driver");
    steps.note(&driver::ensure()?);

    steps.begin("a Cassandra, and meanwhile the example is built");
    let (server, built) = thread::scope(|scope| {
        let built =
            scope.spawn(|| workspace::run(workspace::cargo().args(["build", "--quiet", "--example", "quickstart"])));
        let server = cassandra();
        (server, built.join().unwrap_or_else(|_| Err(anyhow!("the build panicked"))))
    });
    let server = server?;
    steps.note(&format!("Cassandra answers at {}", server.address()));
    let ran = built.context("the example does not build").and_then(|()| {
        steps.begin("cargo run --example quickstart");
        example(server.address())
    });

    steps.begin(if server.is_owned() { "ending Cassandra" } else { "leaving Cassandra as it was" });
    let (address, owned) = (server.address().to_owned(), server.is_owned());
    server.end()?;
    ran?;
    let used = if owned { "a Cassandra started for it and ended again" } else { &*format!("Cassandra at {address}") };
    steps.end(&format!("examples/quickstart.rs has stored and read states in {used}."));
    println!(
        "Next: read examples/quickstart.rs; `cargo xtask cassandra up` keeps a Cassandra running to play with, \
         `cargo xtask test` runs every test."
    );
    Ok(())
}

/// The one named by the environment, the one that `cargo xtask cassandra up` started, or a new one.
fn cassandra() -> Result<Running> {
    if let Some(address) = env::var(server::CONTACT_POINTS).ok().filter(|address| !address.is_empty()) {
        return Ok(Running::elsewhere(&address));
    }
    if let Some(up) = Detached::find(workspace::cassandra())?
        && let Some(node) = up.nodes().iter().find(|node| node.is_ready())
    {
        return Ok(Running::elsewhere(&node.address().to_string()));
    }
    Running::local(|line| println!("      {line}"))
}

fn example(address: &str) -> Result<()> {
    let (host, port) = address.rsplit_once(':').with_context(|| format!("{address} is not host:port"))?;
    let mut cargo = workspace::cargo();
    cargo.args(["run", "--quiet", "--example", "quickstart"]);
    cargo.env("DURABLE_STORE_CONTACT_POINTS", host);
    cargo.env("DURABLE_STORE_PORT", port);
    cargo.env("DURABLE_STORE_LOCAL_DATACENTER", "datacenter1");
    workspace::run(&mut cargo).context("the example failed")
}
