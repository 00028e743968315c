// Reads, writes and commands: bytes in, bytes out.

#include <stdlib.h>

#include "answer.h"

// The options of a call: a session, where there is one.
static bool begin_options(
    bson_t *options, farebus_mongo_session *session, const uint8_t *bytes, size_t length, farebus_mongo_answer *answer) {
    bson_t given;
    if (bytes) {
        if (!bson_init_static(&given, bytes, length)) {
            farebus_mongo_answer_refuse(answer, "the options are no document");
            return false;
        }
        bson_copy_to(&given, options);
    } else {
        bson_init(options);
    }
    if (session && !mongoc_client_session_append((mongoc_client_session_t *)session, options, &answer->error)) {
        bson_destroy(options);
        return false;
    }
    return true;
}

// MARK: - Cursors

struct farebus_mongo_cursor {
    mongoc_collection_t *collection;
    mongoc_cursor_t *cursor;
};

farebus_mongo_cursor *farebus_mongo_cursor_open(
    farebus_mongo_client *client, farebus_mongo_session *session, const char *database, const char *collection,
    bool is_aggregation, const uint8_t *query, size_t query_length, const uint8_t *options, size_t options_length,
    int32_t read_preference, farebus_mongo_answer *answer) {
    farebus_mongo_answer_clear(answer);
    bson_t query_document;
    bson_t all;
    if (!bson_init_static(&query_document, query, query_length)) {
        farebus_mongo_answer_refuse(answer, "the query is no document");
        return NULL;
    }
    if (!begin_options(&all, session, options, options_length, answer)) return NULL;
    farebus_mongo_cursor *cursor = malloc(sizeof *cursor);
    if (cursor) {
        mongoc_read_prefs_t *preference = mongoc_read_prefs_new((mongoc_read_mode_t)read_preference);
        cursor->collection = mongoc_client_get_collection((mongoc_client_t *)client, database, collection);
        cursor->cursor =
            is_aggregation
                ? mongoc_collection_aggregate(cursor->collection, MONGOC_QUERY_NONE, &query_document, &all, preference)
                : mongoc_collection_find_with_opts(cursor->collection, &query_document, &all, preference);
        mongoc_read_prefs_destroy(preference);
    }
    bson_destroy(&all);
    return cursor;
}

const uint8_t *farebus_mongo_cursor_next(farebus_mongo_cursor *cursor, uint32_t *length) {
    const bson_t *document = NULL;
    if (!mongoc_cursor_next(cursor->cursor, &document)) return NULL;
    *length = document->len;
    return bson_get_data(document);
}

bool farebus_mongo_cursor_failed(farebus_mongo_cursor *cursor, farebus_mongo_answer *answer) {
    farebus_mongo_answer_clear(answer);
    const bson_t *reply = NULL;
    if (!mongoc_cursor_error_document(cursor->cursor, &answer->error, &reply)) return false;
    if (reply) {
        bson_destroy(&answer->reply);
        bson_copy_to(reply, &answer->reply);
    }
    return true;
}

void farebus_mongo_cursor_destroy(farebus_mongo_cursor *cursor) {
    mongoc_cursor_destroy(cursor->cursor);
    mongoc_collection_destroy(cursor->collection);
    free(cursor);
}

// MARK: - Inserts

bool farebus_mongo_insert(
    farebus_mongo_client *client, farebus_mongo_session *session, const char *database, const char *collection,
    const uint8_t *documents, size_t length, size_t count, farebus_mongo_answer *answer) {
    farebus_mongo_answer_clear(answer);
    size_t alignment = _Alignof(bson_t);
    bson_t *views = aligned_alloc(alignment, count * sizeof *views);
    const bson_t **pointers = malloc(count * sizeof *pointers);
    bool is_done = false;
    bson_t options;
    if (!views || !pointers) {
        farebus_mongo_answer_refuse(answer, "out of memory");
        goto freed;
    }
    size_t offset = 0;
    for (size_t index = 0; index < count; index++) {
        uint32_t size;
        if (length - offset < sizeof size) {
            farebus_mongo_answer_refuse(answer, "the documents are cut off");
            goto freed;
        }
        memcpy(&size, documents + offset, sizeof size);
        size = BSON_UINT32_FROM_LE(size);
        if (size > length - offset || !bson_init_static(&views[index], documents + offset, size)) {
            farebus_mongo_answer_refuse(answer, "one of the documents is none");
            goto freed;
        }
        pointers[index] = &views[index];
        offset += size;
    }
    if (!begin_options(&options, session, NULL, 0, answer)) goto freed;
    mongoc_collection_t *target = mongoc_client_get_collection((mongoc_client_t *)client, database, collection);
    bson_t reply;
    is_done = mongoc_collection_insert_many(target, pointers, count, &options, &reply, &answer->error);
    farebus_mongo_answer_take(answer, &reply);
    mongoc_collection_destroy(target);
    bson_destroy(&options);
freed:
    free(pointers);
    free(views);
    return is_done;
}

// MARK: - Commands

static bool run_command(
    farebus_mongo_client *client, farebus_mongo_session *session, const char *database, const uint8_t *command,
    size_t length, bool is_write, farebus_mongo_answer *answer) {
    farebus_mongo_answer_clear(answer);
    bson_t document;
    bson_t options;
    if (!bson_init_static(&document, command, length)) {
        farebus_mongo_answer_refuse(answer, "the command is no document");
        return false;
    }
    if (!begin_options(&options, session, NULL, 0, answer)) return false;
    mongoc_client_t *target = (mongoc_client_t *)client;
    bson_t reply;
    bool is_done =
        is_write
            ? mongoc_client_write_command_with_opts(target, database, &document, &options, &reply, &answer->error)
            : mongoc_client_command_with_opts(target, database, &document, NULL, &options, &reply, &answer->error);
    farebus_mongo_answer_take(answer, &reply);
    bson_destroy(&options);
    return is_done;
}

bool farebus_mongo_write(
    farebus_mongo_client *client, farebus_mongo_session *session, const char *database, const uint8_t *command,
    size_t length, farebus_mongo_answer *answer) {
    return run_command(client, session, database, command, length, true, answer);
}

bool farebus_mongo_command(
    farebus_mongo_client *client, farebus_mongo_session *session, const char *database, const uint8_t *command,
    size_t length, farebus_mongo_answer *answer) {
    return run_command(client, session, database, command, length, false, answer);
}
