// What stands behind a pool.

#ifndef FAREBUS_MONGO_POOL_H
#define FAREBUS_MONGO_POOL_H

#include <mongoc/mongoc.h>

#include "farebus_mongoc.h"

struct farebus_mongo_pool {
    mongoc_uri_t *uri;
    mongoc_client_pool_t *clients;
    mongoc_transaction_opt_t *transaction;
};

#endif
