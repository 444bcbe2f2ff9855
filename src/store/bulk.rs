//! Many states in one call, pipelined from the calling thread.

use std::{borrow::Borrow, collections::HashMap, convert::Infallible, time::Instant};

use futures_channel::oneshot;
use futures_util::{StreamExt, stream};

use super::{CallContext, DurableStore, write::Write};
use crate::{
    DurableState, Error, Result, StateKey, WriteMode,
    block_on::block_on,
    call::{Call, timestamp},
    state::limits,
    telemetry::{self, Operation},
};

impl DurableStore {
    /// Stores many states, up to [`max_in_flight`](crate::ConfigBuilder::max_in_flight) of them at once, and gives the
    /// outcome of each in the order of the input. Items do not depend on each other: one that fails harms no other. It is
    /// ten times as fast as one call after the other, or more.
    ///
    /// A state is taken from the input when it is about to be sent, so that a long input need not be in memory at once.
    ///
    /// Of two states of one entity the later one in the input wins; in [`WriteMode::Versioned`] the later one is written
    /// only when the outcome of the earlier one is known.
    ///
    /// Blocks until every item has its outcome. Each has [`call_timeout`](crate::ConfigBuilder::call_timeout), from when
    /// it is begun.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableState, DurableStore, prost_types::Timestamp};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let states = (0..100_000).map(|n| DurableState::new(format!("account-{n}"), 1, &Timestamp::default()));
    /// for (n, outcome) in store.write_states(states).into_iter().enumerate() {
    ///     if let Err(error) = outcome {
    ///         eprintln!("item {n}: {error}");
    ///     }
    /// }
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// For each item those of [`write_state`](DurableStore::write_state).
    #[must_use = "each state has an outcome of its own"]
    pub fn write_states<S: Borrow<DurableState>>(&self, states: impl IntoIterator<Item = S>) -> Vec<Result<()>> {
        let mut turns = (self.config().write_mode() == WriteMode::Versioned).then(Turns::default);
        let items = states.into_iter().map(|state| Item {
            turn: turns.as_mut().map(|turns| turns.next(&state.borrow().persistence_id)),
            // The timestamp is taken in the order of the input.
            content: Timed { state, timestamp: timestamp::next() },
        });
        self.bulk(&telemetry::WRITE_STATES, items, async |work, timed| {
            work.write(&Write::new(self, timed.state.borrow(), None, timed.timestamp)?).await
        })
    }

    /// The latest states of many entities, up to [`max_in_flight`](crate::ConfigBuilder::max_in_flight) reads at once, in
    /// the order of the input. Items do not depend on each other.
    ///
    /// Blocks until every item has its outcome. Each has [`call_timeout`](crate::ConfigBuilder::call_timeout), from when
    /// it is begun.
    ///
    /// # Errors
    /// For each item those of [`get_latest_state`](DurableStore::get_latest_state).
    #[must_use = "each key has an outcome of its own"]
    pub fn get_latest_states<'k, K: Into<StateKey<'k>>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Vec<Result<Option<DurableState>>> {
        let items = keys.into_iter().map(|key| Item { turn: None, content: key.into() });
        self.bulk(&telemetry::GET_LATEST_STATES, items, async |work, key| {
            limits::check_persistence_id(key.persistence_id(), false)?;
            work.read(key).await
        })
    }

    /// Runs `each` for every item, so many at once, all on one lease.
    fn bulk<I: AboutEntity, T>(
        &self,
        operation: &'static Operation,
        items: impl Iterator<Item = Item<I>>,
        each: impl AsyncFn(&CallContext<'_>, &I) -> Result<T>,
    ) -> Vec<Result<T>> {
        let pool = self.check_accepted().and_then(|()| self.lifecycle.pool());
        let lease = pool
            .as_ref()
            .map_err(Error::clone)
            .and_then(|pool| pool.lease(Instant::now() + self.config.call_timeout()));
        let (lease, each) = (&lease, &each);
        let begun = items.enumerate().map(|(at, mut item)| async move {
            if let Some(turn) = &mut item.turn {
                turn.comes().await;
            }
            let call = Call::begin(&self.table.metrics, operation, Some(item.content.persistence_id()));
            let outcome = match lease {
                Ok(lease) => {
                    let work = CallContext { store: self, call: &call, lease, limits: self.limits(&call) };
                    each(&work, &item.content).await
                }
                Err(error) => Err(error.clone()),
            };
            (at, call.end(outcome, self.config().slow_call()))
        });
        let at_once = usize::try_from(self.config().max_in_flight()).unwrap_or(usize::MAX);
        let mut outcomes: Vec<_> = block_on(stream::iter(begun).buffer_unordered(at_once).collect());
        outcomes.sort_unstable_by_key(|(at, _)| *at);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }
}

/// One item of a bulk call.
struct Item<I> {
    /// Dropped when the item is decided.
    turn: Option<Turn>,
    content: I,
}

/// What an item of a bulk call is about.
trait AboutEntity {
    fn persistence_id(&self) -> &str;
}

/// A state to write, and the timestamp of its write in microseconds since 1970.
struct Timed<S> {
    state: S,
    timestamp: i64,
}

impl<S: Borrow<DurableState>> AboutEntity for Timed<S> {
    fn persistence_id(&self) -> &str {
        &self.state.borrow().persistence_id
    }
}

impl AboutEntity for StateKey<'_> {
    fn persistence_id(&self) -> &str {
        StateKey::persistence_id(self)
    }
}

/// Has the items of one entity decided one after the other.
#[derive(Default)]
struct Turns {
    /// Of each entity, what tells that its last item is decided.
    last: HashMap<String, oneshot::Receiver<Infallible>>,
}

/// When an item may begin. Dropping it lets the next one of its entity begin.
struct Turn {
    earlier: Option<oneshot::Receiver<Infallible>>,
    _decided: oneshot::Sender<Infallible>,
}

impl Turns {
    fn next(&mut self, persistence_id: &str) -> Turn {
        let (decided, later) = oneshot::channel();
        let earlier = self.last.insert(persistence_id.to_owned(), later);
        Turn { earlier, _decided: decided }
    }
}

impl Turn {
    async fn comes(&mut self) {
        if let Some(earlier) = &mut self.earlier {
            // Nothing is ever sent: what is waited for is that the other end is dropped.
            let _ = earlier.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn the_items_of_one_entity_take_turns_and_others_do_not_wait() {
        let mut turns = Turns::default();
        let [mut first, mut second, mut third, mut other] = ["a", "a", "a", "b"].map(|id| turns.next(id));
        assert!(first.comes().now_or_never().is_some());
        assert!(other.comes().now_or_never().is_some());
        let mut waiting = Box::pin(second.comes());
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(first);
        assert!(waiting.as_mut().now_or_never().is_some());
        drop(waiting);
        drop(second);
        assert!(third.comes().now_or_never().is_some());
    }
}
