//! The limits of a call, and which failures are retried within its deadline.

use std::time::{Duration, Instant};

use crate::{Error, ErrorKind, Result, block_on, call::Call, error::RetryHint};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long a node may need to learn of a table that others already have.
const MISSING_TABLE_PAUSE: Duration = Duration::from_secs(1);

/// The pause after a refusal by a node that shuts down. With shorter pauses all three attempts fell into the shutdown, within
/// 92 ms.
const SHUTDOWN_PAUSE: Duration = Duration::from_millis(250);

/// Whether a call changes what is stored, which decides what an unknown outcome means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing is changed: the outcome is never unknown.
    Read,
    /// A write with a fixed timestamp: applying it twice has the same effect as applying it once.
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

    /// When an attempt of a transaction has to give up. Half of the time is left for the read that may have to decide.
    pub(crate) fn transaction_deadline(&self) -> Instant {
        Instant::now() + (self.left() / 2).min(self.request_timeout)
    }

    /// When the given attempt, counted from 1, has to give up. If others can follow, it gets half of the time that is left.
    fn attempt_deadline(&self, attempt: u32) -> Instant {
        let now = Instant::now();
        let left = self.deadline.saturating_duration_since(now);
        let share = if attempt < self.max_attempts { left / 2 } else { left };
        now + share.min(self.request_timeout)
    }
}

/// Counts the attempts of a call, and pauses between them.
pub(crate) struct Attempts<'a> {
    call: &'a Call<'a>,
    limits: &'a Limits,
    /// Of the attempt under way, from 1.
    number: u32,
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(call: &'a Call<'a>, limits: &'a Limits) -> Self {
        Self { call, limits, number: 1 }
    }

    /// How long to pause after this attempt.
    fn pause(&self, error: &Error) -> Duration {
        let pause = backoff(self.number);
        if error.retry_hint() == RetryHint::NodeShuttingDown { pause.max(SHUTDOWN_PAUSE) } else { pause }
    }

    /// Pauses before the next attempt. Returns false if there is no next one: the attempts are used up, the deadline passes
    /// during the pause, or `pause` is `None`.
    async fn next(&mut self, error: &Error, pause: Option<Duration>) -> bool {
        let Some(pause) = pause.filter(|pause| self.number < self.limits.max_attempts && *pause < self.limits.left())
        else {
            return false;
        };
        self.call.retries(self.number, error, pause);
        block_on::sleep(pause).await;
        self.number += 1;
        true
    }

    /// Pauses before the next attempt, after any error. Returns false if there is no next one.
    pub(crate) async fn next_after(&mut self, error: &Error) -> bool {
        self.next(error, Some(self.pause(error))).await
    }
}

/// Runs `attempt`, passing each attempt its deadline, until one succeeds or another one is pointless or unsafe. The error
/// is that of the last attempt, marked indeterminate if any attempt of a write was.
pub(crate) async fn run<T>(
    call: &Call<'_>,
    limits: &Limits,
    effect: Effect,
    mut attempt: impl AsyncFnMut(Instant) -> Result<T>,
) -> Result<T> {
    let mut attempts = Attempts::new(call, limits);
    let mut indeterminate = false;
    let mut missed_table = false;
    loop {
        let error = match attempt(limits.attempt_deadline(attempts.number)).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        indeterminate |= effect == Effect::Write && error.is_indeterminate();
        let pause = if error.retry_hint() == RetryHint::MissingTable && !missed_table {
            missed_table = true;
            Some(MISSING_TABLE_PAUSE)
        } else {
            may_pass(&error).then(|| attempts.pause(&error))
        };
        if !attempts.next(&error, pause).await {
            return Err(error.with_indeterminate(indeterminate));
        }
    }
}

/// Whether another attempt may succeed. What the server refuses or what cannot be read does not change.
pub(crate) fn may_pass(error: &Error) -> bool {
    use ErrorKind::{Overloaded, Server, Timeout, Unavailable};
    matches!(error.kind(), Unavailable | Timeout | Overloaded | Server) && error.retry_hint() != RetryHint::Lasting
}

/// Doubles from attempt to attempt. A random half keeps callers that failed together from retrying together.
fn backoff(attempt: u32) -> Duration {
    doubled(FIRST_PAUSE, LONGEST_PAUSE, attempt - 1).mul_f64(1.0 - fastrand::f64() / 2.0)
}

/// The first pause, doubled this many times, up to the longest one.
pub(crate) fn doubled(first: Duration, longest: Duration, times: u32) -> Duration {
    first.saturating_mul(1 << times.min(10)).min(longest)
}

#[cfg(test)]
mod tests;
