//! The cases of the contract: a correct store fails none, and each case fails on a store with that one fault.
//! They need no server.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod broken;
mod conditions;
mod contents;
mod deletes;
mod input;
mod last_write;
mod lifecycle;
mod owners;
mod updates;
mod versions;
mod writes;

use std::collections::BTreeSet;

use durable_store::{
    DurableState, MemoryStore, OwnedStateStore, Result, StateStore, VersionedStateStore,
    conformance::{self, Case, Failures},
};

use broken::{Broken, Faults};

/// The broken stores that the cases of both modes are for, built on a sound one.
fn in_either_mode(sound: fn() -> MemoryStore) -> Faults {
    [lifecycle::faults, contents::faults, input::faults, writes::faults]
        .into_iter()
        .flat_map(|faults| faults(sound))
        .collect()
}

/// All stores in which the last write wins but for some fault, each with the case that finds it.
fn last_write_wins() -> Faults {
    in_either_mode(MemoryStore::new).into_iter().chain(last_write::faults(MemoryStore::new)).collect()
}

/// All stores in versioned mode but for some fault, each with the case that finds it.
fn versioned() -> Faults {
    let versioned = [versions::faults, conditions::faults, deletes::faults, updates::faults];
    let versioned = versioned.into_iter().flat_map(|faults| faults(MemoryStore::versioned));
    in_either_mode(MemoryStore::versioned).into_iter().chain(versioned).collect()
}

#[test]
fn a_sound_store_fails_no_case_also_when_it_is_checked_again() {
    let (store, versioned) = (MemoryStore::new(), MemoryStore::versioned());
    for _ in 0..2 {
        conformance::check(&conformance::state_store(), &store).unwrap();
        conformance::check(&conformance::versioned_state_store(), &versioned).unwrap();
    }
    let owned = MemoryStore::owned();
    let pair: [&dyn OwnedStateStore; 2] = [&owned, &owned.another()];
    for _ in 0..2 {
        conformance::check(&conformance::owned_state_stores(), &pair).unwrap();
    }
}

#[test]
fn a_wrapper_that_only_borrows_a_store_can_be_checked() {
    struct Wrapper<'s>(&'s MemoryStore);
    impl StateStore for Wrapper<'_> {
        fn connect(&self) -> Result<()> {
            self.0.connect()
        }
        fn disconnect(&self) -> Result<()> {
            self.0.disconnect()
        }
        fn ping(&self) -> Result<()> {
            self.0.ping()
        }
        fn write_state(&self, state: &DurableState) -> Result<()> {
            self.0.write_state(state)
        }
        fn get_latest_state(&self, persistence_id: &str) -> Result<Option<DurableState>> {
            self.0.get_latest_state(persistence_id)
        }
    }
    let store = MemoryStore::new();
    conformance::check(&conformance::state_store(), &Wrapper(&store)).unwrap();
}

/// The faults that other cases found than the one they are for, and those that none found.
fn misjudged<S: ?Sized>(cases: &[Case<S>], faults: Faults, store: impl Fn(&Broken) -> &S) -> Vec<String> {
    let judged = faults.into_iter().map(|(case, broken)| (case, conformance::check(cases, store(&broken)).err()));
    judged.filter_map(|(case, failures)| misjudgement(case, failures)).collect()
}

/// What is wrong if not exactly this case has failed.
fn misjudgement(case: &str, failures: Option<Failures>) -> Option<String> {
    let failed: Vec<&str> = failures.iter().flat_map(|failures| failures.iter().map(|(case, _)| case)).collect();
    (failed != [case]).then(|| format!("the fault for {case}: {failures:?}"))
}

#[test]
fn a_broken_pair_of_owners_fails_exactly_the_case_it_should() {
    let cases = conformance::owned_state_stores();
    let judged = owners::faults().into_iter().map(|(case, [first, second])| {
        let pair: [&dyn OwnedStateStore; 2] = [&first, &second];
        // Cases of another lifetime: those of a pair hold its stores.
        (case, conformance::check(&conformance::owned_state_stores(), &pair).err())
    });
    let misjudged: Vec<String> = judged.filter_map(|(case, failures)| misjudgement(case, failures)).collect();
    assert!(misjudged.is_empty(), "{}", misjudged.join("\n"));
    let found: BTreeSet<_> = owners::faults().into_iter().map(|(case, _)| case).collect();
    assert_eq!(cases.iter().map(Case::name).collect::<BTreeSet<_>>(), found);
    assert_eq!(cases.len(), found.len());
}

#[test]
fn a_broken_store_fails_exactly_the_case_it_should() {
    let misjudged = misjudged(&conformance::state_store(), last_write_wins(), |broken| broken);
    assert!(misjudged.is_empty(), "{}", misjudged.join("\n"));
}

#[test]
fn a_broken_versioned_store_fails_exactly_the_case_it_should() {
    let misjudged = misjudged(&conformance::versioned_state_store(), versioned(), |broken| broken);
    assert!(misjudged.is_empty(), "{}", misjudged.join("\n"));
}

#[test]
fn every_case_has_a_store_that_fails_it_and_a_name_of_its_own() {
    fn assert_found_out<S: ?Sized>(cases: &[Case<S>], faults: Faults) {
        let names: BTreeSet<_> = cases.iter().map(Case::name).collect();
        assert_eq!(names.len(), cases.len());
        assert_eq!(names, faults.into_iter().map(|(case, _)| case).collect());
    }
    assert_found_out(&conformance::state_store(), last_write_wins());
    assert_found_out(&conformance::versioned_state_store(), versioned());
}

#[test]
fn a_failure_says_what_was_expected_and_what_was_seen() {
    let forgets = Broken::of(MemoryStore::new()).read(|_, _| Ok(None));
    let failures = conformance::check(&conformance::state_store(), &forgets as &dyn StateStore).unwrap_err();
    let (_, why) = failures.iter().find(|(case, _)| *case == "a_higher_version_replaces_a_lower_one").unwrap();
    assert_eq!(why.to_string(), "expected the stored version number to be Some(0), saw None");
    let text = failures.to_string();
    assert!(text.starts_with(&format!("{} of 26 cases failed\n", failures.iter().count())), "{text}");
    assert_eq!(text, format!("{failures:?}"));
}

#[test]
fn a_store_that_panics_or_never_connects_fails_and_ends_no_test() {
    let panics = Broken::of(MemoryStore::versioned()).read(|_, _| panic!("a bug")).write(|_, _| panic!("a bug"));
    let never = Broken::of(MemoryStore::versioned())
        .connect(|store| store.get_latest_state("a").map(drop))
        .ping(|store| store.get_latest_state("a").map(drop));
    for (broken, why) in
        [(panics, "expected no panic, saw one: a bug"), (never, "expected success, saw NotConnected: ")]
    {
        let cases = conformance::versioned_state_store();
        let failures = conformance::check(&cases, &broken as &dyn VersionedStateStore).unwrap_err();
        let because = failures.iter().filter(|(_, seen)| seen.to_string().starts_with(why)).count();
        assert!(because > cases.len() / 2, "{failures}");
    }
}
