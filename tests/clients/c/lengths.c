/* Buffers whose length is not what it is said to be, and large ones. */
#include "client.h"

#define TOO_LONG(name, call) FAILS(DURABLE_STORE_INVALID_STATE, name ": has a length of ", call)

void lengths(void) {
    durable_store_error *error;
    durable_store *store = connected("by_id", ""), *other;
    durable_store_results *results;
    bool found;
    uint8_t *bytes;
    size_t length;
    struct message state = state_of("l", 3, 0, 40);

    /* Cut anywhere: in a buffer of just that length, so that reading on is noticed. */
    int refused = 0;
    for (size_t cut = 0; cut < state.length; cut++) {
        uint8_t *part = (uint8_t *)malloc(cut + (cut == 0));
        CHECK(part != NULL);
        memcpy(part, state.bytes, cut);
        int32_t kind = durable_store_write_state(store, part, cut, &error);
        /* Between two fields it is a whole message still. */
        CHECK(kind == 0 || kind == DURABLE_STORE_INVALID_STATE);
        if (kind != 0) refused++;
        durable_store_error_free(error);
        free(part);
    }
    CHECK((size_t)refused > state.length - 6);
    FAILS(DURABLE_STORE_INVALID_STATE, "state: 9 bytes that do not decode as egopb.DurableState",
          durable_store_write_state(store, state.bytes, 9, &error));

    const size_t impossible[] = {SIZE_MAX, SIZE_MAX / 2 + 1};
    for (size_t at = 0; at < 2; at++) {
        size_t huge = impossible[at];
        TOO_LONG("connection_string", durable_store_open("a", huge, &other, &error));
        TOO_LONG("state", durable_store_write_state(store, state.bytes, huge, &error));
        TOO_LONG("state", durable_store_write_state_if(store, state.bytes, huge, 0, 0, &error));
        TOO_LONG("persistence_id",
                 durable_store_get_latest_state(store, "a", huge, NULL, &found, &bytes, &length, &error));
        TOO_LONG("persistence_id", durable_store_delete_state(store, "a", huge, NULL, &error));
        TOO_LONG("replication", durable_store_create_schema(store, "1", huge, 1, true, &error));
        const uint8_t *one = state.bytes;
        TOO_LONG("states", durable_store_write_states(store, &one, &huge, huge, &results, &error));
        CHECK(results == NULL);
        OK(durable_store_write_states(store, &one, &huge, 1, &results, &error));
        TOO_LONG("states[0]", durable_store_results_get(results, 0, &found, &bytes, &length, &error));
        durable_store_results_free(results);
    }
    free(state.bytes);

    state = state_of("large", 1, 0, 17 << 20);
    FAILS(DURABLE_STORE_INVALID_STATE, "resulting_state: a payload of ",
          durable_store_write_state(store, state.bytes, state.length, &error));
    /* As an id, 17 MiB long. */
    memset(state.bytes, 'x', state.length);
    FAILS(DURABLE_STORE_INVALID_STATE, " bytes exceed ",
          durable_store_get_latest_state(store, (const char *)state.bytes, state.length, NULL, &found, &bytes, &length,
                                         &error));
    free(state.bytes);

    state = state_of("large", 1, 0, 4 << 20);
    OK(durable_store_write_state(store, state.bytes, state.length, &error));
    OK(durable_store_get_latest_state(store, "large", 5, NULL, &found, &bytes, &length, &error));
    CHECK(found && is_state(bytes, length, "large", 1, 0, 4 << 20));
    durable_store_bytes_free(bytes, length);
    free(state.bytes);
    durable_store_free(store);
}
