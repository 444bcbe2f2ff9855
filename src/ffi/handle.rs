//! The handles that C holds pointers to, each around content of this library. A debug build keeps freed handles, without
//! their content, to detect that one is used again.

use std::{
    io::{Write, stderr},
    process, ptr,
    sync::atomic::{AtomicPtr, AtomicU32, Ordering},
};

use super::argument::refused;
use crate::Result;

/// A handle type, which is opaque to C.
pub(super) trait CType: Sized {
    type Content;

    /// The name of the type in C.
    const NAME: &'static str;
    /// The first field of a handle that was not freed.
    const MARK: u32;

    fn new(handle: Handle<Self::Content>) -> Self;
    fn handle(&self) -> &Handle<Self::Content>;
    fn handle_mut(&mut self) -> &mut Handle<Self::Content>;
}

/// Implements `CType` for a tuple struct around a `Handle`.
macro_rules! c_type {
    ($handle:ident($content:ty), $name:literal, $mark:literal) => {
        impl CType for $handle {
            type Content = $content;

            const NAME: &'static str = $name;
            const MARK: u32 = u32::from_be_bytes(*$mark);

            fn new(handle: Handle<$content>) -> Self {
                Self(handle)
            }

            fn handle(&self) -> &Handle<$content> {
                &self.0
            }

            fn handle_mut(&mut self) -> &mut Handle<$content> {
                &mut self.0
            }
        }
    };
}
pub(super) use c_type;

const FREED: u32 = u32::from_be_bytes(*b"gone");

/// The freed handle that was kept last, of a linked list, so that leak checkers do not report kept handles. Without a lock:
/// after a `fork` it could be held forever by a thread that does not exist.
static KEPT: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

pub(super) struct Handle<T> {
    mark: AtomicU32,
    kept_before: AtomicPtr<()>,
    /// `None` once freed.
    content: Option<T>,
}

/// Moves `content` into a new handle, which C frees.
pub(super) fn into_handle<H: CType>(content: H::Content) -> *mut H {
    let handle = Handle { mark: AtomicU32::new(H::MARK), kept_before: AtomicPtr::default(), content: Some(content) };
    Box::into_raw(Box::new(H::new(handle)))
}

/// Returns the content of a handle that C passes as `argument`.
pub(super) fn borrow<'h, H: CType>(argument: &str, handle: Option<&'h H>) -> Result<&'h H::Content> {
    let handle = handle.ok_or_else(|| refused(argument, "is NULL"))?.handle();
    if cfg!(debug_assertions) && handle.mark.load(Ordering::Acquire) != H::MARK {
        misused(H::NAME, "was used after it was freed, or was never one");
    }
    handle.content.as_ref().ok_or_else(|| refused(argument, "is freed"))
}

/// Frees a handle. NULL: does nothing.
///
/// # Safety
/// `handle` is NULL or came from [`into_handle`], was not freed, and nobody is using it.
pub(super) unsafe fn free<H: CType>(handle: *mut H) {
    // SAFETY: see the requirements of this function. In a debug build a freed handle is still there.
    let Some(live) = (unsafe { handle.as_mut() }) else { return };
    if !cfg!(debug_assertions) {
        // SAFETY: `into_handle` made it with `Box`, and nobody else uses it.
        drop(unsafe { Box::from_raw(handle) });
        return;
    }
    let freed = live.handle_mut();
    if freed.mark.swap(FREED, Ordering::AcqRel) != H::MARK {
        misused(H::NAME, "was freed twice, or was never one");
    }
    drop(freed.content.take());
    freed.kept_before.store(KEPT.swap(handle.cast(), Ordering::AcqRel), Ordering::Release);
}

/// Prints what the program did wrong, and aborts the process.
pub(super) fn misused(name: &str, what: &str) -> ! {
    // Without stderr there is nowhere to report it.
    let _ = writeln!(stderr(), "durable_store: a {name} {what}");
    process::abort();
}
