#ifndef FAREBUS_CZXCVBN_SHIM_H
#define FAREBUS_CZXCVBN_SHIM_H

#include <zxcvbn.h>

#endif
