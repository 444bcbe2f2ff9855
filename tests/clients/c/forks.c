/* Children made by fork: before the parent has connected anything they may use what it has opened; afterwards their calls fail
 * at once, whatever its threads were doing. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

#define THREADS 8

static volatile bool done;

static void *call(void *argument) {
    const durable_store *store = (const durable_store *)argument;
    while (!done) CHECK(durable_store_ping(store, NULL) == 0);
    return NULL;
}

static void use_those_of_the_parent(durable_store *store, durable_store_states *scan) {
    durable_store_error *error;
    durable_store *other;
    bool found;
    uint8_t *bytes;
    size_t length;
    const char *part = "this process was forked";
    FAILS(DURABLE_STORE_NOT_CONNECTED, part, durable_store_ping(store, &error));
    FAILS(DURABLE_STORE_NOT_CONNECTED, part, durable_store_connect(store, &error));
    FAILS(DURABLE_STORE_NOT_CONNECTED, part, durable_store_disconnect(store, &error));
    struct message state = state_of("f", 9, 0, 1);
    FAILS(DURABLE_STORE_NOT_CONNECTED, part, durable_store_write_state(store, state.bytes, state.length, &error));
    free(state.bytes);
    FAILS(DURABLE_STORE_NOT_CONNECTED, part,
          durable_store_get_latest_state(store, "f", 1, NULL, &found, &bytes, &length, &error));
    FAILS(DURABLE_STORE_NOT_CONNECTED, part, durable_store_states_next(scan, &found, &bytes, &length, &error));
    OK(durable_store_clone(store, &other, &error));
    FAILS(DURABLE_STORE_NOT_CONNECTED, part, durable_store_ping(other, &error));
    durable_store_states_free(scan);
    durable_store_free(other);
    durable_store_free(store);
}

static void use_before_the_parent(durable_store *store, durable_store_states *scan) {
    (void)scan;
    durable_store_error *error;
    OK(durable_store_create_schema(store, "1", 1, DURABLE_STORE_BY_ID, true, &error));
    OK(durable_store_connect(store, &error));
    written(store, "f", 1, 0);
    OK(durable_store_disconnect(store, &error));
    durable_store_free(store);
}

/* Has a child do its part, and ends it if that hangs. */
static void fork_off(durable_store *store, durable_store_states *scan, void (*part)(durable_store *, durable_store_states *)) {
    int status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(300);
        part(store, scan);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void forks(void) {
    durable_store_error *error;
    durable_store *store = opened("by_id", "");
    durable_store_states *scan;
    pthread_t callers[THREADS];
    fork_off(store, NULL, use_before_the_parent);

    OK(durable_store_connect(store, &error));
    CHECK(version_of(store, "f") == 1);
    OK(durable_store_all_states(store, 0, NULL, 0, &scan, &error));
    for (int at = 0; at < THREADS; at++) CHECK(pthread_create(&callers[at], NULL, call, store) == 0);
    for (int round = 0; round < 20; round++) fork_off(store, scan, use_those_of_the_parent);
    done = true;
    for (int at = 0; at < THREADS; at++) CHECK(pthread_join(callers[at], NULL) == 0);
    CHECK(version_of(store, "f") == 1);
    durable_store_states_free(scan);
    durable_store_free(store);
}
