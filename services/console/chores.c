/* chores.c - work that takes long, a bit in each turn of the loop.
 *
 * Hears: what is to be done. Says: a bit of each in turn, until SLICE_US of a turn are over; then whatever else there
 * is has its turn before the next. Limits: a bit is as long as whoever wrote it made it. */
#include "chores.h"

#include "xmalloc.h"

enum { SLICE_US = 4000 };

typedef struct chore chore_t;
struct chore {
    chore_fn *fn;
    void *arg;
    chore_t *next;
};

struct chores {
    loop_t *loop;
    loop_timer_t *timer;
    chore_t *first, *last;
};

chores_t *chores_new (loop_t *loop)
{
    chores_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    return self;
}

static void append (chores_t *self, chore_t *chore)
{
    chore->next = NULL;
    if (self->first)
        self->last->next = chore;
    else
        self->first = chore;
    self->last = chore;
}

static chore_t *take_first (chores_t *self)
{
    chore_t *chore = self->first;
    self->first = chore->next;
    return chore;
}

static void on_turn (void *arg);

static void go_on_later (chores_t *self)
{
    if (self->first && !self->timer)
        self->timer = loop_at (self->loop, loop_now (self->loop), on_turn, self);
}

static void on_turn (void *arg)
{
    chores_t *self = arg;
    int64_t until = loop_now_us (self->loop) + SLICE_US;
    self->timer = NULL;
    for (bool late = false; self->first && !late; late = loop_now_us (self->loop) >= until) {
        chore_t *chore = take_first (self);
        if (chore->fn (chore->arg, false))
            append (self, chore);
        else
            free (chore);
    }
    go_on_later (self);
}

void chores_add (chores_t *self, chore_fn *fn, void *arg)
{
    chore_t *chore = xcalloc (1, sizeof *chore);
    *chore = (chore_t){.fn = fn, .arg = arg};
    append (self, chore);
    go_on_later (self);
}

void chores_destroy (chores_t **self_p)
{
    chores_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    loop_cancel (self->loop, &self->timer);
    while (self->first) {
        chore_t *chore = take_first (self);
        chore->fn (chore->arg, true);
        free (chore);
    }
    free (self);
}
