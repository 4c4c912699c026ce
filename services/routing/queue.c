/* queue.c - the waiting list, kept as the store has it.
 *
 * Hears: hints, events, the store's queue. Says: contacts to the waiting list. Whoever may write to our socket may
 * name a contact, and no more: its record is read from the store, those named in one turn together. The head of the queue is read every second, so a lost hint costs no more; the whole queue
 * is walked at start and every refresh_ms after the last walk, slice by slice. Records are loaded for what is
 * not known, and for what changes by time. A record that can't be read is said once and left out: the others
 * go on. */
#include "routing_private.h"

#include "guard.h"
#include "keys.h"
#include "log.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

enum {
    HEAD = 256,     /* contacts of the queue's head read each second */
    SLICE = 1000,   /* contacts of a walk's slice */
    OVERLAP = 32,   /* contacts of a slice that the one before had: they tell whether somebody left */
    WALK_MS = 5,    /* between slices */
    LOAD = 64,      /* records read at once */
    LOADS_MAX = 16, /* of these per second for what changes by time */
    REST_MS = 1000,
};
#define SCORE_MAX (1LL << 53) /* beyond every deadline; exact as a double */

_Static_assert((int)DESK_DOUBTED_MAX <= (int)LOAD, "they are loaded at once");

/* ---- one contact ---- */

static void say_broken (desk_t *desk, const char *id)
{
    for (size_t i = 0; i < DESK_BROKEN_KEPT; i++)
        if (strcmp (desk->broken[i], id) == 0)
            return;
    char *place = desk->broken[desk->broken_n++ % DESK_BROKEN_KEPT];
    word_copy (place, ID_SIZE, id);
    metric_add ("routing_broken", 1);
    log_fact (LOG_ERROR_, id, "record can't be read: left out", "workspace", desk->workspace, NULL);
}

/* Into the waiting list, or out of it. False: it can't be read, or wants nobody. */
static bool take_in (desk_t *desk, const char *id, const void *record, size_t size, contact_t *contact)
{
    record_head_t head;
    record_fault_t fault = contact_unpack (record, size, &head, contact);
    if (fault != RECORD_OK) {
        desk->stopped |= !GUARD ("f08");
        say_broken (desk, id);
        return false;
    }
    if (!contact_wants_somebody (contact)) {
        if (waiting_find (desk->waiting, contact->id) != WAITING_IN_FLIGHT)
            waiting_remove (desk->waiting, contact->id);
        return false;
    }
    return waiting_put (desk->waiting, desk->roster, contact, routing_now (desk->self));
}

/* It is with somebody, or over: what we know is older. */
void queue_event (desk_t *desk, const Buckstop__V1__Event *event)
{
    bool waits = event->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RECEIVED ||
                 event->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_QUEUED;
    if (*event->contact && !waits && event->version)
        waiting_overtaken (desk->waiting, event->contact, event->version);
}

/* ---- loading ---- */

typedef struct load {
    desk_t *desk;
    size_t n;
    bool walk; /* the walk goes on after it */
    char ids[LOAD][ID_SIZE];
} load_t;

static void walk_answered (desk_t *desk, bool away);

/* The store was away: what we know of is looked at again later. */
static void rest (desk_t *desk, const char *id)
{
    waiting_state_t state = waiting_find (desk->waiting, id);
    if (state == WAITING_QUEUED || state == WAITING_RESTING)
        waiting_rest (desk->waiting, id, routing_now (desk->self) + REST_MS);
}

static void on_load (void *arg, const store_values_t *values)
{
    load_t *load = arg;
    desk_t *desk = load->desk;
    routing_t *self = desk->self;
    bool walk = load->walk, away = values->away;
    if (!self->stopped)
        kill_point ("routing.after-load");
    for (size_t i = 0; !self->stopped && i < load->n; i++) {
        contact_t contact;
        const store_value_t *value = away || i >= values->n ? NULL : &values->items[i];
        if (away)
            rest (desk, load->ids[i]);
        else if (value && value->bytes && take_in (desk, load->ids[i], value->bytes, value->size, &contact))
            offer_contact (desk, &contact, value->bytes, value->size);
        else if (!value || !value->bytes)
            waiting_remove (desk->waiting, load->ids[i]);
    }
    free (load);
    if (!routing_release (self))
        return;
    if (walk)
        walk_answered (desk, away);
}

static load_t *load_new (desk_t *desk)
{
    load_t *load = xcalloc (1, sizeof *load);
    load->desk = desk;
    return load;
}

static void load_begin (load_t *load)
{
    desk_t *desk = load->desk;
    char keys[LOAD][KEY_SIZE];
    const char *list[LOAD];
    for (size_t i = 0; i < load->n; i++)
        list[i] = key_contact (keys[i], desk->shard, desk->workspace, load->ids[i]);
    routing_hold (desk->self);
    desk->walk_calls += load->walk;
    store_get (desk->self->service->store, list, load->n, on_load, load);
}

static void load_hinted (void *arg)
{
    desk_t *desk = arg;
    load_t *load = desk->hinted;
    loop_cancel (desk->self->service->loop, &desk->hinted_on);
    desk->hinted = NULL;
    load_begin (load);
}

static void on_hinted (void *arg)
{
    ((desk_t *)arg)->hinted_on = NULL;
    load_hinted (arg);
}

void queue_hint (desk_t *desk, const char *id)
{
    loop_t *loop = desk->self->service->loop;
    if (waiting_find (desk->waiting, id) == WAITING_IN_FLIGHT) /* its answer says more */
        return;
    if (!desk->hinted) {
        desk->hinted = load_new (desk);
        desk->hinted_on = loop_at (loop, loop_now (loop), on_hinted, desk);
    }
    word_copy (desk->hinted->ids[desk->hinted->n++], ID_SIZE, id);
    if (desk->hinted->n == LOAD)
        load_hinted (desk);
}

/* Of a part of the queue: those not known are loaded. */
static void load_unknown (desk_t *desk, const store_values_t *values, bool walk)
{
    load_t *load = NULL;
    for (size_t i = 0; i < values->n; i++) {
        char id[ID_SIZE] = "";
        if (values->items[i].size >= sizeof id)
            continue;
        memcpy (id, values->items[i].bytes, values->items[i].size);
        bool known = walk ? waiting_walk_seen (desk->waiting, id) : waiting_find (desk->waiting, id) != WAITING_ABSENT;
        if (known)
            continue;
        load = load ? load : load_new (desk);
        load->walk = walk;
        memcpy (load->ids[load->n++], id, sizeof id);
        if (load->n == LOAD) {
            load_begin (load);
            load = NULL;
        }
    }
    if (load)
        load_begin (load);
}

bool queue_doubt (desk_t *desk, const char *id)
{
    for (size_t i = 0; i < desk->doubted_n; i++)
        if (strcmp (desk->doubted[i], id) == 0)
            return true;
    if (desk->doubted_n == DESK_DOUBTED_MAX)
        return false;
    word_copy (desk->doubted[desk->doubted_n], ID_SIZE, id);
    desk->doubted_n++;
    return true;
}

void queue_doubted (desk_t *desk)
{
    if (desk->doubted_n == 0 || desk->self->draining)
        return;
    load_t *load = load_new (desk);
    memcpy (load->ids, desk->doubted, sizeof desk->doubted);
    load->n = desk->doubted_n;
    desk->doubted_n = 0;
    load_begin (load);
}

/* ---- the head ---- */

static void on_head (void *arg, const store_values_t *values)
{
    desk_t *desk = arg;
    desk->reading_head = false;
    if (!routing_release (desk->self) || desk->self->draining || values->away)
        return;
    load_unknown (desk, values, false);
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
static void walk_answered (desk_t *desk, bool away)
{
    desk->walk_away |= away;
    if (--desk->walk_calls > 0 || !desk->walking)
        return;
    desk->begun |= !desk->walk_away;
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
static void slice_end (desk_t *desk, const store_values_t *values)
{
    const store_value_t *last = &values->items[values->n - 1];
    int64_t place = last->score == desk->walk_score ? desk->walk_from : 0;
    for (size_t i = 0; i < values->n; i++)
        place += values->items[i].score == last->score;
    id_of (desk->walk_id, last);
    desk->walk_score = last->score;
    desk->walk_from = place > OVERLAP ? place - OVERLAP : 0;
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
    desk->walk_last = values->n < SLICE;
    if (goes_on && values->n)
        slice_end (desk, values);
    if (goes_on)
        load_unknown (desk, values, true);
    walk_answered (desk, values->away);
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
    waiting_walk_begin (desk->waiting);
    walk_next (desk);
}

/* ---- time ---- */

static void load_due (desk_t *desk)
{
    for (size_t i = 0; i < LOADS_MAX; i++) {
        load_t *load = load_new (desk);
        load->n = waiting_due (desk->waiting, routing_now (desk->self), load->ids, LOAD);
        if (load->n == 0) {
            free (load);
            return;
        }
        load_begin (load);
    }
}

void queue_tick (desk_t *desk)
{
    load_due (desk);
    if (!desk->walking && routing_mono (desk->self) >= desk->walk_at)
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
    loop_cancel (desk->self->service->loop, &desk->hinted_on);
    free (desk->hinted);
    desk->hinted = NULL;
    desk->walking = false;
}
