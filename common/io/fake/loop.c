/* loop.c (fake) - one queue of everything that is to happen in all loops, ordered by scripted time.
 *
 * A turn takes what is ready at this instant, in order of arrival, then runs every living loop's hooks.
 * Time moves only in fake_advance (and in loop_run, which jumps from one thing to the next).
 * Limits: watches never fire, no signal but by the test's word. */
#include "world.h"

#include "xmalloc.h"

#include <errno.h>

typedef struct item {
    mono_ms_t when;
    uint64_t sequence; /* order of arrival, among those of one time */
    loop_t *loop;
    loop_fn *fn; /* NULL: cancelled */
    void *arg;
    world_free_fn *destroy;
} item_t;

struct loop_timer {
    item_t item;
};

struct loop_watch {
    loop_watch_t *next;
};

typedef struct hook {
    loop_fn *fn; /* NULL: removed */
    void *arg;
} hook_t;

struct loop {
    loop_t *next;
    hook_t *hooks;
    size_t hooks_n;
    loop_watch_t *watches;
    loop_fn *hangup, *stop;
    void *hangup_arg, *stop_arg;
    bool dead, stopped;
    fake_kill_t kill_at;
    item_t **grave; /* of a dead loop: its handles are not dangling until it is destroyed */
    size_t grave_n;
};

enum { TURNS_MAX = 200000 }; /* without time passing: more is a loop that feeds itself */

static struct {
    mono_ms_t now;
    uint64_t sequence;
    item_t **heap;
    size_t heap_n, heap_size;
    loop_t *loops;
} world;

mono_ms_t world_mono (void)
{
    return world.now;
}

bool world_alive (const loop_t *loop)
{
    return !loop || !loop->dead;
}

/* --- the heap ---------------------------------------------------------------------------------- */

static bool before (const item_t *a, const item_t *b)
{
    return a->when != b->when ? a->when < b->when : a->sequence < b->sequence;
}

static void sift_up (size_t at)
{
    item_t *item = world.heap[at];
    while (at > 0 && before (item, world.heap[(at - 1) / 2])) {
        world.heap[at] = world.heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    world.heap[at] = item;
}

static void sift_down (size_t at)
{
    item_t *item = world.heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= world.heap_n)
            break;
        if (child + 1 < world.heap_n && before (world.heap[child + 1], world.heap[child]))
            child++;
        if (!before (world.heap[child], item))
            break;
        world.heap[at] = world.heap[child];
        at = child;
    }
    world.heap[at] = item;
}

static item_t *push (loop_t *loop, mono_ms_t when, loop_fn *fn, void *arg, world_free_fn *destroy)
{
    item_t *item = xcalloc (1, sizeof (loop_timer_t));
    *item = (item_t){.when = when < world.now ? world.now : when,
                     .sequence = ++world.sequence,
                     .loop = loop,
                     .fn = fn,
                     .arg = arg,
                     .destroy = destroy};
    if (world.heap_n == world.heap_size) {
        world.heap_size = world.heap_size ? 2 * world.heap_size : 64;
        world.heap = xrealloc (world.heap, world.heap_size * sizeof *world.heap);
    }
    world.heap[world.heap_n++] = item;
    sift_up (world.heap_n - 1);
    return item;
}

static item_t *pop (void)
{
    item_t *item = world.heap[0];
    world.heap[0] = world.heap[--world.heap_n];
    if (world.heap_n)
        sift_down (0);
    return item;
}

void world_post (loop_t *loop, int64_t delay_ms, loop_fn *fn, void *arg, world_free_fn *destroy)
{
    push (loop, world.now + (delay_ms > 0 ? delay_ms : 0), fn, arg, destroy);
}

/* A timer of a dead loop is kept: somebody may still hold its handle. */
static void bury (item_t *item)
{
    loop_t *loop = item->loop;
    if (item->destroy)
        item->destroy (item->arg);
    if (!loop || !loop->dead) {
        free (item);
        return;
    }
    loop->grave = xrealloc (loop->grave, (loop->grave_n + 1) * sizeof *loop->grave);
    loop->grave[loop->grave_n++] = item;
}

/* --- turns ------------------------------------------------------------------------------------- */

static void run_hooks (void)
{
    for (loop_t *loop = world.loops; loop; loop = loop->next) {
        for (size_t i = 0; i < loop->hooks_n && !loop->dead; i++) {
            if (loop->hooks[i].fn)
                loop->hooks[i].fn (loop->hooks[i].arg);
        }
    }
}

static bool ready (void)
{
    return world.heap_n && world.heap[0]->when <= world.now;
}

static void turn (void)
{
    uint64_t last = world.sequence;
    while (ready () && world.heap[0]->sequence <= last) {
        item_t *item = pop ();
        if (item->fn && world_alive (item->loop))
            item->fn (item->arg);
        bury (item);
    }
    run_hooks ();
}

void fake_run (void)
{
    run_hooks (); /* what the test called from outside has queued something perhaps */
    for (int turns = 0; ready (); turns++) {
        if (turns == TURNS_MAX)
            abort (); /* time stands still and there is always more to do */
        turn ();
    }
}

int64_t fake_idle_ms (void)
{
    return world.heap_n ? world.heap[0]->when - world.now : -1;
}

void fake_advance (int64_t ms)
{
    mono_ms_t end = world.now + ms;
    fake_run ();
    while (world.heap_n && world.heap[0]->when <= end) {
        world.now = world.heap[0]->when;
        fake_run ();
    }
    world.now = end;
    fake_run ();
}

void fake_reset (uint64_t seed)
{
    for (loop_t *loop = world.loops; loop; loop = loop->next)
        loop->dead = true;
    while (world.heap_n)
        bury (pop ());
    free (world.heap);
    world.heap = NULL;
    world.heap_size = 0;
    world.now = 0;
    world_reset_clock (seed);
    world_reset_log ();
    world_reset_store ();
    world_reset_bus ();
    world_reset_peers ();
    world_reset_http_client ();
    world_reset_mail ();
}

/* --- the end of a process ---------------------------------------------------------------------- */

void fake_kill (loop_t *loop)
{
    loop->dead = true;
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
    if (!loop || loop->kill_at != where)
        return false;
    loop->dead = true;
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
    loop_t **end = &world.loops; /* hooks run in the order in which loops were made */
    while (*end)
        end = &(*end)->next;
    *end = self;
    return self;
}

static void forget_items (const loop_t *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < world.heap_n; i++) {
        item_t *item = world.heap[i];
        if (item->loop != self) {
            world.heap[kept++] = item;
            continue;
        }
        if (item->destroy)
            item->destroy (item->arg);
        free (item);
    }
    world.heap_n = kept;
    for (size_t i = kept / 2; i-- > 0;)
        sift_down (i);
}

void loop_destroy (loop_t **self_p)
{
    loop_t *self = *self_p;
    if (!self)
        return;
    self->dead = true;
    forget_items (self);
    for (loop_t **link = &world.loops; *link; link = &(*link)->next) {
        if (*link == self) {
            *link = self->next;
            break;
        }
    }
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
    while (!self->stopped && !self->dead && world.heap_n) {
        world.now = world.heap[0]->when;
        fake_run ();
    }
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
    return world.now;
}

int64_t loop_now_us (const loop_t *self)
{
    return loop_now (self) * 1000;
}

loop_timer_t *loop_at (loop_t *self, mono_ms_t when, loop_fn *fn, void *arg)
{
    return (loop_timer_t *)push (self, when, fn, arg, NULL);
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

int64_t loop_longest_turn_us (loop_t *self)
{
    (void)self;
    return 0;
}
