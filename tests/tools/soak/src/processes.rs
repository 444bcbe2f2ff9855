//! Load from several processes, whose clocks differ.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle, sleep},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use durable_store::Config;

use crate::{
    history::{self, Entry, Nanos, Recorder},
    load::Load,
    options::Mode,
    retries,
};

/// How a process of this program begins that only makes load.
pub(crate) const COMMAND: &str = "load-process";

pub(crate) const PROCESSES: u32 = 3;

const BETWEEN_COUNTS: Duration = Duration::from_secs(1);

/// Processes that make load until they are stopped.
pub(crate) struct Processes(Vec<LoadProcess>);

struct LoadProcess {
    child: Child,
    /// The process ends when this is closed.
    stdin: Option<ChildStdin>,
    path: PathBuf,
    counts: Arc<Mutex<(u64, u64)>>,
    reader: Option<JoinHandle<()>>,
}

impl Processes {
    /// Starts processes whose clocks are this many seconds apart. The history began at `began`.
    ///
    /// # Errors
    /// When one cannot be started.
    pub(crate) fn start(config: &Config, seed: u64, apart: u32, began: Nanos, folder: &Path) -> Result<Self> {
        let start = |number| {
            let path = folder.join(format!("process-{number}.jsonl"));
            let mut command = Command::new(env::current_exe()?);
            command.arg(COMMAND).arg(config.to_string()).arg(&path);
            command.args([u64::from(number), seed, began].map(|number| number.to_string()));
            // The second one has the time of the machine.
            let ahead = (i64::from(number) - 2) * i64::from(apart);
            clock::shift(&mut command, ahead, folder).context("shifting the clock of a process")?;
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
            let stdin = child.stdin.take();
            let counts = Arc::default();
            let reader = child.stdout.take().map(|stdout| {
                let counts = Arc::clone(&counts);
                thread::spawn(move || read_counts(stdout, &counts))
            });
            Ok(LoadProcess { child, stdin, path, counts, reader })
        };
        // The process that started them is number 0.
        Ok(Self((1..=PROCESSES).map(start).collect::<Result<_>>()?))
    }

    /// How many operations there were, and how many of them failed.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let counts = self.0.iter().map(|process| *process.counts.lock().unwrap_or_else(PoisonError::into_inner));
        counts.fold((0, 0), |all, of_one| (all.0 + of_one.0, all.1 + of_one.1))
    }

    /// Stops the load, and returns the history of all processes, in the order in which the calls began.
    ///
    /// # Errors
    /// When one did not end well: then nothing is known.
    pub(crate) fn finish(mut self) -> Result<Vec<Entry>> {
        self.0.iter_mut().for_each(|process| drop(process.stdin.take()));
        let mut history = Vec::new();
        for process in &mut self.0 {
            let status = process.child.wait()?;
            ensure!(status.success(), "a process of the load ended with {status}");
            process.reader.take().map(JoinHandle::join);
            history.extend(history::read(&process.path)?);
            fs::remove_file(&process.path)?;
        }
        history.sort_by_key(|call| call.begin);
        Ok(history)
    }
}

impl Drop for LoadProcess {
    fn drop(&mut self) {
        // One that has ended is not ended again.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn read_counts(stdout: impl Read, counts: &Mutex<(u64, u64)>) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let mut numbers = line.split(' ').map_while(|number| number.parse().ok());
        if let (Some(operations), Some(errors)) = (numbers.next(), numbers.next()) {
            *counts.lock().unwrap_or_else(PoisonError::into_inner) = (operations, errors);
        }
    }
}

/// What such a process does: makes load until its input ends.
///
/// # Errors
/// When it cannot make load, or cannot record it.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let [config, path, number, seed, began] = arguments else { bail!("{COMMAND} is for this program itself") };
    let (process, seed) = (number.parse()?, seed.parse::<u64>()?);
    retries::watch()?;
    let store = config.parse::<Config>()?.connect()?;
    let recorder = Recorder::of_process(Path::new(path), process, began.parse()?)?;
    let stores = [store];
    let seed = seed.wrapping_add(u64::from(process) << 32);
    let load = Load::new(&stores, &recorder, Mode::LastWriteWins, seed).of_process(process);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        load.start(scope);
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                let (operations, errors) = recorder.counts();
                println!("{operations} {errors}");
                sleep(BETWEEN_COUNTS);
            }
        });
        let read = io::copy(&mut io::stdin(), &mut io::sink());
        load.stop();
        is_over.store(true, Relaxed);
        read
    })?;
    recorder.finish()?;
    stores.iter().try_for_each(|store| Ok(store.disconnect()?))
}
