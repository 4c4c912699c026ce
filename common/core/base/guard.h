/* guard.h - guards that a test may take away, to show that a scenario fails without them.
 *
 * In the product GUARD (x) is the constant true. In the test build (BUCKSTOP_TEST_GUARDS) it is false while
 * guard_off names it. */
#ifndef BUCKSTOP_GUARD_H
#define BUCKSTOP_GUARD_H

#ifdef BUCKSTOP_TEST_GUARDS
#include <string.h>
extern const char *guard_off; /* set by the test; NULL: all stand */
#define GUARD(name) (!(guard_off && strcmp (guard_off, (name)) == 0))
#else
#define GUARD(name) true
#endif

#endif
