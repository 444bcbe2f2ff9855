//! The contract of [`StateStore`], [`VersionedStateStore`] and [`OwnedStateStore`] as cases, to check any store against: your own, or a wrapper
//! around a [`DurableStore`](crate::DurableStore). Needs the feature `conformance`. In a test:
//!
//! ```
//! use durable_store::{DurableState, MemoryStore, Result, StateStore, conformance};
//!
//! /// For example, counts writes.
//! struct Wrapper(MemoryStore);
//!
//! impl StateStore for Wrapper {
//! #   fn connect(&self) -> Result<()> { self.0.connect() }
//! #   fn disconnect(&self) -> Result<()> { self.0.disconnect() }
//! #   fn ping(&self) -> Result<()> { self.0.ping() }
//! #   fn get_latest_state(&self, id: &str) -> Result<Option<DurableState>> { self.0.get_latest_state(id) }
//!     // ...
//!     fn write_state(&self, state: &DurableState) -> Result<()> {
//!         self.0.write_state(state)
//!     }
//! }
//!
//! conformance::check(&conformance::state_store(), &Wrapper(MemoryStore::new()))?;
//! # Ok::<(), conformance::Failures>(())
//! ```
//!
//! A store in which the last write wins is checked against [`state_store`], one in versioned mode against
//! [`versioned_state_store`], and two stores in mode owned against [`owned_state_stores`]. On a table keyed by shard all cases hold too: each keeps an entity in one shard. Only
//! `every_shard_is_kept` needs a store that takes any shard (the default of
//! [`sharding`](crate::ConfigBuilder::sharding), or a table keyed by id); all others write to shard 0.
//!
//! # What a case needs
//! A store that can be connected, connected or not. What it already holds does not matter, and other cases may run
//! against the same table at the same time: every run of a case has entities of its own. But cases connect and disconnect
//! the store as they need, so those that run at once each take a store of their own, and a store is left connected or not.
//! Most cases leave a state or a few behind, whose persistence ids begin `conformance/`. The largest has 1 MiB.
//!
//! # What no case can check
//! Refusal of calls before the first connect (the store may be connected already), what remains after a crash, and
//! everything that needs a failing server: deadlines, retries, unknown outcomes. A case of a store that never
//! answers does not end.

mod breach;
mod case;
mod conditions;
mod contents;
mod deletes;
mod failures;
mod input;
mod last_write;
mod lifecycle;
mod owners;
mod updates;
mod versions;
mod writes;

pub use breach::Breach;
pub use case::Case;
pub use failures::Failures;

use crate::{OwnedStateStore, StateStore, VersionedStateStore};

/// The cases of these names.
macro_rules! cases {
    ($($module:ident: $($name:ident)*;)*) => { [$($(Case::new(stringify!($name), $module::$name)),*),*] };
}

/// The promises of every store, in either write mode.
macro_rules! in_either_mode {
    () => {
        cases! {
            lifecycle:
                connecting_again_is_harmless
                disconnecting_again_is_harmless
                a_ping_connects
                a_disconnected_store_refuses_calls
                states_outlive_the_connection
                a_refusal_names_the_call_and_the_entity
                a_refusal_is_certain;
            contents:
                an_absent_entity_gives_none
                every_version_number_is_kept
                every_timestamp_is_kept
                every_shard_is_kept
                every_payload_is_kept
                every_persistence_id_is_kept
                a_long_persistence_id_is_kept
                no_state_reads_back_as_an_empty_one;
            input:
                an_empty_persistence_id_is_refused
                a_persistence_id_over_65535_bytes_is_refused
                a_payload_over_15_mib_is_refused
                bad_input_is_named;
            writes:
                a_higher_version_replaces_a_lower_one
                the_same_version_can_be_written_again
                a_write_leaves_nothing_of_the_one_before
                of_writers_at_once_one_state_stays
                entities_written_at_once_are_kept_apart;
        }
    };
}

/// Returns the cases for a store in which the last write wins. See [`conformance`](self) for an example.
pub fn state_store<'s>() -> Vec<Case<dyn StateStore + 's>> {
    let last_write_wins = cases! {
        last_write:
            a_lower_version_replaces_a_higher_one
            version_numbers_above_i64_max_are_kept;
    };
    in_either_mode!().into_iter().chain(last_write_wins).collect()
}

/// Returns the cases for a store that refuses stale writes, as in [`WriteMode::Versioned`](crate::WriteMode::Versioned).
/// See [`Failures`] for an example.
pub fn versioned_state_store<'s>() -> Vec<Case<dyn VersionedStateStore + 's>> {
    let versioned = cases! {
        versions:
            a_stale_write_is_refused
            of_writers_at_once_the_highest_version_stays
            version_numbers_above_i64_max_are_refused
            a_refused_version_number_is_named
            a_conflict_says_which_version_is_stored
            a_conflict_names_the_call_and_the_entity
            a_conflict_is_certain;
        conditions:
            a_conditional_write_stores_every_field
            if_absent_refuses_where_a_state_is
            if_version_writes_over_that_version
            if_version_refuses_any_other_version
            if_version_refuses_where_nothing_is
            if_version_needs_a_higher_new_version
            of_writers_at_once_with_if_absent_one_wins
            of_writers_at_once_with_if_version_one_wins
            a_disconnected_store_refuses_conditional_calls
            conditional_calls_refuse_bad_input;
        deletes:
            a_delete_of_the_stored_version_leaves_nothing
            a_delete_of_another_version_is_refused
            a_delete_where_nothing_is_is_refused
            a_delete_of_a_version_above_i64_max_is_refused
            a_deleted_version_refuses_stale_writes
            a_deleted_version_meets_no_condition
            a_deleted_entity_is_written_above_its_version;
        updates:
            an_update_writes_what_the_change_makes
            a_change_gets_what_is_stored
            an_update_without_a_change_writes_nothing
            the_error_of_a_change_is_returned_as_it_is
            an_update_of_another_entity_is_refused
            a_change_is_made_again_after_a_conflict
            an_update_below_a_deleted_version_is_refused
            updates_at_once_are_all_applied;
    };
    in_either_mode!().into_iter().chain(versioned).collect()
}

/// Returns the cases for a pair of stores in [`WriteMode::Owned`](crate::WriteMode::Owned) on the same states, as two
/// processes have them. A store that claims each entity before it writes it has to keep the promises of
/// [`versioned_state_store`] too.
///
/// ```
/// use durable_store::{MemoryStore, OwnedStateStore, conformance};
///
/// let store = MemoryStore::owned();
/// let pair: [&dyn OwnedStateStore; 2] = [&store, &store.another()];
/// conformance::check(&conformance::owned_state_stores(), &pair)?;
/// # Ok::<(), conformance::Failures>(())
/// ```
pub fn owned_state_stores<'s>() -> Vec<Case<[&'s (dyn OwnedStateStore + 's); 2]>> {
    let owned = cases! {
        owners:
            a_write_needs_a_claim
            a_claim_returns_what_is_stored
            an_owner_writes_and_deletes
            an_owner_is_refused_stale_versions
            a_later_claim_fences_the_earlier_owner
            what_is_fenced_is_not_stored
            a_fenced_call_names_itself_and_is_certain
            a_store_that_claims_again_is_the_owner_again
            an_entity_is_claimed_before_its_first_state
            a_deleted_entity_is_claimed_with_its_version
            a_forgotten_entity_begins_again
            a_forgotten_entity_lets_no_earlier_owner_in
            a_released_entity_needs_a_new_claim
            of_claimers_at_once_one_is_the_owner;
    };
    owned.into()
}

/// Runs all these cases on `store`, one after the other, also after one has failed. See [`conformance`](self) for an
/// example.
///
/// # Errors
/// Fails with every case that failed, and the reason.
pub fn check<S: ?Sized>(cases: &[Case<S>], store: &S) -> Result<(), Failures> {
    Failures::of(cases.iter().map(|case| (case.name(), case.run(store))))
}
