/* Bulk calls and scans. */
#include "client.h"

#define COUNT 300

static char ids[COUNT][16];
static struct message messages[COUNT];
static const uint8_t *pointers[COUNT];
static size_t lengths_of[COUNT];

static void make(const char *prefix, uint64_t version, uint64_t shard) {
    for (int at = 0; at < COUNT; at++) {
        snprintf(ids[at], sizeof *ids, "%s-%03d", prefix, at);
        messages[at] = state_of(ids[at], version, shard, 10);
        pointers[at] = messages[at].bytes;
        lengths_of[at] = messages[at].length;
    }
}

static void forget(void) {
    for (int at = 0; at < COUNT; at++) free(messages[at].bytes);
}

static void write_all(const durable_store *store) {
    durable_store_error *error;
    durable_store_results *results;
    OK(durable_store_write_states(store, pointers, lengths_of, COUNT, &results, &error));
    CHECK(durable_store_results_count(results) == COUNT);
    for (size_t at = 0; at < COUNT; at++) OK(durable_store_results_get(results, at, NULL, NULL, NULL, &error));
    durable_store_results_free(results);
}

void bulk(void) {
    durable_store_error *error;
    durable_store_results *results;
    bool found;
    uint8_t *bytes;
    size_t length;
    durable_store *store = connected("by_id", "");
    make("bulk", 3, 0);
    write_all(store);

    /* One that is no state, and one that is too large, harm no other. */
    struct message large = state_of("large", 1, 0, 9 << 20);
    pointers[100] = (const uint8_t *)"\xff";
    lengths_of[100] = 1;
    pointers[200] = large.bytes;
    lengths_of[200] = large.length;
    pointers[250] = NULL;
    OK(durable_store_write_states(store, pointers, lengths_of, COUNT, &results, &error));
    for (size_t at = 0; at < COUNT; at++) {
        if (at == 100) {
            FAILS(DURABLE_STORE_INVALID_STATE, "states[100]: 1 bytes that do not decode as egopb.DurableState",
                  durable_store_results_get(results, at, &found, &bytes, &length, &error));
        } else if (at == 200) {
            FAILS(DURABLE_STORE_INVALID_STATE, "max_payload_bytes",
                  durable_store_results_get(results, at, &found, &bytes, &length, &error));
        } else if (at == 250) {
            FAILS(DURABLE_STORE_INVALID_STATE, "states[250]: is NULL",
                  durable_store_results_get(results, at, &found, &bytes, &length, &error));
        } else {
            OK(durable_store_results_get(results, at, &found, &bytes, &length, &error));
        }
        CHECK(!found && bytes == NULL && length == 0);
    }
    FAILS(DURABLE_STORE_INVALID_STATE, "index: 300 is not below 300",
          durable_store_results_get(results, COUNT, &found, &bytes, &length, &error));
    durable_store_results_free(results);
    free(large.bytes);

    const char *wanted[COUNT];
    for (size_t at = 0; at < COUNT; at++) {
        wanted[at] = ids[at];
        lengths_of[at] = strlen(ids[at]);
    }
    wanted[7] = "nobody";
    lengths_of[7] = 6;
    wanted[8] = "\xff";
    lengths_of[8] = 1;
    OK(durable_store_get_latest_states(store, wanted, lengths_of, NULL, COUNT, &results, &error));
    CHECK(durable_store_results_count(results) == COUNT);
    for (size_t at = 0; at < COUNT; at++) {
        if (at == 8) {
            FAILS(DURABLE_STORE_INVALID_STATE, "persistence_ids[8]: is not UTF-8",
                  durable_store_results_get(results, at, &found, &bytes, &length, &error));
            continue;
        }
        /* As often as wanted. */
        for (int time = 0; time < 2; time++) {
            OK(durable_store_results_get(results, at, &found, &bytes, &length, &error));
            CHECK(found == (at != 7) && (!found || is_state(bytes, length, ids[at], 3, 0, 10)));
            durable_store_bytes_free(bytes, length);
        }
    }
    durable_store_results_free(results);

    OK(durable_store_get_latest_states(store, NULL, NULL, NULL, 0, &results, &error));
    CHECK(durable_store_results_count(results) == 0);
    durable_store_results_free(results);
    /* Without a connection every item says so. */
    OK(durable_store_disconnect(store, &error));
    OK(durable_store_write_states(store, pointers, lengths_of, 1, &results, &error));
    CHECK(durable_store_results_get(results, 0, NULL, NULL, NULL, NULL) != 0);
    durable_store_results_free(results);
    forget();
    durable_store_free(store);
}

/* How many states a scan gives from here on, up to `most`. */
static int counted(const durable_store_states *scan, int most) {
    durable_store_error *error;
    bool found = true;
    uint8_t *bytes;
    size_t length;
    int count = 0;
    while (count < most) {
        OK(durable_store_states_next(scan, &found, &bytes, &length, &error));
        CHECK(found == (bytes != NULL));
        durable_store_bytes_free(bytes, length);
        if (!found) break;
        count++;
    }
    return count;
}

void scans(void) {
    durable_store_error *error;
    durable_store_states *scan, *rest;
    bool found;
    uint8_t *bytes, *token;
    size_t length, token_length;
    durable_store *store = connected("by_shard", "");
    make("scan", 1, 77);
    write_all(store);
    forget();

    OK(durable_store_shard_states(store, 77, 50, NULL, 0, &scan, &error));
    CHECK(counted(scan, 120) == 120);
    OK(durable_store_states_resume_token(scan, &token, &token_length, &error));
    CHECK(token_length > 0 && memchr(token, '\0', token_length) == NULL);
    durable_store_states_free(scan);

    /* A scan outlives the handle that it was made with. */
    OK(durable_store_shard_states(store, 77, 0, (const char *)token, token_length, &rest, &error));
    durable_store *other;
    OK(durable_store_clone(store, &other, &error));
    durable_store_free(store);
    store = other;
    CHECK(counted(rest, COUNT) == COUNT - 120);
    CHECK(counted(rest, COUNT) == 0);
    durable_store_states_free(rest);

    OK(durable_store_all_states(store, 0, (const char *)token, token_length, &scan, &error));
    FAILS(DURABLE_STORE_CONFIG, "resume token", durable_store_states_next(scan, &found, &bytes, &length, &error));
    CHECK(!found && bytes == NULL && counted(scan, 1) == 0);
    durable_store_states_free(scan);
    durable_store_bytes_free(token, token_length);

    OK(durable_store_all_states(store, 0, "", 0, &scan, &error));
    CHECK(counted(scan, 10 * COUNT) >= COUNT);
    durable_store_states_free(scan);
    OK(durable_store_all_states(store, 4000000000u, NULL, 0, &scan, &error));
    FAILS(DURABLE_STORE_CONFIG, "page_size", durable_store_states_next(scan, &found, &bytes, &length, &error));
    durable_store_states_free(scan);
    durable_store_free(store);
}
