#ifndef FAREBUS_CZIP_SHIM_H
#define FAREBUS_CZIP_SHIM_H

#include <zip.h>

#endif
