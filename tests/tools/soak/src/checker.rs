//! Checks a history. Uses no store.
//!
//! Every rule is one that a correct store cannot break, whatever fails and however late, so each breach is a fault of the
//! store. What the rules rest on:
//!
//! - All calls, of all processes, are timed by one clock of the machine that never goes back. One call is before another only if it ended
//!   before the other began.
//! - Mode last-write-wins orders writes and deletes by timestamps. They are taken inside of each call, once, from one
//!   source per process that only grows, so of two calls of a process the order is certain where one had its timestamp
//!   before the other began; where they overlap either may stay. What a process has read orders its later calls after
//!   it, also if the clocks of the two processes differ.
//! - Modes versioned and owned order writes by version number, which a delete keeps. Writes of one version can be
//!   overtaken by an attempt that lands late, as the store's documentation says. What deletes add is in [`deleted`], what
//!   claims add in [`owned`].

mod deleted;
mod index;
mod last_write_wins;
mod late;
mod owned;
mod phantom;
#[cfg(test)]
pub(crate) mod planted;
#[cfg(test)]
pub(crate) mod simulated;
#[cfg(test)]
mod tests;
mod versioned;

use std::collections::HashSet;

use crate::{
    history::{Entry, Population},
    options::Mode,
    violation::{Kind, Violation},
};

use index::OfId;
use last_write_wins::Known;

/// Everything that is wrong with a history. `last` are the reads after the load, with all nodes back.
pub(crate) fn check(mode: Mode, history: &[Entry], last: &[Entry]) -> Vec<Violation> {
    let writes = phantom::writes(history);
    let known = Known::new(&writes, history);
    let mut found = late::check(history);
    found.extend(phantom::check(&writes, history.iter().chain(last)));
    for of_id in index::by_id(history, last) {
        found.extend(check_id(mode, &writes, &of_id, &known));
    }
    found
}

fn check_id(mode: Mode, writes: &phantom::Writes<'_>, of_id: &OfId<'_>, known: &Known<'_>) -> Vec<Violation> {
    let mut found = match (mode, of_id.id.population) {
        (Mode::LastWriteWins, _) => last_write_wins::check(writes, of_id, known),
        (Mode::Versioned | Mode::Owned, Population::Deleted) => deleted::check(writes, of_id),
        (Mode::Versioned | Mode::Owned, _) => versioned::check(writes, of_id),
    };
    if mode == Mode::Owned {
        found.extend(owned::check(writes, of_id));
    }
    // A read after the load that misses a write is how a loss shows.
    let last: HashSet<u64> = of_id.last.iter().map(|read| read.call).collect();
    for violation in &mut found {
        if violation.kind == Kind::Stale && violation.calls.last().is_some_and(|read| last.contains(&read.call)) {
            violation.kind = Kind::Lost;
        }
    }
    found
}
