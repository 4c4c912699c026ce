/* offer.c - from pairs to commits: offers. ("Nobody now" is offer_nobody.c.)
 *
 * Hears: the waiting list and the roster. Says: EVENT_OFFER through work.h, whose checks decide.
 *
 *   done       the person holds it; it waits no more
 *   room       the roster was wrong about the person: corrected, and the next is tried at once
 *   conflict   somebody else moved it: forgotten, its next hint or the queue brings it back
 *   refused    it does not want anybody any more, or wants somebody else: what was found is matched
 *   stuck      a key that all of them need is bad: it rests for longer
 *   away       it rests for a second */
#include "routing_private.h"

#include "ids.h"
#include "log.h"
#include "trace.h"
#include "words.h"
#include "work.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    BATCH = 64,      /* pairs of one turn */
    REST_MS = 1000,  /* after a refusal that says nothing */
    STUCK_MS = 3000, /* while a key that the commit needs is bad */
    WATCH = 32,      /* blocked groups looked at each second */
};

typedef struct order {
    desk_t *desk;
    char contact[ID_SIZE], channel[NAME_SIZE], person[NAME_SIZE];
    uint32_t epoch;
    uint32_t policy; /* the version by which the person was chosen */
    bool again;
} order_t;

/* ---- an offer's result ---- */

static int person_of (const order_t *order)
{
    return roster_find (order->desk->roster, order->person);
}

static void untake (const order_t *order)
{
    int index = person_of (order);
    if (roster_drop (order->desk->roster, index, order->epoch, order->contact))
        waiting_person (order->desk->waiting, index);
}

/* What was found is put anew, if it still wants somebody. */
static bool put_found (const order_t *order, const work_result_t *result)
{
    desk_t *desk = order->desk;
    waiting_remove (desk->waiting, order->contact);
    if (!result->contact || !contact_wants_somebody (result->contact))
        return false;
    return waiting_put (desk->waiting, desk->roster, result->contact, routing_now (desk->self));
}

static void on_taken (const order_t *order, const work_result_t *result)
{
    desk_t *desk = order->desk;
    int index = person_of (order);
    roster_take (desk->roster, index, order->epoch, order->channel, order->contact, false);
    roster_given (desk->roster, index, result->at);
    waiting_remove (desk->waiting, order->contact);
    desk->offered_at = routing_mono (desk->self);
    metric_add ("routing_offers", 1);
    if (result->contact)
        metric_observe ("routing_wait_seconds", (double)(result->at - result->contact->waiting_since));
}

static void on_no_room (const order_t *order, const work_result_t *result)
{
    untake (order);
    people_refused (order->desk, person_of (order));
    put_found (order, result);
    metric_add ("routing_no_room", 1);
}

static void on_refused (const order_t *order, const work_result_t *result)
{
    char trace[TRACE_ID_SIZE];
    untake (order);
    if (put_found (order, result) && result->apply != APPLY_STALE) {
        waiting_rest (order->desk->waiting, order->contact, routing_now (order->desk->self) + REST_MS);
        log_fact (LOG_WARNING_, order->contact, "offer refused", "to", order->person, "why",
                  result->why ? result->why : "", "trace",
                  trace_id_of (result->contact ? result->contact->trace : "", order->contact, trace), NULL);
    }
}

static void on_away (const order_t *order, const work_result_t *result)
{
    (void)result;
    untake (order);
    people_look (order->desk, person_of (order)); /* it may have happened */
    waiting_rest (order->desk->waiting, order->contact, routing_now (order->desk->self) + REST_MS);
}

static void on_forgotten (const order_t *order, const work_result_t *result)
{
    untake (order);
    people_look (order->desk, person_of (order));
    waiting_remove (order->desk->waiting, order->contact);
    if (result->outcome == WORK_BROKEN)
        queue_say_broken (order->desk, order->contact, "can't be offered: left out");
}

static void on_stuck (const order_t *order, const work_result_t *result)
{
    desk_t *desk = order->desk;
    untake (order);
    people_look (desk, person_of (order));
    waiting_rest (desk->waiting, order->contact, routing_now (desk->self) + STUCK_MS);
    metric_add ("routing_stuck", 1);
    if (result->answer) /* else it is the workspace's record, and escalation says it */
        aside_add_key (desk->self->aside, desk->workspace, result->answer);
}

static void (*const results[]) (const order_t *order, const work_result_t *result) = {
    [WORK_DONE] = on_taken,       [WORK_ALREADY] = on_forgotten, [WORK_REFUSED] = on_refused,
    [WORK_CHECK] = on_forgotten,  [WORK_ROOM] = on_no_room,      [WORK_MISSING] = on_forgotten,
    [WORK_BROKEN] = on_forgotten, [WORK_AWAY] = on_away,         [WORK_CONFLICT] = on_forgotten,
    [WORK_STUCK] = on_stuck,
};

static void on_offered (void *arg, const work_result_t *result)
{
    order_t *order = arg;
    desk_t *desk = order->desk;
    routing_t *self = desk->self;
    if (!self->stopped) {
        kill_point ("routing.after-offer");
        results[result->outcome](order, result);
    }
    free (order);
    if (routing_release (self))
        offer_match (desk);
}

/* ---- an offer ---- */

/* The contact may have moved since it was matched, and the policy by which it was matched may have been swapped: then
 * it is matched again. */
static bool still_right (void *arg, const contact_t *before, wall_ms_t now, const policy_t *policy,
                         contact_event_t *event)
{
    (void)event;
    const order_t *order = arg;
    if (policy->version != order->policy || !contact_wants_somebody (before) ||
        strcmp (before->owner, order->person) == 0)
        return false;
    return !contact_excludes (before, order->person, order->epoch, order->again, now, policy);
}

static event_id_t offer_id (const desk_t *desk, const route_pair_t *pair)
{
    char version[24], epoch[16];
    snprintf (version, sizeof version, "%" PRIu64, pair->version);
    snprintf (epoch, sizeof epoch, "%" PRIu32, pair->decision.epoch);
    return event_id_of ("offer", desk->workspace, pair->contact, version, pair->decision.person, epoch, NULL);
}

static void offer_begin (desk_t *desk, const route_pair_t *pair, const void *record, size_t size)
{
    char detail[DETAIL_SIZE];
    const route_decision_t *decision = &pair->decision;
    order_t *order = xcalloc (1, sizeof *order);
    order->desk = desk;
    WORD_COPY (order->contact, pair->contact);
    WORD_COPY (order->channel, pair->channel);
    WORD_COPY (order->person, decision->person);
    order->epoch = decision->epoch;
    order->policy = roster_policy (desk->roster)->version;
    order->again = decision->again;
    routing_hold (desk->self);
    kill_point ("routing.after-decide");
    work_begin (&(work_order_t){
        .service = desk->self->service,
        .workspace = desk->workspace,
        .contact = order->contact,
        .event = {.kind = EVENT_OFFER,
                  .id = offer_id (desk, pair),
                  .person = order->person,
                  .epoch = order->epoch,
                  .detail = route_detail (desk->roster, decision, detail)},
        .record = record,
        .record_size = size,
        .decide = still_right,
        .done = on_offered,
        .arg = order,
    });
}

/* ---- matching ---- */

static void on_again (void *arg)
{
    desk_t *desk = arg;
    desk->again = NULL;
    offer_match (desk);
}

bool offer_may_match (const desk_t *desk)
{
    return desk->loaded && desk->begun && !desk->stopped && !desk->self->draining;
}

/* One batch a turn, and no more than a turn may last; the rest with the next, or when one under way is answered. */
void offer_match_with (desk_t *desk, const char *newcomer, const void *record, size_t size)
{
    route_pair_t pairs[BATCH];
    size_t flying = waiting_in_flight (desk->waiting), limit = (size_t)desk->self->params->in_flight_max;
    if (!offer_may_match (desk) || flying >= limit || !waiting_ready (desk->waiting))
        return;
    size_t max = limit - flying < BATCH ? limit - flying : BATCH;
    size_t n = route_match (desk->waiting, desk->roster, routing_now (desk->self), pairs, max);
    for (size_t i = 0; i < n; i++) {
        bool here = newcomer && strcmp (newcomer, pairs[i].contact) == 0;
        offer_begin (desk, &pairs[i], here ? record : NULL, here ? size : 0);
    }
    if (flying + n < limit && waiting_ready (desk->waiting) && !desk->again)
        desk->again = loop_at (desk->self->service->loop, routing_mono (desk->self), on_again, desk);
}

void offer_match (desk_t *desk)
{
    offer_match_with (desk, NULL, NULL, 0);
}

/* ---- each second ---- */

void offer_tick (desk_t *desk)
{
    mono_ms_t now = routing_mono (desk->self);
    bool owed = waiting_ready (desk->waiting) ||
                waiting_watch (desk->waiting, desk->roster, routing_now (desk->self), WATCH) > 0;
    if (!owed)
        desk->offered_at = now;
    bool stalled = owed && now - desk->offered_at > desk->self->params->stalled_ms;
    if (stalled && !desk->stalled)
        log_fact (LOG_ERROR_, "", "contacts wait, people could take them, and no offer is made", "workspace",
                  desk->workspace, NULL);
    desk->stalled = stalled;
    offer_match (desk);
}

void offer_close (desk_t *desk)
{
    loop_cancel (desk->self->service->loop, &desk->again);
}
