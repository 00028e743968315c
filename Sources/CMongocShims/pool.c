// Clients, their settings, and libmongoc's log.

#include "pool.h"

#include <stdlib.h>

#include "answer.h"

// MARK: - The library

void farebus_mongo_init(void) { mongoc_init(); }

// Set once, before the first pool: its threads only read it.
static farebus_mongo_log the_log;

static void pass_on(mongoc_log_level_t level, const char *domain, const char *message, void *context) {
    (void)context;
    the_log((int32_t)level, domain, message);
}

void farebus_mongo_set_log(farebus_mongo_log log) {
    the_log = log;
    mongoc_log_set_handler(pass_on, NULL);
}

// MARK: - What it notices of the servers

static void server_changed(const mongoc_apm_server_changed_t *event) {
    const char *before = mongoc_server_description_type(mongoc_apm_server_changed_get_previous_description(event));
    const char *after = mongoc_server_description_type(mongoc_apm_server_changed_get_new_description(event));
    if (!the_log || strcmp(before, after) == 0) return;
    char text[256];
    bson_snprintf(
        text, sizeof text, "%s was %s, is now %s", mongoc_apm_server_changed_get_host(event)->host_and_port, before,
        after);
    the_log(strcmp(after, "Unknown") == 0 ? MONGOC_LOG_LEVEL_WARNING : MONGOC_LOG_LEVEL_INFO, "servers", text);
}

static void heartbeat_failed(const mongoc_apm_server_heartbeat_failed_t *event) {
    if (!the_log) return;
    bson_error_t error;
    char text[768];
    mongoc_apm_server_heartbeat_failed_get_error(event, &error);
    bson_snprintf(
        text, sizeof text, "%s does not answer: %s", mongoc_apm_server_heartbeat_failed_get_host(event)->host_and_port,
        error.message);
    the_log(MONGOC_LOG_LEVEL_INFO, "servers", text);
}

static void watch_servers(mongoc_client_pool_t *clients) {
    mongoc_apm_callbacks_t *callbacks = mongoc_apm_callbacks_new();
    mongoc_apm_set_server_changed_cb(callbacks, server_changed);
    mongoc_apm_set_server_heartbeat_failed_cb(callbacks, heartbeat_failed);
    mongoc_client_pool_set_apm_callbacks(clients, callbacks, NULL);
    mongoc_apm_callbacks_destroy(callbacks);
}

// MARK: - The pool

// What the URI says for itself stands.
static void set_default_int(mongoc_uri_t *uri, const char *option, int32_t value) {
    if (!mongoc_uri_has_option(uri, option)) mongoc_uri_set_option_as_int32(uri, option, value);
}

static mongoc_write_concern_t *majority(int32_t timeout_ms) {
    mongoc_write_concern_t *concern = mongoc_write_concern_new();
    mongoc_write_concern_set_wmajority(concern, timeout_ms);
    mongoc_write_concern_set_journal(concern, true);
    return concern;
}

static mongoc_transaction_opt_t *transaction_options(farebus_mongo_settings settings) {
    mongoc_transaction_opt_t *options = mongoc_transaction_opts_new();
    mongoc_read_concern_t *read = mongoc_read_concern_new();
    mongoc_read_concern_set_level(read, MONGOC_READ_CONCERN_LEVEL_SNAPSHOT);
    mongoc_write_concern_t *write = majority(settings.commit_timeout_ms);
    mongoc_read_prefs_t *primary = mongoc_read_prefs_new(MONGOC_READ_PRIMARY);
    mongoc_transaction_opts_set_read_concern(options, read);
    mongoc_transaction_opts_set_write_concern(options, write);
    mongoc_transaction_opts_set_read_prefs(options, primary);
    mongoc_read_prefs_destroy(primary);
    mongoc_write_concern_destroy(write);
    mongoc_read_concern_destroy(read);
    return options;
}

farebus_mongo_pool *farebus_mongo_pool_new(
    const char *text, const char *app_name, farebus_mongo_settings settings, farebus_mongo_answer *answer) {
    farebus_mongo_answer_clear(answer);
    mongoc_uri_t *uri = mongoc_uri_new_with_error(text, &answer->error);
    if (!uri) return NULL;
    set_default_int(uri, MONGOC_URI_CONNECTTIMEOUTMS, settings.connect_timeout_ms);
    set_default_int(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, settings.server_selection_timeout_ms);
    set_default_int(uri, MONGOC_URI_SOCKETTIMEOUTMS, settings.socket_timeout_ms);
    mongoc_uri_set_option_as_int32(uri, MONGOC_URI_MAXPOOLSIZE, settings.max_clients);
    if (!mongoc_uri_get_appname(uri)) mongoc_uri_set_appname(uri, app_name);
    // Weaker concerns than these could lose what was acknowledged. A level of reading would stand twice beside that of a
    // snapshot session.
    mongoc_write_concern_t *write = majority(settings.commit_timeout_ms);
    mongoc_uri_set_write_concern(uri, write);
    mongoc_write_concern_destroy(write);
    mongoc_read_concern_t *read = mongoc_read_concern_new();
    mongoc_uri_set_read_concern(uri, read);
    mongoc_read_concern_destroy(read);
    mongoc_read_prefs_t *primary = mongoc_read_prefs_new(MONGOC_READ_PRIMARY);
    mongoc_uri_set_read_prefs_t(uri, primary);
    mongoc_read_prefs_destroy(primary);

    mongoc_client_pool_t *clients = mongoc_client_pool_new_with_error(uri, &answer->error);
    farebus_mongo_pool *pool = clients ? calloc(1, sizeof *pool) : NULL;
    if (!pool) {
        if (clients) mongoc_client_pool_destroy(clients);
        mongoc_uri_destroy(uri);
        return NULL;
    }
    mongoc_client_pool_set_error_api(clients, MONGOC_ERROR_API_VERSION_2);
    watch_servers(clients);
    pool->uri = uri;
    pool->clients = clients;
    pool->transaction = transaction_options(settings);
    return pool;
}

void farebus_mongo_pool_destroy(farebus_mongo_pool *pool) {
    mongoc_client_pool_destroy(pool->clients);
    mongoc_transaction_opts_destroy(pool->transaction);
    mongoc_uri_destroy(pool->uri);
    free(pool);
}

const char *farebus_mongo_pool_database(const farebus_mongo_pool *pool) { return mongoc_uri_get_database(pool->uri); }
const char *farebus_mongo_pool_password(const farebus_mongo_pool *pool) { return mongoc_uri_get_password(pool->uri); }

farebus_mongo_client *farebus_mongo_pool_pop(farebus_mongo_pool *pool) {
    return (farebus_mongo_client *)mongoc_client_pool_pop(pool->clients);
}

void farebus_mongo_pool_push(farebus_mongo_pool *pool, farebus_mongo_client *client) {
    mongoc_client_pool_push(pool->clients, (mongoc_client_t *)client);
}

bool farebus_mongo_hello(farebus_mongo_client *client, farebus_mongo_answer *answer) {
    farebus_mongo_answer_clear(answer);
    mongoc_server_description_t *server =
        mongoc_client_select_server((mongoc_client_t *)client, true, NULL, &answer->error);
    if (!server) return false;
    bson_destroy(&answer->reply);
    bson_copy_to(mongoc_server_description_hello_response(server), &answer->reply);
    mongoc_server_description_destroy(server);
    return true;
}

// MARK: - Sessions

farebus_mongo_session *farebus_mongo_session_new(
    farebus_mongo_client *client, bool is_snapshot, farebus_mongo_answer *answer) {
    farebus_mongo_answer_clear(answer);
    mongoc_session_opt_t *options = mongoc_session_opts_new();
    mongoc_session_opts_set_causal_consistency(options, false);
    mongoc_session_opts_set_snapshot(options, is_snapshot);
    mongoc_client_session_t *session =
        mongoc_client_start_session((mongoc_client_t *)client, options, &answer->error);
    mongoc_session_opts_destroy(options);
    return (farebus_mongo_session *)session;
}

void farebus_mongo_session_destroy(farebus_mongo_session *session) {
    mongoc_client_session_destroy((mongoc_client_session_t *)session);
}

bool farebus_mongo_begin(farebus_mongo_pool *pool, farebus_mongo_session *session, farebus_mongo_answer *answer) {
    farebus_mongo_answer_clear(answer);
    return mongoc_client_session_start_transaction(
        (mongoc_client_session_t *)session, pool->transaction, &answer->error);
}

bool farebus_mongo_commit(farebus_mongo_session *session, farebus_mongo_answer *answer) {
    farebus_mongo_answer_clear(answer);
    bson_t reply;
    bool is_done =
        mongoc_client_session_commit_transaction((mongoc_client_session_t *)session, &reply, &answer->error);
    farebus_mongo_answer_take(answer, &reply);
    return is_done;
}

void farebus_mongo_abort(farebus_mongo_session *session) {
    bson_error_t error;
    mongoc_client_session_t *client_session = (mongoc_client_session_t *)session;
    if (mongoc_client_session_in_transaction(client_session)) {
        mongoc_client_session_abort_transaction(client_session, &error);
    }
}

void farebus_mongo_end(farebus_mongo_client *client, const farebus_mongo_session *session) {
    bson_t command;
    bson_t sessions;
    bson_init(&command);
    bson_append_array_begin(&command, "endSessions", -1, &sessions);
    bson_append_document(
        &sessions, "0", 1, mongoc_client_session_get_lsid((const mongoc_client_session_t *)session));
    bson_append_array_end(&command, &sessions);
    bson_error_t error;
    // A courtesy: what is not ended ends with its time.
    mongoc_client_command_simple((mongoc_client_t *)client, "admin", &command, NULL, NULL, &error);
    bson_destroy(&command);
}
