/* Many threads: on one handle, and each on a clone of a handle that is freed meanwhile. */
#include <pthread.h>

#include "client.h"

#define THREADS 64
#define ROUNDS 20

struct job {
    pthread_t thread;
    int number;
    durable_store *store;
    bool owned;
};

static void *work(void *argument) {
    struct job *job = (struct job *)argument;
    char id[32];
    snprintf(id, sizeof id, "thread-%d", job->number);
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        written(job->store, id, round, 0);
        CHECK(version_of(job->store, id) == round);
    }
    if (job->owned) durable_store_free(job->store);
    return NULL;
}

static void run(durable_store *store, bool cloned) {
    static struct job jobs[THREADS];
    durable_store_error *error;
    for (int at = 0; at < THREADS; at++) {
        jobs[at].number = at;
        jobs[at].owned = cloned;
        jobs[at].store = store;
        if (cloned) OK(durable_store_clone(store, &jobs[at].store, &error));
        CHECK(pthread_create(&jobs[at].thread, NULL, work, &jobs[at]) == 0);
    }
    /* Goes first, while the threads are in calls through the others. */
    if (cloned) durable_store_free(store);
    for (int at = 0; at < THREADS; at++) CHECK(pthread_join(jobs[at].thread, NULL) == 0);
    if (!cloned) durable_store_free(store);
}

void threads(void) {
    run(connected("by_id", ""), false);
}

void clones(void) {
    run(connected("by_id", ""), true);
}
