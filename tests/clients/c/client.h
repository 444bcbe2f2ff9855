/* What the topics share: the store under test, and checks that end the process where something is not as it should be. */
#ifndef CLIENT_H
#define CLIENT_H

#include <durable_store.h>
#include <inttypes.h>
#include <stdio.h>

#include "../../../examples/c/protobuf.h"

/* Ends the process unless it holds. */
#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

/* No pointer of the library: what a place holds before the library has put something there. */
#define UNTOUCHED(type) ((type)(uintptr_t)1)

/* A call that has to succeed. Uses a variable `error`, which has to be NULL then. */
#define OK(call) \
    do { \
        error = UNTOUCHED(durable_store_error *); \
        int32_t kind_ = (call); \
        succeeded(__FILE__, __LINE__, #call, kind_, error); \
    } while (0)

/* A call that has to fail with this kind, and with this in its message. Frees the error. */
#define FAILS(kind, part, call) \
    do { \
        error = UNTOUCHED(durable_store_error *); \
        int32_t kind_ = (call); \
        failed(__FILE__, __LINE__, #call, kind_, error, kind, part); \
    } while (0)

void succeeded(const char *file, int line, const char *call, int32_t kind, durable_store_error *error);
void failed(const char *file, int line, const char *call, int32_t kind, durable_store_error *error, int32_t wanted,
            const char *part);

/* A store on this table, with further settings such as "&page_size=10". Not connected. */
durable_store *opened(const char *table, const char *settings);
/* A connected store on this table, which is made. The layout is that of the table's name: by_shard, or by id. */
durable_store *connected(const char *table, const char *settings);

/* An egopb.DurableState with this many bytes of payload. */
struct message state_of(const char *id, uint64_t version, uint64_t shard, size_t payload);
/* Whether these bytes are the state that state_of made. */
bool is_state(const uint8_t *bytes, size_t length, const char *id, uint64_t version, uint64_t shard, size_t payload);
/* Writes such a state, which has to succeed. */
void written(const durable_store *store, const char *id, uint64_t version, uint64_t shard);
/* Reads the state of an id: its version number, or 0 where there is none. */
uint64_t version_of(const durable_store *store, const char *id);

/* The topics. */
void states(void);
void shards(void);
void conditions(void);
void owners(void);
void updates(void);
void errors(void);
void bulk(void);
void scans(void);
void schema(void);
void tables(void);
void nulls(void);
void lengths(void);
void threads(void);
void clones(void);
void logs(void);
void forks(void);

/* Each ends the process, in a debug build of the library. */
void free_store_twice(void);
void free_error_twice(void);
void free_results_twice(void);
void free_scan_twice(void);
void free_bytes_twice(void);
void free_bytes_of_another_length(void);
void use_store_after_free(void);
void use_error_after_free(void);
void use_results_after_free(void);
void use_scan_after_free(void);
void use_error_as_store(void);

/* Forgets a store: leak checkers have to see that. */
void leak(void);

#endif
