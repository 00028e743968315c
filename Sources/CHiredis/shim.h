#ifndef FAREBUS_CHIREDIS_SHIM_H
#define FAREBUS_CHIREDIS_SHIM_H

#include <hiredis/hiredis.h>

#endif
