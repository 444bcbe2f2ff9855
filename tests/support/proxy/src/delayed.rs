//! Frames that are sent on their way later.

use std::{cmp::Ordering, collections::BinaryHeap, sync::Arc, time::Instant};

use parking_lot::{Condvar, Mutex};

use crate::{Frame, Side, link::Link};

/// Frames that wait for their time.
#[derive(Default)]
pub(crate) struct Delayed {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    frames: BinaryHeap<Due>,
    /// How many frames there ever were: of two that are due at once the one that came first goes first.
    added: u64,
    stopped: bool,
}

struct Due {
    at: Instant,
    number: u64,
    link: Arc<Link>,
    to: Side,
    frame: Frame,
}

impl Delayed {
    pub(crate) fn add(&self, at: Instant, link: &Arc<Link>, to: Side, frame: Frame) {
        let mut waiting = self.waiting.lock();
        waiting.added += 1;
        let number = waiting.added;
        waiting.frames.push(Due { at, number, link: Arc::clone(link), to, frame });
        self.changed.notify_one();
    }

    /// Sends each frame when it is due, until [`stop`](Self::stop) is called.
    pub(crate) fn run(&self) {
        let mut waiting = self.waiting.lock();
        while !waiting.stopped {
            match waiting.frames.peek().map(|due| due.at) {
                None => self.changed.wait(&mut waiting),
                Some(at) if at > Instant::now() => {
                    self.changed.wait_until(&mut waiting, at);
                }
                Some(_) => {
                    if let Some(due) = waiting.frames.pop() {
                        // The connection may have been closed meanwhile.
                        let _ = due.link.send(due.to, due.frame.bytes());
                    }
                }
            }
        }
    }

    pub(crate) fn stop(&self) {
        self.waiting.lock().stopped = true;
        self.changed.notify_all();
    }
}

/// The greatest is the one that is due first.
impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}
