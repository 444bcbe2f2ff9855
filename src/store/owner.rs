//! Mode owned: a store claims an entity before it writes it, and writes only as long as no other store has claimed it.

use std::time::{Duration, Instant};

use super::{
    CallContext, DurableStore,
    transact::{bigint_or_null, every_column},
};
use crate::{
    Error, Layout, Result, WriteMode, block_on,
    call::{
        claims::Owner,
        retry::{self, Effect},
        timestamp,
        transaction::{Answer, Found},
    },
    session::{TableSession, Value},
    table::row::{self, StoredRow},
};

/// The longest pause before a claim is made again that another one was faster than, or a write while the store itself
/// claims the entity.
const LONGEST_PAUSE: Duration = Duration::from_millis(40);

/// The first pause of such a write.
const FIRST_PAUSE: Duration = Duration::from_millis(5);

impl DurableStore {
    /// Forgets that this store has claimed an entity, in [`WriteMode::Owned`]. Does no I/O: the table keeps the claim until
    /// another store makes one. Writes of the entity fail with [`InvalidState`](crate::ErrorKind::InvalidState) until
    /// [`get_latest_state`](DurableStore::get_latest_state) claims it again.
    ///
    /// A store keeps about 300 bytes and the id per claimed entity: release those that are not written any more. Does nothing in the
    /// other modes.
    ///
    /// ```
    /// # use durable_store::{Config, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// store.release("account-42");
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn release(&self, persistence_id: &str) {
        self.table.claims.release(persistence_id);
    }

    /// The right to write an entity, in mode owned. Fails if this store has not claimed it.
    pub(super) fn owner<'c>(&'c self, persistence_id: &'c str) -> Result<Option<Owner<'c>>> {
        if self.config.write_mode() != WriteMode::Owned {
            return Ok(None);
        }
        self.table.claims.owner(persistence_id).map(Some).ok_or_else(Error::unclaimed)
    }
}

/// The error of a write or delete that was refused because of what was found.
pub(super) fn refusal(owner: Option<Owner<'_>>, found: Found) -> Error {
    owner.and_then(|owner| owner.check_since(owner.held(), found.owner_epoch).err()).unwrap_or_else(|| found.conflict())
}

impl CallContext<'_> {
    /// Makes this store the owner of an entity, and returns the row that it has now, and its new epoch.
    pub(super) async fn claim(&self, persistence_id: &str) -> Result<(StoredRow<'static>, i64)> {
        let claiming = self.store.table.claims.begin(persistence_id);
        // A read to the caller: it changes no state. If the answer to a claim is lost, another one is made, from what is
        // then stored: an epoch alone does not tell whose it is.
        let attempt = async |table: &TableSession, deadline| self.claim_once(table, persistence_id, deadline).await;
        let (row, epoch) = self.with_retries(Effect::Read, attempt).await?;
        claiming.succeeded(row.owner_epoch, epoch);
        Ok((row, epoch))
    }

    /// The row of an entity that is to be changed, and the right to write it. In mode owned the store claims the entity,
    /// unless it has.
    pub(super) async fn row_to_change<'i>(
        &'i self,
        persistence_id: &'i str,
    ) -> Result<(StoredRow<'static>, Option<Owner<'i>>)> {
        let claims = &self.store.table.claims;
        let is_owned = self.store.config.write_mode() == WriteMode::Owned;
        let owner = claims.owner(persistence_id).filter(|_| is_owned);
        if is_owned && owner.is_none() {
            let (row, epoch) = self.claim(persistence_id).await?;
            return Ok((row, Some(claims.owner_since(persistence_id, epoch))));
        }
        Ok((self.read_as_owner(persistence_id, owner).await?, owner))
    }

    /// Reads the row of an entity serially, and fails if the store was its owner and no longer is.
    pub(super) async fn read_as_owner(
        &self,
        persistence_id: &str,
        owner: Option<Owner<'_>>,
    ) -> Result<StoredRow<'static>> {
        let owner = owner.map(|owner| (owner, owner.epoch()));
        let row = self.read_serially(persistence_id).await?;
        owner.map_or(Ok(()), |(owner, epoch)| owner.check_since(epoch, row.owner_epoch))?;
        Ok(row)
    }

    /// Claims the entity as it is. Begins again if it is changed, or claimed, in between.
    async fn claim_once(
        &self,
        table: &TableSession,
        persistence_id: &str,
        deadline: Instant,
    ) -> Result<(StoredRow<'static>, i64)> {
        loop {
            let row = self.serial_row(table, persistence_id, deadline).await?;
            if !row.is_deleted() {
                // What cannot be read is not taken away from its owner.
                row::decode(row.borrowed(), persistence_id, Layout::ById)?;
            }
            let epoch = next_epoch(row.owner_epoch.max(self.store.table.claims.latest(persistence_id)))?;
            let [a, b, c, d, e] = every_column(&row);
            let key = Value::Text(persistence_id);
            let values = [Value::Bigint(epoch), key, bigint_or_null(row.owner_epoch), a, b, c, d, e];
            match self.transact(table, &table.statements.claim, &values, deadline).await? {
                Answer::Applied => return Ok((row, epoch)),
                Answer::Refused(_) => {
                    let pause = LONGEST_PAUSE.mul_f64(fastrand::f64());
                    pause_before(deadline, pause, "not claimed in time: other stores kept changing the entity").await?;
                }
            }
        }
    }

    /// Runs an attempt of a transaction with the epoch of the owner, which in versioned mode is none. Runs it again if it
    /// was refused because another call of this store has claimed the entity in between.
    pub(super) async fn as_owner(
        &self,
        owner: Option<Owner<'_>>,
        deadline: Instant,
        mut attempt: impl AsyncFnMut(Option<i64>) -> Result<Answer>,
    ) -> Result<Answer> {
        let Some(owner) = owner else { return attempt(None).await };
        let mut repeats = 0;
        loop {
            let epoch = owner.epoch();
            match attempt(Some(epoch)).await? {
                Answer::Refused(found) if found.owner_epoch != Some(epoch) => {
                    owner.check_since(epoch, found.owner_epoch)?;
                    let pause = retry::doubled(FIRST_PAUSE, LONGEST_PAUSE, repeats);
                    pause_before(deadline, pause, "this store was claiming the entity all the time").await?;
                    repeats += 1;
                }
                answer => return Ok(answer),
            }
        }
    }
}

/// Pauses, unless the deadline comes before the end of it.
async fn pause_before(deadline: Instant, pause: Duration, too_late: &str) -> Result<()> {
    if Instant::now() + pause >= deadline {
        return Err(Error::timeout(too_late));
    }
    block_on::sleep(pause).await;
    Ok(())
}

/// The epoch of the next claim: above the stored one, and the time in microseconds since 1970. Counting alone would begin
/// at 1 again after an entity was forgotten, and let an old owner with that epoch in. `stored` is not below what this store
/// has claimed before, so that its claims count upwards.
fn next_epoch(stored: Option<i64>) -> Result<i64> {
    let above = stored.unwrap_or_default().checked_add(1);
    above.map(|above| above.max(timestamp::now())).ok_or_else(|| Error::corrupt("owner_epoch", "is the highest number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn an_epoch_is_above_the_stored_one_and_not_below_the_time() {
        let now = timestamp::now();
        for stored in [None, Some(0), Some(1), Some(now - 1_000_000)] {
            assert!(next_epoch(stored).unwrap() >= now, "{stored:?}");
        }
        assert_eq!(next_epoch(Some(now + 1_000_000_000)).unwrap(), now + 1_000_000_001);
        assert_eq!(next_epoch(Some(i64::MAX)).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
