//! The Go program in `tests/peers/go`, at work on a test's keyspace.

use std::{
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use durable_store::{DurableState, prost::Message};
use serde_json::{Value, json};

use super::{Keyspace, RawRow, server};

/// A program that does what eGo's store does. Dropped, it is ended.
pub(crate) struct Peer {
    program: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What the peer read: the encoded `egopb.DurableState` it made of the row, and the cells themselves.
#[derive(Debug, PartialEq)]
pub(crate) struct PeerState {
    pub(crate) wire: Vec<u8>,
    pub(crate) row: RawRow,
}

impl Peer {
    /// Starts it; `None` where there is no Go and the machine need not have one.
    pub(crate) fn start(keyspace: &Keyspace) -> Option<Self> {
        let mut program = Command::new(program()?)
            .args(["serve", &server().to_string(), keyspace.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Go program starts");
        let requests = program.stdin.take().expect("it has a standard input");
        let answers = BufReader::new(program.stdout.take().expect("it has a standard output"));
        Some(Self { program, requests, answers })
    }

    pub(crate) fn write(&mut self, state: &DurableState) {
        self.try_write(state).unwrap_or_else(|error| panic!("Go cannot write {state:?}: {error}"));
    }

    pub(crate) fn try_write(&mut self, state: &DurableState) -> Result<(), String> {
        let state = BASE64_STANDARD.encode(state.encode_to_vec());
        self.ask(&json!({"op": "write", "state": state})).map(drop)
    }

    /// Reads by id alone, as the original does, or from the shard that is given.
    pub(crate) fn read(&mut self, persistence_id: &str, shard: Option<u64>) -> Option<PeerState> {
        self.try_read(persistence_id, shard)
            .unwrap_or_else(|error| panic!("Go cannot read {persistence_id:?}: {error}"))
    }

    pub(crate) fn try_read(&mut self, persistence_id: &str, shard: Option<u64>) -> Result<Option<PeerState>, String> {
        let answer = self.ask(&json!({"op": "read", "id": persistence_id, "shard": shard}))?;
        let bytes = |name: &str| answer[name].as_str().map(|text| BASE64_STANDARD.decode(text).unwrap());
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Ok(answer["found"].as_bool().unwrap().then(|| PeerState {
            wire: bytes("state").unwrap(),
            row: RawRow {
                version_number: Some(answer["version_number"].as_u64().unwrap().cast_signed()),
                persistence_id: text("persistence_id"),
                // An empty cell and a null one are the same to its driver.
                state_payload: Some(bytes("state_payload").unwrap_or_default()),
                state_manifest: Some(text("state_manifest")),
                timestamp: Some(answer["timestamp"].as_i64().unwrap()),
                shard_number: Some(answer["shard_number"].as_u64().unwrap().cast_signed()),
            },
        }))
    }

    fn ask(&mut self, request: &Value) -> Result<Value, String> {
        let answer = self.exchange(request).expect("the Go program answers");
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer),
        }
    }

    fn exchange(&mut self, request: &Value) -> io::Result<Value> {
        writeln!(self.requests, "{request}")?;
        self.requests.flush()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(serde_json::from_str(&answer)?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It has nothing to finish: every request has been answered.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// The built program; `None`, said once, where it cannot be built and need not be.
fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| match toolchains::find_go() {
        Ok(_) => {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
            Some(toolchains::build_go(&folder).unwrap_or_else(|error| panic!("{error}")))
        }
        Err(reason) if toolchains::are_required() => {
            panic!("the tests against the Go program are required here, but {reason}")
        }
        Err(reason) => {
            // Past the harness, which keeps what a passing test prints.
            let _ = writeln!(io::stderr(), "left out, the tests against the Go program (peers_*): {reason}");
            None
        }
    });
    program.as_deref()
}
