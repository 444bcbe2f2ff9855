//! Events and the driver's log lines, passed to the program.

use std::{
    cell::Cell,
    ffi::{c_char, c_void},
    mem::MaybeUninit,
};

use log::{Level, LevelFilter, Log, Metadata, Record};
use once_cell::sync::OnceCell;
use parking_lot::RwLock;

use super::{
    argument::refused,
    call::call,
    error::{ErrorHandle, c_text},
};
use crate::{Error, Result};

/// Receives each log line. `context`: the one passed to `durable_store_set_log`. `level`: 1 error, 2 warning, 3 information,
/// 4 debug, 5 trace. `target`: the part of the library that logs. `message`: the line. Both texts are UTF-8 with a NUL at
/// their end, valid during the call only.
pub type LogCallback =
    Option<unsafe extern "C" fn(context: *mut c_void, level: i32, target: *const c_char, message: *const c_char)>;

/// The callback that receives the lines.
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

/// Set once this library is the logger of the process: a Rust program that links it may have a logger of its own.
static INSTALLED: OnceCell<()> = OnceCell::new();

thread_local! {
    /// Whether this thread is inside the callback. A line that is logged there would call it again, endlessly.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

struct Forward;

impl Log for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Lines of other libraries that log through the same crate are not passed on.
        metadata.target().starts_with("durable_store")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) || INSIDE.replace(true) {
            return;
        }
        // The lock is held during the call: once a callback is replaced it is never called again.
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

/// Passes the library's events and the driver's log lines to `callback`, which replaces the one before, for the whole
/// process. `level`: the highest level that is passed, from 1, errors only, to 5, everything. `callback` NULL: passes no
/// more lines and ignores `level`.
///
/// The callback is called from any thread, including threads of the driver, and from several at once. So it has to be
/// thread-safe and fast, and must not throw or jump out. It must not call this library: that would deadlock. After this
/// function has returned, the previous callback is not running and is never called again, so its `context` may be freed.
///
/// Errors: `DURABLE_STORE_INVALID_STATE` (there is no such level; called from within the callback),
/// `DURABLE_STORE_CONFIG` (this library is part of a Rust program that has a logger of its own).
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_set_log(
    callback: LogCallback,
    context: *mut c_void,
    level: i32,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        if INSIDE.get() {
            return Err(refused("callback", "must not set another callback from within"));
        }
        let level = if callback.is_some() { filter(level)? } else { LevelFilter::Off };
        INSTALLED
            .get_or_try_init(|| log::set_logger(&Forward))
            .map_err(|cause| Error::setting("log", "this process has a logger already").with_source(cause))?;
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
