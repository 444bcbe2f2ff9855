//! Places of the caller's that results are put into.

use std::mem::MaybeUninit;

use super::argument::refused;
use crate::Result;

/// A place for a result, which holds `nothing` until there is one.
pub(super) struct Out<'p, T> {
    argument: &'static str,
    place: Option<&'p mut MaybeUninit<T>>,
}

impl<'p, T> Out<'p, T> {
    /// Puts `nothing` there at once: whatever happens, the caller finds a value.
    pub(super) fn new(argument: &'static str, mut place: Option<&'p mut MaybeUninit<T>>, nothing: T) -> Self {
        if let Some(place) = &mut place {
            place.write(nothing);
        }
        Self { argument, place }
    }

    /// Refuses NULL. To be asked before anything is done whose result would have nowhere to go.
    pub(super) fn check(&self) -> Result<()> {
        if self.place.is_some() { Ok(()) } else { Err(refused(self.argument, "is NULL")) }
    }

    pub(super) fn set(self, value: T) {
        if let Some(place) = self.place {
            place.write(value);
        }
    }
}
