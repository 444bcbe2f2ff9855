//! Two stores in mode owned on one table, as two processes have it.

use super::breach::{
    Breach, Outcome, at_once, expect, expect_certain, expect_named, expect_refused, expect_version, new_id, ready,
    state,
};
use crate::{
    ErrorKind, OwnedStateStore, Result, StateStore,
    WriteCondition::{IfAbsent, IfVersion},
};

/// A pair of stores.
type Pair<'s> = [&'s (dyn OwnedStateStore + 's); 2];

/// Both stores, ready.
fn both<'p, 's>(pair: &'p Pair<'s>) -> Outcome<(&'p (dyn OwnedStateStore + 's), &'p (dyn OwnedStateStore + 's))> {
    let [first, second] = pair;
    ready(*first)?;
    ready(*second)?;
    Ok((*first, *second))
}

/// An entity that a store has claimed, and written with version 7.
fn owned_by(store: &dyn OwnedStateStore) -> Outcome<String> {
    let id = new_id("account-42");
    claim(store, &id)?;
    store.write_state(&state(&id, 7))?;
    Ok(id)
}

fn claim(store: &dyn OwnedStateStore, id: &str) -> Outcome {
    Ok(StateStore::get_latest_state(store, id).map(drop)?)
}

/// Every call that changes an entity whose state has version 7.
fn changes(store: &dyn OwnedStateStore, id: &str) -> [(&'static str, Result<()>); 4] {
    [
        ("write_state", store.write_state(&state(id, 8))),
        ("write_state_if", store.write_state_if(&state(id, 8), IfVersion(7))),
        ("delete_state_if_version", store.delete_state_if_version(id, 7)),
        ("forget_state", store.forget_state(id)),
    ]
}

pub(super) fn a_write_needs_a_claim(pair: &Pair<'_>) -> Outcome {
    let (first, second) = both(pair)?;
    let id = owned_by(second)?;
    for (call, changed) in changes(first, &id) {
        expect_refused(format_args!("{call} without a claim"), ErrorKind::InvalidState, changed)?;
    }
    Ok(())
}

pub(super) fn a_claim_returns_what_is_stored(pair: &Pair<'_>) -> Outcome {
    let (first, second) = both(pair)?;
    let id = owned_by(first)?;
    expect_version(second, &id, Some(7))
}

pub(super) fn an_owner_writes_and_deletes(pair: &Pair<'_>) -> Outcome {
    let (first, _) = both(pair)?;
    let id = owned_by(first)?;
    first.write_state(&state(&id, 7))?;
    first.write_state_if(&state(&id, 8), IfVersion(7))?;
    first.delete_state_if_version(&id, 8)?;
    first.write_state_if(&state(&id, 9), IfAbsent)?;
    expect_version(first, &id, Some(9))
}

pub(super) fn an_owner_is_refused_stale_versions(pair: &Pair<'_>) -> Outcome {
    let (first, _) = both(pair)?;
    let id = owned_by(first)?;
    let stale = first.write_state(&state(&id, 6));
    let stored = stale.as_ref().err().and_then(crate::Error::stored_version);
    expect_refused("version 6 over 7", ErrorKind::Conflict, stale)?;
    expect("stored_version of the conflict", &Some(7), &stored)
}

pub(super) fn a_later_claim_fences_the_earlier_owner(pair: &Pair<'_>) -> Outcome {
    let (first, second) = both(pair)?;
    let id = owned_by(first)?;
    claim(second, &id)?;
    for _ in 0..2 {
        for (call, changed) in changes(first, &id) {
            expect_refused(format_args!("{call} after the claim of another store"), ErrorKind::Fenced, changed)?;
        }
    }
    Ok(())
}

pub(super) fn what_is_fenced_is_not_stored(pair: &Pair<'_>) -> Outcome {
    let (first, second) = both(pair)?;
    let id = owned_by(first)?;
    claim(second, &id)?;
    drop(changes(first, &id));
    expect_version(second, &id, Some(7))
}

pub(super) fn a_fenced_call_names_itself_and_is_certain(pair: &Pair<'_>) -> Outcome {
    let (first, second) = both(pair)?;
    let id = owned_by(first)?;
    claim(second, &id)?;
    for (call, changed) in changes(first, &id) {
        expect_named(call, &id, changed.clone())?;
        expect_certain(changed)?;
    }
    Ok(())
}

pub(super) fn a_store_that_claims_again_is_the_owner_again(pair: &Pair<'_>) -> Outcome {
    let (first, second) = both(pair)?;
    let id = owned_by(first)?;
    for version in 8..12 {
        let (owner, other) = if version % 2 == 0 { (second, first) } else { (first, second) };
        claim(owner, &id)?;
        owner.write_state(&state(&id, version))?;
        let fenced = other.write_state(&state(&id, version));
        expect_refused("a write of the earlier owner", ErrorKind::Fenced, fenced)?;
    }
    Ok(())
}

pub(super) fn an_entity_is_claimed_before_its_first_state(pair: &Pair<'_>) -> Outcome {
    let (first, second) = both(pair)?;
    let id = new_id("account-42");
    claim(first, &id)?;
    claim(second, &id)?;
    let fenced = first.write_state_if(&state(&id, 1), IfAbsent);
    expect_refused("a first state after the claim of another store", ErrorKind::Fenced, fenced)?;
    second.write_state_if(&state(&id, 1), IfAbsent)?;
    expect_version(second, &id, Some(1))
}

pub(super) fn a_deleted_entity_is_claimed_with_its_version(pair: &Pair<'_>) -> Outcome {
    let (first, second) = both(pair)?;
    let id = owned_by(first)?;
    first.delete_state_if_version(&id, 7)?;
    expect_version(second, &id, None)?;
    let stale = second.write_state(&state(&id, 7));
    expect_refused("version 7 after a delete at 7", ErrorKind::Conflict, stale)?;
    second.write_state(&state(&id, 8))?;
    expect_version(second, &id, Some(8))
}

pub(super) fn a_forgotten_entity_begins_again(pair: &Pair<'_>) -> Outcome {
    let (first, _) = both(pair)?;
    let id = owned_by(first)?;
    first.forget_state(&id)?;
    expect_version(first, &id, None)?;
    first.write_state_if(&state(&id, 1), IfAbsent)?;
    expect_version(first, &id, Some(1))
}

pub(super) fn a_forgotten_entity_lets_no_earlier_owner_in(pair: &Pair<'_>) -> Outcome {
    let (first, second) = both(pair)?;
    let id = owned_by(first)?;
    claim(second, &id)?;
    second.forget_state(&id)?;
    let mut fenced = first.write_state(&state(&id, 8));
    expect_refused("a write of the owner before it was forgotten", ErrorKind::Fenced, fenced)?;
    claim(second, &id)?;
    fenced = first.write_state(&state(&id, 8));
    expect_refused("a write of the owner before it was claimed again", ErrorKind::Fenced, fenced)
}

pub(super) fn a_released_entity_needs_a_new_claim(pair: &Pair<'_>) -> Outcome {
    let (first, _) = both(pair)?;
    let id = owned_by(first)?;
    first.release(&id);
    let written = first.write_state(&state(&id, 8));
    expect_refused("a write after a release", ErrorKind::InvalidState, written)?;
    claim(first, &id)?;
    first.write_state(&state(&id, 8))?;
    Ok(())
}

pub(super) fn of_claimers_at_once_one_is_the_owner(pair: &Pair<'_>) -> Outcome {
    let (first, second) = both(pair)?;
    for _ in 0..3 {
        let id = owned_by(first)?;
        let claimed = at_once(|writer| claim(if writer % 2 == 0 { first } else { second }, &id))?;
        claimed.into_iter().try_for_each(|(_, claimed)| claimed)?;
        // One that never claims again after the last claim of the other is fenced.
        let owners = [first, second].map(|store| store.write_state(&state(&id, 8)));
        let mut owned = 0;
        for outcome in owners {
            match outcome {
                Ok(()) => owned += 1,
                Err(error) if error.kind() == ErrorKind::Fenced => {}
                Err(error) => return Err(Breach::from(error)),
            }
        }
        expect("how many stores own the entity", &1, &owned)?;
    }
    Ok(())
}
