/* world.c (fake) - one queue of everything that is to happen in all loops, ordered by scripted time.
 *
 * A turn takes what is ready at this instant, in order of arrival, then runs every living loop's hooks.
 * Time moves only in fake_advance (and in loop_run, which jumps from one thing to the next). */
#include "loop_private.h"

#include "xmalloc.h"

enum { TURNS_MAX = 2000000, SHUFFLE = 64 }; /* without time passing: more is a loop that feeds itself */

/* What an item is sorted by stands in the heap itself: sorting touches no item. */
typedef struct place {
    mono_ms_t when;
    uint64_t order, sequence;
    item_t *item;
} place_t;

static struct {
    mono_ms_t now;
    uint64_t sequence;
    place_t *heap; /* four below each */
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

enum { BELOW = 4 };

static bool before (const place_t *a, const place_t *b)
{
    if (a->when != b->when)
        return a->when < b->when;
    return a->order != b->order ? a->order < b->order : a->sequence < b->sequence;
}

static void sift_up (size_t at)
{
    place_t place = world.heap[at];
    for (size_t above; at > 0 && before (&place, &world.heap[above = (at - 1) / BELOW]); at = above)
        world.heap[at] = world.heap[above];
    world.heap[at] = place;
}

static size_t first_of (size_t from, size_t to)
{
    size_t first = from;
    for (size_t i = from + 1; i < to; i++)
        if (before (&world.heap[i], &world.heap[first]))
            first = i;
    return first;
}

static void sift_down (size_t at)
{
    place_t place = world.heap[at];
    for (size_t below; (below = BELOW * at + 1) < world.heap_n;) {
        size_t end = below + BELOW < world.heap_n ? below + BELOW : world.heap_n;
        size_t first = first_of (below, end);
        if (!before (&world.heap[first], &place))
            break;
        world.heap[at] = world.heap[first];
        at = first;
    }
    world.heap[at] = place;
}

static void push (item_t *item)
{
    if (world.heap_n == world.heap_size) {
        world.heap_size = world.heap_size ? 2 * world.heap_size : 64;
        world.heap = xrealloc (world.heap, world.heap_size * sizeof *world.heap);
    }
    world.heap[world.heap_n++] = (place_t){item->when, item->order, item->sequence, item};
    sift_up (world.heap_n - 1);
}

/* Those of one loop stay in order; those of several are shuffled where that is asked for. */
static uint64_t order_of (loop_t *loop)
{
    uint64_t order = world.sequence;
    if (!world_chaos ()->order || !loop)
        return order;
    order += world_draw (SHUFFLE);
    loop->order = order > loop->order ? order : loop->order;
    return loop->order;
}

item_t *queue_add (loop_t *loop, mono_ms_t when, loop_fn *fn, void *arg, world_free_fn *destroy)
{
    item_t *item = xmalloc (sizeof (loop_timer_t));
    *item = (item_t){.when = when < world.now ? world.now : when,
                     .sequence = ++world.sequence,
                     .order = order_of (loop),
                     .loop = loop,
                     .fn = fn,
                     .arg = arg,
                     .destroy = destroy};
    push (item);
    return item;
}

static item_t *pop (void)
{
    item_t *item = world.heap[0].item;
    world.heap[0] = world.heap[--world.heap_n];
    if (world.heap_n)
        sift_down (0);
    return item;
}

void world_post (loop_t *loop, int64_t delay_ms, loop_fn *fn, void *arg, world_free_fn *destroy)
{
    queue_add (loop, world.now + (delay_ms > 0 ? delay_ms : 0), fn, arg, destroy);
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

void queue_forget (const loop_t *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < world.heap_n; i++) {
        item_t *item = world.heap[i].item;
        if (item->loop != self) {
            world.heap[kept++] = world.heap[i];
            continue;
        }
        if (item->destroy)
            item->destroy (item->arg);
        free (item);
    }
    world.heap_n = kept;
    for (size_t i = (kept + BELOW - 2) / BELOW; i-- > 0;) /* those that have any below them */
        sift_down (i);
}

/* --- loops ----------------------------------------------------------------------------------- */

void loops_add (loop_t *loop)
{
    loop_t **end = &world.loops; /* hooks run in the order in which loops were made */
    while (*end)
        end = &(*end)->next;
    *end = loop;
}

void loops_remove (const loop_t *loop)
{
    for (loop_t **link = &world.loops; *link; link = &(*link)->next) {
        if (*link == loop) {
            *link = loop->next;
            break;
        }
    }
}

/* --- turns ------------------------------------------------------------------------------------- */

static void run_hooks_of (loop_t *loop)
{
    loop->touched = false;
    for (size_t i = 0; i < loop->hooks_n && !loop->dead; i++) {
        if (loop->hooks[i].fn)
            loop->hooks[i].fn (loop->hooks[i].arg);
    }
}

static void run_hooks (bool all)
{
    for (loop_t *loop = world.loops; loop; loop = loop->next) {
        if ((all || loop->touched) && loop->frozen_until <= world.now)
            run_hooks_of (loop);
    }
}

static bool ready (void)
{
    return world.heap_n && world.heap[0].when <= world.now;
}

static void happen (item_t *item)
{
    if (item->loop && item->loop->frozen_until > world.now && !item->loop->dead) {
        item->when = item->loop->frozen_until;
        push (item);
        return;
    }
    if (item->loop)
        item->loop->touched = true;
    if (item->fn && world_alive (item->loop))
        item->fn (item->arg);
    bury (item);
}

/* In drawn order each thing is a turn of its own: processes do not wait for each other. */
static void turn (void)
{
    uint64_t last = world.sequence;
    if (world_chaos ()->order) {
        loop_t *loop = world.heap[0].item->loop;
        happen (pop ());
        if (loop && loop->touched)
            run_hooks_of (loop);
        return;
    }
    while (ready () && world.heap[0].sequence <= last)
        happen (pop ());
    run_hooks (false);
}

static void run_ready (void)
{
    for (int turns = 0; ready (); turns++) {
        if (turns == TURNS_MAX)
            abort (); /* time stands still and there is always more to do */
        turn ();
    }
}

void fake_run (void)
{
    run_hooks (true); /* what the test called from outside has queued something perhaps */
    run_ready ();
}

void fake_at (int64_t ms, loop_fn *fn, void *arg)
{
    world_post (NULL, ms, fn, arg, NULL);
}

bool queue_next (void)
{
    if (!world.heap_n)
        return false;
    world.now = world.heap[0].when;
    fake_run ();
    return true;
}

int64_t fake_idle_ms (void)
{
    return world.heap_n ? world.heap[0].when - world.now : -1;
}

void fake_advance (int64_t ms)
{
    mono_ms_t end = world.now + ms;
    fake_run ();
    while (world.heap_n && world.heap[0].when <= end) {
        world.now = world.heap[0].when;
        run_ready ();
    }
    world.now = end;
    fake_run ();
}

void fake_reset (uint64_t seed)
{
    for (loop_t *loop = world.loops; loop; loop = loop->next)
        loop->dead = true;
    for (size_t i = 0; i < world.heap_n; i++)
        bury (world.heap[i].item);
    world.heap_n = 0;
    free (world.heap);
    world.heap = NULL;
    world.heap_size = 0;
    world.now = 0;
    world_reset_clock (seed);
    world_reset_chaos (seed);
    world_reset_log ();
    world_reset_store ();
    world_reset_bus ();
    world_reset_peers ();
    world_reset_http_client ();
    world_reset_mail ();
    world_reset_spool ();
    world_reset_lmtp ();
}
