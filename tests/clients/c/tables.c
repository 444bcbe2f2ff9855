/* Handles on other tables of the keyspace. */
#include "client.h"

void tables(void) {
    durable_store_error *error;
    durable_store *store = connected("by_id", ""), *orders = NULL, *missing = NULL, *refused = UNTOUCHED(durable_store *);
    OK(durable_store_with_table(store, "orders", 6, &orders, &error));
    OK(durable_store_create_schema(orders, "1", 1, DURABLE_STORE_BY_ID, true, &error));
    written(store, "t", 1, 0);
    written(orders, "t", 5, 0);
    CHECK(version_of(store, "t") == 1 && version_of(orders, "t") == 5);

    OK(durable_store_with_table(orders, "missing", 7, &missing, &error));
    struct message state = state_of("t", 1, 0, 1);
    FAILS(DURABLE_STORE_SCHEMA, "missing", durable_store_write_state(missing, state.bytes, state.length, &error));
    free(state.bytes);
    FAILS(DURABLE_STORE_CONFIG, "table: \"no table\" is not", durable_store_with_table(store, "no table", 8, &refused, &error));
    CHECK(refused == NULL);

    /* The session stays while any handle is left. */
    durable_store_free(store);
    durable_store_free(missing);
    CHECK(version_of(orders, "t") == 5);
    durable_store_free(orders);
}
