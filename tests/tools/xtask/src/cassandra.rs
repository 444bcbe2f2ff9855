//! `cargo xtask cassandra`: a local Cassandra that keeps running between commands.

mod arguments;
mod table;

use std::{env, net::SocketAddr, time::Duration};

use anyhow::{Context, Result, bail};
use cluster::{
    Cluster, Detached,
    cql::{Client, first_address},
};

use crate::{server::CONTACT_POINTS, workspace};
use arguments::{Command, Shape, USAGE};

/// How long a statement may take.
const CQL_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs the command that the arguments name.
///
/// # Errors
/// When the arguments are wrong, or the command fails.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments::parse(arguments)? {
        Command::Up(shape) => up(&shape),
        Command::Down => down(),
        Command::Status => status(),
        Command::Cql(statement) => cql(&statement),
        Command::Help => {
            print!("{USAGE}");
            Ok(())
        }
    }
}

fn up(wanted: &Shape) -> Result<()> {
    let folder = workspace::cassandra();
    if let Some(running) = Detached::find(&folder)? {
        let dead = running.nodes().iter().filter(|node| node.pid().is_none()).count();
        if dead == 0 {
            return up_already(&running, wanted);
        }
        if dead < running.nodes().len() {
            bail!("{dead} of the cluster's nodes have died: `cargo xtask cassandra down`, then `up` again");
        }
    }
    let builder = Cluster::builder(folder).nodes(wanted.nodes).version(&wanted.version);
    let started = builder.progress(|line| eprintln!("{line}")).start_detached()?;
    println!("Cassandra {} is up.", started.version());
    print_how_to_reach(&started);
    Ok(())
}

fn up_already(running: &Detached, wanted: &Shape) -> Result<()> {
    let shape = Shape { nodes: u8::try_from(running.nodes().len())?, version: running.version().to_owned() };
    if shape != *wanted {
        bail!("{shape} is up, not {wanted}: end it first with `cargo xtask cassandra down`");
    }
    println!("Cassandra {} is up already.", running.version());
    print_how_to_reach(running);
    Ok(())
}

fn print_how_to_reach(cluster: &Detached) {
    let (hosts, port) = (cluster.contact_points().join(","), cluster.port());
    let first = cluster.nodes().first().map(|node| node.address().to_string()).unwrap_or_default();
    println!(
        "contact points {hosts}, port {port}, local datacenter datacenter1

For programs that use durable-store, and for `cargo xtask test`:
  export DURABLE_STORE_CONTACT_POINTS={hosts} DURABLE_STORE_PORT={port} DURABLE_STORE_LOCAL_DATACENTER=datacenter1
  export {CONTACT_POINTS}={first}
To look inside, and to end it:
  cargo xtask cassandra cql 'SELECT * FROM system.local'
  cargo xtask cassandra down"
    );
}

fn down() -> Result<()> {
    match Detached::end(workspace::cassandra())? {
        0 => println!("no Cassandra was up"),
        1 => println!("ended one node"),
        nodes => println!("ended {nodes} nodes"),
    }
    Ok(())
}

fn status() -> Result<()> {
    let Some(cluster) = Detached::find(workspace::cassandra())? else {
        println!("no Cassandra is up: `cargo xtask cassandra up` starts one");
        return Ok(());
    };
    println!("Cassandra {}, port {}", cluster.version(), cluster.port());
    let header = ["node", "address", "pid", "state", "log"];
    let lines = cluster.nodes().iter().enumerate().map(|(index, node)| {
        let state = match (node.pid(), node.is_ready()) {
            (None, _) => "dead",
            (Some(_), true) => "ready",
            (Some(_), false) => "not ready",
        };
        let pid = node.pid().map_or("-".to_owned(), |pid| pid.to_string());
        let log = node.log().display().to_string();
        vec![(index + 1).to_string(), node.address().to_string(), pid, state.to_owned(), log]
    });
    print!("{}", table::aligned(&header, &lines.collect::<Vec<_>>()));
    Ok(())
}

fn cql(statement: &str) -> Result<()> {
    let address = server()?;
    let asking = || format!("asking the Cassandra at {address}");
    let mut client = Client::connect(address, CQL_TIMEOUT).with_context(asking)?;
    let result = client.query(statement).with_context(asking)?;
    if result.columns.is_empty() {
        println!("ok");
        return Ok(());
    }
    let header: Vec<&str> = result.columns.iter().map(|column| column.name.as_str()).collect();
    let cell = |row, column| result.text(row, column).unwrap_or_else(|| "null".to_owned());
    let line = |row| (0..header.len()).map(|column| cell(row, column)).collect();
    let lines: Vec<Vec<String>> = (0..result.rows.len()).map(line).collect();
    print!("{}", table::aligned(&header, &lines));
    println!("({} {})", lines.len(), if lines.len() == 1 { "row" } else { "rows" });
    Ok(())
}

/// The server named by the environment, else the local one.
fn server() -> Result<SocketAddr> {
    if let Some(named) = env::var(CONTACT_POINTS).ok().filter(|named| !named.trim().is_empty()) {
        return first_address(&named).with_context(|| format!("{CONTACT_POINTS} is {named:?}, not host:port"));
    }
    let up = Detached::find(workspace::cassandra())?;
    let alive = up.iter().flat_map(Detached::nodes).find(|node| node.pid().is_some());
    alive.map(|node| node.address()).with_context(|| {
        format!("no Cassandra is up: start one with `cargo xtask cassandra up`, or name one in {CONTACT_POINTS}")
    })
}
