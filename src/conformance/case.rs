//! One promise of a store, as code.

use std::{
    fmt,
    panic::{self, AssertUnwindSafe},
};

use super::breach::{Breach, Outcome};

/// One promise of a store: its name says what is promised. `S` is `dyn StateStore` or `dyn VersionedStateStore`.
pub struct Case<S: ?Sized> {
    name: &'static str,
    run: fn(&S) -> Outcome,
}

impl<S: ?Sized> Case<S> {
    pub(super) fn new(name: &'static str, run: fn(&S) -> Outcome) -> Self {
        Self { name, run }
    }

    /// The promise, as in `states_outlive_the_connection`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Sees whether `store` keeps the promise. A store that panics does not.
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
    /// What was expected, and what was seen.
    pub fn run(&self, store: &S) -> Result<(), String> {
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| (self.run)(store)));
        outcome.unwrap_or_else(|panic| Err(Breach::of_panic(&*panic))).map_err(|breach| breach.to_string())
    }
}

impl<S: ?Sized> fmt::Debug for Case<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}
