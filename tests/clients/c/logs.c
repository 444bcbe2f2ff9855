/* The callback that gets events and the driver's lines. */
#include <pthread.h>

#include "client.h"

#define THREADS 8
#define SWAPS 200

/* What a callback is given. Freed as soon as another has taken its place: a call that comes later would be noticed. */
struct seen {
    pthread_mutex_t lock;
    pthread_t first;
    int lines, of_driver, of_other_threads;
};

static struct seen *listener(void) {
    struct seen *seen = (struct seen *)calloc(1, sizeof *seen);
    CHECK(seen != NULL && pthread_mutex_init(&seen->lock, NULL) == 0);
    seen->first = pthread_self();
    return seen;
}

static void forget(struct seen *seen) {
    pthread_mutex_destroy(&seen->lock);
    free(seen);
}

static void hear(void *context, int32_t level, const char *target, const char *message) {
    struct seen *seen = (struct seen *)context;
    CHECK(level >= 1 && level <= 5 && strncmp(target, "durable_store", 13) == 0 && *message != '\0');
    pthread_mutex_lock(&seen->lock);
    seen->lines++;
    if (strcmp(target, "durable_store::driver") == 0) seen->of_driver++;
    if (!pthread_equal(pthread_self(), seen->first)) seen->of_other_threads++;
    pthread_mutex_unlock(&seen->lock);
    /* It would wait for itself. */
    durable_store_error *error;
    FAILS(DURABLE_STORE_INVALID_STATE, "callback: ", durable_store_set_log(NULL, NULL, 0, &error));
}

/* Nothing listens at its port: the driver's threads say so each time it connects. */
static durable_store *unreachable(void) {
    durable_store *store;
    durable_store_error *error;
    const char *elsewhere = "cassandra://127.0.0.1:1/ego?connect_timeout=60s&call_timeout=120s";
    OK(durable_store_open(elsewhere, strlen(elsewhere), &store, &error));
    return store;
}

static void *connect_often(void *store) {
    for (int round = 0; round < 30; round++) {
        CHECK(durable_store_connect((const durable_store *)store, NULL) == DURABLE_STORE_UNREACHABLE);
    }
    durable_store_free((durable_store *)store);
    return NULL;
}

void logs(void) {
    durable_store_error *error;
    struct seen *seen = listener();
    FAILS(DURABLE_STORE_INVALID_STATE, "level: 6", durable_store_set_log(hear, seen, 6, &error));
    FAILS(DURABLE_STORE_INVALID_STATE, "level: 0", durable_store_set_log(hear, seen, 0, &error));

    /* The events of the library, too. */
    OK(durable_store_set_log(hear, seen, 3, &error));
    durable_store *store = connected("by_id", "");
    CHECK(seen->lines > seen->of_driver);
    durable_store_free(store);

    pthread_t callers[THREADS];
    for (int at = 0; at < THREADS; at++) {
        CHECK(pthread_create(&callers[at], NULL, connect_often, unreachable()) == 0);
    }
    int lines = 0, of_driver = 0, of_other_threads = 0;
    for (int swap = 0; swap <= SWAPS; swap++) {
        struct seen *next = swap < SWAPS ? listener() : NULL;
        if (swap == SWAPS) {
            for (int at = 0; at < THREADS; at++) CHECK(pthread_join(callers[at], NULL) == 0);
        }
        OK(durable_store_set_log(next == NULL ? NULL : hear, next, 3, &error));
        /* Nobody calls the one before any more. */
        lines += seen->lines;
        of_driver += seen->of_driver;
        of_other_threads += seen->of_other_threads;
        forget(seen);
        seen = next;
    }
    CHECK(lines > THREADS && of_driver > THREADS && of_other_threads > THREADS);

    /* Without a callback nobody hears of it. */
    store = unreachable();
    CHECK(durable_store_connect(store, NULL) == DURABLE_STORE_UNREACHABLE);
    durable_store_free(store);
}
