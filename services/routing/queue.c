/* queue.c - the waiting list, kept as the store has it.
 *
 * Hears: hints, events, the store's queue. Says: what is to be loaded (queue_load.c). Whoever may write to our socket may
 * name a contact, and no more: its record is read from the store. The head of the queue is read every second, so a lost
 * hint costs no more; the whole queue is walked at start and every refresh_ms after the last walk, slice by slice. However
 * many wait, waiting_max are held: the waiting list says what a walk has to load (route_waiting.h). */
#include "routing_private.h"

#include "keys.h"
#include "xmalloc.h"

#include <string.h>

enum {
    HEAD = 256,   /* contacts of the queue's head read each second */
    SLICE = 500,  /* contacts of a walk's slice */
    OVERLAP = 16, /* contacts of a slice that the one before had: they tell whether somebody left */
    WALK_MS = 5,  /* between slices */
};
#define SCORE_MAX (1LL << 53) /* beyond every deadline; exact as a double */

/* ---- the head ---- */

static void on_head (void *arg, const store_values_t *values)
{
    desk_t *desk = arg;
    desk->reading_head = false;
    if (!routing_release (desk->self) || desk->self->draining || values->away)
        return;
    queue_load_unknown (desk, values);
}

static void read_part (desk_t *desk, int64_t from, int64_t offset, int64_t n, store_values_fn *fn)
{
    char key[KEY_SIZE];
    routing_hold (desk->self);
    store_range (desk->self->service->store, key_queue (key, desk->shard, desk->workspace), from, SCORE_MAX, offset, n,
                 fn, desk);
}

/* ---- the walk ---- */

static void walk_next (void *arg);

static void walk_end (desk_t *desk, bool whole)
{
    bool again = !whole || desk->walk_anew;
    desk->walking = desk->walk_anew = false;
    desk->walk_at = routing_mono (desk->self) + (again ? 0 : desk->self->params->refresh_ms);
    if (!whole)
        return;
    size_t gone = waiting_walk_end (desk->waiting);
    metric_add ("routing_stale", (int64_t)gone);
}

/* Once all of a slice is loaded the next is read. */
void queue_walk_answered (desk_t *desk, bool away)
{
    desk->walk_away |= away;
    if (--desk->walk_calls > 0 || !desk->walking)
        return;
    desk->begun |= !desk->walk_away;
    if (!desk->walk_away)
        waiting_walk_part_end (desk->waiting);
    if (desk->walk_away || desk->self->draining)
        walk_end (desk, false);
    else if (desk->walk_last)
        walk_end (desk, true);
    else
        desk->walk_on = loop_at (desk->self->service->loop, routing_mono (desk->self) + WALK_MS, walk_next, desk);
    offer_match (desk);
}

/* What is longer than an id is cut: it stands in the same order. */
static void id_of (char id[ID_SIZE], const store_value_t *member)
{
    size_t size = member->size < ID_SIZE ? member->size : ID_SIZE - 1;
    memcpy (id, member->bytes, size);
    id[size] = 0;
}

/* Nobody was jumped over: the part begins with somebody seen before, or with the first of their score. */
static bool slice_joins (const desk_t *desk, const store_values_t *values)
{
    const store_value_t *first = values->items;
    char id[ID_SIZE];
    if (desk->walk_from == 0)
        return true;
    if (values->n == 0 || first->score != desk->walk_score)
        return false;
    id_of (id, first);
    return strcmp (id, desk->walk_id) <= 0;
}

/* Where the next part begins: a little before the end of this one. */
static void slice_end (desk_t *desk, const store_values_t *values, size_t n)
{
    const store_value_t *last = &values->items[n - 1];
    int64_t place = last->score == desk->walk_score ? desk->walk_from : 0;
    for (size_t i = 0; i < n; i++)
        place += values->items[i].score == last->score;
    id_of (desk->walk_id, last);
    desk->walk_score = last->score;
    desk->walk_from = place > OVERLAP ? place - OVERLAP : 0;
}

/* Those behind the last part's. */
static size_t slice_places (const desk_t *desk, const store_values_t *values, route_order_t *places)
{
    const bool begun = *desk->walk_id;
    route_order_t after = {.deadline = desk->walk_score};
    memcpy (after.id, desk->walk_id, sizeof after.id);
    size_t n = 0;
    for (size_t i = 0; i < values->n; i++) {
        route_order_t *place = &places[n];
        place->deadline = values->items[i].score;
        id_of (place->id, &values->items[i]);
        n += !begun || place->deadline > after.deadline || strcmp (place->id, after.id) > 0;
    }
    return n;
}

/* The part ends where the waiting list says; what it does not hold of it is loaded, if it has to be. */
static void slice_take (desk_t *desk, const store_values_t *values)
{
    route_order_t *places = xcalloc (values->n + 1, sizeof *places);
    size_t n = slice_places (desk, values, places);
    desk->walk_last = values->n < SLICE;
    size_t taken = waiting_walk_part (desk->waiting, places, n, desk->walk_last, routing_now (desk->self));
    if (taken)
        slice_end (desk, values, values->n - (n - taken));
    else if (!desk->walk_last) /* it stepped back, and saw all of them already */
        desk->walk_from += (int64_t)values->n - OVERLAP;
    free (places);
    queue_load_walk (desk);
}

static void walk_read (desk_t *desk);

/* Pages by score, and by place among those of one score, who stand in order of id. When some of them have left
 * meanwhile, the places of the others are lower: then it steps back. */
static void on_slice (void *arg, const store_values_t *values)
{
    desk_t *desk = arg;
    if (!routing_release (desk->self))
        return;
    bool goes_on = !values->away && !desk->self->draining;
    if (goes_on && !slice_joins (desk, values)) {
        desk->walk_from /= 2;
        walk_read (desk);
        desk->walk_calls--;
        return;
    }
    if (goes_on)
        slice_take (desk, values);
    queue_walk_answered (desk, values->away);
}

static void walk_read (desk_t *desk)
{
    desk->walk_calls++;
    read_part (desk, desk->walk_score, desk->walk_from, SLICE, on_slice);
}

static void walk_next (void *arg)
{
    desk_t *desk = arg;
    desk->walk_on = NULL;
    walk_read (desk);
}

static void walk_begin (desk_t *desk)
{
    desk->walking = true;
    desk->walk_away = desk->walk_last = false;
    desk->walk_score = 0;
    desk->walk_from = 0;
    desk->walk_id[0] = 0;
    waiting_walk_begin (desk->waiting);
    walk_next (desk);
}

/* ---- time ---- */

void queue_tick (desk_t *desk)
{
    queue_load_due (desk);
    if (!desk->walking && (routing_mono (desk->self) >= desk->walk_at || waiting_thirsty (desk->waiting)))
        walk_begin (desk);
    if (!desk->reading_head) { /* also while nothing is known to wait: a lost hint costs a second, not a walk's time */
        desk->reading_head = true;
        read_part (desk, 0, 0, HEAD, on_head);
    }
}

void queue_anew (desk_t *desk)
{
    waiting_anew (desk->waiting, routing_now (desk->self));
    desk->walk_at = 0;
    desk->walk_anew = desk->walking;
}

void queue_close (desk_t *desk)
{
    loop_cancel (desk->self->service->loop, &desk->walk_on);
    queue_load_close (desk);
    desk->walking = false;
}
