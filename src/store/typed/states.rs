//! A scan whose states are decoded.

use std::{fmt, iter::FusedIterator, marker::PhantomData};

use super::TypedState;
use crate::{Error, Result, ResumeToken, States};

/// The states of a scan, decoded; returned by [`TypedStore::shard_states`](crate::TypedStore::shard_states) and
/// [`TypedStore::all_states`](crate::TypedStore::all_states). See [`States`].
///
/// A state of another type is an error, as a row that cannot be read is. It ends the scan, and counts as returned.
#[must_use = "nothing is read before the first state is asked for"]
pub struct TypedStates<M> {
    states: States,
    failed: bool,
    message: PhantomData<fn() -> M>,
}

impl<M> TypedStates<M> {
    pub(super) fn new(states: States) -> Self {
        Self { states, failed: false, message: PhantomData }
    }

    /// See [`States::page_size`].
    pub fn page_size(self, rows: u32) -> Self {
        Self { states: self.states.page_size(rows), ..self }
    }

    /// See [`States::resume_token`].
    pub fn resume_token(&self) -> ResumeToken {
        self.states.resume_token()
    }

    /// See [`States::resume_from`].
    pub fn resume_from(self, token: impl TryInto<ResumeToken, Error: Into<Error>>) -> Self {
        Self { states: self.states.resume_from(token), ..self }
    }
}

impl<M: prost::Name + Default> Iterator for TypedStates<M> {
    type Item = Result<TypedState<M>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let state = self.states.next()?.and_then(TypedState::try_from);
        self.failed = state.is_err();
        Some(state)
    }
}

impl<M: prost::Name + Default> FusedIterator for TypedStates<M> {}

impl<M> fmt::Debug for TypedStates<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedStates").field("states", &self.states).finish_non_exhaustive()
    }
}
