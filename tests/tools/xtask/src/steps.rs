//! Numbered lines that show how far a command is and how long it has taken.

use std::{
    fmt,
    time::{Duration, Instant},
};

/// The progress of one command.
#[derive(Debug)]
pub(crate) struct Steps {
    started: Instant,
    number: usize,
    total: usize,
}

impl Steps {
    /// Starts the clock of a command that has `total` steps.
    pub(crate) fn new(total: usize) -> Self {
        Self { started: Instant::now(), number: 0, total }
    }

    /// Says that the next step begins.
    pub(crate) fn begin(&mut self, what: &str) {
        self.number += 1;
        println!("[{}/{}] {} {what}", self.number, self.total, self.elapsed());
    }

    /// Says something about the step that is being done.
    pub(crate) fn note(&self, what: &str) {
        println!("      {} {what}", self.elapsed());
    }

    /// The closing line.
    pub(crate) fn end(&self, what: &str) {
        println!("[done] {} {what}", self.elapsed());
    }

    fn elapsed(&self) -> Seconds {
        Seconds(self.started.elapsed())
    }
}

/// Shown to a tenth of a second.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:6.1} s ", self.0.as_secs_f64())
    }
}
