// What a call came to.

#include "answer.h"

#include <stdlib.h>

farebus_mongo_answer *farebus_mongo_answer_new(void) {
    size_t alignment = _Alignof(farebus_mongo_answer);
    farebus_mongo_answer *answer =
        aligned_alloc(alignment, (sizeof *answer + alignment - 1) / alignment * alignment);
    if (!answer) return NULL;
    bson_init(&answer->reply);
    memset(&answer->error, 0, sizeof answer->error);
    return answer;
}

void farebus_mongo_answer_destroy(farebus_mongo_answer *answer) {
    bson_destroy(&answer->reply);
    free(answer);
}

void farebus_mongo_answer_clear(farebus_mongo_answer *answer) {
    bson_reinit(&answer->reply);
    memset(&answer->error, 0, sizeof answer->error);
}

void farebus_mongo_answer_take(farebus_mongo_answer *answer, bson_t *reply) {
    bson_destroy(&answer->reply);
    if (!bson_steal(&answer->reply, reply)) bson_init(&answer->reply);
}

void farebus_mongo_answer_refuse(farebus_mongo_answer *answer, const char *message) {
    farebus_mongo_answer_clear(answer);
    bson_set_error(&answer->error, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "%s", message);
}

uint32_t farebus_mongo_answer_domain(const farebus_mongo_answer *answer) { return answer->error.domain; }
uint32_t farebus_mongo_answer_code(const farebus_mongo_answer *answer) { return answer->error.code; }
const char *farebus_mongo_answer_message(const farebus_mongo_answer *answer) { return answer->error.message; }

const uint8_t *farebus_mongo_answer_reply(const farebus_mongo_answer *answer, uint32_t *length) {
    *length = answer->reply.len;
    return bson_get_data(&answer->reply);
}

uint32_t farebus_mongo_domain_server(void) { return MONGOC_ERROR_SERVER; }
uint32_t farebus_mongo_domain_server_selection(void) { return MONGOC_ERROR_SERVER_SELECTION; }
uint32_t farebus_mongo_domain_transaction(void) { return MONGOC_ERROR_TRANSACTION; }
uint32_t farebus_mongo_domain_write_concern(void) { return MONGOC_ERROR_WRITE_CONCERN; }
