//! Parameters through which C receives results.

use std::mem::MaybeUninit;

use super::argument::refused;
use crate::Result;

/// A pointer to where a result is written. It holds `nothing` until there is a result.
pub(super) struct OutParam<'p, T> {
    argument: &'static str,
    target: Option<&'p mut MaybeUninit<T>>,
}

impl<'p, T> OutParam<'p, T> {
    /// Writes `nothing` at once, so that the caller finds a value on every path.
    pub(super) fn new(argument: &'static str, mut target: Option<&'p mut MaybeUninit<T>>, nothing: T) -> Self {
        if let Some(target) = &mut target {
            target.write(nothing);
        }
        Self { argument, target }
    }

    /// Refuses NULL. Called before anything is done whose result could not be returned.
    pub(super) fn check(&self) -> Result<()> {
        if self.target.is_some() { Ok(()) } else { Err(refused(self.argument, "is NULL")) }
    }

    pub(super) fn set(self, value: T) {
        if let Some(target) = self.target {
            target.write(value);
        }
    }
}
