//! A store in a process of its own, whose clock may be wrong.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use durable_store::{DurableState, DurableStore, Error};

use super::account;

const STORE: &str = "STORE_PROCESS_CONNECTION_STRING";

/// What the answers begin with: the test framework prints to the same output.
const ANSWER: &str = "answer: ";

/// A process with a connected store. It is ended when this is dropped.
pub(crate) struct StoreProcess {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl StoreProcess {
    /// Starts a process with a store of the same settings. Its clock is this many seconds ahead of the machine's.
    pub(crate) fn start(store: &DurableStore, clock_ahead: i64) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["harness::store_process::the_store_process", "--exact", "--ignored", "--nocapture"]);
        command.env(STORE, store.config().to_string());
        clock::shift(&mut command, clock_ahead, Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, requests, answers }
    }

    /// Stops the process where it is, until it is resumed.
    pub(crate) fn stop(&self) {
        self.signal("STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    }

    /// Sends a request; see [`answer`] for those there are.
    pub(crate) fn send(&mut self, request: &str) {
        writeln!(self.requests.as_mut().unwrap(), "{request}").unwrap();
    }

    /// The answer to the oldest request that has none yet.
    pub(crate) fn answer(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.answers.read_line(&mut line).unwrap(), 0, "the process of the store has ended");
            if let Some(answer) = line.strip_prefix(ANSWER) {
                return answer.trim_end().to_owned();
            }
        }
    }

    /// Sends a request and returns its answer.
    pub(crate) fn ask(&mut self, request: &str) -> String {
        self.send(request);
        self.answer()
    }
}

impl Drop for StoreProcess {
    fn drop(&mut self) {
        // At the end of its input it ends by itself. One that a test has stopped does not.
        drop(self.requests.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "what `StoreProcess` starts"]
fn the_store_process() {
    let Ok(config) = env::var(STORE) else { return };
    let store = DurableStore::new(config.parse().unwrap());
    store.connect().unwrap();
    // Its own line: the name of the test has no line break behind it.
    println!();
    for request in io::stdin().lines() {
        println!("{ANSWER}{}", answer(&store, &request.unwrap()));
    }
}

/// Carries out a request: a call, a version if it writes, and ids.
fn answer(store: &DurableStore, request: &str) -> String {
    let words: Vec<&str> = request.split(' ').collect();
    let states = |version: &str, ids: &[&str]| -> Vec<DurableState> {
        let version = version.parse().unwrap();
        ids.iter().map(|id| account(id, version, 1)).collect()
    };
    match words.as_slice() {
        ["get_latest_state", id] => store.get_latest_state(*id).map_or_else(told, version),
        ["get_latest_states", ids @ ..] => joined(store.get_latest_states(ids.iter().copied()), version),
        ["all_states"] => format!("{}", store.all_states().map(Result::unwrap).count()),
        ["write_state", version, id] => store.write_state(&states(version, &[id])[0]).map_or_else(told, done),
        ["write_states", version, ids @ ..] => joined(store.write_states(states(version, ids)), done),
        ["delete_state", id] => store.delete_state(*id).map_or_else(told, done),
        other => panic!("no request: {other:?}"),
    }
}

fn joined<T>(outcomes: Vec<Result<T, Error>>, shown: fn(T) -> String) -> String {
    outcomes.into_iter().map(|outcome| outcome.map_or_else(told, shown)).collect::<Vec<_>>().join(" ")
}

fn version(state: Option<DurableState>) -> String {
    state.map_or("none".to_owned(), |state| state.version_number.to_string())
}

fn done((): ()) -> String {
    "done".to_owned()
}

/// The kind of an error.
fn told(error: Error) -> String {
    let doubt = if error.is_indeterminate() { "?" } else { "" };
    format!("{:?}{doubt}", error.kind())
}
