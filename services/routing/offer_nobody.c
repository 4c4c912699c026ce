/* offer_nobody.c - a contact that was just put: matched at once, or told that it waits.
 *
 * Hears: contacts, as hints and the queue bring them. Says: EVENT_QUEUE through work.h ("nobody now", "all busy"), once
 * to each that is owed an answer; that nobody is there only when people were read just now, since people are told of it. */
#include "routing_private.h"

#include "ids.h"
#include "words.h"
#include "work.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdio.h>

enum { TRANSFER_TRIES_MAX = 6 }; /* a transfer to a team where all stay busy fails after so many hints */

typedef struct asked {
    desk_t *desk;
    char contact[ID_SIZE];
    uint32_t policy; /* the version by which nobody was found */
} asked_t;

static void on_queued (void *arg, const work_result_t *result)
{
    asked_t *asked = arg;
    desk_t *desk = asked->desk;
    routing_t *self = desk->self;
    if (!self->stopped && result->outcome == WORK_DONE) {
        metric_add ("routing_queued", 1);
        if (contact_wants_somebody (result->contact))
            waiting_put (desk->waiting, desk->roster, result->contact, routing_now (self));
        else if (waiting_find (desk->waiting, asked->contact) != WAITING_IN_FLIGHT)
            waiting_remove (desk->waiting, asked->contact);
    }
    free (asked);
    if (routing_release (self))
        offer_match (desk);
}

/* Routing was asked, and owes an answer: newly received, or handed over again. */
static bool owes_answer (const contact_t *contact)
{
    return contact_wants_somebody (contact) && contact->handoff_at > 0;
}

static bool still_owed (void *arg, const contact_t *before, wall_ms_t now, const policy_t *policy,
                        contact_event_t *event)
{
    (void)now, (void)event;
    const asked_t *asked = arg;
    return policy->version == asked->policy && owes_answer (before);
}

static event_id_t queue_id (const desk_t *desk, const contact_t *contact)
{
    char version[24];
    snprintf (version, sizeof version, "%" PRIu64, contact->version);
    return event_id_of ("queue", desk->workspace, contact->id, version, NULL);
}

static void queue_begin (desk_t *desk, const contact_t *contact, bool nobody, const char *why, const void *record,
                         size_t size)
{
    asked_t *asked = xcalloc (1, sizeof *asked);
    asked->desk = desk;
    asked->policy = roster_policy (desk->roster)->version;
    WORD_COPY (asked->contact, contact->id);
    routing_hold (desk->self);
    if (nobody)
        metric_add ("routing_nobody", 1);
    work_begin (&(work_order_t){
        .service = desk->self->service,
        .workspace = desk->workspace,
        .contact = asked->contact,
        .event = {.kind = EVENT_QUEUE, .id = queue_id (desk, contact), .nobody = nobody, .detail = why},
        .record = record,
        .record_size = size,
        .decide = still_owed,
        .done = on_queued,
        .arg = asked,
    });
}

/* A transfer is not failed while its team is only busy: it stays with the giver meanwhile. */
static bool transfer_may_wait (const contact_t *contact, const route_decision_t *decision)
{
    return *contact->owner && decision->outcome == ROUTE_BUSY && contact->handoff_tries < TRANSFER_TRIES_MAX;
}

void offer_contact (desk_t *desk, const contact_t *contact, const void *record, size_t size)
{
    route_need_t need;
    route_decision_t decision;
    offer_match_with (desk, contact->id, record, size);
    waiting_state_t state = waiting_find (desk->waiting, contact->id);
    if (!offer_may_match (desk) || !owes_answer (contact) || (state != WAITING_QUEUED && state != WAITING_ABSENT))
        return;
    wall_ms_t now = routing_now (desk->self);
    route_need (contact, now, roster_policy (desk->roster), &need);
    route_decide (desk->roster, &need, now, &decision);
    if (decision.outcome == ROUTE_OFFER && state == WAITING_QUEUED)
        return; /* its turn comes with the next batch */
    char words[DETAIL_SIZE];
    const char *why = route_detail (desk->roster, &decision, words);
    if (decision.outcome == ROUTE_OFFER) { /* it is left to the store, where others are before it */
        decision.outcome = ROUTE_BUSY;
        why = "very many wait, and others like it come first";
    }
    if (transfer_may_wait (contact, &decision))
        return;
    if (decision.outcome == ROUTE_NOBODY && people_stale (desk) && queue_doubt (desk, contact->id))
        return; /* people are told of this: better sure than quick */
    queue_begin (desk, contact, decision.outcome == ROUTE_NOBODY, why, record, size);
}
