/* loop_timers.c - a binary heap of one-shot timers.
 *
 * Those due are taken out first and fired then, earliest first, so that a timer that arms itself again for
 * now can't keep the others waiting. A timer cancelled in between is skipped.
 */
#include "loop_timers.h"
#include "xmalloc.h"

struct loop_timer {
    mono_ms_t when;
    uint64_t order;
    size_t place; /* in the heap; FIRING: taken out */
    loop_fn *fn;  /* NULL: cancelled while firing */
    void *arg;
    loop_timer_t *next; /* among those being fired */
};

#define FIRING SIZE_MAX

static bool sooner (const loop_timer_t *a, const loop_timer_t *b)
{
    return a->when != b->when ? a->when < b->when : a->order < b->order;
}

static void put (loop_timers_t *self, size_t place, loop_timer_t *timer)
{
    self->heap[place] = timer;
    timer->place = place;
}

static void sift_up (loop_timers_t *self, size_t place, loop_timer_t *timer)
{
    for (; place && sooner (timer, self->heap[(place - 1) / 2]); place = (place - 1) / 2)
        put (self, place, self->heap[(place - 1) / 2]);
    put (self, place, timer);
}

static void sift_down (loop_timers_t *self, size_t place, loop_timer_t *timer)
{
    for (size_t child; (child = 2 * place + 1) < self->n; place = child) {
        if (child + 1 < self->n && sooner (self->heap[child + 1], self->heap[child]))
            child++;
        if (!sooner (self->heap[child], timer))
            break;
        put (self, place, self->heap[child]);
    }
    put (self, place, timer);
}

static void take_out (loop_timers_t *self, loop_timer_t *timer)
{
    size_t place = timer->place;
    loop_timer_t *last = self->heap[--self->n];
    timer->place = FIRING;
    if (last == timer)
        return;
    sift_down (self, place, last);
    sift_up (self, last->place, last);
}

loop_timer_t *loop_timers_add (loop_timers_t *self, mono_ms_t when, loop_fn *fn, void *arg)
{
    loop_timer_t *timer = xcalloc (1, sizeof *timer);
    timer->when = when;
    timer->order = self->armed++;
    timer->fn = fn;
    timer->arg = arg;
    if (self->n == self->room) {
        self->room = self->room ? 2 * self->room : 64;
        self->heap = xrealloc (self->heap, self->room * sizeof (void *));
    }
    sift_up (self, self->n++, timer);
    return timer;
}

void loop_timers_cancel (loop_timers_t *self, loop_timer_t *timer)
{
    if (timer->place == FIRING) {
        timer->fn = NULL;
        return;
    }
    take_out (self, timer);
    free (timer);
}

mono_ms_t loop_timers_next (const loop_timers_t *self)
{
    return self->n ? self->heap[0]->when : TIME_NEVER;
}

void loop_timers_fire (loop_timers_t *self, mono_ms_t now)
{
    loop_timer_t *due = NULL, **end = &due;
    while (self->n && self->heap[0]->when <= now) {
        *end = self->heap[0];
        end = &(*end)->next;
        take_out (self, self->heap[0]);
    }
    while (due) {
        loop_timer_t *timer = due;
        due = timer->next; // NOLINT(clang-analyzer-unix.Malloc): the heap holds each timer once
        if (timer->fn)
            timer->fn (timer->arg);
        free (timer);
    }
}

void loop_timers_clear (loop_timers_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        free (self->heap[i]);
    free (self->heap);
    *self = (loop_timers_t){0};
}
