//! Which row a read or delete is about.

use crate::DurableState;

/// Names the entity a call is about: a persistence id, with its shard where the caller knows it.
///
/// Made from `"id"`, `&String`, `(shard, "id")`, `(shard, &String)` or `&state`.
///
/// On a table keyed by shard, a key with a shard reads that one row, which need not be the newest of that id; a key
/// without one finds the newest row of the id. On a table keyed by id the shard is ignored.
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
    /// The entity's persistence id.
    pub fn persistence_id(&self) -> &'k str {
        self.persistence_id
    }

    /// The entity's shard, where the key carries one.
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
