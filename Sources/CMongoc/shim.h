#ifndef FAREBUS_CMONGOC_SHIM_H
#define FAREBUS_CMONGOC_SHIM_H

#include <mongoc/mongoc.h>

#endif
