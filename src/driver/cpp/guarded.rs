//! The panic boundary around the binding.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::{Error, Result};

/// Runs a call of the binding. The binding panics on codes that it does not know: the panic becomes an error of unknown
/// outcome.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// Does the same for a future. `FutureExt::catch_unwind` would do it too, but wraps the output in another `Result`, which each
/// call then unwraps; see build-notes.md for what the layers of a call cost.
pub(super) fn guarded_while<T, F: Future<Output = Result<T>>>(call: F) -> Guarded<F> {
    Guarded { call }
}

pin_project! {
    pub(super) struct Guarded<F> {
        #[pin]
        call: F,
    }
}

impl<T, F: Future<Output = Result<T>>> Future for Guarded<F> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        let call = self.project().call;
        catch_unwind(AssertUnwindSafe(|| call.poll(context)))
            .unwrap_or_else(|panic| Poll::Ready(Err(panicked(&*panic))))
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let message = format!("the Cassandra binding panicked: {}", text_of(panic));
    Error::internal(message).with_indeterminate(true)
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::block_on::block_on;

    #[test]
    fn a_panic_becomes_an_internal_error_of_unknown_outcome() {
        for error in [
            guarded::<()>(|| panic!("Unexpected variant {}", 0x1700)).unwrap_err(),
            block_on(guarded_while::<(), _>(async { panic!("Unexpected variant {}", 0x1700) })).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Internal);
            assert!(error.is_indeterminate());
            assert!(error.to_string().contains("Unexpected variant 5888"), "{error}");
        }
    }
}
