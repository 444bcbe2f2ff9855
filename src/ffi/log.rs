//! Events and the driver's log lines, handed to the program.

use std::{
    cell::Cell,
    ffi::{c_char, c_void},
    mem::MaybeUninit,
    sync::LazyLock,
};

use log::{Level, LevelFilter, Log, Metadata, Record};
use parking_lot::RwLock;

use super::{
    argument::refused,
    call::call,
    failure::{Failure, c_text},
};
use crate::{Error, Result};

/// What is given each line: `context` as it was given to `durable_store_set_log`; `level` from 1, an error, through 2, a
/// warning, 3, information, and 4, to 5, the finest; `target`, which part of the library says it; `message`. Both texts
/// are UTF-8 with a NUL at their end, valid during the call only.
pub type LogCallback =
    Option<unsafe extern "C" fn(context: *mut c_void, level: i32, target: *const c_char, message: *const c_char)>;

/// Whom lines go to.
#[derive(Clone, Copy)]
struct Receiver {
    callback: unsafe extern "C" fn(*mut c_void, i32, *const c_char, *const c_char),
    context: *mut c_void,
}

// SAFETY: the header asks that the callback can be called from any thread with this context, from several at once.
unsafe impl Send for Receiver {}
// SAFETY: as above.
unsafe impl Sync for Receiver {}

static RECEIVER: RwLock<Option<Receiver>> = RwLock::new(None);

/// Whether events come to us: a program that links us statically may have a logger of its own.
static INSTALLED: LazyLock<bool> = LazyLock::new(|| log::set_logger(&Forward).is_ok());

thread_local! {
    /// Whether this thread is inside the callback. What is logged there would come back to it for ever.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

struct Forward;

impl Log for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Other libraries that log through the same crate are none of the caller's.
        metadata.target().starts_with("durable_store")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) || INSIDE.replace(true) {
            return;
        }
        // Held during the call: once a callback is replaced it is never called again.
        if let Some(receiver) = *RECEIVER.read() {
            let (target, message) = (c_text(record.target().to_owned()), c_text(record.args().to_string()));
            // SAFETY: as the header asks; both texts live until it returns.
            unsafe {
                (receiver.callback)(receiver.context, record.level() as i32, target.as_ptr(), message.as_ptr());
            }
        }
        INSIDE.set(false);
    }

    fn flush(&self) {}
}

/// Has the library's events and the driver's log lines given to `callback`, in place of the one before, for the whole
/// process. `level`: the finest that is given, from 1, errors only, to 5. `callback` NULL: no more lines; `level` is then
/// ignored.
///
/// The callback is called by whichever thread has something to say, threads of the driver among them, by several at once;
/// so it has to be safe for that, and quick, and may not throw or jump out. It may not call this library, which would
/// wait for itself. Once this function has returned, the callback before it is not running and is never called again, so
/// what its `context` leads to may be freed.
///
/// Errors: `DURABLE_STORE_INVALID_STATE` (there is no such level; called from within the callback),
/// `DURABLE_STORE_CONFIG` (this library is part of a Rust program that has a logger of its own).
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_set_log(
    callback: LogCallback,
    context: *mut c_void,
    level: i32,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        if INSIDE.get() {
            return Err(refused("callback", "it may not set another from within"));
        }
        let level = if callback.is_some() { filter(level)? } else { LevelFilter::Off };
        if !*INSTALLED {
            return Err(Error::setting("log", "this process has a logger already"));
        }
        *RECEIVER.write() = callback.map(|callback| Receiver { callback, context });
        log::set_max_level(level);
        Ok(())
    })
}

fn filter(level: i32) -> Result<LevelFilter> {
    let found = Level::iter().find(|known| *known as i32 == level);
    found.map(|level| level.to_level_filter()).ok_or_else(|| refused("level", format_args!("{level} is not 1 to 5")))
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::ffi::constants::DURABLE_STORE_CONFIG;

    struct Theirs;

    impl Log for Theirs {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            false
        }

        fn log(&self, _: &Record<'_>) {}

        fn flush(&self) {}
    }

    #[test]
    fn a_program_with_a_logger_of_its_own_keeps_it() {
        unsafe extern "C" fn hear(_: *mut c_void, _: i32, _: *const c_char, _: *const c_char) {}
        log::set_logger(&Theirs).unwrap();
        assert_eq!(durable_store_set_log(Some(hear), ptr::null_mut(), 3, None), DURABLE_STORE_CONFIG);
        assert_eq!(log::max_level(), LevelFilter::Off);
    }
}
