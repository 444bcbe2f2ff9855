//! Checks the arguments that C passes.

use std::{
    ffi::c_char,
    fmt::{self, Display},
    slice, str,
};

use prost::Message;

use crate::{DurableState, Error, Result};

/// The error of an argument that is refused.
pub(super) fn refused(argument: impl Display, reason: impl Display) -> Error {
    Error::field(argument, reason)
}

/// Returns the items at `pointer`, which may be NULL if the length is 0.
///
/// # Safety
/// `pointer` is NULL, or points to `length` items that nobody changes or frees during the call.
pub(super) unsafe fn items<'a, T>(argument: impl Display, pointer: *const T, length: usize) -> Result<&'a [T]> {
    if length == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(refused(argument, format_args!("is NULL, with a length of {length}")));
    }
    let bytes = length.checked_mul(size_of::<T>()).and_then(|bytes| isize::try_from(bytes).ok());
    if bytes.is_none() {
        return Err(refused(argument, format_args!("has a length of {length}, more than memory can hold")));
    }
    // SAFETY: see the requirements of this function, and the length fits.
    Ok(unsafe { slice::from_raw_parts(pointer, length) })
}

/// Returns the text at `pointer`.
///
/// # Safety
/// See [`items`].
pub(super) unsafe fn text<'a>(argument: impl Display, pointer: *const c_char, length: usize) -> Result<&'a str> {
    // SAFETY: see the requirements of this function.
    let bytes = unsafe { items::<u8>(&argument, pointer.cast(), length) }?;
    str::from_utf8(bytes).map_err(|cause| {
        refused(argument, format_args!("is not UTF-8 from byte {} on", cause.valid_up_to())).with_source(cause)
    })
}

/// Returns the serialized state at `pointer`.
///
/// # Safety
/// See [`items`].
pub(super) unsafe fn state(argument: impl fmt::Display, pointer: *const u8, length: usize) -> Result<DurableState> {
    // SAFETY: see the requirements of this function.
    let bytes = unsafe { items(&argument, pointer, length) }?;
    DurableState::decode(bytes).map_err(|cause| {
        refused(argument, format_args!("{length} bytes that do not decode as egopb.DurableState")).with_source(cause)
    })
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::ErrorKind;

    fn text_of(error: Error) -> String {
        assert_eq!(error.kind(), ErrorKind::InvalidState);
        error.to_string()
    }

    #[test]
    fn nothing_may_be_null_and_something_may_not() {
        // SAFETY: NULL is allowed.
        let (nothing, something) = unsafe { (items::<u64>("a", ptr::null(), 0), items::<u64>("a", ptr::null(), 1)) };
        assert!(nothing.unwrap().is_empty());
        assert_eq!(text_of(something.unwrap_err()), "a: is NULL, with a length of 1");
    }

    #[test]
    fn a_length_that_memory_cannot_hold_is_refused() {
        for length in [usize::MAX, isize::MAX as usize + 1, isize::MAX as usize / 8 + 1] {
            // SAFETY: nothing of that length is looked at.
            let error = text_of(unsafe { items("a", &raw const length, length) }.unwrap_err());
            assert!(error.starts_with("a: has a length of "), "{error}");
        }
    }

    #[test]
    fn broken_text_and_broken_states_are_refused_by_name() {
        let bytes = *b"ab\xff";
        // SAFETY: the bytes are there.
        let (text, state) = unsafe { (text("id", bytes.as_ptr().cast(), 3), state("state", bytes.as_ptr(), 3)) };
        assert_eq!(text_of(text.unwrap_err()), "id: is not UTF-8 from byte 2 on");
        assert_eq!(text_of(state.unwrap_err()), "state: 3 bytes that do not decode as egopb.DurableState");
    }
}
