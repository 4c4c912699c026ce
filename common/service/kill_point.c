/* kill_point.c - a place at which a test may end the process, between any two of the five steps.
 *
 * Hears: BUCKSTOP_KILL_AT (a name), BUCKSTOP_KILL_COUNT (at which pass; 1 by default). _exit, not exit: nothing
 * is flushed and no connection is closed in good order, as after kill -9.
 */
#include "service.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KILLED = 99 };

void kill_point (const char *name)
{
    static long passes_left = -1; /* -1: the environment was not read yet */
    static const char *at;
    if (passes_left < 0) {
        const char *count = getenv ("BUCKSTOP_KILL_COUNT");
        at = getenv ("BUCKSTOP_KILL_AT");
        passes_left = count ? strtol (count, NULL, 10) : 1;
        if (passes_left < 1)
            passes_left = 1;
    }
    if (at && strcmp (at, name) == 0 && --passes_left == 0)
        _exit (KILLED);
}
