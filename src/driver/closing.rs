//! Waits for a dropped session to close.

use std::{sync::Arc, time::Duration};

use parking_lot::{Condvar, Mutex};

/// Waits until a session that was dropped is closed.
#[derive(Clone, Default)]
pub(crate) struct Closing(Arc<Closed>);

#[derive(Default)]
struct Closed {
    closed: Mutex<bool>,
    changed: Condvar,
}

impl Closing {
    /// Waits until the session is closed; `false` if that takes longer.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let mut closed = self.0.closed.lock();
        !self.0.changed.wait_while_for(&mut closed, |closed| !*closed, timeout).timed_out()
    }

    /// Wakes everyone who waits.
    pub(in crate::driver) fn end(&self) {
        *self.0.closed.lock() = true;
        self.0.changed.notify_all();
    }
}
