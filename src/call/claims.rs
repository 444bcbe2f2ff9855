//! Which entities a store has claimed, in mode owned, and with which epoch.

use std::collections::HashMap;

use parking_lot::Mutex;

/// The claims of a store on the entities of one table.
#[derive(Default)]
pub(crate) struct Claims(Mutex<HashMap<String, Claim>>);

#[derive(Default)]
struct Claim {
    /// The epoch of the latest claim, which the row holds as long as no other store claims the entity.
    epoch: Option<i64>,
    /// How many calls claim the entity now. One of them may have changed the row already.
    under_way: u32,
}

/// A claim that is under way. Ends when it is dropped.
pub(crate) struct Claiming<'c> {
    claims: &'c Claims,
    persistence_id: &'c str,
}

impl Claims {
    /// The epoch with which this store may write the entity, if it has claimed it.
    pub(crate) fn epoch(&self, persistence_id: &str) -> Option<i64> {
        self.0.lock().get(persistence_id)?.epoch
    }

    /// Whether the epoch that a row holds is, or may be, that of a claim by this store.
    pub(crate) fn may_hold(&self, persistence_id: &str, stored: Option<i64>) -> bool {
        let claims = self.0.lock();
        claims.get(persistence_id).is_some_and(|claim| stored.is_some() && claim.epoch == stored || claim.under_way > 0)
    }

    pub(crate) fn begin<'c>(&'c self, persistence_id: &'c str) -> Claiming<'c> {
        self.0.lock().entry(persistence_id.to_owned()).or_default().under_way += 1;
        Claiming { claims: self, persistence_id }
    }

    /// Forgets the claim on an entity.
    pub(crate) fn release(&self, persistence_id: &str) {
        self.change(persistence_id, |claim| claim.epoch = None);
    }

    /// Changes an entry, and removes it if it says nothing any more.
    fn change(&self, persistence_id: &str, change: impl FnOnce(&mut Claim)) {
        let mut claims = self.0.lock();
        if let Some(claim) = claims.get_mut(persistence_id) {
            change(claim);
            if claim.epoch.is_none() && claim.under_way == 0 {
                claims.remove(persistence_id);
            }
        }
    }
}

impl Claiming<'_> {
    /// Records that the row holds this epoch. Of two claims by this store the later one has the higher epoch.
    pub(crate) fn succeeded(self, epoch: i64) {
        self.claims.change(self.persistence_id, |claim| claim.epoch = claim.epoch.max(Some(epoch)));
    }
}

impl Drop for Claiming<'_> {
    fn drop(&mut self) {
        self.claims.change(self.persistence_id, |claim| claim.under_way = claim.under_way.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_kept_until_its_release_and_the_highest_counts() {
        let claims = Claims::default();
        for (claimed, kept) in [(7, 7), (9, 9), (8, 9)] {
            claims.begin("a").succeeded(claimed);
            assert_eq!(claims.epoch("a"), Some(kept));
        }
        assert!(claims.may_hold("a", Some(9)));
        assert!(!claims.may_hold("a", Some(8)) && !claims.may_hold("a", None) && !claims.may_hold("b", None));
        claims.release("a");
        claims.release("b");
        assert_eq!(claims.epoch("a"), None);
        assert!(claims.0.lock().is_empty());
    }

    #[test]
    fn a_claim_under_way_may_hold_any_epoch() {
        let claims = Claims::default();
        let (first, second) = (claims.begin("a"), claims.begin("a"));
        assert!(claims.may_hold("a", Some(1)) && !claims.may_hold("b", Some(1)));
        drop(first);
        assert!(claims.may_hold("a", Some(1)));
        drop(second);
        assert!(!claims.may_hold("a", Some(1)));
        assert!(claims.0.lock().is_empty());
    }
}
