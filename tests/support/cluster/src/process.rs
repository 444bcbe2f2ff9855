//! Processes: finding the nodes of a folder, ending them, signalling them.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
#[cfg(target_os = "linux")]
use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

/// Last on every node's command line.
pub(crate) const MAIN_CLASS: &str = "org.apache.cassandra.service.CassandraDaemon";

/// The option that tells a node's folder, so every node's command line says whose it is.
pub(crate) fn storage_option(node_folder: &Path) -> String {
    format!("-Dcassandra.storagedir={}", storage_folder(node_folder).display())
}

pub(crate) fn storage_folder(node_folder: &Path) -> PathBuf {
    node_folder.join("data")
}

/// The ids of the Cassandra processes that keep their data somewhere below `folder`.
///
/// They are known by their command lines, not by recorded ids: a process that merely got a dead node's id, or that has
/// one of the folder's files open, is never taken for a node.
pub(crate) fn nodes_below(folder: &Path) -> Result<Vec<u32>> {
    let storage = format!("-Dcassandra.storagedir={}/", folder.display());
    let of_ours = |line: &str| line.ends_with(MAIN_CLASS) && line.contains(&storage);
    let lines = command_lines().context("listing the machine's processes")?;
    Ok(lines.into_iter().filter(|(_, line)| of_ours(line)).map(|(pid, _)| pid).collect())
}

/// Ends every node that keeps its data below `folder` and says how many there were.
pub(crate) fn end_nodes_below(folder: &Path) -> Result<usize> {
    let nodes = nodes_below(folder)?;
    for &pid in &nodes {
        // One that has ended by itself meanwhile is as good.
        let _ = signal(pid, Signal::KILL);
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while !nodes_below(folder)?.is_empty() {
        ensure!(Instant::now() < deadline, "nodes below {} do not end: {nodes:?}", folder.display());
        sleep(Duration::from_millis(20));
    }
    Ok(nodes.len())
}

pub(crate) fn signal(pid: u32, signal: Signal) -> io::Result<()> {
    Ok(kill_process(known(pid)?, signal)?)
}

/// Stops a child as if by SIGSTOP and returns when all of its threads stand still.
pub(crate) fn pause(child: &Child) -> io::Result<()> {
    signal(child.id(), Signal::STOP)?;
    // NOWAIT: an exit stays to be collected by the `Child`.
    let options = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(known(child.id())?), options)?;
    Ok(())
}

/// Keeps a process from making any file longer, or allows it again.
#[cfg(target_os = "linux")]
pub(crate) fn allow_growth(pid: u32, allowed: bool) -> io::Result<()> {
    // The process has inherited ours. The hard limit stays: nobody but root may raise it again.
    let own = getrlimit(Resource::Fsize);
    let limit = if allowed { own } else { Rlimit { current: Some(0), ..own } };
    prlimit(Some(known(pid)?), Resource::Fsize, limit)?;
    Ok(())
}

/// Whether a child has ended. It stays to be collected: until then its id cannot go to another process.
pub(crate) fn has_ended(child: &Child) -> io::Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(known(child.id())?), options)?.is_some())
}

fn known(pid: u32) -> io::Result<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

/// A small process that ends a node when the process that started the node is gone, however that ended: the pipe
/// between the two then closes. Dropping it calls it off.
#[derive(Debug)]
pub(crate) struct Watchdog(Child);

impl Watchdog {
    pub(crate) fn over(node: &Child) -> io::Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", "read -r _; kill -KILL \"$0\"", &node.id().to_string()]);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        leave_group(&mut shell);
        shell.spawn().map(Self)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Keeps a terminal's Ctrl-C, meant for the process that starts it, from the command's process.
pub(crate) fn leave_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Every process's id and command line.
#[cfg(target_os = "linux")]
fn command_lines() -> io::Result<Vec<(u32, String)>> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process may end while it is looked at.
        let Ok(arguments) = std::fs::read(entry.path().join("cmdline")) else { continue };
        let line = String::from_utf8_lossy(&arguments).replace('\0', " ");
        lines.push((pid, line.trim_end().to_owned()));
    }
    Ok(lines)
}

/// Every process's id and command line.
#[cfg(not(target_os = "linux"))]
fn command_lines() -> io::Result<Vec<(u32, String)>> {
    let output = Command::new("ps").args(["-A", "-ww", "-o", "pid=", "-o", "command="]).output()?;
    let split = |line: &str| {
        let (pid, command) = line.trim().split_once(' ')?;
        Some((pid.parse().ok()?, command.trim().to_owned()))
    };
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(split).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A process whose command line is a node's, or only nearly.
    pub(crate) fn pretend_node(arguments: &[&str]) -> Child {
        let node = Command::new("sh").args(["-c", "while :; do sleep 1; done"]).args(arguments).spawn().unwrap();
        // The system may show the command line a moment after the start.
        while !command_lines().unwrap().iter().any(|(pid, line)| *pid == node.id() && !line.is_empty()) {
            sleep(Duration::from_millis(1));
        }
        node
    }

    pub(crate) fn ended(child: &Child) -> bool {
        has_ended(child).unwrap()
    }

    #[test]
    fn only_a_node_with_its_data_below_the_folder_is_ended() {
        let folder = std::env::temp_dir().join(format!("cluster-process-{}", std::process::id()));
        let option = storage_option(&folder.join("node1"));
        let mut node = pretend_node(&[&option, MAIN_CLASS]);
        let neighbour = pretend_node(&[&storage_option(Path::new(&format!("{}2", folder.display()))), MAIN_CLASS]);
        let reader = pretend_node(&[folder.join("node1/logs/system.log").to_str().unwrap()]);
        let no_cassandra = pretend_node(&[&option]);

        // A zombie has no command line, so the wait inside does not need the child to be collected.
        assert_eq!(end_nodes_below(&folder).unwrap(), 1);
        assert!(ended(&node));
        node.wait().unwrap();
        for mut foreign in [neighbour, reader, no_cassandra] {
            assert!(!ended(&foreign));
            foreign.kill().unwrap();
            foreign.wait().unwrap();
        }
    }

    #[test]
    fn a_watchdog_ends_its_process_once_the_pipe_closes() {
        let mut node = pretend_node(&[]);
        let mut watchdog = Watchdog::over(&node).unwrap();
        assert!(!ended(&node));
        drop(watchdog.0.stdin.take());
        let deadline = Instant::now() + Duration::from_secs(5);
        while !ended(&node) {
            assert!(Instant::now() < deadline, "the watchdog sleeps");
            sleep(Duration::from_millis(1));
        }
        node.wait().unwrap();
    }

    #[test]
    fn a_watchdog_called_off_leaves_its_process_alone() {
        let mut node = pretend_node(&[]);
        drop(Watchdog::over(&node).unwrap());
        sleep(Duration::from_millis(100));
        assert!(!ended(&node));
        node.kill().unwrap();
        node.wait().unwrap();
    }
}
