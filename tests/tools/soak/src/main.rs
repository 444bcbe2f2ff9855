//! Three nodes under load while one fault follows the other, the history of all calls, and a checker of what it proves.
//! Run it with `cargo xtask soak`, which gets the native driver first.

mod chart;
mod checker;
mod faults;
mod history;
mod load;
mod options;
mod processes;
mod report;
mod resources;
mod retries;
mod run;
mod schedule;
mod sleep_monitor;
mod test_cluster;
mod violation;

use std::process::ExitCode;

use options::{Options, USAGE};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let Some((processes::COMMAND, rest)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return match processes::run(rest) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: a process of the load: {error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let options = match Options::parse(&arguments) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("error: {error:#}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    println!("{options}");
    match run::run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}\nto run it again: {options}");
            ExitCode::FAILURE
        }
    }
}
