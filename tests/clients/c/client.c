/* client TOPIC... HOST:PORT KEYSPACE: runs topics, one after the other, and ends with 0 if all is as it should be. Its last line
 * is "too busy" if a call failed in a way that a new one may mend, as on a machine too busy for the driver's heartbeats. */
#include "client.h"

/* Of the driver. Its own allocator hides leaks and stray reads from valgrind. */
void cass_alloc_set_functions(void *(*allocate)(size_t), void *(*reallocate)(void *, size_t), void (*release)(void *));

static const char *address, *keyspace;

static const struct {
    const char *name;
    void (*run)(void);
} TOPICS[] = {
    {"states", states},
    {"shards", shards},
    {"conditions", conditions},
    {"owners", owners},
    {"updates", updates},
    {"errors", errors},
    {"bulk", bulk},
    {"scans", scans},
    {"schema", schema},
    {"tables", tables},
    {"nulls", nulls},
    {"lengths", lengths},
    {"threads", threads},
    {"clones", clones},
    {"logs", logs},
    {"forks", forks},
    {"free_store_twice", free_store_twice},
    {"free_error_twice", free_error_twice},
    {"free_results_twice", free_results_twice},
    {"free_scan_twice", free_scan_twice},
    {"free_bytes_twice", free_bytes_twice},
    {"free_bytes_of_another_length", free_bytes_of_another_length},
    {"use_store_after_free", use_store_after_free},
    {"use_error_after_free", use_error_after_free},
    {"use_results_after_free", use_results_after_free},
    {"use_scan_after_free", use_scan_after_free},
    {"use_error_as_store", use_error_as_store},
    {"leak", leak},
};

static void run(const char *topic) {
    for (size_t at = 0; at < sizeof TOPICS / sizeof *TOPICS; at++) {
        if (strcmp(TOPICS[at].name, topic) == 0) {
            printf("%s\n", topic);
            fflush(stdout);
            TOPICS[at].run();
            return;
        }
    }
    fprintf(stderr, "there is no topic %s\n", topic);
    exit(2);
}

int main(int argc, char **argv) {
    CHECK(argc >= 4);
    if (getenv("VISIBLE_ALLOCATIONS") != NULL) cass_alloc_set_functions(malloc, realloc, free);
    address = argv[argc - 2];
    keyspace = argv[argc - 1];
    for (int at = 1; at < argc - 2; at++) run(argv[at]);
    return 0;
}

static void give_up(int32_t kind, const durable_store_error *error) {
    if (kind != 0 && durable_store_error_is_retryable(error)) printf("too busy\n");
    exit(1);
}

void succeeded(const char *file, int line, const char *call, int32_t kind, durable_store_error *error) {
    if (kind != 0) {
        fprintf(stderr, "%s:%d: %s: %s\n", file, line, call, durable_store_error_message(error));
        give_up(kind, error);
    }
    if (error != NULL) {
        fprintf(stderr, "%s:%d: %s: has left the place of the error as it was\n", file, line, call);
        exit(1);
    }
}

void failed(const char *file, int line, const char *call, int32_t kind, durable_store_error *error, int32_t wanted,
            const char *part) {
    const char *message = kind == 0 ? "it succeeds" : durable_store_error_message(error);
    if (kind != wanted || durable_store_error_kind(error) != wanted || strstr(message, part) == NULL) {
        fprintf(stderr, "%s:%d: %s: gives %" PRId32 ", %s\n", file, line, call, kind, message);
        give_up(kind, error);
    }
    durable_store_error_free(error);
}

durable_store *opened(const char *table, const char *settings) {
    durable_store *store;
    durable_store_error *error;
    char text[512];
    /* A machine that is busy, or valgrind, is no failure. */
    const char *patient = "connect_timeout=60s&request_timeout=60s&call_timeout=120s";
    int length =
        snprintf(text, sizeof text, "cassandra://%s/%s?table=%s&%s%s", address, keyspace, table, patient, settings);
    CHECK(length > 0 && (size_t)length < sizeof text);
    OK(durable_store_open(text, (size_t)length, &store, &error));
    CHECK(store != NULL);
    return store;
}

durable_store *connected(const char *table, const char *settings) {
    durable_store_error *error;
    durable_store *store = opened(table, settings);
    int32_t layout = strcmp(table, "by_shard") == 0 ? DURABLE_STORE_BY_SHARD : DURABLE_STORE_BY_ID;
    OK(durable_store_create_schema(store, "1", 1, layout, true, &error));
    OK(durable_store_connect(store, &error));
    return store;
}

#define TYPE_URL "type.googleapis.com/google.protobuf.BytesValue"

struct message state_of(const char *id, uint64_t version, uint64_t shard, size_t payload) {
    struct message any = {0}, state = {0};
    uint8_t *bytes = (uint8_t *)malloc(payload + 1);
    CHECK(bytes != NULL);
    memset(bytes, 0x5a, payload);
    put_bytes(&any, 1, TYPE_URL, strlen(TYPE_URL));
    put_bytes(&any, 2, bytes, payload);
    put_bytes(&state, 1, id, strlen(id));
    put_number(&state, 2, version);
    put_bytes(&state, 3, any.bytes, any.length);
    put_number(&state, 5, 1700000000);
    if (shard != 0) put_number(&state, 6, shard);
    free(bytes);
    free(any.bytes);
    return state;
}

bool is_state(const uint8_t *bytes, size_t length, const char *id, uint64_t version, uint64_t shard, size_t payload) {
    struct message state = state_of(id, version, shard, payload);
    bool same = state.length == length && memcmp(state.bytes, bytes, length) == 0;
    free(state.bytes);
    return same;
}

void written(const durable_store *store, const char *id, uint64_t version, uint64_t shard) {
    durable_store_error *error;
    struct message state = state_of(id, version, shard, 10);
    OK(durable_store_write_state(store, state.bytes, state.length, &error));
    free(state.bytes);
}

uint64_t version_of(const durable_store *store, const char *id) {
    durable_store_error *error;
    bool found;
    uint8_t *state;
    size_t length;
    uint64_t version = 0;
    OK(durable_store_get_latest_state(store, id, strlen(id), NULL, &found, &state, &length, &error));
    CHECK(found == (state != NULL) && found == (length > 0));
    struct field field;
    for (const uint8_t *at = state, *end = state + length; next_field(&at, end, &field);) {
        if (field.tag == 2) version = field.number;
    }
    durable_store_bytes_free(state, length);
    return version;
}
