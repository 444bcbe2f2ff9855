//! One deadline for each call, and what may be tried again before it passes.

use std::time::{Duration, Instant};

use crate::{Error, ErrorKind, Result, block_on, call::Call, error::RetryHint};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long a node may need to hear of a table that others already have.
const MISSING_TABLE_PAUSE: Duration = Duration::from_secs(1);

/// Whether a call changes what is stored, which decides what an unknown outcome means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing is changed: an unknown outcome leaves no doubt behind.
    Read,
    /// A write with a fixed timestamp: doing it twice is doing it once.
    Write,
}

/// Bounds the attempts of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) deadline: Instant,
    pub(crate) request_timeout: Duration,
    pub(crate) max_attempts: u32,
}

impl Limits {
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// When an attempt of a transaction has to give up: it leaves time for the read that may have to decide.
    pub(crate) fn transaction_deadline(&self) -> Instant {
        Instant::now() + (self.left() / 2).min(self.request_timeout)
    }

    /// When the given attempt, counted from 1, has to give up: while others can follow it gets at most half of what is
    /// left.
    fn attempt_deadline(&self, attempt: u32) -> Instant {
        let now = Instant::now();
        let left = self.deadline.saturating_duration_since(now);
        let share = if attempt < self.max_attempts { left / 2 } else { left };
        now + share.min(self.request_timeout)
    }
}

/// Runs `attempt`, which is told when it has to give up, until it succeeds or trying again is pointless or unsafe. The
/// error is that of the last attempt, marked indeterminate if any attempt of a write was.
pub(crate) async fn run<T>(
    call: &Call<'_>,
    limits: &Limits,
    effect: Effect,
    mut attempt: impl AsyncFnMut(Instant) -> Result<T>,
) -> Result<T> {
    let mut indeterminate = false;
    let mut missed_table = false;
    for number in 1.. {
        let error = match attempt(limits.attempt_deadline(number)).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        indeterminate |= effect == Effect::Write && error.is_indeterminate();
        let pause = if error.retry_hint() == RetryHint::MissingTable && !missed_table {
            missed_table = true;
            Some(MISSING_TABLE_PAUSE)
        } else {
            may_pass(&error).then(|| pause_after(number))
        };
        match pause {
            Some(pause) if number < limits.max_attempts && pause < limits.left() => {
                call.retries(number, &error, pause);
                block_on::sleep(pause).await;
            }
            _ => return Err(error.with_indeterminate(indeterminate)),
        }
    }
    // `for number in 1..` ends only by overflow, long after `max_attempts`.
    Err(Error::internal("the attempts of a call ran out").with_indeterminate(indeterminate))
}

/// Whether the next attempt can fare better. What the server refuses, and what cannot be read, stays as it is.
pub(crate) fn may_pass(error: &Error) -> bool {
    use ErrorKind::{Overloaded, Server, Timeout, Unavailable};
    matches!(error.kind(), Unavailable | Timeout | Overloaded | Server)
}

/// Doubles from attempt to attempt; a random half of it keeps callers that failed together from coming back together.
pub(crate) fn pause_after(attempt: u32) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(1 << (attempt - 1).min(10)).min(LONGEST_PAUSE);
    pause.mul_f64(1.0 - fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests;
