//! Many states in one call, pipelined from the calling thread.

use std::{borrow::Borrow, collections::HashMap, convert::Infallible, time::Instant};

use futures_channel::oneshot;
use futures_util::{StreamExt, stream};

use super::{CallContext, DurableStore, write::Write};
use crate::{
    DurableState, Error, Result, StateKey,
    block_on::block_on,
    call::{Call, timestamp},
    state::limits,
    telemetry::{self, Operation},
};

impl DurableStore {
    /// Stores many states, up to [`max_in_flight`](crate::ConfigBuilder::max_in_flight) of them at once, and returns the
    /// outcome of each in the order of the input. Items are independent: one that fails does not affect the others. At
    /// least ten times faster than calling [`write_state`](DurableStore::write_state) in a loop.
    ///
    /// A state is taken from the input just before it is sent, so a long input need not be in memory at once.
    ///
    /// Of two states of one entity the later one in the input wins; in mode versioned or owned the later one is written
    /// after the outcome of the earlier one is known.
    ///
    /// Blocks until every item has an outcome. Each item has its own
    /// [`call_timeout`](crate::ConfigBuilder::call_timeout), which begins when the item is begun.
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
    /// Each item fails with the errors of [`write_state`](DurableStore::write_state).
    #[must_use = "each state has an outcome of its own"]
    pub fn write_states<S: Borrow<DurableState>>(&self, states: impl IntoIterator<Item = S>) -> Vec<Result<()>> {
        let mut turns = self.config().write_mode().uses_transactions().then(Turns::default);
        let items = states.into_iter().map(|state| Item {
            turn: turns.as_mut().map(|turns| turns.next(&state.borrow().persistence_id)),
            // The timestamp is taken in the order of the input.
            content: Timed { state, timestamp: timestamp::next() },
        });
        self.bulk(&telemetry::WRITE_STATES, items, async |context, timed| {
            context.write(&Write::new(self, timed.state.borrow(), None, timed.timestamp)?).await
        })
    }

    /// Reads the latest states of many entities, up to [`max_in_flight`](crate::ConfigBuilder::max_in_flight) at once, and
    /// returns them in the order of the input. Items are independent.
    ///
    /// Blocks until every item has an outcome. Each item has its own
    /// [`call_timeout`](crate::ConfigBuilder::call_timeout), which begins when the item is begun.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let ids = ["account-1", "account-2"];
    /// for (id, outcome) in ids.iter().zip(store.get_latest_states(ids)) {
    ///     println!("{id}: {:?}", outcome?.map(|state| state.version_number));
    /// }
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// Each item fails with the errors of [`get_latest_state`](DurableStore::get_latest_state).
    #[must_use = "each key has an outcome of its own"]
    pub fn get_latest_states<'k, K: Into<StateKey<'k>>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Vec<Result<Option<DurableState>>> {
        let items = keys.into_iter().map(|key| Item { turn: None, content: key.into() });
        self.bulk(&telemetry::GET_LATEST_STATES, items, async |context, key| {
            limits::check_persistence_id(key.persistence_id())?;
            context.read(key).await
        })
    }

    /// Runs `each` for every item on one lease, up to `max_in_flight` of them at once. This is `run_call` and `with_lease`
    /// for many calls: each item is a call of its own, with its own deadline, retries, error and metrics, but the thread
    /// blocks once and the lease is taken once.
    fn bulk<I: NamesEntity, T>(
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
        let calls = items.enumerate().map(|(at, mut item)| async move {
            if let Some(turn) = &mut item.turn {
                turn.wait().await;
            }
            let call = Call::begin(&self.table.metrics, operation, Some(item.content.persistence_id()));
            let outcome = match lease {
                Ok(lease) => {
                    let context = CallContext { store: self, call: &call, lease, limits: self.limits(&call) };
                    each(&context, &item.content).await
                }
                Err(error) => Err(error.clone()),
            };
            (at, call.end(outcome, self.config().slow_call()))
        });
        let at_once = usize::try_from(self.config().max_in_flight()).unwrap_or(usize::MAX);
        let mut outcomes: Vec<_> = block_on(stream::iter(calls).buffer_unordered(at_once).collect());
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

/// The input of a bulk call, which names an entity.
trait NamesEntity {
    fn persistence_id(&self) -> &str;
}

/// A state to write, and the timestamp of its write in microseconds since 1970.
struct Timed<S> {
    state: S,
    timestamp: i64,
}

impl<S: Borrow<DurableState>> NamesEntity for Timed<S> {
    fn persistence_id(&self) -> &str {
        &self.state.borrow().persistence_id
    }
}

impl NamesEntity for StateKey<'_> {
    fn persistence_id(&self) -> &str {
        StateKey::persistence_id(self)
    }
}

/// Serializes the items of one entity.
#[derive(Default)]
struct Turns {
    /// Per entity, the end of a channel that closes when the entity's last item is decided.
    last: HashMap<String, oneshot::Receiver<Infallible>>,
}

/// The turn of an item among those of its entity. Dropping it lets the next one begin.
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
    async fn wait(&mut self) {
        if let Some(earlier) = &mut self.earlier {
            // Nothing is ever sent: the channel closes when the other end is dropped.
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
        assert!(first.wait().now_or_never().is_some());
        assert!(other.wait().now_or_never().is_some());
        let mut waiting = Box::pin(second.wait());
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(first);
        assert!(waiting.as_mut().now_or_never().is_some());
        drop(waiting);
        drop(second);
        assert!(third.wait().now_or_never().is_some());
    }
}
