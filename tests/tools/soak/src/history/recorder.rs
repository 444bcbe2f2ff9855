//! The history while it grows: in a file, so that a long run takes no more memory than a short one.

use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use rustix::time::{ClockId, clock_gettime};

use anyhow::{Context, Result, anyhow};

use super::{Entry, Nanos, SECOND};

/// In bits: more calls and tokens than a process ever has.
const NUMBERS_PER_PROCESS: u32 = 40;

/// Takes what all threads record, a line of JSON an entry.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// By the clock of the machine.
    began: Nanos,
    calls: AtomicU64,
    tokens: AtomicU64,
    operations: AtomicU64,
    errors: AtomicU64,
    path: PathBuf,
    /// Or the first thing that went wrong with it.
    file: Mutex<Result<BufWriter<File>>>,
}

impl Recorder {
    /// Begins a history, and its clock.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub(crate) fn new(path: &Path) -> Result<Self> {
        Self::of_process(path, 0, machine_time())
    }

    /// Begins the part of a history that one of several processes records. The history began at this time of the machine.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub(crate) fn of_process(path: &Path, process: u32, began: Nanos) -> Result<Self> {
        let file = File::create(path).with_context(|| format!("making {}", path.display()))?;
        // No two processes have the same.
        let first = (u64::from(process) << NUMBERS_PER_PROCESS) + 1;
        Ok(Self {
            began,
            calls: AtomicU64::new(first),
            tokens: AtomicU64::new(first),
            operations: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            path: path.to_owned(),
            file: Mutex::new(Ok(BufWriter::new(file))),
        })
    }

    pub(crate) fn now(&self) -> Nanos {
        machine_time().saturating_sub(self.began)
    }

    /// When the history began, by the clock of the machine.
    pub(crate) fn began(&self) -> Nanos {
        self.began
    }

    pub(crate) fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Relaxed)
    }

    pub(crate) fn next_token(&self) -> u64 {
        self.tokens.fetch_add(1, Relaxed)
    }

    /// How many operations there were, and how many of them failed.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.operations.load(Relaxed), self.errors.load(Relaxed))
    }

    pub(crate) fn add(&self, entries: &[Entry]) {
        self.operations.fetch_add(entries.len() as u64, Relaxed);
        let errors = entries.iter().filter(|entry| entry.error().is_some()).count();
        self.errors.fetch_add(errors as u64, Relaxed);
        let mut lines = Vec::new();
        let written = entries.iter().try_for_each(|entry| {
            serde_json::to_writer(&mut lines, entry)?;
            lines.write_all(b"\n")
        });
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(open) = &mut *file
            && let Err(error) = written.and_then(|()| open.write_all(&lines))
        {
            *file = Err(error.into());
        }
    }

    /// All that was recorded.
    ///
    /// # Errors
    /// When something could not be recorded or read again: then nothing is known.
    pub(crate) fn finish(&self) -> Result<Vec<Entry>> {
        let ended = Err(anyhow!("the history has ended"));
        let file = std::mem::replace(&mut *self.file.lock().unwrap_or_else(PoisonError::into_inner), ended);
        let flushed = file.and_then(|mut file| Ok(file.flush()?));
        flushed.with_context(|| format!("writing the history to {}", self.path.display()))?;
        let entries = read(&self.path)?;
        let recorded = self.counts().0;
        anyhow::ensure!(entries.len() as u64 == recorded, "{} of {recorded} entries are in the file", entries.len());
        Ok(entries)
    }
}

/// The time by the clock of the machine that never goes back, which all its processes share.
fn machine_time() -> Nanos {
    let time = clock_gettime(ClockId::Monotonic);
    let [seconds, nanos] = [time.tv_sec, time.tv_nsec].map(|part| Nanos::try_from(part).unwrap_or_default());
    seconds * SECOND + nanos
}

/// The history in a file.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read(path: &Path) -> Result<Vec<Entry>> {
    let read = || -> Result<Vec<Entry>> {
        let lines = BufReader::new(File::open(path)?).lines();
        lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect()
    };
    read().with_context(|| format!("reading the history from {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use super::*;
    use crate::{checker::simulated, options::Mode};

    #[test]
    fn what_was_recorded_comes_back_and_is_counted() {
        let path = env::temp_dir().join(format!("soak-history-{}.jsonl", process::id()));
        let recorder = Recorder::new(&path).unwrap();
        let (calls, _) = simulated::history(Mode::Versioned, 7);
        for call in &calls {
            recorder.add(std::slice::from_ref(call));
        }
        let errors = calls.iter().filter(|call| call.error().is_some()).count();
        assert_eq!(recorder.counts(), (calls.len() as u64, errors as u64));
        assert_eq!(recorder.finish().unwrap(), calls);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_history_that_is_not_whole_proves_nothing() {
        let path = env::temp_dir().join(format!("soak-history-cut-{}.jsonl", process::id()));
        let recorder = Recorder::new(&path).unwrap();
        let (calls, _) = simulated::history(Mode::Versioned, 7);
        recorder.add(&calls);
        recorder.counts();
        // A line is lost before the end.
        recorder.operations.fetch_add(1, Relaxed);
        assert!(recorder.finish().unwrap_err().to_string().contains("entries are in the file"));
        fs::remove_file(&path).unwrap();
    }
}
