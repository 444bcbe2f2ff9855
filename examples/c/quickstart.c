/* Writes, refuses and reads the state of an account:
 *
 *     make && ./quickstart cassandra://127.0.0.1:9042/ego
 *
 * Everything that the library hands out is freed here, by the function its page names. */
#include <durable_store.h>
#include <inttypes.h>
#include <stdio.h>

#include "protobuf.h"

#define TYPE_URL "type.googleapis.com/bank.AccountState"

/* An egopb.DurableState whose resulting state is a bank.AccountState { int64 balance_cents = 1; }. */
static struct message account(const char *id, uint64_t version, int64_t balance_cents) {
    struct message state = {0}, any = {0}, durable = {0};
    put_number(&state, 1, (uint64_t)balance_cents);
    put_bytes(&any, 1, TYPE_URL, strlen(TYPE_URL));
    put_bytes(&any, 2, state.bytes, state.length);
    put_bytes(&durable, 1, id, strlen(id));
    put_number(&durable, 2, version);
    put_bytes(&durable, 3, any.bytes, any.length);
    free(state.bytes);
    free(any.bytes);
    return durable;
}

/* Prints what is in an egopb.DurableState that account() has made. */
static void print(const uint8_t *bytes, size_t length) {
    struct field field, inner;
    uint64_t version = 0, balance = 0;
    for (const uint8_t *at = bytes, *end = bytes + length; next_field(&at, end, &field);) {
        if (field.tag == 2) version = field.number;
        if (field.tag != 3) continue;
        for (const uint8_t *in = field.bytes, *last = in + field.length; next_field(&in, last, &inner);) {
            struct field number;
            const uint8_t *value = inner.bytes;
            if (inner.tag == 2 && next_field(&value, value + inner.length, &number)) balance = number.number;
        }
    }
    printf("Read from the server: version %" PRIu64 ", a balance of %" PRId64 " cents.\n", version, (int64_t)balance);
}

/* Says why a call failed, and frees that. */
static int failed(durable_store_error *error) {
    fprintf(stderr, "error %" PRId32 ": %s\n", durable_store_error_kind(error), durable_store_error_message(error));
    durable_store_error_free(error);
    return 1;
}

static int write_first(const durable_store *store, const char *id) {
    durable_store_error *error;
    uint64_t stored;
    struct message state = account(id, 1, 4200);
    int32_t kind =
        durable_store_write_state_if(store, state.bytes, state.length, DURABLE_STORE_IF_ABSENT, 0, &error);
    free(state.bytes);
    if (kind == DURABLE_STORE_OK) {
        printf("Wrote the first version of %s.\n", id);
        return 0;
    }
    if (kind != DURABLE_STORE_CONFLICT || !durable_store_error_stored_version(error, &stored)) return failed(error);
    printf("Refused: version %" PRIu64 " of %s is there already.\n", stored, id);
    durable_store_error_free(error);
    return 0;
}

static int read_latest(const durable_store *store, const char *id) {
    durable_store_error *error;
    bool found;
    uint8_t *state;
    size_t length;
    if (durable_store_get_latest_state(store, id, strlen(id), NULL, &found, &state, &length, &error)) {
        return failed(error);
    }
    if (found) {
        print(state, length);
    } else {
        printf("There is no state of %s.\n", id);
    }
    durable_store_bytes_free(state, length);
    return 0;
}

static int run(const durable_store *store) {
    durable_store_error *error;
    if (durable_store_create_schema(store, "1", 1, DURABLE_STORE_BY_ID, true, &error) ||
        durable_store_connect(store, &error) ||
        durable_store_delete_state(store, "account-42", strlen("account-42"), NULL, &error)) {
        return failed(error);
    }
    /* The second one comes too late. */
    if (write_first(store, "account-42") || write_first(store, "account-42")) return 1;
    if (read_latest(store, "account-42") || read_latest(store, "account-43")) return 1;
    return durable_store_disconnect(store, &error) ? failed(error) : 0;
}

int main(int argc, char **argv) {
    const char *given = argc > 1 ? argv[1] : "cassandra://127.0.0.1:9042/ego";
    char text[1024];
    int length = snprintf(text, sizeof text, "%s?write_mode=versioned", given);
    if (length < 0 || (size_t)length >= sizeof text) return 2;
    durable_store *store;
    durable_store_error *error;
    if (durable_store_open(text, (size_t)length, &store, &error)) return failed(error);
    int status = run(store);
    durable_store_free(store);
    return status;
}
