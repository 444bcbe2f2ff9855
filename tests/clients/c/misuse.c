/* Handles that are used or freed after they were freed: a debug build of the library ends the process. */
#include "client.h"

static durable_store *a_store(void) {
    return opened("by_id", "");
}

static durable_store_error *an_error(void) {
    durable_store_error *error;
    CHECK(durable_store_ping(NULL, &error) == DURABLE_STORE_INVALID_STATE);
    return error;
}

static durable_store_results *a_result(void) {
    durable_store_error *error;
    durable_store_results *results;
    durable_store *store = a_store();
    OK(durable_store_write_states(store, NULL, NULL, 0, &results, &error));
    durable_store_free(store);
    return results;
}

static durable_store_states *a_scan(void) {
    durable_store_error *error;
    durable_store_states *scan;
    durable_store *store = a_store();
    OK(durable_store_all_states(store, 0, NULL, 0, &scan, &error));
    durable_store_free(store);
    return scan;
}

static uint8_t *some_bytes(size_t *length) {
    durable_store_error *error;
    uint8_t *bytes;
    durable_store_states *scan = a_scan();
    OK(durable_store_states_resume_token(scan, &bytes, length, &error));
    durable_store_states_free(scan);
    return bytes;
}

void free_store_twice(void) {
    durable_store *store = a_store();
    durable_store_free(store);
    durable_store_free(store);
}

void free_error_twice(void) {
    durable_store_error *error = an_error();
    durable_store_error_free(error);
    durable_store_error_free(error);
}

void free_results_twice(void) {
    durable_store_results *results = a_result();
    durable_store_results_free(results);
    durable_store_results_free(results);
}

void free_scan_twice(void) {
    durable_store_states *scan = a_scan();
    durable_store_states_free(scan);
    durable_store_states_free(scan);
}

void free_bytes_twice(void) {
    size_t length;
    uint8_t *bytes = some_bytes(&length);
    durable_store_bytes_free(bytes, length);
    durable_store_bytes_free(bytes, length);
}

void free_bytes_of_another_length(void) {
    size_t length;
    uint8_t *bytes = some_bytes(&length);
    durable_store_bytes_free(bytes, length + 1);
}

void use_store_after_free(void) {
    durable_store *store = a_store();
    durable_store_free(store);
    durable_store_ping(store, NULL);
}

void use_error_after_free(void) {
    durable_store_error *error = an_error();
    durable_store_error_free(error);
    durable_store_error_kind(error);
}

void use_results_after_free(void) {
    durable_store_results *results = a_result();
    durable_store_results_free(results);
    durable_store_results_count(results);
}

void use_scan_after_free(void) {
    durable_store_states *scan = a_scan();
    durable_store_states_free(scan);
    durable_store_states_next(scan, NULL, NULL, NULL, NULL);
}

void use_error_as_store(void) {
    durable_store_ping((const durable_store *)(const void *)an_error(), NULL);
}

void leak(void) {
    a_store();
}
