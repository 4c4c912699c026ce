/* hear.c - what others tell routing: hints, and the stream of events.
 *
 * Messages only make things fast. What is malformed is counted and forgotten; of a hint only the names are used:
 * what is decided on is read from the store. A gap in a workspace's numbers means that something was missed, so
 * people are read again; so does an event that the store had a second ago and nobody told us of. Is the store's
 * newest number below one that was seen before it was asked, then the store went back (another took over, or it was
 * emptied): counting begins anew, and people and queue are read again. */
#include "routing_private.h"

#include "keys.h"
#include "log.h"
#include "wire.h"

static envelope_t *unpack (const void *bytes, size_t size, envelope_kind_t kind)
{
    const envelope_kind_t allowed[] = {kind, 0};
    envelope_t *envelope = NULL;
    char why[DETAIL_SIZE];
    if (wire_unpack (bytes, size, allowed, &envelope, why) == WIRE_OK)
        return envelope;
    metric_add ("bad_messages", 1);
    log_fact (LOG_WARNING_, "", "bad message", "why", why, NULL);
    return NULL;
}

/* Room counts while somebody waits; that a person came, always: else the next contact would be told that nobody is
 * there. */
static void hear_person (desk_t *desk, int index)
{
    if (index >= 0 && (waiting_size (desk->waiting) || !roster_person (desk->roster, index)->present))
        people_look (desk, index);
}

void hear_route (void *arg, bus_peer_t *peer, const void *bytes, size_t size)
{
    (void)peer;
    routing_t *self = arg;
    envelope_t *envelope = self->draining ? NULL : unpack (bytes, size, BUCKSTOP__V1__ENVELOPE__BODY_ROUTE);
    if (!envelope)
        return;
    kill_point ("routing.after-hear");
    const Buckstop__V1__Route *route = envelope->route;
    desk_t *desk = routing_desk (self, envelope->workspace);
    if (desk && *route->contact)
        queue_hint (desk, route->contact);
    else if (desk && *route->person)
        hear_person (desk, roster_find (desk->roster, route->person));
    buckstop__v1__envelope__free_unpacked (envelope, NULL);
}

/* Doubled events are dropped; false: seen before. */
static bool count_event (desk_t *desk, uint64_t number)
{
    if (desk->number && number <= desk->number)
        return false;
    bool gap = desk->number && number > desk->number + 1;
    desk->number = number;
    if (gap) {
        metric_add ("routing_stream_gaps", 1);
        people_missed (desk);
    }
    return true;
}

static void went_back (desk_t *desk)
{
    metric_add ("routing_stream_restarts", 1);
    log_fact (LOG_WARNING_, "", "the store went back: people and queue are read again", "workspace", desk->workspace,
              NULL);
    desk->number = desk->ticked = desk->stored;
    people_refresh (desk);
    queue_anew (desk);
}

static void on_last (void *arg, const store_values_t *values)
{
    desk_t *desk = arg;
    desk->counting = false;
    bool stopped = !routing_release (desk->self);
    if (stopped || values->away || desk->self->draining)
        return;
    desk->stored = values->n ? (uint64_t)values->items[0].score : 0; /* the newest is never trimmed */
    if (desk->stored < desk->asked)
        went_back (desk);
}

void hear_tick (desk_t *desk)
{
    if (desk->counting)
        return;
    if (desk->number < desk->stored && desk->number == desk->ticked) { /* a stream that moves is only late */
        desk->number = desk->stored;
        metric_add ("routing_stream_gaps", 1);
        people_missed (desk);
    }
    desk->ticked = desk->asked = desk->number;
    char key[KEY_SIZE];
    desk->counting = true;
    routing_hold (desk->self);
    store_events_last (desk->self->service->store, key_events (key, desk->shard, desk->workspace), on_last, desk);
}

void hear_stream (void *arg, bus_peer_t *peer, const void *bytes, size_t size)
{
    (void)peer;
    routing_t *self = arg;
    envelope_t *envelope = self->draining ? NULL : unpack (bytes, size, BUCKSTOP__V1__ENVELOPE__BODY_EVENT);
    if (!envelope)
        return;
    desk_t *desk = routing_desk (self, envelope->workspace);
    if (desk && count_event (desk, envelope->event->number)) {
        people_event (desk, envelope->event);
        queue_event (desk, envelope->event);
        offer_match (desk);
    }
    buckstop__v1__envelope__free_unpacked (envelope, NULL);
}
