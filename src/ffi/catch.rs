//! The panic boundary of the C functions that cannot fail.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `body`, and returns `otherwise` if it panics.
pub(super) fn catch_or<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_the_fallback_value() {
        assert_eq!(catch_or(7, || panic!("on purpose")), 7);
        assert_eq!(catch_or(7, || 8), 8);
    }
}
