/* guard.c - the one variable behind guard.h, in the test build only. */
#include "guard.h"

#ifdef BUCKSTOP_TEST_GUARDS
const char *guard_off = NULL;
#else
typedef int guard_is_empty_in_the_product;
#endif
