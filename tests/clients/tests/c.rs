//! The client in C, one topic per test.

use crate::harness::{Keyspace, Program, address, printed};

fn run(topic: &str) {
    let keyspace = Keyspace::new(address());
    assert_eq!(printed(&mut Program::Plain.run(&[topic], &keyspace)), format!("{topic}\n"));
}

#[test]
fn states_are_written_read_and_deleted() {
    run("states");
}

#[test]
fn a_key_with_a_shard_means_one_row() {
    run("shards");
}

#[test]
fn conditions_that_fail_are_conflicts_with_the_stored_version() {
    run("conditions");
}

#[test]
fn a_later_claim_fences_the_earlier_owner() {
    run("owners");
}

#[test]
fn an_update_calls_back_until_its_write_is_applied() {
    run("updates");
}

#[test]
fn errors_have_texts_and_a_disconnected_store_reconnects() {
    run("errors");
}

#[test]
fn items_of_a_bulk_call_have_outcomes_of_their_own() {
    run("bulk");
}

#[test]
fn scans_give_all_states_and_go_on_from_their_token() {
    run("scans");
}

#[test]
fn a_handle_on_another_table_shares_the_session() {
    run("tables");
}

#[test]
fn the_schema_is_made_and_shown() {
    run("schema");
}

#[test]
fn null_for_any_pointer_is_refused_by_name_or_allowed() {
    run("nulls");
}

#[test]
fn wrong_lengths_and_large_messages_are_refused() {
    run("lengths");
}

#[test]
fn sixty_four_threads_share_a_store() {
    run("threads");
}

#[test]
fn a_handle_is_freed_while_64_threads_call_through_its_clones() {
    run("clones");
}

#[test]
fn the_log_callback_gets_driver_lines_and_can_be_replaced() {
    run("logs");
}

#[test]
fn calls_in_a_forked_child_give_an_error_at_once() {
    run("forks");
}
