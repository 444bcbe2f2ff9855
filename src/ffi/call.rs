//! The panic boundary of the C functions that can fail.

use std::{
    mem::MaybeUninit,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
};

use super::{
    catch::catch_or,
    constants::DURABLE_STORE_OK,
    error::{ErrorContent, ErrorHandle},
    handle::into_handle,
};
use crate::{Error, Result};

/// Runs a function that can fail, puts its error into `*error`, and returns 0 or the kind of the error.
pub(super) fn call(error: Option<&mut MaybeUninit<*mut ErrorHandle>>, body: impl FnOnce() -> Result<()>) -> i32 {
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| Err(panicked()));
    let code = outcome.as_ref().map_or_else(|error| error.kind() as i32, |()| DURABLE_STORE_OK);
    if let Some(place) = error {
        let failure = outcome.err().map(|error| catch_or(ptr::null_mut(), || into_handle(ErrorContent::new(error))));
        place.write(failure.unwrap_or(ptr::null_mut()));
    }
    code
}

fn panicked() -> Error {
    Error::internal("the call panicked; stderr has the message of the panic").with_indeterminate(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::ffi::error::{durable_store_error_free, durable_store_error_is_indeterminate};

    #[test]
    fn a_panic_becomes_an_error_of_unknown_outcome() {
        let mut place = MaybeUninit::uninit();
        assert_eq!(call(Some(&mut place), || panic!("on purpose")), ErrorKind::Internal as i32);
        // SAFETY: `call` has filled it, and it is freed once.
        unsafe {
            let failure = place.assume_init();
            assert!(durable_store_error_is_indeterminate(failure.as_ref()));
            durable_store_error_free(failure);
        }
        assert_eq!(call(None, || panic!("on purpose")), ErrorKind::Internal as i32);
    }

    #[test]
    fn success_clears_the_place_of_the_error() {
        let mut place = MaybeUninit::new(ptr::dangling_mut());
        assert_eq!(call(Some(&mut place), || Ok(())), 0);
        // SAFETY: it was made with a value.
        assert!(unsafe { place.assume_init() }.is_null());
    }
}
