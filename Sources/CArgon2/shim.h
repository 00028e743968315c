#ifndef FAREBUS_CARGON2_SHIM_H
#define FAREBUS_CARGON2_SHIM_H

#include <argon2.h>

#endif
