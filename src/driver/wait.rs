//! The one blocking wait.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Instant,
};

use crate::{Error, ErrorKind, Result};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Blocks until the future is ready, or `None` once `deadline` has passed. Without a deadline it is never dropped
/// unfinished: the driver hangs for ever when that is done to a connect.
pub(super) fn block_on<F: Future>(future: F, deadline: Option<Instant>) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        match deadline {
            None => thread::park(),
            Some(deadline) => match deadline.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => thread::park_timeout(left),
                _ => return None,
            },
        }
    }
}

/// Runs what calls the binding. It panics on codes that it does not know: that becomes an error here, of unknown
/// outcome.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let message = format!("the Cassandra binding panicked: {}", text_of(&*panic));
        Err(Error::new(ErrorKind::Internal, message).with_indeterminate(true))
    })
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::{future, time::Duration};

    use super::*;

    #[test]
    fn a_panic_becomes_an_internal_error_of_unknown_outcome() {
        let error = guarded::<()>(|| panic!("Unexpected variant {}", 0x1700)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(error.is_indeterminate());
        assert!(error.to_string().contains("Unexpected variant 5888"), "{error}");
    }

    #[test]
    fn waiting_ends_when_the_future_is_ready_or_the_deadline_passes() {
        assert_eq!(block_on(future::ready(1), None), Some(1));
        let soon = Instant::now() + Duration::from_millis(20);
        assert_eq!(block_on(future::pending::<()>(), Some(soon)), None);
        assert!(Instant::now() >= soon);
    }
}
