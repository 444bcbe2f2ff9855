//! How late this machine wakes a thread, which is not the fault of the store.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use crate::history::{Nanos, Recorder};

const NAP: Duration = Duration::from_millis(10);

/// Later than this is kept.
const NOTABLE: Duration = Duration::from_millis(50);

/// A thread that sleeps for 10 milliseconds again and again, and notes how much later it woke.
#[derive(Debug, Default)]
pub(crate) struct SleepMonitor {
    stopped: AtomicBool,
    overshoots: Mutex<Vec<(Nanos, Duration)>>,
}

impl SleepMonitor {
    /// Until [`stop`](Self::stop) is called.
    pub(crate) fn run(&self, recorder: &Recorder) {
        while !self.stopped.load(Relaxed) {
            let began = Instant::now();
            sleep(NAP);
            let overshoot = began.elapsed().saturating_sub(NAP);
            if overshoot > NOTABLE {
                self.overshoots.lock().unwrap_or_else(PoisonError::into_inner).push((recorder.now(), overshoot));
            }
        }
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// The longest that ended between these moments, or up to a second after; 0 if none was over 50 milliseconds.
    pub(crate) fn worst(&self, from: Nanos, to: Nanos) -> Duration {
        let overshoots = self.overshoots.lock().unwrap_or_else(PoisonError::into_inner);
        let within = from..=to.saturating_add(crate::history::SECOND);
        let found = overshoots.iter().filter(|(at, _)| within.contains(at)).map(|(_, overshoot)| *overshoot);
        found.max().unwrap_or_default()
    }
}
