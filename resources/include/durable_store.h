/* The C interface of durable-store, which keeps the latest state of each entity in Apache Cassandra.
 *
 * Text and bytes are a pointer and a length in bytes; text is UTF-8 and needs no NUL at its end. NULL is allowed where the
 * length is 0. States are serialized egopb.DurableState messages (durable_state.proto).
 *
 * Functions that return int32_t return 0 or the kind of the error, one of the numbers below, and put the error into
 * *error, unless error is NULL; on success they put NULL there. Other results are put where the arguments say, on every
 * path: on failure NULL, 0 or false. All arguments are required unless they are said to be NULL at times.
 *
 * What a function hands out belongs to the caller, and is freed once, with the function that is named, which does nothing
 * with NULL. Results and scans outlive the store that they came from. A handle that is freed twice, or used after it was
 * freed, ends the process with a message on stderr in a debug build of the library; in a release build anything may
 * happen.
 *
 * Every function may be called from any thread. In a child made by fork from a process in which a store had connected, every
 * call fails at once with DURABLE_STORE_NOT_CONNECTED, of a new store too, until the child execs: the locks of threads that
 * are not there any more may be held for ever. Handles can be freed there. Where nothing was connected before the fork,
 * parent and children may each connect.
 *
 * Made by `cargo xtask ffi --header`; do not edit. */

#ifndef DURABLE_STORE_H
#define DURABLE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// No error.
#define DURABLE_STORE_OK 0

// A setting is refused, or the call does not fit the settings.
#define DURABLE_STORE_CONFIG 1

// The store was never connected, or was disconnected, or this process was forked from one in which a store had connected.
#define DURABLE_STORE_NOT_CONNECTED 2

// No lease became free before the call's deadline.
#define DURABLE_STORE_POOL_TIMEOUT 3

// Connecting failed: nothing answers there, or the name does not resolve.
#define DURABLE_STORE_UNREACHABLE 4

// The server refused the credentials, or the role may not do this.
#define DURABLE_STORE_AUTHENTICATION 5

// The encrypted connection could not be set up.
#define DURABLE_STORE_TLS 6

// Too few replicas are alive, or there is no live connection.
#define DURABLE_STORE_UNAVAILABLE 7

// No answer came in time, or the connection died under the request.
#define DURABLE_STORE_TIMEOUT 8

// The server, or the driver's own queue, takes no more requests.
#define DURABLE_STORE_OVERLOADED 9

// The condition of a conditional write did not hold.
#define DURABLE_STORE_CONFLICT 10

// An argument is not acceptable: NULL, not UTF-8, no serialized state, a bad persistence id, too large.
#define DURABLE_STORE_INVALID_STATE 11

// The stored row cannot be read as a state.
#define DURABLE_STORE_CORRUPT 12

// Keyspace, table, column, key or index is missing or different from what the store needs.
#define DURABLE_STORE_SCHEMA 13

// The server failed while it worked on the request.
#define DURABLE_STORE_SERVER 14

// A bug of this library, or a panic caught at its edge.
#define DURABLE_STORE_INTERNAL 15

// A condition of `durable_store_write_state_if`: there is no state of the entity.
#define DURABLE_STORE_IF_ABSENT 0

// A condition of `durable_store_write_state_if`: the stored state has exactly this version number.
#define DURABLE_STORE_IF_VERSION 1

// A layout: `PRIMARY KEY (shard_number, persistence_id)`, one partition a shard.
#define DURABLE_STORE_BY_SHARD 0

// A layout: `PRIMARY KEY (persistence_id)`, one partition an entity. Recommended for new tables.
#define DURABLE_STORE_BY_ID 1

// Why a call failed. Belongs to the caller, who frees it with `durable_store_error_free`. It does not change: any number
// of threads may read it at once.
typedef struct durable_store_error durable_store_error;

// The outcomes of a bulk call, in the order of its input. Belongs to the caller, who frees it with
// `durable_store_results_free`. It does not change: any number of threads may read it at once.
typedef struct durable_store_results durable_store_results;

// A scan: states, one after the other. Belongs to the caller, who frees it with `durable_store_states_free`. It keeps a
// handle of the store of its own. Threads that use it at once wait for each other.
typedef struct durable_store_states durable_store_states;

// A handle of a store. Any thread may use it, and any number of them at once. Handles made by `durable_store_clone` share
// one session. Belongs to the caller, who frees it with `durable_store_free`.
typedef struct durable_store durable_store;

// What is given each line: `context` as it was given to `durable_store_set_log`; `level` from 1, an error, through 2, a
// warning, 3, information, and 4, to 5, the finest; `target`, which part of the library says it; `message`. Both texts
// are UTF-8 with a NUL at their end, valid during the call only.
typedef void (*durable_store_log_callback)(void *context, int32_t level, const char *target, const char *message);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Makes a store with the settings in a connection string, such as
// `cassandra://user:password@10.0.0.1,10.0.0.2:9042/keyspace?local_datacenter=dc1&write_mode=versioned`. Does no I/O.
//
// Put into `*store`: the store, to be freed with `durable_store_free`; NULL on failure.
//
// Errors: `DURABLE_STORE_CONFIG`, naming the setting.
int32_t durable_store_open(const char *connection_string,
                           size_t connection_string_length,
                           durable_store **store,
                           durable_store_error **error);

// Connects and looks at the table, which must be there. Does nothing if connected; however many threads call it at once,
// one session is made. A store that was disconnected can be connected again.
//
// Errors: `DURABLE_STORE_UNREACHABLE`, `DURABLE_STORE_AUTHENTICATION`, `DURABLE_STORE_TLS`, `DURABLE_STORE_CONFIG` (a
// certificate or key cannot be used; the table records another write mode), `DURABLE_STORE_SCHEMA` (the table is missing
// or another), `DURABLE_STORE_TIMEOUT`.
int32_t durable_store_connect(const durable_store *store,
                              durable_store_error **error);

// Waits for calls in flight, at most `call_timeout`, and closes the session, for every handle. Calls that come later are
// `DURABLE_STORE_NOT_CONNECTED`. Does nothing if not connected.
//
// Errors: `DURABLE_STORE_TIMEOUT` if calls are still in flight then; the session closes when they end.
int32_t durable_store_disconnect(const durable_store *store,
                                 durable_store_error **error);

// Connects if needed, then asks the server for an answer.
//
// Errors: those of `durable_store_connect`, and `DURABLE_STORE_UNAVAILABLE`, `DURABLE_STORE_OVERLOADED`,
// `DURABLE_STORE_POOL_TIMEOUT`.
int32_t durable_store_ping(const durable_store *store, durable_store_error **error);

// Makes another handle of the same store: both share one session. Each is freed by itself, and either may go first, also
// while other threads are in calls through the other.
//
// Put into `*clone`: the handle, to be freed with `durable_store_free`; NULL on failure.
int32_t durable_store_clone(const durable_store *store,
                            durable_store **clone,
                            durable_store_error **error);

// Frees a handle. With the last one of a store its session is closed, which is waited for at most one second. No thread
// may be in a call through this very handle. NULL: does nothing.
void durable_store_free(durable_store *store);

// The version of this library, such as "0.1.0": UTF-8 with a NUL at its end, never to be freed.
const char *durable_store_version(void);

// Stores a state as the latest one of its entity: `state` is a serialized `egopb.DurableState`.
//
// Errors: `DURABLE_STORE_INVALID_STATE` (the bytes are no such message; its persistence id is empty or too long; its
// payload is too large), `DURABLE_STORE_CONFLICT` (in versioned mode: a higher version number is stored),
// `DURABLE_STORE_CONFIG`, `DURABLE_STORE_SCHEMA`, `DURABLE_STORE_NOT_CONNECTED`, `DURABLE_STORE_POOL_TIMEOUT`,
// `DURABLE_STORE_UNAVAILABLE`, `DURABLE_STORE_TIMEOUT`, `DURABLE_STORE_OVERLOADED`, `DURABLE_STORE_SERVER`. See
// `durable_store_error_is_indeterminate` for whether it may have been written all the same.
int32_t durable_store_write_state(const durable_store *store,
                                  const uint8_t *state,
                                  size_t state_length,
                                  durable_store_error **error);

// Stores a state if the condition holds: `DURABLE_STORE_IF_ABSENT`, or `DURABLE_STORE_IF_VERSION` with the
// `version_number` that has to be stored, which is otherwise ignored. In versioned mode only.
//
// Errors: `DURABLE_STORE_CONFLICT` (the condition does not hold; see `durable_store_error_stored_version`),
// `DURABLE_STORE_INVALID_STATE` (also: the new version number is not higher than that of the condition),
// `DURABLE_STORE_CONFIG` (not in versioned mode), and those of `durable_store_write_state`.
int32_t durable_store_write_state_if(const durable_store *store,
                                     const uint8_t *state,
                                     size_t state_length,
                                     int32_t condition,
                                     uint64_t version_number,
                                     durable_store_error **error);

// Reads the latest state of an entity.
//
// `shard`: NULL, or the shard of the one row that is meant, on a table keyed by shard.
//
// Put into `*found`: whether there is a state. Put into `*state` and `*state_length`: the serialized
// `egopb.DurableState`, to be freed with `durable_store_bytes_free`; NULL and 0 where there is none, and on failure.
//
// Errors: `DURABLE_STORE_INVALID_STATE` (the persistence id is empty, too long or not UTF-8), `DURABLE_STORE_CORRUPT`
// (the row is there but cannot be read), `DURABLE_STORE_SCHEMA`, `DURABLE_STORE_NOT_CONNECTED`,
// `DURABLE_STORE_POOL_TIMEOUT`, `DURABLE_STORE_UNAVAILABLE`, `DURABLE_STORE_TIMEOUT`, `DURABLE_STORE_OVERLOADED`,
// `DURABLE_STORE_SERVER`.
int32_t durable_store_get_latest_state(const durable_store *store,
                                       const char *persistence_id,
                                       size_t persistence_id_length,
                                       const uint64_t *shard,
                                       bool *found,
                                       uint8_t **state,
                                       size_t *state_length,
                                       durable_store_error **error);

// Deletes the state of an entity; that there is none is as well. The version number is forgotten with it.
//
// `shard`: NULL, or the shard of the one row that is meant, on a table keyed by shard; with NULL every row of the id is
// deleted there.
//
// Errors: those of `durable_store_get_latest_state` but for `DURABLE_STORE_CORRUPT`.
int32_t durable_store_delete_state(const durable_store *store,
                                   const char *persistence_id,
                                   size_t persistence_id_length,
                                   const uint64_t *shard,
                                   durable_store_error **error);

// Deletes the state of an entity if it has this version number. In versioned mode only.
//
// Errors: `DURABLE_STORE_CONFLICT` (another version is stored, or none; see `durable_store_error_stored_version`),
// `DURABLE_STORE_CONFIG` (not in versioned mode), and those of `durable_store_delete_state`.
int32_t durable_store_delete_state_if_version(const durable_store *store,
                                              const char *persistence_id,
                                              size_t persistence_id_length,
                                              const uint64_t *shard,
                                              uint64_t version_number,
                                              durable_store_error **error);

// Stores many states, pipelined, and waits until each has its outcome. Items do not depend on each other: one that fails,
// or is no state at all, harms no other. Of two states of one entity the later one in the input wins. `states` and
// `state_lengths` have `count` elements each.
//
// Put into `*results`: the outcome of each, to be freed with `durable_store_results_free`; NULL on failure.
//
// Returns 0 also where items failed: see `durable_store_results_get`. Errors of the call as a whole:
// `DURABLE_STORE_INVALID_STATE` (an argument is NULL).
int32_t durable_store_write_states(const durable_store *store,
                                   const uint8_t *const *states,
                                   const size_t *state_lengths,
                                   size_t count,
                                   durable_store_results **results,
                                   durable_store_error **error);

// Reads the latest states of many entities, pipelined, and waits until each has its outcome. `persistence_ids` and
// `persistence_id_lengths` have `count` elements each. `shards`: NULL, or `count` pointers, each of them NULL or a shard as
// in `durable_store_get_latest_state`.
//
// Put into `*results`: the outcome of each, to be freed with `durable_store_results_free`; NULL on failure.
//
// Returns 0 also where items failed: see `durable_store_results_get`. Errors of the call as a whole:
// `DURABLE_STORE_INVALID_STATE` (an argument is NULL).
int32_t durable_store_get_latest_states(const durable_store *store,
                                        const char *const *persistence_ids,
                                        const size_t *persistence_id_lengths,
                                        const uint64_t *const *shards,
                                        size_t count,
                                        durable_store_results **results,
                                        durable_store_error **error);

// How many outcomes there are: as many as the call had items. NULL: 0.
size_t durable_store_results_count(const durable_store_results *results);

// The outcome of the item at `index`, counted from 0. Returns 0 or the kind of its error, as a call for this one item
// would have.
//
// Put into `*found`, `*state` and `*state_length`: as in `durable_store_get_latest_state`, anew each time; of a write
// `false`, NULL and 0. Each of the three may be NULL.
//
// Errors: those of the item; `DURABLE_STORE_INVALID_STATE` if there is no such item.
int32_t durable_store_results_get(const durable_store_results *results,
                                  size_t index,
                                  bool *found,
                                  uint8_t **state,
                                  size_t *state_length,
                                  durable_store_error **error);

// Frees the outcomes of a bulk call, but not the states that were taken out of them. NULL: does nothing.
void durable_store_results_free(durable_store_results *results);

// Begins to read all states in a shard, on a table keyed by shard, ordered by persistence id. Nothing is read before the
// first is asked for, and mistakes in the arguments after `store` are told then, too.
//
// `page_size`: how many rows are read at once; 0: as the setting `page_size` says. `resume_token`: where to go on, as
// `durable_store_states_resume_token` of another scan of this shard said; NULL or empty: from the beginning.
//
// Put into `*states`: the scan, to be freed with `durable_store_states_free`; NULL on failure.
//
// Errors: `DURABLE_STORE_INVALID_STATE` (an argument is NULL or not UTF-8).
int32_t durable_store_shard_states(const durable_store *store,
                                   uint64_t shard,
                                   uint32_t page_size,
                                   const char *resume_token,
                                   size_t resume_token_length,
                                   durable_store_states **states,
                                   durable_store_error **error);

// Begins to read all states in the table, in no order that means anything; otherwise as `durable_store_shard_states`. On
// a table keyed by shard an entity with rows in several shards comes once for each.
int32_t durable_store_all_states(const durable_store *store,
                                 uint32_t page_size,
                                 const char *resume_token,
                                 size_t resume_token_length,
                                 durable_store_states **states,
                                 durable_store_error **error);

// The next state of a scan. Reads a page when it needs one, which is a call of its own, with its own `call_timeout`.
//
// Put into `*found`, `*state` and `*state_length`: as in `durable_store_get_latest_state`; `false` is the end. After an
// error the scan is at its end; another can go on from its resume token.
//
// Errors: those of `durable_store_get_latest_state`, and `DURABLE_STORE_CONFIG` (the page size or the resume token is
// refused; there are no shards, on a table keyed by id).
int32_t durable_store_states_next(const durable_store_states *states,
                                  bool *found,
                                  uint8_t **state,
                                  size_t *state_length,
                                  durable_store_error **error);

// Where a scan has come to: behind the state that was handed out last. Text in ASCII, without blanks, for another scan of the same
// shard or table, in this process or another.
//
// Put into `*token` and `*token_length`: the token, without a NUL at its end, to be freed with
// `durable_store_bytes_free`; NULL and 0 on failure.
int32_t durable_store_states_resume_token(const durable_store_states *states,
                                          uint8_t **token,
                                          size_t *token_length,
                                          durable_store_error **error);

// Frees a scan, at its end or before. NULL: does nothing.
void durable_store_states_free(durable_store_states *states);

// Makes what is missing of keyspace, table and index, and waits until every node has it and the index answers. Never done
// unasked. Needs no `durable_store_connect`: it opens and closes a session of its own. Any number of programs may do it
// at once. Takes at most 60 seconds.
//
// `replication`: how many copies of each row, `3` for development; in production for each datacenter, `dc1:3,dc2:2`. A
// keyspace that is there already is left as it is. `layout`: `DURABLE_STORE_BY_ID`, which versioned mode needs and new
// tables should have, or `DURABLE_STORE_BY_SHARD`. `index`: whether a table keyed by shard gets the index that reads by
// persistence id need there; without effect on a table keyed by id.
//
// Errors: `DURABLE_STORE_CONFIG` (the replication is refused; the table holds states and records another write mode),
// `DURABLE_STORE_SCHEMA` (a table is there and is different), `DURABLE_STORE_AUTHENTICATION` (also: the role may not
// create), `DURABLE_STORE_TIMEOUT` (the nodes did not agree in time), and those of `durable_store_connect`.
int32_t durable_store_create_schema(const durable_store *store,
                                    const char *replication,
                                    size_t replication_length,
                                    int32_t layout,
                                    bool index,
                                    durable_store_error **error);

// The CQL that `durable_store_create_schema` runs, for the person who must run it by hand. Does no I/O.
//
// Put into `*cql` and `*cql_length`: UTF-8, without a NUL at its end, to be freed with `durable_store_bytes_free`; NULL
// and 0 on failure.
//
// Errors: `DURABLE_STORE_CONFIG` (the replication is refused).
int32_t durable_store_schema_cql(const durable_store *store,
                                 const char *replication,
                                 size_t replication_length,
                                 int32_t layout,
                                 bool index,
                                 uint8_t **cql,
                                 size_t *cql_length,
                                 durable_store_error **error);

// What went wrong, one of the numbers `DURABLE_STORE_CONFIG` to `DURABLE_STORE_INTERNAL`, as the call returned it. NULL:
// 0.
int32_t durable_store_error_kind(const durable_store_error *error);

// What happened, to which entity, and all that caused it, for people: the text may change from version to version.
// UTF-8 with a NUL at its end; valid until the error is freed. Neither passwords nor payloads appear in it. NULL: "".
const char *durable_store_error_message(const durable_store_error *error);

// Whether a version number was found that is not the one the call asked for, as in `DURABLE_STORE_CONFLICT`; if so it is
// put into `*version_number`, and otherwise 0. `false` for a conflict means that there is no state. `version_number` may
// be NULL.
bool durable_store_error_stored_version(const durable_store_error *error,
                                        uint64_t *version_number);

// Whether a new call may succeed although nothing was changed. NULL: `false`.
bool durable_store_error_is_retryable(const durable_store_error *error);

// Whether the write or delete may have been applied, now or later, although the call failed. `false`: nothing was
// written. NULL: `false`.
bool durable_store_error_is_indeterminate(const durable_store_error *error);

// Frees an error, and its message with it. NULL: does nothing.
void durable_store_error_free(durable_store_error *error);

// Frees bytes that a function of this library handed out: a state, a resume token, CQL. NULL: does nothing.
//
// `length` is their length, as it was handed out.
void durable_store_bytes_free(uint8_t *bytes, size_t length);

// Has the library's events and the driver's log lines given to `callback`, in place of the one before, for the whole
// process. `level`: the finest that is given, from 1, errors only, to 5. `callback` NULL: no more lines; `level` is then
// ignored.
//
// The callback is called by whichever thread has something to say, threads of the driver among them, by several at once;
// so it has to be safe for that, and quick, and may not throw or jump out. It may not call this library, which would
// wait for itself. Once this function has returned, the callback before it is not running and is never called again, so
// what its `context` leads to may be freed.
//
// Errors: `DURABLE_STORE_INVALID_STATE` (there is no such level; called from within the callback),
// `DURABLE_STORE_CONFIG` (this library is part of a Rust program that has a logger of its own).
int32_t durable_store_set_log(durable_store_log_callback callback,
                              void *context,
                              int32_t level,
                              durable_store_error **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* DURABLE_STORE_H */
