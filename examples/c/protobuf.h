/* As much of protobuf's encoding as two messages need. A real program has a generator write this: protobuf-c, nanopb, upb. */
#ifndef PROTOBUF_H
#define PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A message being written; begins as {0}. Its bytes are freed with free. */
struct message {
    uint8_t *bytes;
    size_t length, capacity;
};

/* A field that was read: a number, or bytes within the message. */
struct field {
    uint64_t tag, number;
    const uint8_t *bytes;
    size_t length;
};

static inline void put(struct message *message, const void *bytes, size_t length) {
    if (message->capacity - message->length < length) {
        message->capacity = 2 * message->capacity + length;
        message->bytes = (uint8_t *)realloc(message->bytes, message->capacity);
        if (message->bytes == NULL) abort();
    }
    if (length > 0) memcpy(message->bytes + message->length, bytes, length);
    message->length += length;
}

static inline void put_varint(struct message *message, uint64_t number) {
    do {
        uint8_t byte = (uint8_t)((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
        put(message, &byte, 1);
        number >>= 7;
    } while (number > 0);
}

static inline void put_number(struct message *message, uint64_t tag, uint64_t number) {
    put_varint(message, tag << 3);
    put_varint(message, number);
}

static inline void put_bytes(struct message *message, uint64_t tag, const void *bytes, size_t length) {
    put_varint(message, tag << 3 | 2);
    put_varint(message, length);
    put(message, bytes, length);
}

static inline bool get_varint(const uint8_t **at, const uint8_t *end, uint64_t *number) {
    *number = 0;
    for (int shift = 0; *at < end && shift < 64; shift += 7) {
        uint8_t byte = *(*at)++;
        *number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

/* The next field between *at and end; false at the end, and where the bytes are not a message of numbers and bytes. */
static inline bool next_field(const uint8_t **at, const uint8_t *end, struct field *field) {
    uint64_t key;
    if (!get_varint(at, end, &key) || !get_varint(at, end, &field->number)) return false;
    field->tag = key >> 3;
    field->bytes = *at;
    field->length = 0;
    if ((key & 7) == 0) return true;
    if ((key & 7) != 2 || field->number > (uint64_t)(end - *at)) return false;
    field->length = (size_t)field->number;
    *at += field->length;
    return true;
}

#endif
