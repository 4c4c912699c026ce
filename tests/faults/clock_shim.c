/* clock_shim.c - the clock on the wall of one process, so many microseconds off: preloaded, it adds what stands in the
 * first eight bytes of the file that BUCKSTOP_CLOCK names. The file stays mapped, so that whoever writes there makes the
 * clock jump. The monotonic clock does not. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { US_PER_S = 1000000, NS_PER_US = 1000 };

static const volatile int64_t *offset_us;

__attribute__ ((constructor)) static void shim_open (void)
{
    const char *path = getenv ("BUCKSTOP_CLOCK");
    int file = path ? open (path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *mapped = mmap (NULL, sizeof *offset_us, PROT_READ, MAP_SHARED, file, 0);
    close (file);
    if (mapped != MAP_FAILED)
        offset_us = mapped;
}

static int64_t now_us (void)
{
    struct timespec now;
    syscall (SYS_clock_gettime, CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / NS_PER_US + (offset_us ? *offset_us : 0);
}

int clock_gettime (clockid_t clock, struct timespec *at)
{
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
        return (int)syscall (SYS_clock_gettime, clock, at);
    int64_t us = now_us ();
    at->tv_sec = us / US_PER_S;
    at->tv_nsec = us % US_PER_S * NS_PER_US;
    return 0;
}

int gettimeofday (struct timeval *restrict at, void *restrict zone)
{
    (void)zone;
    int64_t us = now_us ();
    at->tv_sec = us / US_PER_S;
    at->tv_usec = us % US_PER_S;
    return 0;
}

time_t time (time_t *at)
{
    time_t now = (time_t)(now_us () / US_PER_S);
    if (at)
        *at = now;
    return now;
}
