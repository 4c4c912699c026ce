/* clock.c - the machine's clocks and its random bytes.
 *
 * Wall time is for log lines and for jump detection; what is decided is decided with the store's time.
 * Random bytes come from the kernel; without them the process ends, since tokens and ids hang on them.
 */
#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

enum { US_PER_MS = 1000, NS_PER_US = 1000, US_PER_S = 1000000 };

static int64_t read_us (clockid_t id)
{
    struct timespec at;
    clock_gettime (id, &at);
    return (int64_t)at.tv_sec * US_PER_S + at.tv_nsec / NS_PER_US;
}

wall_ms_t clock_wall (void)
{
    return read_us (CLOCK_REALTIME) / US_PER_MS;
}

int64_t clock_mono_us (void)
{
    return read_us (CLOCK_MONOTONIC);
}

mono_ms_t clock_mono (void)
{
    return clock_mono_us () / US_PER_MS;
}

void clock_random (void *bytes, size_t size)
{
    uint8_t *at = bytes;
    while (size) {
        ssize_t got = getrandom (at, size, 0);
        if (got < 0 && errno != EINTR)
            abort ();
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
}
