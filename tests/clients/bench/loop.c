/* loop CONNECTION_STRING CALLS: for each line on stdin, so many writes and so many reads, one after the other. Prints how many
 * nanoseconds a call took, of both. See overhead.rs. */
#define _POSIX_C_SOURCE 200809L
#include <durable_store.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "../../../examples/c/protobuf.h"

#define IDS 100
#define TYPE_URL "type.googleapis.com/google.protobuf.BytesValue"

static char ids[IDS][16];
static struct message states[IDS];

static void make(void) {
    uint8_t payload[200];
    memset(payload, 0x5a, sizeof payload);
    for (int at = 0; at < IDS; at++) {
        struct message any = {0};
        snprintf(ids[at], sizeof *ids, "entity-%03d", at);
        put_bytes(&any, 1, TYPE_URL, strlen(TYPE_URL));
        put_bytes(&any, 2, payload, sizeof payload);
        put_bytes(&states[at], 1, ids[at], strlen(ids[at]));
        put_number(&states[at], 2, 1);
        put_bytes(&states[at], 3, any.bytes, any.length);
        free(any.bytes);
    }
}

static int64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void fail(durable_store_error *error) {
    fprintf(stderr, "%s\n", durable_store_error_message(error));
    exit(1);
}

int main(int argc, char **argv) {
    durable_store *store;
    durable_store_error *error;
    char line[16];
    if (argc != 3) return 2;
    int calls = atoi(argv[2]);
    make();
    if (durable_store_open(argv[1], strlen(argv[1]), &store, &error) || durable_store_connect(store, &error)) fail(error);
    while (fgets(line, sizeof line, stdin) != NULL) {
        int64_t begun = now();
        for (int call = 0; call < calls; call++) {
            const struct message *state = &states[call % IDS];
            if (durable_store_write_state(store, state->bytes, state->length, &error)) fail(error);
        }
        int64_t written = now();
        for (int call = 0; call < calls; call++) {
            const char *id = ids[call % IDS];
            bool found;
            uint8_t *bytes;
            size_t length;
            if (durable_store_get_latest_state(store, id, strlen(id), NULL, &found, &bytes, &length, &error)) fail(error);
            if (!found) return 1;
            durable_store_bytes_free(bytes, length);
        }
        printf("%" PRId64 " %" PRId64 "\n", (written - begun) / calls, (now() - written) / calls);
        fflush(stdout);
    }
    durable_store_free(store);
    return 0;
}
