/* loop.c (fake) - loop.h on the world's queue, and what a test does to a process.
 *
 * Limits: watches never fire, no signal but by the test's word. */
#include "loop_private.h"

#include "xmalloc.h"

/* --- the end of a process ---------------------------------------------------------------------- */

static void die (loop_t *loop)
{
    loop->dead = true;
    world_dead_bus (loop);
    world_dead_http (loop);
}

void fake_kill (loop_t *loop)
{
    if (loop->dead)
        return;
    world_dead_store (loop); /* what is on the way may still be done */
    die (loop);
}

void fake_freeze (loop_t *loop, int64_t ms)
{
    loop->frozen_until = world_mono () + ms;
}

void fake_spare (loop_t *loop)
{
    loop->spared = true;
}

bool world_spared (const loop_t *loop)
{
    return !loop || loop->spared;
}

bool fake_killed (const loop_t *loop)
{
    return loop->dead;
}

void fake_kill_at (loop_t *loop, fake_kill_t where)
{
    loop->kill_at = where;
}

bool world_kill_here (loop_t *loop, fake_kill_t where)
{
    bool here = loop && loop->kill_at == where;
    if (!here && (world_spared (loop) || !world_chance (world_chaos ()->dies)))
        return false;
    die (loop);
    return true;
}

void fake_hangup (loop_t *loop)
{
    if (loop->hangup && !loop->dead)
        loop->hangup (loop->hangup_arg);
}

void fake_signal (loop_t *loop)
{
    if (loop->stop && !loop->dead)
        loop->stop (loop->stop_arg);
}

/* --- loop.h ------------------------------------------------------------------------------------ */

loop_t *loop_new (void)
{
    loop_t *self = xcalloc (1, sizeof *self);
    loops_add (self);
    return self;
}

void loop_destroy (loop_t **self_p)
{
    loop_t *self = *self_p;
    if (!self)
        return;
    self->dead = true;
    queue_forget (self);
    loops_remove (self);
    while (self->watches) {
        loop_watch_t *watch = self->watches;
        self->watches = watch->next;
        free (watch);
    }
    for (size_t i = 0; i < self->grave_n; i++)
        free (self->grave[i]);
    free (self->grave);
    free (self->hooks);
    free (self);
    *self_p = NULL;
}

int loop_run (loop_t *self)
{
    self->stopped = false;
    fake_run ();
    while (!self->stopped && !self->dead && queue_next ())
        ;
    return 0;
}

void loop_stop (loop_t *self)
{
    self->stopped = true;
}

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

mono_ms_t loop_now (const loop_t *self)
{
    (void)self;
    return world_mono ();
}

int64_t loop_now_us (const loop_t *self)
{
    return loop_now (self) * 1000;
}

loop_timer_t *loop_at (loop_t *self, mono_ms_t when, loop_fn *fn, void *arg)
{
    return (loop_timer_t *)queue_add (self, when, fn, arg, NULL);
}

void loop_cancel (loop_t *self, loop_timer_t **timer_p)
{
    (void)self;
    if (*timer_p)
        (*timer_p)->item.fn = NULL; /* freed when its time comes */
    *timer_p = NULL;
}

loop_watch_t *loop_watch (loop_t *self, int fd, uint32_t events, loop_io_fn *fn, void *arg)
{
    (void)fd, (void)events, (void)fn, (void)arg;
    loop_watch_t *watch = xcalloc (1, sizeof *watch);
    watch->next = self->watches;
    self->watches = watch;
    return watch;
}

void loop_watch_change (loop_t *self, loop_watch_t *watch, uint32_t events)
{
    (void)self, (void)watch, (void)events;
}

void loop_unwatch (loop_t *self, loop_watch_t **watch_p)
{
    for (loop_watch_t **link = &self->watches; *link; link = &(*link)->next) {
        if (*link == *watch_p) {
            *link = (*watch_p)->next;
            free (*watch_p);
            break;
        }
    }
    *watch_p = NULL;
}

void loop_each_turn (loop_t *self, loop_fn *fn, void *arg)
{
    self->hooks = xrealloc (self->hooks, (self->hooks_n + 1) * sizeof *self->hooks);
    self->hooks[self->hooks_n++] = (hook_t){fn, arg};
}

void loop_each_turn_remove (loop_t *self, loop_fn *fn, void *arg)
{
    for (size_t i = 0; i < self->hooks_n; i++) {
        if (self->hooks[i].fn == fn && self->hooks[i].arg == arg)
            self->hooks[i] = (hook_t){0};
    }
}

void *loop_zloop (loop_t *self)
{
    (void)self;
    return NULL;
}

const histogram_t *loop_turns (const loop_t *self)
{
    static const histogram_t none = {.count = 0};
    (void)self;
    return &none;
}

int64_t loop_longest_turn_us (loop_t *self)
{
    (void)self;
    return 0;
}

int64_t loop_longest_turn_cpu_us (loop_t *self)
{
    (void)self;
    return 0;
}

int64_t loop_turn_us (const loop_t *self)
{
    (void)self;
    return 0;
}
