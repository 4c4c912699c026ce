/* settle.c - what became of an attempt, in one commit, and what is done where that fails.
 *
 * Told: an attempt that is over. Says: its commit (settle_write.c).
 * The outcome of a reply concerns the contact's promises, and so does it whoever answers for it that the customer could
 * not be told: these are events of the contact's own life, and the delivery's writes ride in that commit. Where the
 * contact is gone or no longer minds, the delivery is settled alone.
 * The event's id is the delivery and its version: who settles the same attempt a second time changes nothing.
 * A refused commit means that another replica was here: its word stands. Where a key that many share is bad, or the
 * outcome is not known, it is put back (settle_back.c). Only where that fails too does the lease bring back what was
 * sent, and it is sent again under the same id. */
#include "settle_private.h"

#include "keys.h"
#include "log.h"
#include "next_way.h"
#include "trace.h"
#include "work.h"

void settle_over (attempt_t *attempt, bool written)
{
    notification_t *self = attempt->self;
    if (written) {
        kill_point ("notification.after-commit");
        self->outcomes[attempt->delivery.way][attempt->settle]++;
    }
    held_over (attempt, written);
    if (written && attempt->forward && settle_keeps_timer (attempt->settle))
        forward_note (attempt);
    if (written && settle_keeps_timer (attempt->settle))
        guests_note (attempt);
    bool was_full = self->unsettled >= self->unsettled_max;
    attempt_destroy (&attempt);
    if (was_full)
        outbox_pump (self);
}

static void settle_alone (attempt_t *attempt);

/* The contact's own timeline is bad: it will be for long, and what was sent is better settled without a word there; the
 * event says it. A key that all share is mended soon: the row is put back, so that its word is not lost. */
bool settle_only_timeline (const commit_answer_t *answer)
{
    return answer && answer->failed_op == OP_APPEND;
}

/* It can go on without the word that this failed at. */
static bool without_timeline (attempt_t *attempt, const commit_answer_t *answer)
{
    if (!settle_only_timeline (answer) || attempt->no_timeline)
        return false;
    if (!bundle_mute (attempt, answer))
        attempt->no_timeline = true;
    return true;
}

static void committed (void *arg, const commit_answer_t *answer)
{
    attempt_t *attempt = arg;
    if (!notification_release (attempt->self)) {
        attempt_destroy (&attempt);
        return;
    }
    if (answer->outcome == COMMIT_INVALID) {
        aside_add_key (attempt->self->aside, attempt->delivery.workspace, answer);
        if (without_timeline (attempt, answer)) {
            settle_alone (attempt);
            return;
        }
        settle_back (attempt);
        return;
    }
    if (answer->outcome == COMMIT_AWAY) {
        metric_add ("deliveries_unknown", 1);
        if (settle_ends (attempt)) {
            settle_back (attempt);
            return;
        }
    }
    settle_over (attempt, answer->outcome == COMMIT_DONE);
}

static void forgotten (void *arg, const commit_answer_t *answer)
{
    attempt_t *attempt = arg;
    (void)answer;
    if (notification_release (attempt->self))
        sender_now (attempt);
    else
        attempt_destroy (&attempt);
}

/* What f37 is about: the outbox is emptied before the send, so that a crash between them loses it. Only a
 * test that takes the guard away comes here. */
void settle_forget (attempt_t *attempt)
{
    commit_t *commit = commit_new (attempt->shard);
    attempt->settle = SETTLE_DONE;
    settle_write (attempt, commit);
    notification_hold (attempt->self);
    store_commit (attempt->self->service->store, &commit, 0, forgotten, attempt);
}

static void settle_alone (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    commit_t *commit = commit_new (attempt->shard);
    settle_write (attempt, commit);
    settle_say (attempt, commit);
    notification_hold (self);
    store_commit (self->service->store, &commit, SETTLE_TIMEOUT_MS, committed, attempt);
}

/* ---- the outcome of a reply ---- */

static void reply_extra (void *arg, commit_t *commit, const contact_t *after)
{
    attempt_t *attempt = arg;
    (void)after;
    settle_write (attempt, commit);
    if (attempt->unreached)
        settle_say (attempt, commit); /* the contact's own fact says what follows of it */
    else
        settle_say_owed (attempt, commit);
}

void settle_say_stuck (const attempt_t *attempt, const work_result_t *result)
{
    const char *workspace = attempt->delivery.workspace;
    if (result->answer)
        aside_add_key (attempt->self->aside, workspace, result->answer);
    else
        aside_add (attempt->self->aside,
                   &(aside_subject_t){KIND_WORKSPACE, workspace, workspace, result->why ? result->why : ""});
}

static bool once_more (attempt_t *attempt, const work_result_t *result)
{
    bool open = result->outcome == WORK_CONFLICT || result->outcome == WORK_AWAY;
    return open && ++attempt->tries < SETTLE_TRIES_MAX;
}

static void reply_done (void *arg, const work_result_t *result)
{
    attempt_t *attempt = arg;
    if (!notification_release (attempt->self)) {
        attempt_destroy (&attempt);
        return;
    }
    if (once_more (attempt, result)) {
        settle_reply (attempt);
        return;
    }
    settle_line_leave (attempt, result->outcome == WORK_AWAY);
    switch (result->outcome) {
    case WORK_STUCK:
        settle_say_stuck (attempt, result);
        if (settle_only_timeline (result->answer))
            settle_alone (attempt);
        else
            settle_back (attempt);
        return;
    case WORK_REFUSED:
    case WORK_MISSING:
    case WORK_BROKEN:
        settle_alone (attempt); /* the contact minds no more, or can't be read */
        return;
    case WORK_CONFLICT:
    case WORK_AWAY:
        metric_add ("deliveries_unknown", 1);
        settle_back (attempt);
        return;
    default:
        break;
    }
    settle_over (attempt, result->outcome == WORK_DONE);
}

static bool is_reply (const delivery_t *delivery)
{
    return delivery->purpose == BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_REPLY;
}

static bool is_automatic (const delivery_t *delivery)
{
    return delivery->purpose == BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_ACKNOWLEDGE ||
           delivery->purpose == BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_APOLOGY;
}

/* How it ended concerns the contact, beyond a word on its timeline. */
static bool concerns_contact (const attempt_t *attempt)
{
    return (settle_ends (attempt) && is_reply (&attempt->delivery)) ||
           (attempt->settle == SETTLE_DEAD && (is_automatic (&attempt->delivery) || attempt->unreached));
}

static event_kind_t kind_of (const attempt_t *attempt)
{
    if (attempt->settle == SETTLE_DONE)
        return EVENT_DELIVERED;
    if (attempt->unreached)
        return EVENT_BOUNCED;
    return is_reply (&attempt->delivery) ? EVENT_FAILED : EVENT_UNTOLD;
}

void settle_reply (attempt_t *attempt)
{
    const delivery_t *delivery = &attempt->delivery;
    char what[DETAIL_SIZE];
    work_order_t order = {
        .service = attempt->self->service,
        .workspace = delivery->workspace,
        .contact = delivery->contact,
        .event = {.kind = kind_of (attempt),
                  .id = settle_event (attempt),
                  .detail = is_reply (delivery) || attempt->unreached ? attempt->words : settle_detail (attempt, what),
                  .person = attempt->unreached ? delivery->person : NULL,
                  .purpose = delivery->purpose,
                  .last_way = attempt->unreached,
                  .promise = delivery->promise,
                  .answered_at = delivery->created_at},
        .extra = reply_extra,
        .done = reply_done,
        .arg = attempt,
    };
    notification_hold (attempt->self);
    work_begin (&order);
}

void settle_end (attempt_t *attempt)
{
    if (!concerns_contact (attempt))
        settle_alone (attempt);
    else if (settle_line_enter (attempt))
        settle_reply (attempt);
}

/* ---- a notice to a person, by a way that has failed for good ---- */

/* That somebody can't be told is told once: not about who was to be told that. That a page is taken or over is for whoever
 * had it: no other way stands in. */
static bool has_ways (const delivery_t *delivery)
{
    return delivery->person[0] && delivery->contact[0] &&
           delivery->purpose != BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_UNREACHED &&
           delivery->purpose != BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_TAKEN &&
           delivery->purpose != BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_OVER;
}

static void on_next_way (void *arg, next_way_outcome_t outcome)
{
    attempt_t *attempt = arg;
    if (!notification_release (attempt->self)) {
        attempt_destroy (&attempt);
        return;
    }
    attempt->unreached = outcome == NEXT_WAY_NONE;
    if (outcome == NEXT_WAY_COMES)
        outbox_due (attempt->self, attempt->shard, store_now (attempt->self->service->store));
    settle_end (attempt);
}

void settle (attempt_t *attempt, enum settle how)
{
    char trace[TRACE_ID_SIZE];
    attempt->settle = how;
    if (how == SETTLE_DEAD)
        log_fact (LOG_WARNING_, attempt->delivery.contact, "delivery failed for good", "delivery", attempt->delivery.id,
                  "way", way_name (attempt->delivery.way), "why", attempt->words, "trace",
                  trace_id_of (attempt->delivery.trace, attempt->delivery.contact, trace), NULL);
    if (how == SETTLE_DEAD && attempt->delivery.lines_n)
        bundle_dead (attempt);
    else if (how == SETTLE_DEAD && has_ways (&attempt->delivery)) {
        notification_hold (attempt->self);
        next_way (attempt->self->service->store, &attempt->delivery, on_next_way, attempt);
    } else
        settle_end (attempt);
}
