/* settle.c - what became of an attempt, in one commit: the delivery's record, its timer, timeline, event.
 *
 * Done and moot deliveries leave the store, those to be sent again or held keep their timer, dead ones stand in
 * dead:W with their reason until somebody replays them (dead_letters.h).
 * The outcome of a reply concerns the contact's promises: it is an event of the contact's own life, and the
 * delivery's writes ride in that commit. Where the contact is gone or no longer minds, the delivery is settled
 * alone.
 * The event's id is the delivery and its version: who settles the same attempt a second time changes nothing.
 * A refused commit means that another replica was here: its word stands. Where a key that many share is bad, or the
 * outcome is not known, the far side's answer is noted in the delivery's own record by a commit that touches nothing
 * else but its timer: from then on it is settled only, and never sent again. Only where that fails too does the lease
 * bring back what was sent, and it is sent again under the same id. */
#include "notification_private.h"

#include "guard.h"
#include "ids.h"
#include "keys.h"
#include "line_up.h"
#include "log.h"
#include "plan.h"
#include "words.h"
#include "work.h"
#include "xmalloc.h"

typedef struct settle_row {
    fact_kind_t fact;
    bool kept, timer;
    const char *name;
} settle_row_t;

static const settle_row_t rows[SETTLES] = {
    [SETTLE_DONE] = {BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERED, false, false, "delivered"},
    [SETTLE_MOOT] = {BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_MOOT, false, false, "moot"},
    [SETTLE_RETRY] = {BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_RETRIED, true, true, "retried"},
    [SETTLE_HELD] = {BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_HELD, true, true, "held"},
    [SETTLE_DEAD] = {BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_FAILED, true, false, "dead"},
};

const char *settle_name (enum settle how)
{
    return rows[how].name;
}

static event_id_t event_of (const attempt_t *attempt)
{
    char version[24];
    snprintf (version, sizeof version, "%llu", (unsigned long long)attempt->head.version);
    return event_id_of ("delivery", attempt->delivery.id, version, NULL);
}

/* ---- what is written ---- */

static void write_kept (const attempt_t *attempt, commit_t *commit, const char *key)
{
    const settle_row_t *row = &rows[attempt->settle];
    delivery_t after = attempt->delivery; /* texts are borrowed */
    after.due = row->timer ? attempt->next_due : after.due;
    after.held_until = attempt->settle == SETTLE_HELD ? attempt->next_due : 0;
    after.dead = attempt->settle == SETTLE_DEAD;
    if (attempt->settle != SETTLE_HELD)
        WORD_COPY (after.last_error, attempt->words);
    record_head_t head = record_head_next (&attempt->head, KIND_DELIVERY, event_of (attempt), 0);
    size_t size;
    uint8_t *record = delivery_pack (&after, &head, &size);
    commit_put (commit, key, record, size, 0);
    free (record);
}

static void write_timer (const attempt_t *attempt, commit_t *commit)
{
    const settle_row_t *row = &rows[attempt->settle];
    char key[KEY_SIZE], member[MEMBER_SIZE];
    key_due (key, attempt->shard, KIND_DELIVERY);
    member_make (member, attempt->delivery.workspace, attempt->delivery.id);
    if (row->timer)
        commit_place (commit, key, attempt->next_due, member);
    else
        commit_unplace (commit, key, member);
}

/* The delivery's own check and writes. */
static void write_all (attempt_t *attempt, commit_t *commit)
{
    const delivery_t *delivery = &attempt->delivery;
    bool kept = rows[attempt->settle].kept && (attempt->settle != SETTLE_DEAD || GUARD ("f40"));
    char key[KEY_SIZE], dead[KEY_SIZE];
    key_delivery (key, attempt->shard, delivery->workspace, delivery->id);
    commit_expect_record (commit, key, attempt->head.version, event_of (attempt));
    if (kept)
        write_kept (attempt, commit, key);
    else
        commit_delete (commit, key);
    write_timer (attempt, commit);
    if (attempt->settle == SETTLE_DEAD && kept)
        commit_place (commit, key_dead (dead, attempt->shard, delivery->workspace),
                      store_now (attempt->self->service->store), delivery->id);
}

static fact_t fact_of (const attempt_t *attempt)
{
    const delivery_t *delivery = &attempt->delivery;
    fact_t fact = {.kind = rows[attempt->settle].fact,
                   .at = store_now (attempt->self->service->store),
                   .promise = delivery->promise,
                   .due = rows[attempt->settle].timer ? attempt->next_due : 0,
                   .number = delivery->attempts};
    WORD_COPY (fact.to, delivery->person[0] ? delivery->person : "customer");
    snprintf (fact.detail, sizeof fact.detail, "%s by %s%s%.180s", purpose_name (delivery->purpose),
              way_name (delivery->way), attempt->words[0] && attempt->settle != SETTLE_DONE ? ": " : "",
              attempt->settle != SETTLE_DONE ? attempt->words : "");
    return fact;
}

/* Timeline and event. The contact in it is only named: this commit neither reads nor changes its state. */
static void say (const attempt_t *attempt, commit_t *commit)
{
    const delivery_t *delivery = &attempt->delivery;
    contact_t named = {0};
    WORD_COPY (named.id, delivery->contact);
    WORD_COPY (named.workspace, delivery->workspace);
    WORD_COPY (named.channel, attempt->channel);
    WORD_COPY (named.team, attempt->team);
    WORD_COPY (named.subject, attempt->subject);
    WORD_COPY (named.trace, delivery->trace);
    fact_t fact = fact_of (attempt);
    event_put (commit, attempt->shard, delivery->workspace, &named, delivery->person, &fact,
               *named.id && !attempt->no_timeline);
}

/* ---- after the commit ---- */

static void over (attempt_t *attempt, bool written)
{
    notification_t *self = attempt->self;
    if (written) {
        kill_point ("notification.after-commit");
        self->outcomes[attempt->delivery.way][attempt->settle]++;
    }
    bool was_full = self->unsettled >= self->unsettled_max;
    attempt_destroy (&attempt);
    if (was_full)
        outbox_pump (self);
}

/* ---- what can't be settled now ---- */

static bool ends (const attempt_t *attempt)
{
    return attempt->settle == SETTLE_DONE || attempt->settle == SETTLE_DEAD;
}

static void put_back (attempt_t *attempt);

static void on_put_back (void *arg, const commit_answer_t *answer)
{
    attempt_t *attempt = arg;
    if (!notification_release (attempt->self)) {
        attempt_destroy (&attempt);
        return;
    }
    if (answer->outcome == COMMIT_AWAY && ++attempt->tries < SETTLE_TRIES_MAX)
        put_back (attempt);
    else
        over (attempt, false); /* refused: it is settled, or somebody else has it */
}

/* Its attempts are forgotten: it was not the record's fault. A word that was not said about a hold is said with the next
 * one; that of an attempt that is tried again is not, the next one's is. */
static void put_back (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    char key[KEY_SIZE], member[MEMBER_SIZE], version[24];
    size_t size;
    wall_ms_t due = line_up (&self->stuck_until, store_now (self->service->store), SETTLE_STUCK_MS);
    delivery_t after = attempt->delivery; /* texts are borrowed */
    if (ends (attempt)) {
        after.ended = attempt->settle == SETTLE_DONE ? DELIVERY_ACCEPTED : DELIVERY_FAILED;
        WORD_COPY (after.last_error, attempt->words);
    } else if (rows[attempt->settle].timer && attempt->next_due > due)
        due = attempt->next_due;
    if (attempt->settle == SETTLE_HELD && attempt->say)
        after.held_since = 0;
    snprintf (version, sizeof version, "%llu", (unsigned long long)attempt->head.version);
    event_id_t event = event_id_of ("put back", after.id, version, NULL);
    record_head_t head = record_head_next (&attempt->head, KIND_DELIVERY, event, 0);
    uint8_t *record = delivery_pack (&after, &head, &size);
    commit_t *commit = commit_new (attempt->shard);
    key_delivery (key, attempt->shard, after.workspace, after.id);
    commit_expect_record (commit, key, attempt->head.version, event);
    commit_put (commit, key, record, size, 0);
    member_make (member, after.workspace, after.id);
    commit_place (commit, key_due (key, attempt->shard, KIND_DELIVERY), due, member);
    free (record);
    notification_hold (self);
    store_commit (self->service->store, &commit, SETTLE_TIMEOUT_MS, on_put_back, attempt);
}

static void note (attempt_t *attempt)
{
    metric_add ("deliveries_put_back", 1);
    attempt->tries = 0;
    put_back (attempt);
}

static void settle_alone (attempt_t *attempt);

/* The contact's own timeline is bad: it will be for long, and what was sent is better settled without a word there; the
 * event says it. A key that all share is mended soon: the row is put back, so that its word is not lost. */
static bool only_timeline (const commit_answer_t *answer)
{
    return answer->failed_op == OP_APPEND;
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
        if (attempt->say && !attempt->no_timeline && only_timeline (answer)) {
            attempt->no_timeline = true;
            settle_alone (attempt);
            return;
        }
        note (attempt);
        return;
    }
    if (answer->outcome == COMMIT_AWAY) {
        metric_add ("deliveries_unknown", 1);
        if (ends (attempt)) {
            note (attempt);
            return;
        }
    }
    over (attempt, answer->outcome == COMMIT_DONE);
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
    write_all (attempt, commit);
    notification_hold (attempt->self);
    store_commit (attempt->self->service->store, &commit, 0, forgotten, attempt);
}

static void settle_alone (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    commit_t *commit = commit_new (attempt->shard);
    write_all (attempt, commit);
    if (attempt->say)
        say (attempt, commit);
    notification_hold (self);
    store_commit (self->service->store, &commit, SETTLE_TIMEOUT_MS, committed, attempt);
}

/* ---- the outcome of a reply ---- */

static void settle_reply (attempt_t *attempt);

static void reply_extra (void *arg, commit_t *commit, const contact_t *after)
{
    (void)after;
    write_all (arg, commit);
}

static void say_stuck (const attempt_t *attempt, const work_result_t *result)
{
    const char *workspace = attempt->delivery.workspace;
    if (result->answer)
        aside_add_key (attempt->self->aside, workspace, result->answer);
    else
        aside_add (attempt->self->aside,
                   &(aside_subject_t){KIND_WORKSPACE, workspace, workspace, result->why ? result->why : ""});
}

static void reply_done (void *arg, const work_result_t *result)
{
    attempt_t *attempt = arg;
    if (!notification_release (attempt->self)) {
        attempt_destroy (&attempt);
        return;
    }
    switch (result->outcome) {
    case WORK_STUCK:
        say_stuck (attempt, result);
        if (result->answer && only_timeline (result->answer))
            settle_alone (attempt);
        else
            note (attempt);
        return;
    case WORK_REFUSED:
    case WORK_MISSING:
    case WORK_BROKEN:
        settle_alone (attempt); /* the contact minds no more, or can't be read */
        return;
    case WORK_CONFLICT:
    case WORK_AWAY:
        if (++attempt->tries < SETTLE_TRIES_MAX) {
            settle_reply (attempt);
            return;
        }
        metric_add ("deliveries_unknown", 1);
        note (attempt);
        return;
    default:
        break;
    }
    over (attempt, result->outcome == WORK_DONE);
}

static void settle_reply (attempt_t *attempt)
{
    const delivery_t *delivery = &attempt->delivery;
    work_order_t order = {
        .service = attempt->self->service,
        .workspace = delivery->workspace,
        .contact = delivery->contact,
        .event = {.kind = attempt->settle == SETTLE_DONE ? EVENT_DELIVERED : EVENT_FAILED,
                  .id = event_of (attempt),
                  .detail = attempt->words,
                  .promise = delivery->promise,
                  .answered_at = delivery->created_at},
        .extra = reply_extra,
        .done = reply_done,
        .arg = attempt,
    };
    notification_hold (attempt->self);
    work_begin (&order);
}

void settle (attempt_t *attempt, enum settle how)
{
    attempt->settle = how;
    if (how == SETTLE_DEAD)
        log_fact (LOG_WARNING_, attempt->delivery.contact, "delivery failed for good", "delivery", attempt->delivery.id,
                  "way", way_name (attempt->delivery.way), "why", attempt->words, NULL);
    if (ends (attempt) && attempt->delivery.purpose == BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_REPLY)
        settle_reply (attempt);
    else
        settle_alone (attempt);
}
