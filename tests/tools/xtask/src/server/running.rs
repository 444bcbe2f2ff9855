//! A server for as long as a command needs it.

use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use cluster::Cluster;

use super::{Choice, Kind};
use crate::{tools::Tool, workspace};

/// How long a server may take to end once it was told to.
const ENDS_WITHIN: Duration = Duration::from_secs(60);

/// A server that takes queries. One that was started for the command ends with it, also when it is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    address: String,
    owned: Option<Owned>,
}

/// A server that is ours to end.
#[derive(Debug)]
enum Owned {
    /// The process that keeps the container up until its input is closed.
    Container(Child),
    Local(Cluster),
}

impl Running {
    /// Starts what was chosen, or a local Cassandra where a container that nobody asked for does not start.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(choice: &Choice, say: fn(&str)) -> Result<Self> {
        match &choice.kind {
            Kind::Env(address) => Ok(Self::elsewhere(address)),
            Kind::Local => Self::local(say),
            Kind::Container => Self::container().or_else(|error| {
                if !choice.may_fall_back {
                    return Err(error);
                }
                say(&format!("the container did not start ({error:#}), so a local Cassandra it is"));
                Self::local(say)
            }),
        }
    }

    /// Starts one Cassandra from Maven's jars.
    ///
    /// # Errors
    /// When it does not start, or Java or Maven is missing.
    pub(crate) fn local(say: fn(&str)) -> Result<Self> {
        Tool::Java.ensure()?;
        Tool::Maven.ensure()?;
        let cluster = Cluster::builder(workspace::cassandra()).progress(say).start()?;
        Ok(Self { address: cluster.address().to_string(), owned: Some(Owned::Local(cluster)) })
    }

    fn container() -> Result<Self> {
        let mut command = workspace::cargo();
        command.args(["run", "--quiet", "-p", "cluster", "--features", "container", "--bin", "cassandra-container"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().context("the container's process has no output")?;
        for line in BufReader::new(output).lines() {
            let line = line?;
            if let Some(address) = line.strip_prefix("ready ") {
                return Ok(Self { address: address.to_owned(), owned: Some(Owned::Container(child)) });
            }
            println!("{line}");
        }
        bail!("its process ended with {}", child.wait()?)
    }

    /// A server that runs already and is not ours to end.
    pub(crate) fn elsewhere(address: &str) -> Self {
        Self { address: address.to_owned(), owned: None }
    }

    /// Whether it was started for the command.
    pub(crate) fn is_owned(&self) -> bool {
        self.owned.is_some()
    }

    /// Where it takes queries: `host:port`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Ends the server if it is ours, and makes sure that it is gone.
    ///
    /// # Errors
    /// Naming what is left of it.
    pub(crate) fn end(self) -> Result<()> {
        let process = match self.owned {
            None => return Ok(()),
            Some(Owned::Local(cluster)) => {
                let process = cluster.node(0).pid();
                drop(cluster);
                process
            }
            Some(Owned::Container(child)) => {
                let process = child.id();
                end_container(child)?;
                Some(process)
            }
        };
        ensure!(!process.is_some_and(is_alive), "the server started for the tests is still there: process {process:?}");
        ensure!(
            TcpStream::connect(&self.address).is_err(),
            "something still listens at {}, where the server started for the tests was",
            self.address
        );
        Ok(())
    }
}

/// Closes the input of the process that keeps the container up, and waits for its end.
fn end_container(mut child: Child) -> Result<()> {
    drop(child.stdin.take());
    let deadline = Instant::now() + ENDS_WITHIN;
    while Instant::now() < deadline {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => bail!("the container's process ended with {status}"),
            None => sleep(Duration::from_millis(50)),
        }
    }
    child.kill()?;
    bail!("the container did not end within {} s; its process was killed", ENDS_WITHIN.as_secs())
}

/// The shell's own `kill`, since not every system has a program of that name.
fn is_alive(process: u32) -> bool {
    let probe = Command::new("sh").args(["-c", &format!("kill -0 {process}")]).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Like the container's process, ends when its input is closed.
    fn until_input_closes(script: &str) -> Running {
        let child = Command::new("sh").args(["-c", script]).stdin(Stdio::piped()).spawn().unwrap();
        Running { address: "127.0.0.1:1".to_owned(), owned: Some(Owned::Container(child)) }
    }

    #[test]
    fn a_container_ends_when_its_input_is_closed() {
        until_input_closes("cat").end().unwrap();
    }

    #[test]
    fn a_container_s_failure_to_end_well_is_reported() {
        let error = until_input_closes("cat; exit 3").end().unwrap_err().to_string();
        assert!(error.contains("exit status: 3"), "{error}");
    }

    #[test]
    fn a_listener_left_behind_is_reported() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut running = until_input_closes("cat");
        running.address = listener.local_addr().unwrap().to_string();
        let error = running.end().unwrap_err().to_string();
        assert!(error.contains("still listens"), "{error}");
    }

    #[test]
    fn a_server_that_was_there_before_is_left_alone() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        Running::elsewhere(&address).end().unwrap();
    }

    #[test]
    fn a_process_is_alive_until_it_ends() {
        assert!(is_alive(std::process::id()));
        let mut child = Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert!(!is_alive(child.id()));
    }
}
