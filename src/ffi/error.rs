//! Errors, as C sees them.

use std::{
    error::Error as _,
    ffi::{CString, c_char},
    mem::MaybeUninit,
};

use super::{
    catch::catch_or,
    handle::{CType, Handle, borrow, c_type, free},
    out_param::OutParam,
};
use crate::Error;

/// The error of a call. Owned by the caller, who frees it with `durable_store_error_free`. It does not change: any number
/// of threads may read it at once.
pub struct ErrorHandle(Handle<ErrorContent>);

c_type!(ErrorHandle(ErrorContent), "durable_store_error", b"fail");

pub(super) struct ErrorContent {
    error: Error,
    message: CString,
}

impl ErrorContent {
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

/// Returns what `read` returns for an error, or `otherwise` for NULL.
fn with_error<T>(error: Option<&ErrorHandle>, otherwise: T, read: impl FnOnce(&ErrorContent) -> T) -> T {
    catch_or(None, || borrow("error", error).ok().map(read)).unwrap_or(otherwise)
}

/// Returns the kind of the error, as the call returned it: one of the error numbers, such as `DURABLE_STORE_CONFIG`.
/// NULL: returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_error_kind(error: Option<&ErrorHandle>) -> i32 {
    with_error(error, 0, |failed| failed.error.kind() as i32)
}

/// Returns a text for people: the operation, the entity, what happened, and the causes. It may change from version to
/// version. UTF-8 with a NUL at its end, valid until the error is freed. Never contains passwords or payloads. NULL:
/// returns "".
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_error_message(error: Option<&ErrorHandle>) -> *const c_char {
    with_error(error, c"".as_ptr(), |failed| failed.message.as_ptr())
}

/// Returns whether a version number was found that refused the call, as with `DURABLE_STORE_CONFLICT`, and puts it into
/// `*version_number`, otherwise 0. It is that of the stored state or, if the entity was deleted, the one at which it was
/// deleted. `false` for a conflict means that neither was found. `version_number` may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_error_stored_version(
    error: Option<&ErrorHandle>,
    version_number: Option<&mut MaybeUninit<u64>>,
) -> bool {
    let target = OutParam::new("version_number", version_number, 0);
    let version = with_error(error, None, |failed| failed.error.stored_version());
    if let Some(version) = version {
        target.set(version);
    }
    version.is_some()
}

/// Returns whether the same call may succeed later. NULL: returns `false`.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_error_is_retryable(error: Option<&ErrorHandle>) -> bool {
    with_error(error, false, |failed| failed.error.is_retryable())
}

/// Returns whether the write or delete may have been applied, or may be applied later, although the call failed. `false`:
/// nothing was written. NULL: returns `false`.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_error_is_indeterminate(error: Option<&ErrorHandle>) -> bool {
    with_error(error, false, |failed| failed.error.is_indeterminate())
}

/// Frees an error, and its message with it. NULL: does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_error_free(error: *mut ErrorHandle) {
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
        let failed = ErrorContent::new(Error::new(ErrorKind::Unavailable, "what happened").with_source(cause));
        assert_eq!(failed.message.to_str().unwrap(), "what happened: the cause: the first\u{fffd}cause");
    }
}
