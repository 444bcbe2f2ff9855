/* NULL for every pointer argument of every function: refused by name, or allowed. A test compares this list with the header. */
#include "client.h"

#define REFUSED(argument, call) FAILS(DURABLE_STORE_INVALID_STATE, #argument ": is NULL", call)
#define ALLOWED(argument, call) call

static int32_t leave(void *context, const uint8_t *state, size_t length, durable_store_change *change) {
    (void)context, (void)state, (void)length, (void)change;
    return 0;
}

void nulls(void) {
    durable_store_error *error;
    durable_store *store = connected("by_id", ""), *other = NULL;
    durable_store_results *results = NULL;
    durable_store_states *scan = NULL;
    const char *text = "cassandra://127.0.0.1";
    const char *id = "n";
    const size_t one = 1;
    struct message made = state_of("n", 1, 0, 1);
    const uint8_t *bytes = made.bytes;
    const size_t size = made.length;
    uint64_t number;
    bool found;
    uint8_t *state = NULL;
    size_t length;

    REFUSED(connection_string, durable_store_open(NULL, 1, &other, &error));
    REFUSED(store, durable_store_open(text, strlen(text), NULL, &error));
    ALLOWED(error, durable_store_open(NULL, 1, &other, NULL));
    CHECK(other == NULL);
    REFUSED(store, durable_store_connect(NULL, &error));
    ALLOWED(error, durable_store_connect(store, NULL));
    REFUSED(store, durable_store_disconnect(NULL, &error));
    ALLOWED(error, durable_store_disconnect(NULL, NULL));
    REFUSED(store, durable_store_ping(NULL, &error));
    ALLOWED(error, durable_store_ping(store, NULL));
    REFUSED(store, durable_store_clone(NULL, &other, &error));
    REFUSED(clone, durable_store_clone(store, NULL, &error));
    ALLOWED(error, durable_store_clone(NULL, &other, NULL));
    REFUSED(store, durable_store_with_table(NULL, "by_id", 5, &other, &error));
    REFUSED(table, durable_store_with_table(store, NULL, 1, &other, &error));
    REFUSED(with_table, durable_store_with_table(store, "by_id", 5, NULL, &error));
    ALLOWED(error, durable_store_with_table(NULL, "by_id", 5, &other, NULL));
    ALLOWED(store, durable_store_free(NULL));

    REFUSED(store, durable_store_write_state(NULL, bytes, size, &error));
    REFUSED(state, durable_store_write_state(store, NULL, size, &error));
    ALLOWED(error, durable_store_write_state(store, bytes, size, NULL));
    REFUSED(store, durable_store_write_state_if(NULL, bytes, size, 0, 0, &error));
    REFUSED(state, durable_store_write_state_if(store, NULL, size, 0, 0, &error));
    ALLOWED(error, durable_store_write_state_if(store, bytes, size, 0, 0, NULL));

    REFUSED(store, durable_store_get_latest_state(NULL, id, 1, NULL, &found, &state, &length, &error));
    REFUSED(persistence_id, durable_store_get_latest_state(store, NULL, 1, NULL, &found, &state, &length, &error));
    ALLOWED(shard, durable_store_get_latest_state(store, "nobody", 6, NULL, &found, &state, &length, &error));
    REFUSED(found, durable_store_get_latest_state(store, id, 1, NULL, NULL, &state, &length, &error));
    REFUSED(state, durable_store_get_latest_state(store, id, 1, NULL, &found, NULL, &length, &error));
    REFUSED(state_length, durable_store_get_latest_state(store, id, 1, NULL, &found, &state, NULL, &error));
    ALLOWED(error, durable_store_get_latest_state(store, "nobody", 6, NULL, &found, &state, &length, NULL));
    CHECK(!found && state == NULL && length == 0);
    REFUSED(store, durable_store_delete_state(NULL, id, 1, NULL, &error));
    REFUSED(persistence_id, durable_store_delete_state(store, NULL, 1, NULL, &error));
    ALLOWED(shard, durable_store_delete_state(store, id, 1, NULL, NULL));
    ALLOWED(error, durable_store_delete_state(store, id, 1, NULL, NULL));
    REFUSED(store, durable_store_delete_state_if_version(NULL, id, 1, NULL, 1, &error));
    REFUSED(persistence_id, durable_store_delete_state_if_version(store, NULL, 1, NULL, 1, &error));
    ALLOWED(shard, durable_store_delete_state_if_version(store, id, 1, NULL, 1, NULL));
    ALLOWED(error, durable_store_delete_state_if_version(store, id, 1, NULL, 1, NULL));
    REFUSED(store, durable_store_forget_state(NULL, id, 1, NULL, &error));
    REFUSED(persistence_id, durable_store_forget_state(store, NULL, 1, NULL, &error));
    ALLOWED(shard, durable_store_forget_state(store, id, 1, NULL, NULL));
    ALLOWED(error, durable_store_forget_state(store, id, 1, NULL, NULL));
    REFUSED(store, durable_store_release(NULL, id, 1, &error));
    REFUSED(persistence_id, durable_store_release(store, NULL, 1, &error));
    ALLOWED(error, durable_store_release(store, id, 1, NULL));

    REFUSED(store, durable_store_update(NULL, id, 1, NULL, leave, NULL, &found, &state, &length, &error));
    REFUSED(persistence_id, durable_store_update(store, NULL, 1, NULL, leave, NULL, &found, &state, &length, &error));
    ALLOWED(shard, durable_store_update(store, id, 1, NULL, leave, NULL, &found, &state, &length, NULL));
    REFUSED(callback, durable_store_update(store, id, 1, NULL, NULL, NULL, &found, &state, &length, &error));
    ALLOWED(context, durable_store_update(store, id, 1, NULL, leave, NULL, &found, &state, &length, NULL));
    REFUSED(found, durable_store_update(store, id, 1, NULL, leave, NULL, NULL, &state, &length, &error));
    REFUSED(state, durable_store_update(store, id, 1, NULL, leave, NULL, &found, NULL, &length, &error));
    REFUSED(state_length, durable_store_update(store, id, 1, NULL, leave, NULL, &found, &state, NULL, &error));
    ALLOWED(error, durable_store_update(store, id, 1, NULL, leave, NULL, &found, &state, &length, NULL));
    REFUSED(change, durable_store_change_to(NULL, bytes, size, &error));
    ALLOWED(state, durable_store_change_to(NULL, NULL, 0, NULL));
    ALLOWED(error, durable_store_change_to(NULL, bytes, size, NULL));

    REFUSED(store, durable_store_write_states(NULL, &bytes, &size, 1, &results, &error));
    REFUSED(states, durable_store_write_states(store, NULL, &size, 1, &results, &error));
    REFUSED(state_lengths, durable_store_write_states(store, &bytes, NULL, 1, &results, &error));
    REFUSED(results, durable_store_write_states(store, &bytes, &size, 1, NULL, &error));
    ALLOWED(error, durable_store_write_states(store, &bytes, &size, 1, NULL, NULL));
    REFUSED(store, durable_store_get_latest_states(NULL, &id, &one, NULL, 1, &results, &error));
    REFUSED(persistence_ids, durable_store_get_latest_states(store, NULL, &one, NULL, 1, &results, &error));
    REFUSED(persistence_id_lengths, durable_store_get_latest_states(store, &id, NULL, NULL, 1, &results, &error));
    REFUSED(results, durable_store_get_latest_states(store, &id, &one, NULL, 1, NULL, &error));
    ALLOWED(error, durable_store_get_latest_states(store, &id, &one, NULL, 1, NULL, NULL));
    CHECK(results == NULL);
    OK(ALLOWED(shards, durable_store_get_latest_states(store, &id, &one, NULL, 1, &results, &error)));
    CHECK(ALLOWED(results, durable_store_results_count(NULL)) == 0);
    REFUSED(results, durable_store_results_get(NULL, 0, &found, &state, &length, &error));
    OK(ALLOWED(found, durable_store_results_get(results, 0, NULL, NULL, NULL, &error)));
    OK(ALLOWED(state, durable_store_results_get(results, 0, &found, NULL, &length, &error)));
    OK(ALLOWED(state_length, durable_store_results_get(results, 0, &found, &state, NULL, &error)));
    ALLOWED(error, durable_store_results_get(results, 0, NULL, NULL, NULL, NULL));
    CHECK(state == NULL);
    ALLOWED(results, durable_store_results_free(NULL));
    durable_store_results_free(results);

    REFUSED(store, durable_store_shard_states(NULL, 0, 0, NULL, 0, &scan, &error));
    REFUSED(resume_token, durable_store_shard_states(store, 0, 0, NULL, 1, &scan, &error));
    REFUSED(states, durable_store_shard_states(store, 0, 0, NULL, 0, NULL, &error));
    ALLOWED(error, durable_store_shard_states(NULL, 0, 0, NULL, 0, &scan, NULL));
    REFUSED(store, durable_store_all_states(NULL, 0, NULL, 0, &scan, &error));
    REFUSED(resume_token, durable_store_all_states(store, 0, NULL, 1, &scan, &error));
    REFUSED(states, durable_store_all_states(store, 0, NULL, 0, NULL, &error));
    ALLOWED(error, durable_store_all_states(NULL, 0, NULL, 0, &scan, NULL));
    CHECK(scan == NULL);
    OK(durable_store_all_states(store, 0, NULL, 0, &scan, &error));
    REFUSED(states, durable_store_states_next(NULL, &found, &state, &length, &error));
    REFUSED(found, durable_store_states_next(scan, NULL, &state, &length, &error));
    REFUSED(state, durable_store_states_next(scan, &found, NULL, &length, &error));
    REFUSED(state_length, durable_store_states_next(scan, &found, &state, NULL, &error));
    ALLOWED(error, durable_store_states_next(NULL, &found, &state, &length, NULL));
    REFUSED(states, durable_store_states_resume_token(NULL, &state, &length, &error));
    REFUSED(token, durable_store_states_resume_token(scan, NULL, &length, &error));
    REFUSED(token_length, durable_store_states_resume_token(scan, &state, NULL, &error));
    ALLOWED(error, durable_store_states_resume_token(NULL, &state, &length, NULL));
    ALLOWED(states, durable_store_states_free(NULL));
    durable_store_states_free(scan);

    REFUSED(store, durable_store_create_schema(NULL, "1", 1, 1, true, &error));
    REFUSED(replication, durable_store_create_schema(store, NULL, 1, 1, true, &error));
    ALLOWED(error, durable_store_create_schema(NULL, "1", 1, 1, true, NULL));
    REFUSED(store, durable_store_schema_cql(NULL, "1", 1, 1, true, &state, &length, &error));
    REFUSED(replication, durable_store_schema_cql(store, NULL, 1, 1, true, &state, &length, &error));
    REFUSED(cql, durable_store_schema_cql(store, "1", 1, 1, true, NULL, &length, &error));
    REFUSED(cql_length, durable_store_schema_cql(store, "1", 1, 1, true, &state, NULL, &error));
    ALLOWED(error, durable_store_schema_cql(NULL, "1", 1, 1, true, &state, &length, NULL));

    CHECK(ALLOWED(error, durable_store_error_kind(NULL)) == 0);
    CHECK(strcmp(ALLOWED(error, durable_store_error_message(NULL)), "") == 0);
    CHECK(!ALLOWED(error, durable_store_error_stored_version(NULL, &number)) && number == 0);
    CHECK(!ALLOWED(version_number, durable_store_error_stored_version(NULL, NULL)));
    CHECK(!ALLOWED(error, durable_store_error_is_retryable(NULL)));
    CHECK(!ALLOWED(error, durable_store_error_is_indeterminate(NULL)));
    ALLOWED(error, durable_store_error_free(NULL));
    ALLOWED(bytes, durable_store_bytes_free(NULL, 7));
    OK(ALLOWED(callback, durable_store_set_log(NULL, NULL, 0, &error)));
    ALLOWED(context, durable_store_set_log(NULL, NULL, 0, NULL));
    ALLOWED(error, durable_store_set_log(NULL, NULL, 0, NULL));

    free(made.bytes);
    durable_store_free(store);
}
