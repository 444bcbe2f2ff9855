/* Mode owned: two stores on one table, of which only the one that claimed last may write. And updates. */
#include "client.h"

#define FENCED(call) FAILS(DURABLE_STORE_FENCED, "another store has claimed the entity", call)

void owners(void) {
    durable_store_error *error;
    durable_store *first = connected("versioned", "&write_mode=owned"), *second = connected("versioned", "&write_mode=owned");
    struct message one = state_of("o", 1, 0, 10), two = state_of("o", 2, 0, 10);

    FAILS(DURABLE_STORE_INVALID_STATE, "has not claimed the entity",
          durable_store_write_state(first, one.bytes, one.length, &error));
    CHECK(version_of(first, "o") == 0);
    OK(durable_store_write_state(first, one.bytes, one.length, &error));
    CHECK(version_of(second, "o") == 1);
    FENCED(durable_store_write_state(first, two.bytes, two.length, &error));
    FENCED(durable_store_write_state_if(first, two.bytes, two.length, DURABLE_STORE_IF_VERSION, 1, &error));
    FENCED(durable_store_delete_state(first, "o", 1, NULL, &error));
    FENCED(durable_store_forget_state(first, "o", 1, NULL, &error));
    CHECK(durable_store_write_state(first, two.bytes, two.length, &error) == DURABLE_STORE_FENCED);
    CHECK(!durable_store_error_is_retryable(error) && !durable_store_error_is_indeterminate(error));
    durable_store_error_free(error);

    OK(durable_store_write_state(second, two.bytes, two.length, &error));
    OK(durable_store_delete_state(second, "o", 1, NULL, &error));
    FAILS(DURABLE_STORE_CONFLICT, "deleted at version 2",
          durable_store_write_state(second, two.bytes, two.length, &error));
    OK(durable_store_forget_state(second, "o", 1, NULL, &error));
    FAILS(DURABLE_STORE_INVALID_STATE, "has not claimed the entity",
          durable_store_write_state(second, one.bytes, one.length, &error));
    CHECK(version_of(second, "o") == 0);
    OK(durable_store_write_state(second, one.bytes, one.length, &error));
    OK(durable_store_release(second, "o", 1, &error));
    FAILS(DURABLE_STORE_INVALID_STATE, "has not claimed the entity",
          durable_store_write_state(second, two.bytes, two.length, &error));
    free(one.bytes);
    free(two.bytes);
    durable_store_free(first);
    durable_store_free(second);
}

/* What a callback does, and how often it was called. */
struct plan {
    const durable_store *store;
    uint64_t next_version;
    int32_t returns;
    int calls;
    int rivals;
};

static int32_t next(void *context, const uint8_t *state, size_t length, durable_store_change *change) {
    struct plan *plan = context;
    durable_store_error *error;
    plan->calls++;
    CHECK((state == NULL) == (length == 0));
    /* It may use the store. */
    if (plan->calls <= plan->rivals) written(plan->store, "u", 10 * (uint64_t)plan->calls, 0);
    if (plan->returns != 0) return plan->returns;
    if (plan->next_version != 0) {
        struct message made = state_of("u", plan->next_version, 0, 10);
        OK(durable_store_change_to(change, made.bytes, made.length, &error));
        free(made.bytes);
    }
    FAILS(DURABLE_STORE_INVALID_STATE, "state: ", durable_store_change_to(change, (const uint8_t *)"\xff", 1, &error));
    FAILS(DURABLE_STORE_INVALID_STATE, "change: is NULL", durable_store_change_to(NULL, state, length, &error));
    return 0;
}

void updates(void) {
    durable_store_error *error;
    bool found;
    uint8_t *state;
    size_t length;
    durable_store *store = connected("versioned", "&write_mode=versioned");
#define UPDATE(plan) durable_store_update(store, "u", 1, NULL, next, plan, &found, &state, &length, &error)

    struct plan leaves = {store, 0, 0, 0, 0};
    OK(UPDATE(&leaves));
    CHECK(!found && state == NULL && length == 0 && leaves.calls == 1);
    struct plan creates = {store, 1, 0, 0, 0};
    OK(UPDATE(&creates));
    CHECK(found && is_state(state, length, "u", 1, 0, 10));
    durable_store_bytes_free(state, length);
    /* Called again with what another writer stored. */
    struct plan conflicts = {store, 30, 0, 0, 2};
    OK(UPDATE(&conflicts));
    CHECK(found && is_state(state, length, "u", 30, 0, 10) && conflicts.calls == 3);
    durable_store_bytes_free(state, length);

    struct plan ends = {store, 31, -7, 0, 0};
    error = UNTOUCHED(durable_store_error *);
    CHECK(UPDATE(&ends) == -7 && error == NULL && !found && state == NULL);
    CHECK(version_of(store, "u") == 30);
    struct plan returns_a_kind = {store, 31, 7, 0, 0};
    FAILS(DURABLE_STORE_INVALID_STATE, "callback: returned 7", UPDATE(&returns_a_kind));
    struct plan stale = {store, 30, 0, 0, 0};
    FAILS(DURABLE_STORE_INVALID_STATE, "version_number", UPDATE(&stale));
    durable_store_free(store);
}
