//! `cargo xtask test`: every test there is, against a real Cassandra.

use std::{collections::BTreeSet, env};

use anyhow::{Context, Result, bail};

use crate::{
    docker, driver, keyspaces,
    server::{self, Running, Wanted},
    tools::Tool,
    workspace,
};

/// Makes the random model test run more cases.
const LONG: &str = "CASSANDRA_TEST_LONG";

/// Features that some tests need; not all there are, since a container in place of Maven's jars takes long to build.
const FEATURES: &str = "durable-store/conformance,durable-store/ffi,durable-store/serde";

/// The arguments of the command.
#[derive(Debug, PartialEq, Eq)]
struct Options<'a> {
    server: Wanted,
    long: bool,
    /// Only tests with this in their names.
    filter: Option<&'a str>,
}

/// Runs the tests, ends the server that was started for them, and looks for what they left behind.
///
/// # Errors
/// Naming everything that went wrong.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let options = parse(arguments)?;
    println!("{}", driver::ensure()?);
    if options.long {
        for tool in Tool::OF_CLIENTS {
            tool.ensure()?;
        }
    }
    let contact_points = env::var(server::CONTACT_POINTS).ok();
    let choice = server::choose(options.server, contact_points.as_deref(), docker::can_run_cassandra)?;
    println!("{choice}");
    let server = Running::start(&choice, |line| println!("  {line}"))?;
    println!("server: at {}", server.address());

    let tested = test(&options, server.address());
    let ended = server.end();
    let problems: Vec<_> =
        [tested, ended].into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    println!("all tests passed, and nothing is left of them");
    Ok(())
}

/// Runs the tests and compares the server's keyspaces before and after.
fn test(options: &Options<'_>, address: &str) -> Result<()> {
    let before = keyspaces::list(address)?;
    let mut cargo = workspace::cargo();
    cargo.args(["test", "--workspace", "--features", FEATURES, "--no-fail-fast"]).args(options.filter);
    cargo.env(server::CONTACT_POINTS, address);
    if options.long {
        cargo.env(LONG, "1").env(toolchains::REQUIRED, "1").args(["--", "--include-ignored"]);
    }
    let tested = workspace::run(&mut cargo).context("the tests failed");
    let after = keyspaces::list(address)?;
    let left: BTreeSet<_> = after.difference(&before).map(String::as_str).collect();
    match (tested, left.is_empty()) {
        (tested, true) => tested,
        (Ok(()), false) => bail!("the tests left keyspaces behind: {left:?}"),
        (Err(error), false) => bail!("{error:#}, and they left keyspaces behind: {left:?}"),
    }
}

fn parse<'a>(arguments: &[&'a str]) -> Result<Options<'a>> {
    let mut options = Options { server: Wanted::Auto, long: false, filter: None };
    let mut arguments = arguments.iter().copied();
    while let Some(argument) = arguments.next() {
        match argument {
            "--long" => options.long = true,
            "--server" => {
                options.server = arguments.next().context("--server needs auto, env, container or local")?.parse()?;
            }
            _ if argument.starts_with("--server=") => {
                options.server = argument.trim_start_matches("--server=").parse()?;
            }
            _ if argument.starts_with('-') => bail!("test knows --server and --long, not {argument}"),
            _ if options.filter.is_some() => bail!("test takes one filter, but there is also {argument:?}"),
            filter => options.filter = Some(filter),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_in_any_order() {
        let all = Options { server: Wanted::Local, long: true, filter: Some("stale") };
        assert_eq!(parse(&["--server", "local", "--long", "stale"]).unwrap(), all);
        assert_eq!(parse(&["stale", "--server=local", "--long"]).unwrap(), all);
        assert_eq!(parse(&[]).unwrap(), Options { server: Wanted::Auto, long: false, filter: None });
    }

    #[test]
    fn arguments_without_a_meaning_are_refused() {
        for arguments in [&["--server"][..], &["--server", "remote"], &["--server=", "x"], &["--quick"], &["a", "b"]] {
            assert!(parse(arguments).is_err(), "{arguments:?}");
        }
    }
}
