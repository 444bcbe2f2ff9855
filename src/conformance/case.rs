//! A promise of a store as a case that can be run.

use std::{
    fmt,
    panic::{self, AssertUnwindSafe},
};

use super::breach::{Breach, Outcome};

/// A promise of a store; its name is the promise. `S` is `dyn StateStore`, `dyn VersionedStateStore`, or
/// a pair of `&dyn OwnedStateStore`.
/// See [`run`](Case::run) for an example.
pub struct Case<S: ?Sized> {
    name: &'static str,
    run: fn(&S) -> Outcome,
}

impl<S: ?Sized> Case<S> {
    pub(super) fn new(name: &'static str, run: fn(&S) -> Outcome) -> Self {
        Self { name, run }
    }

    /// Returns the promise, such as `states_outlive_the_connection`.
    ///
    /// ```
    /// let cases = durable_store::conformance::state_store();
    /// assert!(cases.iter().any(|case| case.name() == "states_outlive_the_connection"));
    /// ```
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Checks whether `store` keeps the promise. A store that panics does not.
    ///
    /// ```
    /// use durable_store::{MemoryStore, conformance};
    ///
    /// let store = MemoryStore::new();
    /// for case in conformance::state_store() {
    ///     println!("{}: {:?}", case.name(), case.run(&store));
    /// }
    /// ```
    ///
    /// # Errors
    /// Fails with what was expected and what was seen if the store breaks the promise.
    pub fn run(&self, store: &S) -> Result<(), Breach> {
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| (self.run)(store)));
        outcome.unwrap_or_else(|panic| Err(Breach::of_panic(&*panic)))
    }
}

impl<S: ?Sized> fmt::Debug for Case<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}
