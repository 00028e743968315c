// How the calls fill an answer.

#ifndef FAREBUS_MONGO_ANSWER_H
#define FAREBUS_MONGO_ANSWER_H

#include <mongoc/mongoc.h>

#include "farebus_mongoc.h"

struct farebus_mongo_answer {
    bson_t reply;
    bson_error_t error;
};

/// Forgets the last call.
void farebus_mongo_answer_clear(farebus_mongo_answer *answer);
/// Takes over a reply that a call has initialised.
void farebus_mongo_answer_take(farebus_mongo_answer *answer, bson_t *reply);
/// Says that the arguments of a call made no document.
void farebus_mongo_answer_refuse(farebus_mongo_answer *answer, const char *message);

#endif
