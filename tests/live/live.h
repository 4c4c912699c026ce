/* live.h - for live tests in C: a private redis-server, and a loop that runs until something is so. */
#ifndef BUCKSTOP_TESTS_LIVE_H
#define BUCKSTOP_TESTS_LIVE_H

#include "loop.h"

#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct live_redis {
    char dir[64];
    char socket[80];
    char address[96]; /* "unix:DIR/s" */
    pid_t pid;        /* 0: not running */
} live_redis_t;

/* A new directory, of TMPDIR where that is short enough for a socket's path; starts nothing. */
static inline void live_redis_new (live_redis_t *self)
{
    const char *place = getenv ("TMPDIR"), *name = "/buckstop-live-XXXXXX";
    memset (self, 0, sizeof *self);
    bool fits = place && *place && strlen (place) + strlen (name) < sizeof self->dir;
    snprintf (self->dir, sizeof self->dir, "%s%s", fits ? place : "/tmp", name);
    assert_non_null (mkdtemp (self->dir));
    snprintf (self->socket, sizeof self->socket, "%s/s", self->dir);
    snprintf (self->address, sizeof self->address, "unix:%s", self->socket);
}

/* With the settings that the product wants, then `options`: "--name", "value", ..., NULL. */
static inline void live_redis_start (live_redis_t *self, const char *const *options)
{
    const char *args[40] = {"redis-server",
                            "--port",
                            "0",
                            "--unixsocket",
                            self->socket,
                            "--dir",
                            self->dir,
                            "--save",
                            "",
                            "--appendonly",
                            "yes",
                            "--appendfsync",
                            "always",
                            "--logfile",
                            "log",
                            NULL};
    size_t n = 0;
    while (args[n])
        n++;
    for (; options && *options && n < 39; options++)
        args[n++] = *options;
    pid_t parent = getpid ();
    self->pid = fork ();
    if (self->pid == 0) {
        sigset_t none;
        sigemptyset (&none);
        sigprocmask (SIG_SETMASK, &none, NULL);
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        if (getppid () != parent)
            _exit (1);
        execvp (args[0], (char *const *)args);
        _exit (127);
    }
    assert_true (self->pid > 0);
}

static inline void live_redis_kill (live_redis_t *self, int signal)
{
    if (!self->pid)
        return;
    kill (self->pid, signal);
    waitpid (self->pid, NULL, 0);
    self->pid = 0;
}

static inline void live_redis_destroy (live_redis_t *self)
{
    char command[160];
    int left = -1;
    live_redis_kill (self, SIGKILL);
    snprintf (command, sizeof command, "rm -rf '%s' 2>/dev/null", self->dir);
    for (int tries = 0; left && tries < 100;
         tries++) /* a child that rewrites the append-only file still writes there */
        left = system (command);
    assert_int_equal (left, 0);
}

/* One command, in hiredis's format (%b takes bytes and size), on a connection of its own; the caller frees the reply. */
static inline redisReply *live_redis_ask (const live_redis_t *self, const char *format, ...)
{
    va_list args;
    redisContext *redis = redisConnectUnix (self->socket);
    assert_non_null (redis);
    assert_int_equal (redis->err, 0);
    va_start (args, format);
    redisReply *reply = redisvCommand (redis, format, args);
    va_end (args);
    redisFree (redis);
    assert_non_null (reply);
    return reply;
}

/* The same for commands whose reply does not matter. */
#define live_redis_do(self, ...) freeReplyObject (live_redis_ask ((self), __VA_ARGS__))

static inline int64_t live_redis_number (const live_redis_t *self, const char *command)
{
    redisReply *reply = live_redis_ask (self, command);
    int64_t number = reply->type == REDIS_REPLY_INTEGER ? reply->integer : -1;
    freeReplyObject (reply);
    return number;
}

/* Waits are counted in ticks of the loop: a pause of the whole machine, in which nobody could do anything, is one. */
enum { LIVE_TICK_MS = 10 };

typedef struct live_wait {
    loop_t *loop;
    const bool *flag;
    loop_timer_t *timer;
    int left_ms;
    bool late;
} live_wait_t;

static inline void live_look (void *arg)
{
    live_wait_t *self = arg;
    if (self->flag && *self->flag)
        loop_stop (self->loop);
}

static inline void live_tick (void *arg)
{
    live_wait_t *self = arg;
    int ms = self->left_ms < LIVE_TICK_MS ? self->left_ms : LIVE_TICK_MS;
    self->timer = NULL;
    self->late = ms <= 0;
    self->left_ms -= ms;
    if (self->late)
        loop_stop (self->loop);
    else
        self->timer = loop_at (self->loop, loop_now (self->loop) + ms, live_tick, self);
}

static inline bool live_run (loop_t *loop, const bool *flag, int ms)
{
    live_wait_t wait = {.loop = loop, .flag = flag, .left_ms = ms};
    wait.timer = loop_at (loop, loop_now (loop), live_tick, &wait);
    loop_each_turn (loop, live_look, &wait);
    assert_int_equal (loop_run (loop), 0);
    loop_each_turn_remove (loop, live_look, &wait);
    loop_cancel (loop, &wait.timer);
    return !wait.late;
}

/* Runs the loop until the flag is set; fails the test after so many milliseconds. */
static inline void live_until (loop_t *loop, const bool *flag, int ms, const char *what)
{
    if (!live_run (loop, flag, ms))
        fail_msg ("not within %d ms: %s", ms, what);
}

/* Runs the loop for a while, to see that something does not happen. */
static inline void live_for (loop_t *loop, int ms)
{
    live_run (loop, NULL, ms);
}

#endif
