//! Counts what the Rust side of this process allocates, while it is told to.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

static COUNTING: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, beside a count that costs one load while it is off.
#[derive(Debug)]
pub(crate) struct Counted;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

// SAFETY: each call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are those asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are those asked for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are those asked for.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are those asked for.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn count() {
    if COUNTING.load(Relaxed) {
        COUNT.fetch_add(1, Relaxed);
    }
}

/// What `work` gives, and how often memory was asked for meanwhile, if that is wanted.
pub(crate) fn counted<T>(wanted: bool, work: impl FnOnce() -> T) -> (T, Option<u64>) {
    let before = COUNT.load(Relaxed);
    COUNTING.store(wanted, Relaxed);
    let made = work();
    COUNTING.store(false, Relaxed);
    (made, wanted.then(|| COUNT.load(Relaxed) - before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn allocations_are_counted_while_wanted() {
        let (_, count) = counted(true, || (0..100).for_each(|n| drop(black_box(Box::new(n)))));
        // Other tests run beside this one.
        assert!(count.unwrap() >= 100);
        assert_eq!(counted(false, || black_box(Box::new(1))).1, None);
    }
}
