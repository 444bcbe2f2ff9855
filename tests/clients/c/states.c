/* Single states, and the conditions of writing and deleting them. */
#include "client.h"

void states(void) {
    durable_store_error *error;
    bool found = true;
    uint8_t *bytes = UNTOUCHED(uint8_t *);
    size_t length = 1;
    durable_store *store = connected("by_id", "");
    OK(durable_store_ping(store, &error));

    OK(durable_store_get_latest_state(store, "nobody", 6, NULL, &found, &bytes, &length, &error));
    CHECK(!found && bytes == NULL && length == 0);

    written(store, "a", 1, 0);
    written(store, "a", 2, 7);
    OK(durable_store_get_latest_state(store, "a", 1, NULL, &found, &bytes, &length, &error));
    CHECK(found && is_state(bytes, length, "a", 2, 7, 10));
    /* What was read can be written as it is. */
    OK(durable_store_write_state(store, bytes, length, &error));
    durable_store_bytes_free(bytes, length);

    /* Lengths count, not NULs. */
    struct message state = {0};
    put_bytes(&state, 1, "a\0b", 3);
    put_number(&state, 2, 5);
    OK(durable_store_write_state(store, state.bytes, state.length, &error));
    free(state.bytes);
    OK(durable_store_get_latest_state(store, "a\0b", 3, NULL, &found, &bytes, &length, &error));
    CHECK(found);
    durable_store_bytes_free(bytes, length);
    CHECK(version_of(store, "a") == 2);

    OK(durable_store_delete_state(store, "a", 1, NULL, &error));
    CHECK(version_of(store, "a") == 0);
    OK(durable_store_delete_state(store, "a", 1, NULL, &error));

    FAILS(DURABLE_STORE_INVALID_STATE, "persistence_id: is empty",
          durable_store_get_latest_state(store, "", 0, NULL, &found, &bytes, &length, &error));
    FAILS(DURABLE_STORE_INVALID_STATE, "persistence_id: is not UTF-8 from byte 1 on",
          durable_store_get_latest_state(store, "a\xff", 2, NULL, &found, &bytes, &length, &error));
    FAILS(DURABLE_STORE_CONFIG, "write_mode",
          durable_store_delete_state_if_version(store, "a", 1, NULL, 1, &error));
    OK(durable_store_disconnect(store, &error));
    durable_store_free(store);
}

void shards(void) {
    durable_store_error *error;
    bool found;
    uint8_t *bytes;
    size_t length;
    uint64_t third = 3, ninth = 9;
    durable_store *store = connected("by_shard", "");
    written(store, "s", 1, 3);
    written(store, "s", 2, 9);
    CHECK(version_of(store, "s") == 2);
    OK(durable_store_get_latest_state(store, "s", 1, &third, &found, &bytes, &length, &error));
    CHECK(found && is_state(bytes, length, "s", 1, 3, 10));
    durable_store_bytes_free(bytes, length);
    OK(durable_store_delete_state(store, "s", 1, &ninth, &error));
    CHECK(version_of(store, "s") == 1);
    OK(durable_store_delete_state(store, "s", 1, NULL, &error));
    CHECK(version_of(store, "s") == 0);
    durable_store_free(store);
}

void conditions(void) {
    durable_store_error *error;
    uint64_t stored;
    durable_store *store = connected("versioned", "&write_mode=versioned");
    struct message first = state_of("c", 1, 0, 10), fifth = state_of("c", 5, 0, 10);

    FAILS(DURABLE_STORE_CONFLICT, "there is no state",
          durable_store_write_state_if(store, fifth.bytes, fifth.length, DURABLE_STORE_IF_VERSION, 1, &error));
    OK(durable_store_write_state_if(store, first.bytes, first.length, DURABLE_STORE_IF_ABSENT, 0, &error));
    OK(durable_store_write_state_if(store, fifth.bytes, fifth.length, DURABLE_STORE_IF_VERSION, 1, &error));

    CHECK(durable_store_write_state_if(store, first.bytes, first.length, DURABLE_STORE_IF_ABSENT, 0, &error) ==
          DURABLE_STORE_CONFLICT);
    CHECK(durable_store_error_stored_version(error, &stored) && stored == 5);
    CHECK(durable_store_error_stored_version(error, NULL));
    CHECK(!durable_store_error_is_retryable(error) && !durable_store_error_is_indeterminate(error));
    durable_store_error_free(error);
    /* Also a plain write of an older version. */
    FAILS(DURABLE_STORE_CONFLICT, "version 5 is stored",
          durable_store_write_state(store, first.bytes, first.length, &error));
    FAILS(DURABLE_STORE_INVALID_STATE, "version_number",
          durable_store_write_state_if(store, fifth.bytes, fifth.length, DURABLE_STORE_IF_VERSION, 5, &error));
    FAILS(DURABLE_STORE_INVALID_STATE, "condition: 7",
          durable_store_write_state_if(store, fifth.bytes, fifth.length, 7, 5, &error));

    FAILS(DURABLE_STORE_CONFLICT, "version 5 is stored",
          durable_store_delete_state_if_version(store, "c", 1, NULL, 4, &error));
    OK(durable_store_delete_state_if_version(store, "c", 1, NULL, 5, &error));
    CHECK(durable_store_delete_state_if_version(store, "c", 1, NULL, 5, &error) == DURABLE_STORE_CONFLICT);
    CHECK(durable_store_error_stored_version(error, &stored) && stored == 5);
    durable_store_error_free(error);
    /* The version of a deleted entity stays, until it is forgotten. */
    FAILS(DURABLE_STORE_CONFLICT, "deleted at version 5",
          durable_store_write_state_if(store, first.bytes, first.length, DURABLE_STORE_IF_ABSENT, 0, &error));
    OK(durable_store_forget_state(store, "c", 1, NULL, &error));
    CHECK(durable_store_write_state_if(store, fifth.bytes, fifth.length, DURABLE_STORE_IF_VERSION, 1, &error) ==
          DURABLE_STORE_CONFLICT);
    stored = 1;
    CHECK(!durable_store_error_stored_version(error, &stored) && stored == 0);
    durable_store_error_free(error);
    OK(durable_store_write_state_if(store, first.bytes, first.length, DURABLE_STORE_IF_ABSENT, 0, &error));
    free(first.bytes);
    free(fifth.bytes);
    durable_store_free(store);
}
