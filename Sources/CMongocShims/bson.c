// Documents as bytes, field by field.

#include <bson/bson.h>
#include <stdlib.h>

#include "farebus_mongoc.h"

// bson_t and bson_iter_t ask for an alignment that malloc does not promise.
static void *new_aligned(size_t alignment, size_t size) {
    size_t whole = (size + alignment - 1) / alignment * alignment;
    return aligned_alloc(alignment, whole);
}

// MARK: - Writing

struct farebus_bson_writer {
    bson_t levels[FAREBUS_BSON_DEPTH];
    uint32_t indexes[FAREBUS_BSON_DEPTH];
    bool is_array[FAREBUS_BSON_DEPTH];
    int depth;
};

farebus_bson_writer *farebus_bson_writer_new(void) {
    farebus_bson_writer *writer = new_aligned(_Alignof(farebus_bson_writer), sizeof *writer);
    if (!writer) return NULL;
    bson_init(&writer->levels[0]);
    writer->indexes[0] = 0;
    writer->depth = 0;
    return writer;
}

void farebus_bson_writer_destroy(farebus_bson_writer *writer) {
    // Levels that were never ended point into the first one, which owns the bytes.
    bson_destroy(&writer->levels[0]);
    free(writer);
}

typedef struct {
    const char *key;
    int32_t length;
    char digits[16];
} field_name;

static void name_field(farebus_bson_writer *writer, const void *key, int32_t length, field_name *name) {
    if (length >= 0) {
        name->key = key ? key : "";
        name->length = length;
        return;
    }
    name->length = (int32_t)bson_uint32_to_string(
        writer->indexes[writer->depth]++, &name->key, name->digits, sizeof name->digits);
}

#define WRITE(function, ...)                                                             \
    field_name name;                                                                     \
    name_field(writer, key, key_length, &name);                                          \
    return function(&writer->levels[writer->depth], name.key, name.length, __VA_ARGS__)

bool farebus_bson_write_null(farebus_bson_writer *writer, const void *key, int32_t key_length) {
    field_name name;
    name_field(writer, key, key_length, &name);
    return bson_append_null(&writer->levels[writer->depth], name.key, name.length);
}

bool farebus_bson_write_bool(farebus_bson_writer *writer, const void *key, int32_t key_length, bool value) {
    WRITE(bson_append_bool, value);
}

bool farebus_bson_write_int(farebus_bson_writer *writer, const void *key, int32_t key_length, int64_t value) {
    // As the drivers of other languages have it: some places of a command take nothing wider.
    field_name name;
    name_field(writer, key, key_length, &name);
    bson_t *level = &writer->levels[writer->depth];
    if (value >= INT32_MIN && value <= INT32_MAX) {
        return bson_append_int32(level, name.key, name.length, (int32_t)value);
    }
    return bson_append_int64(level, name.key, name.length, value);
}

bool farebus_bson_write_double(farebus_bson_writer *writer, const void *key, int32_t key_length, double value) {
    WRITE(bson_append_double, value);
}

bool farebus_bson_write_text(
    farebus_bson_writer *writer, const void *key, int32_t key_length, const void *text, int32_t length) {
    WRITE(bson_append_utf8, text ? text : "", length);
}

bool farebus_bson_write_binary(
    farebus_bson_writer *writer, const void *key, int32_t key_length, const void *bytes, uint32_t length) {
    // libbson wants a pointer even to nothing.
    static const uint8_t nothing[1];
    WRITE(bson_append_binary, BSON_SUBTYPE_BINARY, bytes ? bytes : nothing, length);
}

bool farebus_bson_begin(farebus_bson_writer *writer, const void *key, int32_t key_length, bool is_array) {
    if (writer->depth + 1 >= FAREBUS_BSON_DEPTH) return false;
    field_name name;
    name_field(writer, key, key_length, &name);
    bson_t *parent = &writer->levels[writer->depth];
    bson_t *child = &writer->levels[writer->depth + 1];
    bool is_begun = is_array ? bson_append_array_begin(parent, name.key, name.length, child)
                             : bson_append_document_begin(parent, name.key, name.length, child);
    if (!is_begun) return false;
    writer->depth += 1;
    writer->indexes[writer->depth] = 0;
    writer->is_array[writer->depth] = is_array;
    return true;
}

bool farebus_bson_end(farebus_bson_writer *writer) {
    if (writer->depth == 0) return false;
    bson_t *child = &writer->levels[writer->depth];
    bool is_array = writer->is_array[writer->depth];
    writer->depth -= 1;
    bson_t *parent = &writer->levels[writer->depth];
    return is_array ? bson_append_array_end(parent, child) : bson_append_document_end(parent, child);
}

const uint8_t *farebus_bson_writer_bytes(const farebus_bson_writer *writer, uint32_t *length) {
    *length = writer->levels[0].len;
    return bson_get_data(&writer->levels[0]);
}

// MARK: - Reading

// Its own type is smaller than its alignment, which no array may be made of.
typedef struct {
    bson_iter_t iter;
} level;

struct farebus_bson_reader {
    level levels[FAREBUS_BSON_DEPTH];
    int depth;
};

farebus_bson_reader *farebus_bson_reader_new(const uint8_t *bytes, size_t length) {
    farebus_bson_reader *reader = new_aligned(_Alignof(farebus_bson_reader), sizeof *reader);
    if (!reader) return NULL;
    reader->depth = 0;
    if (!bson_iter_init_from_data(&reader->levels[0].iter, bytes, length)) {
        free(reader);
        return NULL;
    }
    return reader;
}

void farebus_bson_reader_destroy(farebus_bson_reader *reader) {
    free(reader);
}

int32_t farebus_bson_next(farebus_bson_reader *reader) {
    bson_iter_t *iter = &reader->levels[reader->depth].iter;
    // bson_iter_next says the same of the end and of nonsense: the end is the last byte, and no other.
    if (iter->raw && iter->next_off + 1 == iter->len && iter->raw[iter->next_off] == 0) return FAREBUS_BSON_END;
    if (!bson_iter_next(iter)) return FAREBUS_BSON_CORRUPT;
    return (int32_t)bson_iter_type(iter);
}

const char *farebus_bson_key(farebus_bson_reader *reader, uint32_t *length) {
    *length = bson_iter_key_len(&reader->levels[reader->depth].iter);
    return bson_iter_key(&reader->levels[reader->depth].iter);
}

bool farebus_bson_bool(const farebus_bson_reader *reader) {
    return bson_iter_bool(&reader->levels[reader->depth].iter);
}

int64_t farebus_bson_int(const farebus_bson_reader *reader) {
    return bson_iter_as_int64(&reader->levels[reader->depth].iter);
}

double farebus_bson_double(const farebus_bson_reader *reader) {
    return bson_iter_double(&reader->levels[reader->depth].iter);
}

const char *farebus_bson_text(const farebus_bson_reader *reader, uint32_t *length) {
    return bson_iter_utf8(&reader->levels[reader->depth].iter, length);
}

const uint8_t *farebus_bson_binary(const farebus_bson_reader *reader, uint32_t *length) {
    bson_subtype_t subtype;
    const uint8_t *bytes = NULL;
    *length = 0;
    bson_iter_binary(&reader->levels[reader->depth].iter, &subtype, length, &bytes);
    return bytes;
}

bool farebus_bson_enter(farebus_bson_reader *reader) {
    if (reader->depth + 1 >= FAREBUS_BSON_DEPTH) return false;
    if (!bson_iter_recurse(&reader->levels[reader->depth].iter, &reader->levels[reader->depth + 1].iter)) return false;
    reader->depth += 1;
    return true;
}

void farebus_bson_leave(farebus_bson_reader *reader) {
    if (reader->depth > 0) reader->depth -= 1;
}
