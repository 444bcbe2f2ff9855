//! Errors, as C sees them.

use std::{
    error::Error as _,
    ffi::{CString, c_char},
    mem::MaybeUninit,
};

use super::{
    catch::catch_or,
    out::Out,
    shell::{Opaque, Shell, borrow, free, opaque},
};
use crate::Error;

/// Why a call failed. Belongs to the caller, who frees it with `durable_store_error_free`. It does not change: any number
/// of threads may read it at once.
pub struct Failure(Shell<Failed>);

opaque!(Failure(Failed), "durable_store_error", b"fail");

pub(super) struct Failed {
    error: Error,
    message: CString,
}

impl Failed {
    pub(super) fn new(error: Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        Self { error, message: c_text(message) }
    }
}

/// Text with a NUL at its end, and none before.
pub(super) fn c_text(text: String) -> CString {
    CString::new(text).unwrap_or_else(|text| {
        let text = String::from_utf8_lossy(&text.into_vec()).replace('\0', "\u{fffd}");
        CString::new(text).unwrap_or_default()
    })
}

/// What `read` finds in an error; `otherwise` for NULL.
fn of<T>(error: Option<&Failure>, otherwise: T, read: impl FnOnce(&Failed) -> T) -> T {
    catch_or(None, || borrow("error", error).ok().map(read)).unwrap_or(otherwise)
}

/// What went wrong, one of the numbers `DURABLE_STORE_CONFIG` to `DURABLE_STORE_INTERNAL`, as the call returned it. NULL:
/// 0.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_error_kind(error: Option<&Failure>) -> i32 {
    of(error, 0, |failed| failed.error.kind() as i32)
}

/// What happened, to which entity, and all that caused it, for people: the text may change from version to version.
/// UTF-8 with a NUL at its end; valid until the error is freed. Neither passwords nor payloads appear in it. NULL: "".
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_error_message(error: Option<&Failure>) -> *const c_char {
    of(error, c"".as_ptr(), |failed| failed.message.as_ptr())
}

/// Whether a version number was found that is not the one the call asked for, as in `DURABLE_STORE_CONFLICT`; if so it is
/// put into `*version_number`, and otherwise 0. `false` for a conflict means that there is no state. `version_number` may
/// be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_error_stored_version(
    error: Option<&Failure>,
    version_number: Option<&mut MaybeUninit<u64>>,
) -> bool {
    let place = Out::new("version_number", version_number, 0);
    let version = of(error, None, |failed| failed.error.stored_version());
    if let Some(version) = version {
        place.set(version);
    }
    version.is_some()
}

/// Whether a new call may succeed although nothing was changed. NULL: `false`.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_error_is_retryable(error: Option<&Failure>) -> bool {
    of(error, false, |failed| failed.error.is_retryable())
}

/// Whether the write or delete may have been applied, now or later, although the call failed. `false`: nothing was
/// written. NULL: `false`.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_error_is_indeterminate(error: Option<&Failure>) -> bool {
    of(error, false, |failed| failed.error.is_indeterminate())
}

/// Frees an error, and its message with it. NULL: does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_error_free(error: *mut Failure) {
    // SAFETY: as the header asks.
    catch_or((), || unsafe { free(error) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn the_message_has_the_chain_of_causes_and_ends_at_its_only_nul() {
        let cause = Error::new(ErrorKind::Timeout, "the cause").with_source(std::io::Error::other("the first\0cause"));
        let failed = Failed::new(Error::new(ErrorKind::Unavailable, "what happened").with_source(cause));
        assert_eq!(failed.message.to_str().unwrap(), "what happened: the cause: the first\u{fffd}cause");
    }
}
