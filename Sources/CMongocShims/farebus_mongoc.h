// What Farebus needs of libmongoc and libbson, without their types: Debian's bson_t is aligned to 128 bytes, and Swift does
// not import such a struct. Documents cross as bytes; handles are opaque.
//
// https://mongoc.org/libmongoc/1.23.1/, https://mongoc.org/libbson/1.23.1/

#ifndef FAREBUS_MONGOC_H
#define FAREBUS_MONGOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#define FAREBUS_NULLABLE _Nullable
#else
#define FAREBUS_NULLABLE
#endif

#ifdef __cplusplus
extern "C" {
#endif

// MARK: - BSON

/// How deep documents may lie in each other, the outermost counted; the server allows 100.
#define FAREBUS_BSON_DEPTH 100

/// Writes one document, field after field. Keys and texts are UTF-8 without an end mark; a key of length -1 is the next
/// index, for the elements of an array.
///
/// The functions that write return false where libbson refuses: the document would be too large, a text is not UTF-8, or
/// a level is begun too deep.
typedef struct farebus_bson_writer farebus_bson_writer;

farebus_bson_writer *FAREBUS_NULLABLE farebus_bson_writer_new(void);
void farebus_bson_writer_destroy(farebus_bson_writer *writer);
bool farebus_bson_write_null(farebus_bson_writer *writer, const void *FAREBUS_NULLABLE key, int32_t key_length);
bool farebus_bson_write_bool(farebus_bson_writer *writer, const void *FAREBUS_NULLABLE key, int32_t key_length, bool value);
/// Writes 32 bits where they are enough, else 64.
bool farebus_bson_write_int(
    farebus_bson_writer *writer, const void *FAREBUS_NULLABLE key, int32_t key_length, int64_t value);
bool farebus_bson_write_double(
    farebus_bson_writer *writer, const void *FAREBUS_NULLABLE key, int32_t key_length, double value);
bool farebus_bson_write_text(
    farebus_bson_writer *writer, const void *FAREBUS_NULLABLE key, int32_t key_length, const void *FAREBUS_NULLABLE text, int32_t length);
bool farebus_bson_write_binary(
    farebus_bson_writer *writer, const void *FAREBUS_NULLABLE key, int32_t key_length,
    const void *FAREBUS_NULLABLE bytes, uint32_t length);
bool farebus_bson_begin(
    farebus_bson_writer *writer, const void *FAREBUS_NULLABLE key, int32_t key_length, bool is_array);
bool farebus_bson_end(farebus_bson_writer *writer);
/// The bytes so far; valid until the next call, and whole only when every level that was begun has ended.
const uint8_t *farebus_bson_writer_bytes(const farebus_bson_writer *writer, uint32_t *length);

/// Walks through the fields of a document, whose bytes must outlive it.
typedef struct farebus_bson_reader farebus_bson_reader;

enum {
    FAREBUS_BSON_END = 0,
    FAREBUS_BSON_DOUBLE = 0x01,
    FAREBUS_BSON_TEXT = 0x02,
    FAREBUS_BSON_DOCUMENT = 0x03,
    FAREBUS_BSON_ARRAY = 0x04,
    FAREBUS_BSON_BINARY = 0x05,
    FAREBUS_BSON_BOOL = 0x08,
    FAREBUS_BSON_NULL = 0x0A,
    FAREBUS_BSON_INT32 = 0x10,
    FAREBUS_BSON_INT64 = 0x12,
    FAREBUS_BSON_CORRUPT = -1
};

/// NULL where the bytes can't be a document.
farebus_bson_reader *FAREBUS_NULLABLE farebus_bson_reader_new(const uint8_t *bytes, size_t length);
void farebus_bson_reader_destroy(farebus_bson_reader *reader);
/// Steps to the next field of this level: its type, 0 at the level's end, or -1.
int32_t farebus_bson_next(farebus_bson_reader *reader);
const char *farebus_bson_key(farebus_bson_reader *reader, uint32_t *length);
bool farebus_bson_bool(const farebus_bson_reader *reader);
int64_t farebus_bson_int(const farebus_bson_reader *reader);
double farebus_bson_double(const farebus_bson_reader *reader);
const char *FAREBUS_NULLABLE farebus_bson_text(const farebus_bson_reader *reader, uint32_t *length);
const uint8_t *FAREBUS_NULLABLE farebus_bson_binary(const farebus_bson_reader *reader, uint32_t *length);
/// Goes down into the document or array of this field; false where it is corrupt or too deep.
bool farebus_bson_enter(farebus_bson_reader *reader);
void farebus_bson_leave(farebus_bson_reader *reader);

// MARK: - Answers

/// What a call came to: an error, a reply, or both. One serves many calls; each call overwrites it.
typedef struct farebus_mongo_answer farebus_mongo_answer;

farebus_mongo_answer *FAREBUS_NULLABLE farebus_mongo_answer_new(void);
void farebus_mongo_answer_destroy(farebus_mongo_answer *answer);
/// A mongoc_error_domain_t.
uint32_t farebus_mongo_answer_domain(const farebus_mongo_answer *answer);
uint32_t farebus_mongo_answer_code(const farebus_mongo_answer *answer);
const char *farebus_mongo_answer_message(const farebus_mongo_answer *answer);
const uint8_t *FAREBUS_NULLABLE farebus_mongo_answer_reply(const farebus_mongo_answer *answer, uint32_t *length);

/// The domains of errors that the caller tells apart.
uint32_t farebus_mongo_domain_server(void);
uint32_t farebus_mongo_domain_server_selection(void);
uint32_t farebus_mongo_domain_transaction(void);
uint32_t farebus_mongo_domain_write_concern(void);

// MARK: - Clients

/// Prepares libmongoc; once in a process, before anything else.
void farebus_mongo_init(void);

typedef void (*farebus_mongo_log)(int32_t level, const char *domain, const char *message);
/// Where libmongoc's log goes, from any thread, with what it notices of the servers. Levels: 0 error, 1 critical,
/// 2 warning, 3 message, 4 information, 5 and 6 for its developers.
void farebus_mongo_set_log(farebus_mongo_log log);

/// Clients of one deployment, for any number of threads.
typedef struct farebus_mongo_pool farebus_mongo_pool;
/// One client; for one thread at a time.
typedef struct farebus_mongo_client farebus_mongo_client;
/// A logical session of one client.
typedef struct farebus_mongo_session farebus_mongo_session;
typedef struct farebus_mongo_cursor farebus_mongo_cursor;

typedef struct {
    int32_t max_clients;
    int32_t connect_timeout_ms;
    int32_t server_selection_timeout_ms;
    int32_t socket_timeout_ms;
    /// How long a commit may wait for the majority.
    int32_t commit_timeout_ms;
} farebus_mongo_settings;

/// Reads the URI and makes a pool; connects to nothing yet. NULL where the URI can't be read: `answer` says why, in
/// words that may hold parts of it, a password's too.
farebus_mongo_pool *FAREBUS_NULLABLE farebus_mongo_pool_new(
    const char *uri, const char *app_name, farebus_mongo_settings settings, farebus_mongo_answer *answer);
/// Every client must have been given back.
void farebus_mongo_pool_destroy(farebus_mongo_pool *pool);
/// The database that the URI names.
const char *FAREBUS_NULLABLE farebus_mongo_pool_database(const farebus_mongo_pool *pool);
/// The password of the URI, so that it can be kept out of the log.
const char *FAREBUS_NULLABLE farebus_mongo_pool_password(const farebus_mongo_pool *pool);
/// Takes a client; waits while all are taken.
farebus_mongo_client *farebus_mongo_pool_pop(farebus_mongo_pool *pool);
void farebus_mongo_pool_push(farebus_mongo_pool *pool, farebus_mongo_client *client);

/// What the primary said of itself when it was last looked at, in `answer`; looks for one if none is known.
bool farebus_mongo_hello(farebus_mongo_client *client, farebus_mongo_answer *answer);

/// The values of mongoc_read_mode_t.
enum {
    FAREBUS_MONGO_PRIMARY = 1 << 0,
    FAREBUS_MONGO_SECONDARY = 1 << 1,
    FAREBUS_MONGO_PRIMARY_PREFERRED = (1 << 2) | (1 << 0),
    FAREBUS_MONGO_SECONDARY_PREFERRED = (1 << 2) | (1 << 1),
    FAREBUS_MONGO_NEAREST = (1 << 3) | (1 << 1)
};

// MARK: - Sessions and transactions

/// Makes a session: a snapshot, which only reads, or one for transactions.
farebus_mongo_session *FAREBUS_NULLABLE farebus_mongo_session_new(
    farebus_mongo_client *client, bool is_snapshot, farebus_mongo_answer *answer);
/// Ends it; a transaction that is still open is aborted.
void farebus_mongo_session_destroy(farebus_mongo_session *session);
/// Begins a transaction: read concern snapshot, write concern majority with journal, read from the primary.
bool farebus_mongo_begin(farebus_mongo_pool *pool, farebus_mongo_session *session, farebus_mongo_answer *answer);
/// Commits, or asks again after an unknown outcome.
bool farebus_mongo_commit(farebus_mongo_session *session, farebus_mongo_answer *answer);
void farebus_mongo_abort(farebus_mongo_session *session);
/// Has the server forget the session and what is still open in it, before its id is used again.
///
/// https://www.mongodb.com/docs/manual/reference/command/endSessions/
void farebus_mongo_end(farebus_mongo_client *client, const farebus_mongo_session *session);

// MARK: - Calls

/// Opens a cursor. Errors come with the first step.
///
/// - `query`: the filter of a find, or an array document of the stages of an aggregation.
/// - `options`: those of mongoc_collection_find_with_opts, or of mongoc_collection_aggregate.
farebus_mongo_cursor *FAREBUS_NULLABLE farebus_mongo_cursor_open(
    farebus_mongo_client *client, farebus_mongo_session *FAREBUS_NULLABLE session, const char *database,
    const char *collection, bool is_aggregation, const uint8_t *query, size_t query_length, const uint8_t *options,
    size_t options_length, int32_t read_preference, farebus_mongo_answer *answer);
/// The next document, valid until the next call; NULL at the end and on an error.
const uint8_t *FAREBUS_NULLABLE farebus_mongo_cursor_next(farebus_mongo_cursor *cursor, uint32_t *length);
/// Whether there was an error; `answer` says which.
bool farebus_mongo_cursor_failed(farebus_mongo_cursor *cursor, farebus_mongo_answer *answer);
void farebus_mongo_cursor_destroy(farebus_mongo_cursor *cursor);

/// Inserts documents that stand one behind the other, in as many messages as they need.
bool farebus_mongo_insert(
    farebus_mongo_client *client, farebus_mongo_session *FAREBUS_NULLABLE session, const char *database,
    const char *collection, const uint8_t *documents, size_t length, size_t count, farebus_mongo_answer *answer);

/// Runs a command that writes. The reply's own writeErrors are the caller's to look at.
bool farebus_mongo_write(
    farebus_mongo_client *client, farebus_mongo_session *FAREBUS_NULLABLE session, const char *database,
    const uint8_t *command, size_t length, farebus_mongo_answer *answer);

/// Runs any command on the primary, as it is.
bool farebus_mongo_command(
    farebus_mongo_client *client, farebus_mongo_session *FAREBUS_NULLABLE session, const char *database,
    const uint8_t *command, size_t length, farebus_mongo_answer *answer);

#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
