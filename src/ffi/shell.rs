//! What C holds a pointer to: a shell around content of ours. A debug build keeps the shells of freed handles, so that
//! whoever uses one again is found out.

use std::{
    io::{Write, stderr},
    process, ptr,
    sync::atomic::{AtomicPtr, AtomicU32, Ordering},
};

use super::argument::refused;
use crate::Result;

/// A type that C sees as opaque.
pub(super) trait Opaque: Sized {
    type Content;

    /// What C calls it.
    const NAME: &'static str;
    /// What the shell of a live one begins with.
    const MARK: u32;

    fn new(shell: Shell<Self::Content>) -> Self;
    fn shell(&self) -> &Shell<Self::Content>;
    fn shell_mut(&mut self) -> &mut Shell<Self::Content>;
}

/// Says of a tuple struct around a shell what C calls it.
macro_rules! opaque {
    ($handle:ident($content:ty), $name:literal, $mark:literal) => {
        impl Opaque for $handle {
            type Content = $content;

            const NAME: &'static str = $name;
            const MARK: u32 = u32::from_be_bytes(*$mark);

            fn new(shell: Shell<$content>) -> Self {
                Self(shell)
            }

            fn shell(&self) -> &Shell<$content> {
                &self.0
            }

            fn shell_mut(&mut self) -> &mut Shell<$content> {
                &mut self.0
            }
        }
    };
}
pub(super) use opaque;

const FREED: u32 = u32::from_be_bytes(*b"gone");

/// The shell that was kept last. A list, so that leak checkers do not take kept shells for leaks; without a lock, which a
/// thread that `fork` leaves behind could hold.
static KEPT: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

pub(super) struct Shell<T> {
    mark: AtomicU32,
    kept_before: AtomicPtr<()>,
    /// `None` once freed.
    content: Option<T>,
}

/// Hands `content` to C, until it is freed.
pub(super) fn give<H: Opaque>(content: H::Content) -> *mut H {
    let shell = Shell { mark: AtomicU32::new(H::MARK), kept_before: AtomicPtr::default(), content: Some(content) };
    Box::into_raw(Box::new(H::new(shell)))
}

/// The content of a handle that C passes as `argument`.
pub(super) fn borrow<'h, H: Opaque>(argument: &str, handle: Option<&'h H>) -> Result<&'h H::Content> {
    let shell = handle.ok_or_else(|| refused(argument, "is NULL"))?.shell();
    if cfg!(debug_assertions) && shell.mark.load(Ordering::Acquire) != H::MARK {
        misused(H::NAME, "was used after it was freed, or was never one");
    }
    shell.content.as_ref().ok_or_else(|| refused(argument, "is freed"))
}

/// Ends a handle; NULL is none.
///
/// # Safety
/// `handle` is NULL or came from [`give`], was not freed, and nobody is using it.
pub(super) unsafe fn free<H: Opaque>(handle: *mut H) {
    // SAFETY: as of this function. In a debug build a freed handle is still there.
    let Some(live) = (unsafe { handle.as_mut() }) else { return };
    if !cfg!(debug_assertions) {
        // SAFETY: `give` made it with `Box`, and nobody has it any more.
        drop(unsafe { Box::from_raw(handle) });
        return;
    }
    let shell = live.shell_mut();
    if shell.mark.swap(FREED, Ordering::AcqRel) != H::MARK {
        misused(H::NAME, "was freed twice, or was never one");
    }
    drop(shell.content.take());
    shell.kept_before.store(KEPT.swap(handle.cast(), Ordering::AcqRel), Ordering::Release);
}

/// Ends the process, saying which of the program's errors it is.
pub(super) fn misused(name: &str, what: &str) -> ! {
    // Nothing can be done where there is no stderr.
    let _ = writeln!(stderr(), "durable_store: a {name} {what}");
    process::abort();
}
