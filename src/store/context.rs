//! What a call has in hand while it holds a lease.

use std::time::Instant;

use super::DurableStore;
use crate::{
    Error, Result,
    call::{
        Call,
        retry::{self, Effect, Limits},
        transaction::{self, Answer, Verdict},
    },
    session::{Lease, TableSession},
    session::{Request, Value},
    table::cql::Statement,
};

/// A call under way: on which handle, who is told of it, the lease it holds, and its limits.
pub(super) struct CallContext<'w> {
    pub(super) store: &'w DurableStore,
    pub(super) call: &'w Call<'w>,
    pub(super) lease: &'w Lease<'w>,
    pub(super) limits: Limits,
}

impl CallContext<'_> {
    /// Makes attempts, each of which is told when it has to give up.
    pub(super) fn attempts<T>(
        &self,
        effect: Effect,
        attempt: impl AsyncFnMut(&TableSession, Instant) -> Result<T>,
    ) -> impl Future<Output = Result<T>> {
        retry::run(self.call, &self.limits, effect, self.on_session(attempt))
    }

    /// Makes attempts of a transaction; `judge` is made of what is stored where an outcome is unknown.
    pub(super) fn transaction(
        &self,
        attempt: impl AsyncFnMut(&TableSession, Instant) -> Result<Answer>,
        mut judge: impl AsyncFnMut(&TableSession, Instant) -> Result<Verdict>,
    ) -> impl Future<Output = Result<()>> {
        let judge = async move || self.attempts(Effect::Read, &mut judge).await;
        transaction::run(self.call, &self.limits, self.on_session(attempt), judge)
    }

    /// The attempt on the session as it then is.
    fn on_session<T>(
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

    /// Asks the server for an answer, without looking at a table.
    pub(super) fn ping(&self) -> impl Future<Output = Result<()>> {
        retry::run(self.call, &self.limits, Effect::Read, async |deadline| self.lease.ping(deadline).await)
    }

    /// A read or plain write with the consistency of the handle.
    pub(super) fn request<'r>(&self, values: &'r [Value<'r>], deadline: Instant) -> Request<'r> {
        let request = Request::new(values, self.store.config.consistency(), deadline);
        Request { page_size: Some(self.store.config.page_size()), ..request }
    }

    /// Runs a lightweight transaction once.
    pub(super) async fn transact(
        &self,
        connection: &TableSession,
        statement: &Statement,
        values: &[Value<'_>],
        deadline: Instant,
    ) -> Result<Answer> {
        let serial_consistency = Some(self.store.config().serial_consistency());
        let request = Request { serial_consistency, ..self.request(values, deadline) };
        let answer = connection.execute(statement, &request).await?.first(|row| match row.boolean(0)? {
            Some(true) => Ok(Answer::Applied),
            // The column is there only where a row is.
            _ => Ok(Answer::Refused(row.bigint_named("version_number")?.map(i64::cast_unsigned))),
        })?;
        answer.ok_or_else(Error::unclear_transaction)
    }
}
