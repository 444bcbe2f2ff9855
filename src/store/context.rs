//! The context of a call that holds a lease, and how its requests are made: with retries, on the current session.

use std::time::Instant;

use super::{DurableStore, owner::refusal};
use crate::{
    Result,
    call::{
        Call,
        claims::{Owner, Ownership},
        retry::{self, Effect, Limits},
        transaction::{self, Answer, Found, Goal},
    },
    session::{Lease, Request, TableSession, Value},
};

/// A call under way: the handle it was made on, the record of it, the lease it holds, and its limits.
pub(super) struct CallContext<'c> {
    pub(super) store: &'c DurableStore,
    pub(super) call: &'c Call<'c>,
    pub(super) lease: &'c Lease<'c>,
    pub(super) limits: Limits,
}

impl CallContext<'_> {
    /// Runs `attempt` with retries, passing each attempt its deadline.
    pub(super) fn with_retries<T>(
        &self,
        effect: Effect,
        attempt: impl AsyncFnMut(&TableSession, Instant) -> Result<T>,
    ) -> impl Future<Output = Result<T>> {
        retry::run(self.call, &self.limits, effect, self.on_current_session(attempt))
    }

    /// Runs a transaction on an entity with retries. After an attempt of unknown outcome, what is stored decides.
    pub(super) fn run_transaction(
        &self,
        persistence_id: &str,
        owner: Option<Owner<'_>>,
        goal: Goal<'_>,
        attempt: impl AsyncFnMut(&TableSession, Instant) -> Result<Answer>,
    ) -> impl Future<Output = Result<()>> {
        let read_verdict = async move || {
            let owner = owner.map(|owner| (owner, owner.epoch()));
            let row = self.read_serially(persistence_id).await?;
            let may_own = |found: Found| {
                owner.is_none_or(|(owner, epoch)| owner.ownership(epoch, found.owner_epoch) != Ownership::Lost)
            };
            Ok(goal.verdict(&row, may_own))
        };
        let refusal = move |found: Found| refusal(owner, found);
        transaction::run(self.call, &self.limits, self.on_current_session(attempt), read_verdict, refusal)
    }

    /// Runs the attempt on the session that is current when the attempt begins, and records its outcome.
    fn on_current_session<T>(
        &self,
        mut attempt: impl AsyncFnMut(&TableSession, Instant) -> Result<T>,
    ) -> impl AsyncFnMut(Instant) -> Result<T> {
        async move |deadline| {
            let store = self.store;
            let outcome = match self.lease.table_session(&store.config, store.table.number, deadline).await {
                Ok(table) => attempt(&table, deadline).await,
                Err(error) => Err(error),
            };
            self.lease.record_outcome(outcome)
        }
    }

    /// Makes a round trip to the server that uses no table of the store.
    pub(super) fn ping(&self) -> impl Future<Output = Result<()>> {
        retry::run(self.call, &self.limits, Effect::Read, async |deadline| self.lease.ping(deadline).await)
    }

    /// A read or a plain write with the consistency and the page size of the handle.
    pub(super) fn request<'r>(&self, values: &'r [Value<'r>], deadline: Instant) -> Request<'r> {
        let request = Request::new(values, self.store.config.consistency(), deadline);
        Request { page_size: Some(self.store.config.page_size()), ..request }
    }
}
