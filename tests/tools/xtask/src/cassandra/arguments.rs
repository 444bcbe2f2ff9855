use std::fmt;

use anyhow::{Context, Result, anyhow, bail};

pub(super) const USAGE: &str = "\
cargo xtask cassandra up [--nodes N] [--version V]   start a local Cassandra that keeps running
cargo xtask cassandra down                           end it and remove its data
cargo xtask cassandra status                         its nodes: addresses, process ids, whether they answer
cargo xtask cassandra cql 'STATEMENT'                run one statement on it, or on CASSANDRA_TEST_CONTACT_POINTS
";

/// Each needs over a gigabyte of memory.
const MOST_NODES: u8 = 9;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Up(Shape),
    Down,
    Status,
    Cql(String),
    Help,
}

/// What kind of cluster `up` is to start.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) nodes: u8,
    pub(super) version: String,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = if self.nodes == 1 { "node" } else { "nodes" };
        write!(f, "Cassandra {} with {} {nodes}", self.version, self.nodes)
    }
}

/// # Errors
/// When the arguments are none of those in the usage text, which the error then holds.
pub(super) fn parse(arguments: &[String]) -> Result<Command> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        ["up", ref options @ ..] => shape(options).map(Command::Up).map_err(|wrong| anyhow!("{wrong}\n{USAGE}")),
        ["down"] => Ok(Command::Down),
        ["status"] => Ok(Command::Status),
        ["cql", statement] => Ok(Command::Cql(statement.to_owned())),
        ["cql", _, _, ..] => bail!("put the statement in quotes, so that it is one argument\n{USAGE}"),
        [] | ["help" | "--help" | "-h"] => Ok(Command::Help),
        _ => bail!("cassandra {} is not a command\n{USAGE}", arguments.join(" ")),
    }
}

fn shape(mut options: &[&str]) -> Result<Shape> {
    let mut shape = Shape { nodes: 1, version: cluster::DEFAULT_VERSION.to_owned() };
    while let [option, rest @ ..] = options {
        let [value, rest @ ..] = rest else { bail!("{option} has no value") };
        match *option {
            "--nodes" => {
                shape.nodes = value
                    .parse()
                    .ok()
                    .filter(|nodes| (1..=MOST_NODES).contains(nodes))
                    .with_context(|| format!("--nodes is a number from 1 to {MOST_NODES}, not {value:?}"))?;
            }
            "--version" => shape.version = (*value).to_owned(),
            _ => bail!("{option} is not an option of up"),
        }
        options = rest;
    }
    Ok(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn up_has_defaults_and_options() {
        let shape = |nodes, version: &str| Command::Up(Shape { nodes, version: version.to_owned() });
        assert_eq!(parsed("up").unwrap(), shape(1, cluster::DEFAULT_VERSION));
        assert_eq!(parsed("up --version 5.0.4 --nodes 3").unwrap(), shape(3, "5.0.4"));
    }

    #[test]
    fn the_other_commands() {
        assert_eq!(parsed("down").unwrap(), Command::Down);
        assert_eq!(parsed("status").unwrap(), Command::Status);
        assert_eq!(parse(&["cql".to_owned(), "SELECT 1".to_owned()]).unwrap(), Command::Cql("SELECT 1".to_owned()));
        assert_eq!(parsed("").unwrap(), Command::Help);
    }

    #[test]
    fn wrong_arguments_show_the_usage() {
        for line in
            ["up --nodes", "up --nodes 0", "up --nodes x", "up --size 3", "down now", "sideways", "cql", "cql SELECT 1"]
        {
            let error = format!("{:#}", parsed(line).unwrap_err());
            assert!(error.contains(USAGE.trim_end()), "{line}: {error}");
        }
    }
}
