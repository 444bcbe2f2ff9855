//! The only place that polls a future to completion on the calling thread, and the timers that calls await.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use futures_timer::Delay;
use futures_util::future::{Either, select};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

thread_local! {
    /// Wakes this thread. One for all its calls: a wake-up for an earlier call does no more harm than a spurious one.
    static WAKER: Waker = Waker::from(Arc::new(Unpark(thread::current())));
}

/// Blocks until the future is ready.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let output = WAKER.try_with(|waker| poll_and_park(future.as_mut(), waker));
    // Destructors that run when a thread ends may call the store when its waker is already dropped.
    output.unwrap_or_else(|_| poll_and_park(future, &Waker::from(Arc::new(Unpark(thread::current())))))
}

fn poll_and_park<F: Future>(mut future: Pin<&mut F>, waker: &Waker) -> F::Output {
    let mut context = Context::from_waker(waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}

/// Ready after this time.
pub(crate) async fn sleep(duration: Duration) {
    Delay::new(duration).await;
}

/// Returns what the future returns, or `None` if `deadline` passes first. Not for a
/// connect: dropping it unfinished would block a thread of the driver forever.
pub(crate) async fn until<F: Future>(deadline: Instant, future: F) -> Option<F::Output> {
    let late = Delay::new(deadline.saturating_duration_since(Instant::now()));
    match select(pin!(future), late).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::future;

    use super::*;

    #[test]
    fn waiting_ends_when_the_future_is_ready_or_the_deadline_passes() {
        assert_eq!(block_on(future::ready(1)), 1);
        let soon = Instant::now() + Duration::from_millis(20);
        assert_eq!(block_on(until(soon, future::ready(1))), Some(1));
        assert_eq!(block_on(until(soon, future::pending::<()>())), None);
        assert!(Instant::now() >= soon);
        block_on(sleep(Duration::from_millis(20)));
        assert!(Instant::now() >= soon + Duration::from_millis(20));
    }
}
