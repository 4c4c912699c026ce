/* settle_write.c - what is written about an attempt: the delivery's record, its timer, its place among the dead letters;
 * its word on the timeline, and the event.
 *
 * Done and moot deliveries leave the store, those to be sent again or held keep their timer, dead ones stand in
 * dead:W with their reason until somebody replays them (dead_letters.h).
 * What a bundle came to is said on the timeline of each contact that it tells of; the event is said once. */
#include "settle_private.h"

#include "guard.h"
#include "ids.h"
#include "keys.h"
#include "plan.h"
#include "sent.h"
#include "words.h"

#include <stdlib.h>

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

bool settle_keeps_timer (enum settle how)
{
    return rows[how].timer;
}

bool settle_ends (const attempt_t *attempt)
{
    return attempt->settle == SETTLE_DONE || attempt->settle == SETTLE_DEAD;
}

event_id_t settle_event (const attempt_t *attempt)
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
    after.unsaid = 0;
    if (after.dead)
        after.dropped[0] = '\0'; /* it is among the words now, and a replay sends it */
    if (attempt->settle != SETTLE_HELD)
        WORD_COPY (after.last_error, attempt->words);
    record_head_t head = record_head_next (&attempt->head, KIND_DELIVERY, settle_event (attempt), 0);
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

void settle_write (const attempt_t *attempt, commit_t *commit)
{
    const delivery_t *delivery = &attempt->delivery;
    bool kept = rows[attempt->settle].kept && (attempt->settle != SETTLE_DEAD || GUARD ("f40"));
    char key[KEY_SIZE], dead[KEY_SIZE];
    key_delivery (key, attempt->shard, delivery->workspace, delivery->id);
    commit_expect_record (commit, key, attempt->head.version, settle_event (attempt));
    if (kept)
        write_kept (attempt, commit, key);
    else
        commit_delete (commit, key);
    if (attempt->settle == SETTLE_DONE)
        sent_put (commit, attempt->shard, delivery, attempt->far_id);
    write_timer (attempt, commit);
    if (attempt->settle == SETTLE_DEAD && kept)
        commit_place (commit, key_dead (dead, attempt->shard, delivery->workspace),
                      store_now (attempt->self->service->store), delivery->id);
}

const char *settle_detail (const attempt_t *attempt, char detail[DETAIL_SIZE])
{
    const char *why = attempt->settle != SETTLE_DONE ? attempt->words : "";
    snprintf (detail, DETAIL_SIZE, "%s by %s%s%s", purpose_name (attempt->delivery.purpose),
              way_name (attempt->delivery.way), *why ? ": " : "", WORD_CUT (why, 180));
    return detail;
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
    settle_detail (attempt, fact.detail);
    return fact;
}

/* The event, once, and on the timelines of whoever it is about. The contact in it is only named: this commit neither reads
 * nor changes its state. */
static void say (const attempt_t *attempt, commit_t *commit, const bundle_word_t *word)
{
    const delivery_t *delivery = &attempt->delivery;
    contact_t named = {0};
    WORD_COPY (named.id, delivery->contact);
    WORD_COPY (named.workspace, delivery->workspace);
    WORD_COPY (named.channel, attempt->channel);
    WORD_COPY (named.team, attempt->team);
    WORD_COPY (named.subject, attempt->subject);
    WORD_COPY (named.trace, delivery->trace);
    event_put (commit, attempt->shard, delivery->workspace, &named, delivery->person, word->fact,
               *named.id && !attempt->no_timeline);
    if (!attempt->no_timeline)
        bundle_tell (commit, attempt->shard, delivery, word);
}

void settle_say_owed (const attempt_t *attempt, commit_t *commit)
{
    const delivery_t *delivery = &attempt->delivery;
    if (!delivery->unsaid)
        return;
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_RETRIED,
                   .at = store_now (attempt->self->service->store),
                   .promise = delivery->promise,
                   .number = delivery->unsaid};
    WORD_COPY (fact.to, delivery->person[0] ? delivery->person : "customer");
    snprintf (fact.detail, sizeof fact.detail, "%s by %s: %s (%u before, and could not be written down then)",
              purpose_name (delivery->purpose), way_name (delivery->way), WORD_CUT (delivery->last_error, 150),
              delivery->unsaid);
    const bundle_word_t word = {
        .how = rows[SETTLE_RETRY].name, .why = delivery->last_error, .fact = &fact, .known = attempt->bundle};
    say (attempt, commit, &word);
}

void settle_say (const attempt_t *attempt, commit_t *commit)
{
    settle_say_owed (attempt, commit);
    if (!attempt->say)
        return;
    fact_t fact = fact_of (attempt);
    const bundle_word_t word = {.how = rows[attempt->settle].name,
                                .why = attempt->settle == SETTLE_DONE ? "" : attempt->words,
                                .fact = &fact,
                                .known = attempt->bundle,
                                .only_moot = attempt->settle == SETTLE_MOOT};
    say (attempt, commit, &word);
}
