//! The key of a read or delete.

use crate::DurableState;

/// Names the entity of a call: a persistence id, with its shard if the caller knows it.
///
/// Made from `"id"`, `&String`, `(shard, "id")`, `(shard, &String)` or `&state`.
///
/// On a table keyed by shard, a key with a shard reads that row only, which may not be the newest of the id; a key without
/// a shard finds the newest row of the id. On a table keyed by id the shard is ignored.
///
/// ```
/// use durable_store::StateKey;
///
/// assert_eq!(StateKey::from("account-42").shard(), None);
/// assert_eq!(StateKey::from((7, "account-42")).shard(), Some(7));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StateKey<'k> {
    persistence_id: &'k str,
    shard: Option<u64>,
}

impl<'k> StateKey<'k> {
    /// Returns the entity's persistence id.
    ///
    /// ```
    /// assert_eq!(durable_store::StateKey::from("door-7").persistence_id(), "door-7");
    /// ```
    pub fn persistence_id(&self) -> &'k str {
        self.persistence_id
    }

    /// Returns the entity's shard, if the key has one.
    ///
    /// ```
    /// use durable_store::StateKey;
    ///
    /// assert_eq!(StateKey::from((3, "door-7")).shard(), Some(3));
    /// assert_eq!(StateKey::from("door-7").shard(), None);
    /// ```
    pub fn shard(&self) -> Option<u64> {
        self.shard
    }
}

impl<'k> From<&'k str> for StateKey<'k> {
    fn from(persistence_id: &'k str) -> Self {
        Self { persistence_id, shard: None }
    }
}

impl<'k> From<&'k String> for StateKey<'k> {
    fn from(persistence_id: &'k String) -> Self {
        persistence_id.as_str().into()
    }
}

impl<'k> From<&&'k str> for StateKey<'k> {
    fn from(persistence_id: &&'k str) -> Self {
        (*persistence_id).into()
    }
}

impl<'k> From<(u64, &'k str)> for StateKey<'k> {
    fn from((shard, persistence_id): (u64, &'k str)) -> Self {
        Self { persistence_id, shard: Some(shard) }
    }
}

impl<'k> From<(u64, &'k String)> for StateKey<'k> {
    fn from((shard, persistence_id): (u64, &'k String)) -> Self {
        (shard, persistence_id.as_str()).into()
    }
}

impl<'k> From<&'k DurableState> for StateKey<'k> {
    /// The row this state is written to: its persistence id and its shard.
    fn from(state: &'k DurableState) -> Self {
        (state.shard, state.persistence_id.as_str()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_names_the_same_entity() {
        let owned = String::from("a");
        let state = DurableState { persistence_id: "a".into(), shard: 3, ..Default::default() };
        for key in [StateKey::from("a"), StateKey::from(&owned), StateKey::from(&"a")] {
            assert_eq!((key.persistence_id(), key.shard()), ("a", None));
        }
        for key in [StateKey::from((3, "a")), StateKey::from((3, &owned)), StateKey::from(&state)] {
            assert_eq!((key.persistence_id(), key.shard()), ("a", Some(3)));
        }
    }
}
