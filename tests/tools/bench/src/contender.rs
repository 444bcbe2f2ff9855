//! The processes that are measured against each other: one each, started once, only one at work at a time.

use std::{
    collections::HashMap,
    fmt,
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::protocol::{Answer, Reply, Request};

const ENDS_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ContenderName {
    Ours,
    Bare,
    /// A second process of the bare binding: what the bench finds between two that are the same.
    BareAgain,
    /// With the settings of the original, which it cannot change.
    Go,
    GoTuned,
    Scylla,
}

impl ContenderName {
    /// As its process is told who it is.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Bare | Self::BareAgain => "bare",
            Self::Go => "original",
            Self::GoTuned => "tuned",
            Self::Scylla => "scylla",
        }
    }
}

impl fmt::Display for ContenderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ours => "durable-store",
            Self::Bare => "bare cassandra-cpp",
            Self::BareAgain => "bare cassandra-cpp, another process",
            Self::Go => "Go program",
            Self::GoTuned => "Go program, tuned",
            Self::Scylla => "scylla with block_on",
        })
    }
}

/// A process that answers requests. It ends when it is dropped.
pub(crate) struct Contender {
    who: ContenderName,
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Contender {
    pub(crate) fn start(who: ContenderName, command: &mut Command) -> Result<Self> {
        // The driver's fork logs one line a connection on stderr; what goes wrong comes as an answer.
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.with_context(|| format!("cannot start {who}: {command:?}"))?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("a process without output")?;
        Ok(Self { who, child, input, output: BufReader::new(output).lines() })
    }

    /// Has one run made. Any failed call makes it a failure: what then was measured is something else.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Answer> {
        let mut line = serde_json::to_string(request)?;
        line.push('\n');
        let input = self.input.as_mut().context("a process without input")?;
        input.write_all(line.as_bytes()).with_context(|| format!("{} is gone", self.who))?;
        let answer = self.output.next().with_context(|| format!("{} ended at {line}", self.who))??;
        let answer = match serde_json::from_str(&answer).with_context(|| format!("{}: {answer}", self.who))? {
            Reply::Ran(answer) => answer,
            Reply::Failed { error } => bail!("{}: {error}, at {line}", self.who),
        };
        ensure!(
            answer.errors == 0,
            "{}: {} calls failed, the first with {:?}, at {line}",
            self.who,
            answer.errors,
            answer.first_error.as_deref().unwrap_or("no error text")
        );
        Ok(answer)
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        self.input.take();
        let deadline = Instant::now() + ENDS_WITHIN;
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All that take part.
#[derive(Default)]
pub(crate) struct Contenders(HashMap<ContenderName, (Command, Contender)>);

impl Contenders {
    pub(crate) fn add(&mut self, who: ContenderName, mut command: Command) -> Result<()> {
        let contender = Contender::start(who, &mut command)?;
        self.0.insert(who, (command, contender));
        Ok(())
    }

    pub(crate) fn has(&self, who: ContenderName) -> bool {
        self.0.contains_key(&who)
    }

    pub(crate) fn ask(&mut self, who: ContenderName, request: &Request) -> Result<Answer> {
        self.find(who)?.1.ask(request)
    }

    /// Ends its process and starts another.
    pub(crate) fn restart(&mut self, who: ContenderName) -> Result<()> {
        let (command, contender) = self.find(who)?;
        *contender = Contender::start(who, command)?;
        Ok(())
    }

    fn find(&mut self, who: ContenderName) -> Result<&mut (Command, Contender)> {
        self.0.get_mut(&who).with_context(|| format!("{who} does not take part"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Operation, tests::target};

    fn request() -> Request {
        let (threads, millis, ids) = (1, 1, 1);
        let (operations, payload, count_allocations) = (0, 1, false);
        let op = Operation::Write;
        Request { op, threads, millis, operations, payload, ids, count_allocations, target: target() }
    }

    fn says(line: &str) -> Contender {
        let script = format!("while read -r request; do echo '{line}'; done");
        Contender::start(ContenderName::Go, Command::new("sh").args(["-c", &script])).unwrap()
    }

    #[test]
    fn an_answer_is_heard_each_time() {
        let zeros = r#""elapsed_us":1,"cpu_us":1,"latencies_us":[],"peak_kb":0"#;
        let mut contender = says(&format!(r#"{{"operations":7,"errors":0,{zeros}}}"#));
        for _ in 0..2 {
            assert_eq!(contender.ask(&request()).unwrap().operations, 7);
        }
        let mut failing = says(&format!(r#"{{"operations":7,"errors":2,"first_error":"away",{zeros}}}"#));
        let error = failing.ask(&request()).unwrap_err().to_string();
        assert!(error.contains("2 calls failed") && error.contains("away"), "{error}");
    }

    #[test]
    fn what_goes_wrong_names_the_contender() {
        for (line, part) in [(r#"{"error":"no table"}"#, "no table"), ("garbage", "garbage")] {
            let error = format!("{:#}", says(line).ask(&request()).unwrap_err());
            assert!(error.starts_with("Go program: ") && error.contains(part), "{error}");
        }
        let mut gone = Contender::start(ContenderName::Go, &mut Command::new("true")).unwrap();
        let error = format!("{:#}", gone.ask(&request()).unwrap_err());
        assert!(error.contains("Go program"), "{error}");
    }

    #[test]
    fn a_contender_ends_when_it_is_dropped() {
        let contender = says("x");
        let pid = contender.child.id();
        drop(contender);
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    }

    #[test]
    fn a_contender_that_is_started_again_is_another_process() {
        let zeros = r#""errors":0,"elapsed_us":1,"cpu_us":1,"latencies_us":[],"peak_kb":0"#;
        let mut command = Command::new("sh");
        command.args(["-c", &format!(r#"while read -r request; do echo '{{"operations":'$$',{zeros}}}'; done"#)]);
        let mut contenders = Contenders::default();
        contenders.add(ContenderName::Go, command).unwrap();
        let before = contenders.ask(ContenderName::Go, &request()).unwrap().operations;
        contenders.restart(ContenderName::Go).unwrap();
        assert_ne!(contenders.ask(ContenderName::Go, &request()).unwrap().operations, before);
        assert!(contenders.restart(ContenderName::Scylla).is_err());
    }
}
