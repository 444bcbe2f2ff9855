//! The developer commands: `cargo xtask <command>`.

mod audit;
mod bench;
mod bounded;
mod cassandra;
mod check;
mod docker;
mod doctor;
mod driver;
mod ffi;
mod keyspaces;
mod quickstart;
mod server;
mod soak;
mod steps;
mod suite;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask <command>

  doctor       what this machine has, what it lacks, and the command that installs it
  driver       put the native driver, libcassandra, into target/driver/lib
  quickstart   run examples/quickstart.rs against a Cassandra, started for it if none is up
  cassandra    start and end a local Cassandra: cargo xtask cassandra help
  test         run every test against a Cassandra: [--server auto|env|container|local] [--long] [FILTER]
  soak         three nodes, load and faults, a history that is checked: --minutes N [--seed S]
               [--mode last-write-wins|versioned|owned] [--layout by-id|by-shard] [--clocks-apart S]
  ffi          build the library for other languages, and install it: cargo xtask ffi help
  bench        measure the store against others: [--quick] [--only TITLE] [--instructions]; exits non-zero if
               a bar is missed
  check        formatting, lints with every feature, documentation, house rules, dependencies; needs no server
  help         this page
";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let Some((command, rest)) = arguments.split_first() else { return help() };
    match command.as_str() {
        "bench" => bench::run(rest),
        "cassandra" => cassandra::run(rest),
        "soak" => soak::run(rest),
        "ffi" => ffi::run(rest),
        "test" => suite::run(&rest.iter().map(String::as_str).collect::<Vec<_>>()),
        "doctor" | "driver" | "quickstart" | "check" | "help" | "--help" | "-h" if !rest.is_empty() => {
            bail!("{command} takes no arguments, but there is {:?}", rest.join(" "))
        }
        "doctor" => doctor::run(),
        "driver" => driver::run(),
        "quickstart" => quickstart::run(),
        "check" => check::run(),
        "help" | "--help" | "-h" => help(),
        _ => bail!("there is no command {command:?}\n\n{USAGE}"),
    }
}

fn help() -> Result<()> {
    print!("{USAGE}");
    Ok(())
}
