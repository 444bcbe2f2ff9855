//! Which id a call is about.

use fastrand::Rng;

use crate::{
    history::{Id, Nanos, Population, SECOND},
    options::Mode,
};

/// Ids in use at once, of each population. Few enough that calls meet on them.
const KEPT: u32 = 64;
const REWRITTEN: u32 = 16;
const COUNTERS: u32 = 32;
/// Many, so that each is deleted a few times only: once an attempt to delete an id has no outcome, little is certain
/// about it.
const DELETED: u32 = 192;

pub(crate) const MOST: u32 = 192;

/// After this time other ids are used, so that many are made, and old ones have to stay as they are.
const GENERATION: Nanos = 20 * SECOND;

/// An id of a population that is in use now.
pub(crate) fn current(population: Population, now: Nanos, rng: &mut Rng) -> Id {
    let generation = u32::try_from(now / GENERATION).unwrap_or_default();
    let (generation, number) = match population {
        Population::Kept => (0, rng.u32(0..KEPT)),
        Population::Rewritten => (0, rng.u32(0..REWRITTEN)),
        // Half of the calls meet on a few of them.
        Population::Counter if rng.bool() => (generation, rng.u32(0..2)),
        Population::Counter => (generation, rng.u32(0..COUNTERS)),
        Population::Deleted => (generation, rng.u32(0..DELETED)),
    };
    Id { population, generation, number }
}

/// An id that is written plainly.
pub(crate) fn to_write(mode: Mode, now: Nanos, rng: &mut Rng) -> Id {
    let population = match (mode, rng.u8(0..10)) {
        (_, 0..=4) => Population::Kept,
        (Mode::Versioned | Mode::Owned, 5) => Population::Rewritten,
        _ => Population::Deleted,
    };
    current(population, now, rng)
}

/// Any id that is, or was, in use.
pub(crate) fn to_read(mode: Mode, now: Nanos, rng: &mut Rng) -> Id {
    let population = match (mode, rng.u8(0..10)) {
        (_, 0..=4) => Population::Kept,
        (Mode::Versioned | Mode::Owned, 5) => Population::Rewritten,
        (Mode::Versioned | Mode::Owned, 6..=7) => Population::Counter,
        _ => Population::Deleted,
    };
    let id = current(population, now, rng);
    if rng.u8(0..8) == 0 { Id { generation: rng.u32(0..=id.generation), ..id } } else { id }
}
