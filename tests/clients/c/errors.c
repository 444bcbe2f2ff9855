/* What goes wrong outside of single calls: settings, connections, lifecycle, schema. */
#include "client.h"

void errors(void) {
    durable_store_error *error;
    durable_store *store = UNTOUCHED(durable_store *);
    const char *misspelled = "cassandra://127.0.0.1/ego?consistancy=ONE";
    FAILS(DURABLE_STORE_CONFIG, "did you mean consistency?",
          durable_store_open(misspelled, strlen(misspelled), &store, &error));
    CHECK(store == NULL);
    FAILS(DURABLE_STORE_CONFIG, "", durable_store_open("", 0, &store, &error));
    FAILS(DURABLE_STORE_INVALID_STATE, "connection_string: is not UTF-8 from byte 0 on",
          durable_store_open("\xff", 1, &store, &error));

    /* Nothing listens there. */
    const char *elsewhere = "cassandra://127.0.0.1:1/ego?connect_timeout=60s&call_timeout=120s";
    OK(durable_store_open(elsewhere, strlen(elsewhere), &store, &error));
    CHECK(durable_store_connect(store, &error) == DURABLE_STORE_UNREACHABLE);
    CHECK(durable_store_error_is_retryable(error) && !durable_store_error_is_indeterminate(error));
    durable_store_error_free(error);
    CHECK(durable_store_connect(store, NULL) == DURABLE_STORE_UNREACHABLE);
    durable_store_free(store);

    store = opened("nowhere", "");
    CHECK(durable_store_connect(store, &error) == DURABLE_STORE_SCHEMA);
    durable_store_error_free(error);
    durable_store_free(store);

    store = connected("by_id", "");
    written(store, "e", 1, 0);
    OK(durable_store_disconnect(store, &error));
    OK(durable_store_disconnect(store, &error));
    bool found;
    uint8_t *bytes;
    size_t length;
    FAILS(DURABLE_STORE_NOT_CONNECTED, "not connected",
          durable_store_get_latest_state(store, "e", 1, NULL, &found, &bytes, &length, &error));
    FAILS(DURABLE_STORE_NOT_CONNECTED, "not connected", durable_store_delete_state(store, "e", 1, NULL, &error));
    OK(durable_store_connect(store, &error));
    CHECK(version_of(store, "e") == 1);
    durable_store_free(store);
}

void schema(void) {
    durable_store_error *error;
    uint8_t *cql;
    size_t length;
    durable_store *store = opened("made", "");
    OK(durable_store_create_schema(store, "1", 1, DURABLE_STORE_BY_SHARD, false, &error));
    OK(durable_store_create_schema(store, " 1 ", 3, DURABLE_STORE_BY_SHARD, true, &error));
    FAILS(DURABLE_STORE_SCHEMA, "exists with PRIMARY KEY",
          durable_store_create_schema(store, "1", 1, DURABLE_STORE_BY_ID, true, &error));
    FAILS(DURABLE_STORE_CONFIG, "replication: ",
          durable_store_create_schema(store, "many", 4, DURABLE_STORE_BY_ID, true, &error));
    FAILS(DURABLE_STORE_CONFIG, "replication: ",
          durable_store_create_schema(store, "0", 1, DURABLE_STORE_BY_ID, true, &error));
    FAILS(DURABLE_STORE_INVALID_STATE, "layout: 2",
          durable_store_create_schema(store, "1", 1, 2, true, &error));

    OK(durable_store_schema_cql(store, "dc1:3,dc2:2", 11, DURABLE_STORE_BY_ID, true, &cql, &length, &error));
    struct message text = {0};
    put(&text, cql, length);
    put(&text, "", 1);
    CHECK(strstr((const char *)text.bytes, "'dc1': 3") != NULL);
    CHECK(strstr((const char *)text.bytes, "PRIMARY KEY (persistence_id)") != NULL);
    free(text.bytes);
    durable_store_bytes_free(cql, length);
    FAILS(DURABLE_STORE_CONFIG, "replication: ",
          durable_store_schema_cql(store, "dc1:x", 5, DURABLE_STORE_BY_ID, true, &cql, &length, &error));
    CHECK(cql == NULL && length == 0);
    durable_store_free(store);
}
