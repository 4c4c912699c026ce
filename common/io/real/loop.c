/* loop.c - zloop over the ZeroMQ sockets and one inner epoll that holds everything else.
 *
 * Hears: descriptors, one timerfd for all timers, one signalfd. zloop has no end-of-turn hook, so every
 * callback of the inner epoll, and of those who have ZeroMQ sockets (loop_turn_begin, loop_turn_end), ends in
 * one turn: the hooks, then the timerfd. The timerfd is set only when something is due sooner than it rings; a
 * ring for a timer cancelled since costs one empty turn. When nothing happens there are no system calls.
 *
 * Limits: EVENTS_MAX descriptors a turn (the rest follow in the next), ROUNDS_MAX rounds of hooks a turn.
 */
#include "loop.h"

#include "clock.h"
#include "loop_timers.h"
#include "xmalloc.h"

#include <czmq.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_MAX = 128, ROUNDS_MAX = 8, US_PER_MS = 1000, NS_PER_MS = 1000000 };

struct loop_watch {
    int fd;
    loop_io_fn *fn; /* NULL: unwatched during this batch */
    void *arg;
    loop_watch_t *next; /* in the list of all, or of the buried */
    loop_watch_t **link;
};

typedef struct hook {
    loop_fn *fn; /* NULL: removed during a turn */
    void *arg;
} hook_t;

struct loop {
    zloop_t *zloop;
    int epoll, timerfd, signalfd;
    loop_timers_t timers;
    mono_ms_t rings_at; /* when the timerfd rings; TIME_NEVER: it doesn't */
    loop_watch_t *watches, *buried;
    hook_t *hooks;
    size_t hooks_n;
    bool in_batch, in_hooks, again, stopped, stopping;
    loop_fn *hangup, *stop;
    void *hangup_arg, *stop_arg;
    int64_t turn_began_us, longest_us;
    int64_t cpu_us, longest_cpu_us; /* cpu_us: as it stood when the turn began */
    histogram_t turns;
};

mono_ms_t loop_now (const loop_t *self)
{
    (void)self;
    return clock_mono ();
}

int64_t loop_now_us (const loop_t *self)
{
    (void)self;
    return clock_mono_us ();
}

/* --- timers ------------------------------------------------------------------------------------------ */

loop_timer_t *loop_at (loop_t *self, mono_ms_t when, loop_fn *fn, void *arg)
{
    return loop_timers_add (&self->timers, when, fn, arg);
}

void loop_cancel (loop_t *self, loop_timer_t **timer_p)
{
    if (*timer_p)
        loop_timers_cancel (&self->timers, *timer_p);
    *timer_p = NULL;
}

static void ring_at (loop_t *self, mono_ms_t when)
{
    if (when >= self->rings_at)
        return;
    mono_ms_t at = when > 0 ? when : 1; /* zero would disarm it */
    struct itimerspec spec = {.it_value = {.tv_sec = at / MS_PER_SECOND, .tv_nsec = at % MS_PER_SECOND * NS_PER_MS}};
    timerfd_settime (self->timerfd, TFD_TIMER_ABSTIME, &spec, NULL);
    self->rings_at = when;
}

static void on_ring (void *arg, uint32_t events)
{
    loop_t *self = arg;
    uint64_t times;
    (void)events;
    if (read (self->timerfd, &times, sizeof times) < 0)
        return;
    self->rings_at = TIME_NEVER;
    loop_timers_fire (&self->timers, loop_now (self));
}

/* --- the turn ---------------------------------------------------------------------------------------- */

void loop_each_turn (loop_t *self, loop_fn *fn, void *arg)
{
    self->hooks = xrealloc (self->hooks, (self->hooks_n + 1) * sizeof *self->hooks);
    self->hooks[self->hooks_n++] = (hook_t){fn, arg};
}

static void sweep_hooks (loop_t *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->hooks_n; i++)
        if (self->hooks[i].fn)
            self->hooks[kept++] = self->hooks[i];
    self->hooks_n = kept;
}

void loop_each_turn_remove (loop_t *self, loop_fn *fn, void *arg)
{
    for (size_t i = 0; i < self->hooks_n; i++)
        if (self->hooks[i].fn == fn && self->hooks[i].arg == arg) {
            self->hooks[i].fn = NULL;
            break;
        }
    if (!self->in_hooks)
        sweep_hooks (self);
}

void loop_again (loop_t *self)
{
    self->again = true;
}

static void run_hooks (loop_t *self)
{
    int rounds = 0;
    self->in_hooks = true;
    do {
        self->again = false;
        for (size_t i = 0; i < self->hooks_n; i++)
            if (self->hooks[i].fn)
                self->hooks[i].fn (self->hooks[i].arg);
    } while (self->again && ++rounds < ROUNDS_MAX);
    self->in_hooks = false;
    sweep_hooks (self);
}

static int64_t cpu_now_us (void)
{
    struct timespec now;
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * MS_PER_SECOND * US_PER_MS + now.tv_nsec / (NS_PER_MS / US_PER_MS);
}

void loop_turn_begin (loop_t *self)
{
    self->turn_began_us = clock_mono_us ();
    self->cpu_us = cpu_now_us ();
}

int loop_turn_end (loop_t *self)
{
    run_hooks (self);
    ring_at (self, self->stopped || self->again ? loop_now (self) : loop_timers_next (&self->timers));
    int64_t took = clock_mono_us () - self->turn_began_us, cpu = cpu_now_us () - self->cpu_us;
    if (took > self->longest_us)
        self->longest_us = took;
    if (cpu > self->longest_cpu_us)
        self->longest_cpu_us = cpu;
    histogram_add (&self->turns, histogram_short, (double)took / US_PER_MS);
    return self->stopped ? -1 : 0;
}

int64_t loop_longest_turn_us (loop_t *self)
{
    int64_t longest = self->longest_us;
    self->longest_us = 0;
    return longest;
}

int64_t loop_longest_turn_cpu_us (loop_t *self)
{
    int64_t longest = self->longest_cpu_us;
    self->longest_cpu_us = 0;
    return longest;
}

int64_t loop_turn_us (const loop_t *self)
{
    return clock_mono_us () - self->turn_began_us;
}

const histogram_t *loop_turns (const loop_t *self)
{
    return &self->turns;
}

/* --- descriptors ------------------------------------------------------------------------------------- */

loop_watch_t *loop_watch (loop_t *self, int fd, uint32_t events, loop_io_fn *fn, void *arg)
{
    loop_watch_t *watch = xcalloc (1, sizeof *watch);
    *watch = (loop_watch_t){.fd = fd, .fn = fn, .arg = arg, .next = self->watches, .link = &self->watches};
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl (self->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
        free (watch);
        return NULL;
    }
    if (watch->next)
        watch->next->link = &watch->next;
    self->watches = watch;
    return watch;
}

void loop_watch_change (loop_t *self, loop_watch_t *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    epoll_ctl (self->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

/* Events of this batch may still point to it: then it is buried, and freed when the batch is over. */
void loop_unwatch (loop_t *self, loop_watch_t **watch_p)
{
    loop_watch_t *watch = *watch_p;
    *watch_p = NULL;
    if (!watch)
        return;
    epoll_ctl (self->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    *watch->link = watch->next;
    if (watch->next)
        watch->next->link = watch->link;
    watch->fn = NULL;
    watch->next = NULL;
    if (!self->in_batch) {
        free (watch);
        return;
    }
    watch->next = self->buried;
    self->buried = watch;
}

static void free_list (loop_watch_t **list)
{
    while (*list) {
        loop_watch_t *watch = *list;
        *list = watch->next;
        free (watch);
    }
}

static int on_epoll (zloop_t *zloop, zmq_pollitem_t *item, void *arg)
{
    loop_t *self = arg;
    struct epoll_event events[EVENTS_MAX];
    (void)zloop;
    (void)item;
    loop_turn_begin (self);
    int n = epoll_wait (self->epoll, events, EVENTS_MAX, 0);
    self->in_batch = true;
    for (int i = 0; i < n; i++) {
        loop_watch_t *watch = events[i].data.ptr;
        if (watch->fn)
            watch->fn (watch->arg, events[i].events);
    }
    self->in_batch = false;
    free_list (&self->buried);
    return loop_turn_end (self);
}

/* --- signals ----------------------------------------------------------------------------------------- */

void loop_on_hangup (loop_t *self, loop_fn *fn, void *arg)
{
    self->hangup = fn;
    self->hangup_arg = arg;
}

void loop_on_stop (loop_t *self, loop_fn *fn, void *arg)
{
    self->stop = fn;
    self->stop_arg = arg;
}

static void on_signal (void *arg, uint32_t events)
{
    loop_t *self = arg;
    struct signalfd_siginfo info;
    (void)events;
    while (read (self->signalfd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            if (self->hangup)
                self->hangup (self->hangup_arg);
        } else if (self->stop && !self->stopping) {
            self->stopping = true;
            self->stop (self->stop_arg);
        } else
            loop_stop (self);
    }
}

static int open_signals (void)
{
    sigset_t set;
    sigemptyset (&set);
    sigaddset (&set, SIGINT);
    sigaddset (&set, SIGTERM);
    sigaddset (&set, SIGHUP);
    pthread_sigmask (SIG_BLOCK, &set, NULL);
    signal (SIGPIPE, SIG_IGN);
    return signalfd (-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* --- its life ---------------------------------------------------------------------------------------- */

loop_t *loop_new (void)
{
    loop_t *self = xcalloc (1, sizeof *self);
    self->rings_at = TIME_NEVER;
    self->signalfd = open_signals ();
    self->epoll = epoll_create1 (EPOLL_CLOEXEC);
    self->timerfd = timerfd_create (CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    zsys_handler_set (NULL); /* czmq would catch the signals that are ours */
    self->zloop = zloop_new ();
    zmq_pollitem_t item = {.fd = self->epoll, .events = ZMQ_POLLIN};
    if (!self->zloop || !loop_watch (self, self->signalfd, EPOLLIN, on_signal, self) ||
        !loop_watch (self, self->timerfd, EPOLLIN, on_ring, self) ||
        zloop_poller (self->zloop, &item, on_epoll, self) < 0)
        abort (); /* without descriptors there is no service */
    zloop_set_nonstop (self->zloop, true);
    return self;
}

void loop_destroy (loop_t **self_p)
{
    loop_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    zloop_destroy (&self->zloop);
    loop_timers_clear (&self->timers);
    free_list (&self->watches);
    free (self->hooks);
    close (self->epoll);
    close (self->timerfd);
    close (self->signalfd);
    free (self);
}

int loop_run (loop_t *self)
{
    loop_turn_begin (self); /* what was queued before the first event */
    if (loop_turn_end (self) == 0)
        while (!self->stopped) {
            errno = 0;
            zloop_start (self->zloop);
            if (!self->stopped && errno != EINTR) /* a signal may end it, all else is a defect */
                return errno ? -errno : -EIO;
        }
    self->stopped = false;
    return 0;
}

void loop_stop (loop_t *self)
{
    self->stopped = true;
}

void *loop_zloop (loop_t *self)
{
    return self->zloop;
}
