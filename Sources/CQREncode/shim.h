#ifndef FAREBUS_CQRENCODE_SHIM_H
#define FAREBUS_CQRENCODE_SHIM_H

#include <qrencode.h>

#endif
