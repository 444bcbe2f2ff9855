//! Which entities a store has claimed, in mode owned, and with which epoch.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::{Error, Result};

/// The claims of a store on the entities of one table.
#[derive(Default)]
pub(crate) struct Claims(Mutex<HashMap<String, Entity>>);

#[derive(Default)]
struct Entity {
    /// The epoch of the latest claim, which the row holds as long as no other store claims the entity.
    epoch: Option<i64>,
    /// Times in which no other store claimed the entity, as far as is known.
    reigns: Vec<Reign>,
    /// How many calls claim the entity now. One of them may have changed the row already.
    under_way: u32,
}

/// Claims of this store, one after the other, without one of another store in between.
struct Reign {
    /// The epoch that the row held before the first of them.
    before: Option<i64>,
    first: i64,
    last: i64,
}

/// Of these there is one, unless claims of two stores alternate. A write that began before the kept ones is fenced.
const KEPT_REIGNS: usize = 8;

/// A claim that is under way. Ends when it is dropped.
pub(crate) struct Claiming<'c> {
    claims: &'c Claims,
    persistence_id: &'c str,
}

/// The right of a call to write an entity.
#[derive(Clone, Copy)]
pub(crate) struct Owner<'c> {
    claims: &'c Claims,
    persistence_id: &'c str,
    /// The epoch that the store held when the call began.
    held: i64,
}

/// Who owns an entity, by the epoch that was found in its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// The store of the call, since the call began.
    Own,
    /// Another store has claimed the entity since, or it was forgotten.
    Lost,
    /// The store is claiming the entity: what was found may be its own claim.
    Undecided,
}

impl Claims {
    /// The right to write the entity, if this store has claimed it.
    pub(crate) fn owner<'c>(&'c self, persistence_id: &'c str) -> Option<Owner<'c>> {
        let held = self.0.lock().get(persistence_id)?.epoch?;
        Some(self.owner_since(persistence_id, held))
    }

    /// The right to write the entity that a claim with this epoch has given.
    pub(crate) fn owner_since<'c>(&'c self, persistence_id: &'c str, held: i64) -> Owner<'c> {
        Owner { claims: self, persistence_id, held }
    }

    pub(crate) fn begin<'c>(&'c self, persistence_id: &'c str) -> Claiming<'c> {
        self.0.lock().entry(persistence_id.to_owned()).or_default().under_way += 1;
        Claiming { claims: self, persistence_id }
    }

    /// The epoch of the latest claim of an entity.
    pub(crate) fn latest(&self, persistence_id: &str) -> Option<i64> {
        self.0.lock().get(persistence_id)?.epoch
    }

    /// Forgets the claims on an entity.
    pub(crate) fn release(&self, persistence_id: &str) {
        self.release_through(persistence_id, i64::MAX);
    }

    /// Forgets the claims on an entity up to this epoch.
    pub(crate) fn release_through(&self, persistence_id: &str, epoch: i64) {
        self.change(persistence_id, |entity| {
            if entity.epoch.is_some_and(|latest| latest <= epoch) {
                entity.epoch = None;
                entity.reigns.clear();
            }
        });
    }

    /// Changes an entry, and removes it if it says nothing any more.
    fn change(&self, persistence_id: &str, change: impl FnOnce(&mut Entity)) {
        let mut claims = self.0.lock();
        if let Some(entity) = claims.get_mut(persistence_id) {
            change(entity);
            if entity.epoch.is_none() && entity.under_way == 0 {
                claims.remove(persistence_id);
            }
        }
    }
}

impl Claiming<'_> {
    /// Records that the row holds this epoch, after another one or none. Of two claims by this store the later one has the
    /// higher epoch.
    pub(crate) fn succeeded(self, before: Option<i64>, epoch: i64) {
        self.claims.change(self.persistence_id, |entity| {
            entity.epoch = entity.epoch.max(Some(epoch));
            entity.add(before, epoch);
        });
    }
}

impl Drop for Claiming<'_> {
    fn drop(&mut self) {
        self.claims.change(self.persistence_id, |entity| entity.under_way = entity.under_way.saturating_sub(1));
    }
}

impl Entity {
    /// Records a claim, which others may have followed that were recorded before it.
    fn add(&mut self, before: Option<i64>, epoch: i64) {
        let (followed, mut others): (Vec<_>, Vec<_>) =
            self.reigns.drain(..).partition(|reign| reign.before == Some(epoch));
        let last = followed.first().map_or(epoch, |reign| reign.last);
        match others.iter_mut().find(|reign| Some(reign.last) == before) {
            Some(reign) => reign.last = last,
            None => others.push(Reign { before, first: epoch, last }),
        }
        let superfluous = others.len().saturating_sub(KEPT_REIGNS);
        self.reigns = others.split_off(superfluous);
    }

    /// The last epoch of this store since it held another one, unless another store has claimed the entity in between.
    fn last_since(&self, held: i64) -> Option<i64> {
        let reign = self.reigns.iter().find(|reign| (reign.first..=reign.last).contains(&held));
        reign.map(|reign| reign.last)
    }
}

impl Owner<'_> {
    /// The epoch that the store held when the call began.
    pub(crate) fn held(&self) -> i64 {
        self.held
    }

    /// The epoch that the row has to hold: the one that the store held when the call began, or that of a later claim of the
    /// same store, if no other store has claimed the entity in between.
    pub(crate) fn epoch(&self) -> i64 {
        self.last(self.claims.0.lock().get(self.persistence_id))
    }

    fn last(&self, entity: Option<&Entity>) -> i64 {
        entity.and_then(|entity| entity.last_since(self.held)).unwrap_or(self.held)
    }

    /// Who owns the entity, if its row holds this epoch, and the epoch of this store was `since` before it was looked at. A
    /// lower one than that is of another store: it claimed after the entity was forgotten.
    pub(crate) fn ownership(&self, since: i64, found: Option<i64>) -> Ownership {
        let claims = self.claims.0.lock();
        let entity = claims.get(self.persistence_id);
        if found.is_some_and(|found| (since..=self.last(entity)).contains(&found)) {
            Ownership::Own
        } else if entity.is_some_and(|entity| entity.under_way > 0) {
            Ownership::Undecided
        } else {
            Ownership::Lost
        }
    }

    /// Refuses a call whose store no longer owns the entity, see [`ownership`](Self::ownership).
    pub(crate) fn check_since(&self, since: i64, found: Option<i64>) -> Result<()> {
        if self.ownership(since, found) == Ownership::Lost { Err(Error::fenced(found.is_some())) } else { Ok(()) }
    }

    /// The same for a look at the row during which the store cannot claim it.
    pub(crate) fn check(&self, found: Option<i64>) -> Result<()> {
        self.check_since(self.epoch(), found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn epoch(claims: &Claims) -> Option<i64> {
        claims.owner("a").map(|owner| owner.epoch())
    }

    #[test]
    fn a_claim_is_kept_until_its_release_and_the_highest_counts() {
        let claims = Claims::default();
        for (before, claimed, kept) in [(None, 7, 7), (Some(8), 9, 9), (Some(7), 8, 9)] {
            claims.begin("a").succeeded(before, claimed);
            assert_eq!(epoch(&claims), Some(kept));
        }
        assert!(claims.owner("b").is_none());
        claims.release("a");
        claims.release("b");
        assert_eq!(epoch(&claims), None);
        assert!(claims.0.lock().is_empty());
    }

    #[test]
    fn a_call_goes_on_with_later_claims_of_its_own_store_only() {
        let claims = Claims::default();
        claims.begin("a").succeeded(None, 1);
        let owner = claims.owner("a").unwrap();
        assert_eq!(
            [Some(1), Some(2), None].map(|found| owner.ownership(1, found)),
            [Ownership::Own, Ownership::Lost, Ownership::Lost]
        );
        // Recorded in another order than they were made.
        claims.begin("a").succeeded(Some(2), 3);
        assert_eq!((owner.epoch(), owner.ownership(1, Some(3))), (1, Ownership::Lost));
        claims.begin("a").succeeded(Some(1), 2);
        assert_eq!((owner.epoch(), owner.ownership(1, Some(3))), (3, Ownership::Own));
        // Epoch 4 is that of another store.
        claims.begin("a").succeeded(Some(4), 5);
        assert_eq!((owner.epoch(), owner.ownership(1, Some(5))), (3, Ownership::Lost));
        assert_eq!(claims.owner("a").unwrap().epoch(), 5);
        // After a release the call keeps what it had.
        claims.release("a");
        assert_eq!(
            (owner.epoch(), owner.ownership(1, Some(1)), owner.ownership(1, Some(3))),
            (1, Ownership::Own, Ownership::Lost)
        );
    }

    #[test]
    fn a_claim_under_way_leaves_it_open_whose_an_epoch_is() {
        let claims = Claims::default();
        claims.begin("a").succeeded(None, 1);
        let owner = claims.owner("a").unwrap();
        let (first, second) = (claims.begin("a"), claims.begin("a"));
        assert_eq!((owner.ownership(1, Some(2)), owner.ownership(1, Some(1))), (Ownership::Undecided, Ownership::Own));
        drop(first);
        assert_eq!(owner.ownership(1, Some(2)), Ownership::Undecided);
        drop(second);
        assert_eq!(owner.ownership(1, Some(2)), Ownership::Lost);
    }

    #[test]
    fn any_number_of_own_claims_is_one_reign() {
        let claims = Claims::default();
        claims.begin("a").succeeded(None, 1);
        let owner = claims.owner("a").unwrap();
        for before in 1..1_000 {
            claims.begin("a").succeeded(Some(before), before + 1);
        }
        assert_eq!((owner.epoch(), owner.ownership(1, Some(700))), (1_000, Ownership::Own));
        assert_eq!(claims.0.lock().get("a").unwrap().reigns.len(), 1);
        // Alternating with another store.
        for before in (2_000..4_000).step_by(2) {
            claims.begin("a").succeeded(Some(before), before + 1);
        }
        assert_eq!(claims.0.lock().get("a").unwrap().reigns.len(), KEPT_REIGNS);
        assert_eq!((owner.epoch(), owner.ownership(1, Some(1))), (1, Ownership::Own));
        assert_eq!(owner.ownership(1, Some(3_999)), Ownership::Lost);
    }

    #[test]
    fn a_release_up_to_an_epoch_keeps_a_later_claim() {
        let claims = Claims::default();
        claims.begin("a").succeeded(None, 7);
        claims.release_through("a", 6);
        assert_eq!(claims.latest("a"), Some(7));
        claims.release_through("a", 7);
        assert_eq!(claims.latest("a"), None);
    }

    /// A store whose clock is behind claimed the entity after it was forgotten.
    #[test]
    fn a_lower_epoch_than_the_own_one_is_of_another_store() {
        let claims = Claims::default();
        claims.begin("a").succeeded(None, 1_000);
        let owner = claims.owner("a").unwrap();
        claims.begin("a").succeeded(Some(1_000), 1_010);
        assert_eq!(owner.ownership(1_000, Some(1_010)), Ownership::Own);
        assert_eq!(owner.ownership(owner.epoch(), Some(1_005)), Ownership::Lost);
        assert_eq!(owner.check(Some(1_005)).unwrap_err().kind(), ErrorKind::Fenced);
    }
}
