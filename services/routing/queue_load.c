/* queue_load.c - contacts of the waiting list, read from the store: those named by hints, found in the queue, doubted, due.
 *
 * Hears: records. Says: contacts to the waiting list, and to offer.c. Those named in one turn are read together. A
 * record that can't be read is said once and left out: the others go on. */
#include "routing_private.h"

#include "guard.h"
#include "keys.h"
#include "log.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

enum {
    LOAD = 64,      /* records read at once */
    LOADS_MAX = 16, /* of these per second for what changes by time */
    CALLS_MAX =
        4096, /* to the store and not answered: beyond that hints are dropped, the store's own timers bring them back */
    REST_MS = 1000,
};

_Static_assert((int)DESK_DOUBTED_MAX <= (int)LOAD, "they are loaded at once");

/* ---- one contact ---- */

void queue_say_broken (desk_t *desk, const char *id, const char *what)
{
    for (size_t i = 0; i < DESK_BROKEN_KEPT; i++)
        if (strcmp (desk->broken[i], id) == 0)
            return;
    char *place = desk->broken[desk->broken_n++ % DESK_BROKEN_KEPT];
    word_copy (place, ID_SIZE, id);
    metric_add ("routing_broken", 1);
    log_fact (LOG_ERROR_, id, what, "workspace", desk->workspace, NULL);
}

/* Into the waiting list, or out of it. False: it can't be read, wants nobody, or is known. Who is left to the store,
 * since enough are held, may be owed an answer all the same. */
static bool take_in (desk_t *desk, const char *id, const void *record, size_t size, contact_t *contact)
{
    record_head_t head;
    record_fault_t fault = contact_unpack (record, size, &head, contact);
    if (fault != RECORD_OK) {
        desk->stopped |= !GUARD ("f08");
        queue_say_broken (desk, id, "record can't be read: left out");
        return false;
    }
    if (!contact_wants_somebody (contact)) {
        if (waiting_find (desk->waiting, contact->id) != WAITING_IN_FLIGHT)
            waiting_remove (desk->waiting, contact->id);
        return false;
    }
    return waiting_put (desk->waiting, desk->roster, contact, routing_now (desk->self)) ||
           waiting_find (desk->waiting, contact->id) == WAITING_ABSENT;
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
        queue_walk_answered (desk, away);
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
    if (desk->self->pending >= CALLS_MAX) {
        metric_add ("routing_hints_dropped", 1);
        return;
    }
    if (!desk->hinted) {
        desk->hinted = load_new (desk);
        desk->hinted_on = loop_at (loop, loop_now (loop), on_hinted, desk);
    }
    word_copy (desk->hinted->ids[desk->hinted->n++], ID_SIZE, id);
    if (desk->hinted->n == LOAD)
        load_hinted (desk);
}

static load_t *load_add (desk_t *desk, load_t *load, const char *id, bool walk)
{
    load = load ? load : load_new (desk);
    load->walk = walk;
    word_copy (load->ids[load->n++], ID_SIZE, id);
    if (load->n < LOAD)
        return load;
    load_begin (load);
    return NULL;
}

void queue_load_walk (desk_t *desk)
{
    const char *id;
    load_t *load = NULL;
    while ((id = waiting_walk_load (desk->waiting)))
        load = load_add (desk, load, id, true);
    if (load)
        load_begin (load);
}

void queue_load_unknown (desk_t *desk, const store_values_t *values)
{
    load_t *load = NULL;
    for (size_t i = 0; i < values->n; i++) {
        char id[ID_SIZE] = "";
        if (values->items[i].size >= sizeof id)
            continue;
        memcpy (id, values->items[i].bytes, values->items[i].size);
        if (waiting_find (desk->waiting, id) == WAITING_ABSENT)
            load = load_add (desk, load, id, false);
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

/* What changes by time: a step that relaxes, an exclusion that ends. */
void queue_load_due (desk_t *desk)
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

void queue_load_close (desk_t *desk)
{
    loop_cancel (desk->self->service->loop, &desk->hinted_on);
    free (desk->hinted);
    desk->hinted = NULL;
}
