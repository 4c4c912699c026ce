/* bounce.c - a bounce of our own notice is a failed delivery of that notice; a receipt is a fact.
 *
 * Hears: a report by mail, a platform's word. Says: an event of the contact: BOUNCED, by which whoever answers for it is
 * told, and what was answered is owed again; RECEIPT, a fact alone. A notice to a colleague has its next way brought
 * forward; where none is left, somebody else is told (contact_returned.c).
 *
 * That it came back is noted in what was sent, in the same commit: a second bounce of it finds that, and changes nothing. */
#include "bounce.h"

#include "ids.h"
#include "keys.h"
#include "log.h"
#include "loop.h"
#include "mail_tag.h"
#include "metrics.h"
#include "next_way.h"
#include "record.h"
#include "sent.h"
#include "trace.h"
#include "words.h"
#include "work.h"
#include "xmalloc.h"

#include <stdio.h>
#include <stdlib.h>

typedef enum what { WHAT_NOTHING, WHAT_FAILED, WHAT_LATE, WHAT_ARRIVED, WHAT_READ, WHAT_UNREAD } what_t;
static const char *const what_words[] = {"", "came back", "is late", "has arrived", "was read", "was deleted unread"};

typedef struct bounce {
    service_t *service;
    int shard;
    what_t what;
    char workspace[NAME_SIZE], key[KEY_SIZE];
    char reason[DETAIL_SIZE], detail[DETAIL_SIZE];
    char about[ADDRESS_SIZE]; /* what it names */
    record_head_t head;
    delivery_t delivery; /* as it was sent */
    bool last_way;
    bounce_fn *fn;
    void *arg;
} bounce_t;

static void end (bounce_t *self, bounce_outcome_t outcome)
{
    bounce_fn *fn = self->fn;
    void *arg = self->arg;
    static const char *const counts[] = {
        [BOUNCE_DONE] = "bounces_taken", [BOUNCE_UNKNOWN] = "bounces_unknown", [BOUNCE_AWAY] = "bounces_away"};
    if (self->what != WHAT_NOTHING)
        metric_add (counts[outcome], 1);
    if (outcome == BOUNCE_UNKNOWN && self->what != WHAT_NOTHING)
        log_fact (LOG_NOTICE_, "", "a report about nothing that we have sent", "workspace", self->workspace, "about",
                  self->about, "said", what_words[self->what], NULL);
    delivery_clear (&self->delivery);
    free (self);
    fn (arg, outcome);
}

static void end_later (void *arg)
{
    end (arg, BOUNCE_UNKNOWN);
}

/* ---- what follows for the contact ---- */

static event_id_t event_of (const bounce_t *self)
{
    return event_id_of ("report", self->delivery.id, what_words[self->what], NULL);
}

static void on_alone (void *arg, const commit_answer_t *answer)
{
    end (arg, answer->outcome == COMMIT_AWAY ? BOUNCE_AWAY : BOUNCE_DONE);
}

/* The contact minds no more, or is gone: only what was sent is marked. */
static void mark_alone (bounce_t *self)
{
    if (self->what != WHAT_FAILED) {
        end (self, BOUNCE_DONE);
        return;
    }
    commit_t *commit = commit_new (self->shard);
    sent_came_back (commit, self->key, &self->delivery, &self->head, event_of (self));
    store_commit (self->service->store, &commit, 0, on_alone, self);
}

static void extra (void *arg, commit_t *commit, const contact_t *after)
{
    const bounce_t *self = arg;
    (void)after;
    if (self->what == WHAT_FAILED)
        sent_came_back (commit, self->key, &self->delivery, &self->head, event_of (self));
}

static void on_worked (void *arg, const work_result_t *result)
{
    bounce_t *self = arg;
    switch (result->outcome) {
    case WORK_REFUSED:
    case WORK_MISSING:
    case WORK_BROKEN:
        mark_alone (self);
        return;
    case WORK_AWAY:
    case WORK_CONFLICT:
    case WORK_STUCK:
        end (self, BOUNCE_AWAY);
        return;
    default: /* done, now or before; or somebody else has just noted it */
        end (self, BOUNCE_DONE);
    }
}

static void tell_contact (bounce_t *self)
{
    const delivery_t *delivery = &self->delivery;
    if (!delivery->contact[0]) {
        mark_alone (self); /* several pages in one: they stand in the log and in the counts */
        return;
    }
    snprintf (self->detail, sizeof self->detail, "%s%s%s", what_words[self->what], *self->reason ? ": " : "",
              WORD_CUT (self->reason, 200));
    work_order_t order = {
        .service = self->service,
        .workspace = delivery->workspace,
        .contact = delivery->contact,
        .event = {.kind = self->what == WHAT_FAILED ? EVENT_BOUNCED : EVENT_RECEIPT,
                  .id = event_of (self),
                  .detail = self->detail,
                  .person = delivery->person,
                  .purpose = delivery->purpose,
                  .promise = delivery->promise,
                  .answered_at = delivery->created_at,
                  .last_way = self->last_way},
        .extra = extra,
        .done = on_worked,
        .arg = self,
    };
    work_begin (&order);
}

static void on_next_way (void *arg, next_way_outcome_t outcome)
{
    bounce_t *self = arg;
    self->last_way = outcome == NEXT_WAY_NONE;
    if (outcome == NEXT_WAY_AWAY)
        end (self, BOUNCE_AWAY);
    else
        tell_contact (self);
}

/* ---- what was sent ---- */

static bool has_ways (const delivery_t *delivery)
{
    return delivery->person[0] && delivery->contact[0] &&
           delivery->purpose != BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_UNREACHED &&
           delivery->purpose != BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_TAKEN &&
           delivery->purpose != BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_OVER;
}

static void on_sent (void *arg, const store_values_t *values)
{
    bounce_t *self = arg;
    const store_value_t *value = values->n ? &values->items[0] : NULL;
    if (values->away) {
        end (self, BOUNCE_AWAY);
        return;
    }
    if (!value || !value->bytes ||
        delivery_unpack (value->bytes, value->size, &self->head, &self->delivery) != RECORD_OK) {
        end (self, BOUNCE_UNKNOWN);
        return;
    }
    if (self->delivery.dead) {
        end (self, BOUNCE_DONE); /* it came back before */
        return;
    }
    char trace[TRACE_ID_SIZE];
    log_fact (self->what == WHAT_FAILED ? LOG_WARNING_ : LOG_NOTICE_, self->delivery.contact, "report", "delivery",
              self->delivery.id, "purpose", purpose_name (self->delivery.purpose), "to",
              self->delivery.person[0] ? self->delivery.person : "customer", "said", what_words[self->what], "why",
              self->reason, "trace", trace_id_of (self->delivery.trace, self->delivery.contact, trace), NULL);
    if (self->what == WHAT_FAILED && has_ways (&self->delivery))
        next_way (self->service->store, &self->delivery, on_next_way, self);
    else
        tell_contact (self);
}

static void take (bounce_t *self, const char *channel, const char *id)
{
    const char *keys[] = {key_sent (self->key, self->shard, self->workspace, channel, id)};
    store_get (self->service->store, keys, 1, on_sent, self);
}

static bounce_t *bounce_new (service_t *service, const char *workspace, what_t what, bounce_fn *fn, void *arg)
{
    bounce_t *self = xcalloc (1, sizeof *self);
    self->service = service;
    self->shard = store_shard (service->store, workspace);
    self->what = what;
    self->fn = fn;
    self->arg = arg;
    WORD_COPY (self->workspace, workspace);
    return self;
}

static void end_unknown (bounce_t *self)
{
    loop_t *loop = self->service->loop;
    loop_at (loop, loop_now (loop), end_later, self);
}

/* ---- by mail, by webhook ---- */

/* Of a failure that may pass (RFC 3463, 4.x.x) nothing follows yet: the mail server goes on trying. */
static what_t what_of (const mail_report_t *report)
{
    static const what_t rows[] = {
        [MAIL_ACTION_NONE] = WHAT_FAILED, [MAIL_FAILED] = WHAT_FAILED, [MAIL_DELAYED] = WHAT_LATE,
        [MAIL_DELIVERED] = WHAT_ARRIVED,  [MAIL_READ] = WHAT_READ,     [MAIL_UNREAD] = WHAT_UNREAD};
    return rows[report->action];
}

void bounce_take (service_t *service, const char *workspace, const mail_report_t *report, bounce_fn *fn, void *arg)
{
    const policy_t *policy = workspaces_policy (service->workspaces, workspace);
    bounce_t *self = bounce_new (service, workspace, what_of (report), fn, arg);
    mail_tag_t tag;
    WORD_COPY (self->about, report->message_id);
    snprintf (self->reason, sizeof self->reason, "%s%s%s", report->status, *report->status ? " " : "",
              WORD_CUT (report->diagnostic, 200));
    if (policy && mail_tag_in_message_id (report->message_id, &tag) &&
        mail_tag_true (&tag, workspace, policy->link_key))
        take (self, "", tag.delivery);
    else
        end_unknown (self);
}

void receipt_take (service_t *service, const char *workspace, const char *channel, const channel_receipt_t *receipt,
                   bounce_fn *fn, void *arg)
{
    static const what_t rows[] = {[RECEIPT_UNKNOWN] = WHAT_NOTHING,
                                  [RECEIPT_SENT] = WHAT_NOTHING,
                                  [RECEIPT_DELIVERED] = WHAT_ARRIVED,
                                  [RECEIPT_READ] = WHAT_READ,
                                  [RECEIPT_FAILED] = WHAT_FAILED};
    bounce_t *self = bounce_new (service, workspace, rows[receipt->state], fn, arg);
    WORD_COPY (self->about, receipt->id);
    snprintf (self->reason, sizeof self->reason, "%s", *receipt->reason ? receipt->reason : receipt->word);
    if (self->what && *receipt->id)
        take (self, channel, receipt->id);
    else
        end_unknown (self);
}
