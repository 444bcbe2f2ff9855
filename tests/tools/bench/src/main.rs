//! Measures the store against its alternatives: `cargo xtask bench`.

mod allocations;
mod arguments;
mod bars;
mod charts;
mod contender;
mod instructions;
mod machine;
mod measure;
mod plan;
mod protocol;
mod ratio;
mod report;
mod responder;
mod server;
mod worker;

use std::{
    env,
    net::SocketAddr,
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Error, Result};
use cluster::shared::Keyspace;

use arguments::Options;
use contender::{Contender, ContenderName, Contenders};
use measure::measure;
use plan::{Plan, Table};
use protocol::{Operation, Request};
use report::Report;
use server::Server;

/// A bar was not reached; anything that went wrong is 2.
const MISS: u8 = 1;
/// Of each operation.
const WARM_UP_MS: u64 = 6_000;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["worker", who, address] => worker::run(who, address).map(|()| false),
        arguments => arguments::parse(arguments).and_then(|options| run(&options, arguments)),
    };
    match outcome {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::from(MISS),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Measures, tells, and says whether a bar was missed.
fn run(options: &Options, arguments: &[&str]) -> Result<bool> {
    let (started, load) = (Instant::now(), machine::load());
    let folder = options.out.clone().unwrap_or_else(|| server::workspace().join("target/bench"));
    let mut measured = Vec::new();
    let mut rows = Vec::new();
    let mut server = "none: instructions only".to_owned();
    if !options.instructions {
        (measured, server) = measure_all(options, started)?;
        rows.extend(measured.iter().flat_map(|point| point.rows.clone()));
    }
    let counts = match instructions::unavailable() {
        None => {
            let counts = instructions::count(&folder)?;
            rows.extend(instructions::rows(&counts));
            counts
        }
        Some(why) => {
            rows.extend(instructions::rows_without(&why));
            Vec::new()
        }
    };
    let command = format!("cargo xtask bench {}", arguments.join(" "));
    let (command, server, load) = (command.trim_end(), server.as_str(), load.as_str());
    let report = Report { command, server, load, rows: &rows, measured: &measured, counts: &counts };
    report.write(&folder)?;
    if !options.instructions {
        println!("\n{}", report.short());
    }
    println!("{}\n{}", bars::table(&INSTRUCTIONS_HEAD, &instructions::cells(&counts)), bars::render(&rows));
    println!("{} in {:.0} s", folder.join("report.md").display(), started.elapsed().as_secs_f64());
    Ok(bars::any_miss(&rows))
}

const INSTRUCTIONS_HEAD: [&str; 5] = ["instructions", "", "median", "least", "most"];

/// Every point of the plan, against a server, and what that server is.
fn measure_all(options: &Options, started: Instant) -> Result<(Vec<measure::Measured>, String)> {
    let server = Server::start()?;
    let keyspace = Keyspace::new(server.address());
    let plan = Plan::new(options, keyspace.name());
    prepare(&plan, server.address(), options)?;
    let mut contenders = contenders(&server.address().to_string())?;
    let mut measured = Vec::new();
    for (at, point) in plan.points.iter().enumerate() {
        println!("[{}/{}] {:4.0} s  {}", at + 1, plan.points.len(), started.elapsed().as_secs_f64(), point.title);
        let point = measure(point, &mut contenders)?;
        for row in &point.rows {
            let ratio = row.ratio.as_ref().map_or_else(Clone::clone, ToString::to_string);
            println!("             {:13} {}: {ratio}", row.verdict().to_string(), row.what);
        }
        measured.push(point);
    }
    let node = if server.is_ours() { "one local node of its own" } else { "named by the environment" };
    Ok((measured, format!("Cassandra {}, {node}", server.version()?)))
}

fn worker(who: ContenderName, address: &str) -> Result<Command> {
    let mut worker = Command::new(env::current_exe()?);
    worker.args(["worker", who.name(), address]);
    Ok(worker)
}

fn contenders(address: &str) -> Result<Contenders> {
    let mut contenders = Contenders::default();
    for who in [ContenderName::Ours, ContenderName::Bare, ContenderName::BareAgain, ContenderName::Scylla] {
        contenders.add(who, worker(who, address)?)?;
    }
    match toolchains::find_go() {
        Ok(_) => {
            let program = toolchains::build_go(&server::workspace().join("target/bench")).map_err(Error::msg)?;
            for who in [ContenderName::Go, ContenderName::GoTuned] {
                let mut command = Command::new(&program);
                command.args(["bench", address, who.name()]);
                contenders.add(who, command)?;
            }
        }
        Err(why) => println!("its lines are not measured: {why}"),
    }
    Ok(contenders)
}

fn fill(table: &Table) -> Request {
    let (threads, millis, operations, count_allocations) = (1, 0, 0, false);
    let (op, payload, ids, target) = (Operation::Fill, table.payload, table.ids, table.target.clone());
    Request { op, threads, millis, operations, payload, ids, count_allocations, target }
}

/// Makes and fills the tables, and warms the server up: within its first half minute of work it becomes twice as fast. By
/// a process that takes no part later, since all this takes memory.
fn prepare(plan: &Plan, server: SocketAddr, options: &Options) -> Result<()> {
    println!("filling {} tables and warming up", plan.tables.len());
    let mut worker = worker(ContenderName::Ours, &server.to_string())?;
    let mut ours = Contender::start(ContenderName::Ours, &mut worker)?;
    for table in &plan.tables {
        server::make(table, server)?;
        ours.ask(&fill(table))?;
    }
    let millis = options.millis.map_or(WARM_UP_MS, |millis| millis.min(WARM_UP_MS));
    let Some(table) = plan.tables.first() else { return Ok(()) };
    for op in [Operation::WriteBulk, Operation::ReadBulk, Operation::Write, Operation::Read] {
        ours.ask(&Request { op, threads: 4, millis, ..fill(table) })?;
    }
    Ok(())
}
