/* dead_letters.c - deliveries that failed for good: listed with their reason, and sent again by hand.
 *
 * Used by the operator's tools, not by the service. A replay is one commit on the delivery's record; the outbox
 * finds it within a second. */
#include "dead_letters.h"

#include "notification_private.h"

#include "delivery_sooner.h"
#include "ids.h"
#include "keys.h"
#include "plan.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

/* ---- the list ---- */

typedef struct listing {
    store_t *store;
    char workspace[NAME_SIZE];
    int64_t offset;
    size_t n; /* members found: more than records, where one can't be read */
    wall_ms_t died_at[DEAD_LETTERS_MAX];
    dead_letters_fn *fn;
    void *arg;
} listing_t;

static void on_records (void *arg, const store_values_t *values)
{
    listing_t *self = arg;
    dead_letter_t *items = xcalloc (DEAD_LETTERS_MAX, sizeof *items);
    dead_letters_t letters = {.away = values->away, .items = items};
    for (size_t i = 0; i < values->n && i < self->n; i++) {
        record_head_t head;
        const store_value_t *value = &values->items[i];
        if (!value->bytes ||
            delivery_unpack (value->bytes, value->size, &head, &items[letters.n].delivery) != RECORD_OK)
            continue;
        items[letters.n++].died_at = self->died_at[i];
    }
    letters.unreadable = values->away ? 0 : self->n - letters.n;
    letters.next = self->n == DEAD_LETTERS_MAX ? self->offset + DEAD_LETTERS_MAX : 0;
    self->fn (self->arg, &letters);
    for (size_t i = 0; i < letters.n; i++)
        delivery_clear (&items[i].delivery);
    free (items);
    free (self);
}

static void on_members (void *arg, const store_values_t *values)
{
    listing_t *self = arg;
    if (values->away || !values->n) {
        self->fn (self->arg, &(dead_letters_t){.away = values->away, .wrong_type = values->wrong_type});
        free (self);
        return;
    }
    char keys[DEAD_LETTERS_MAX][KEY_SIZE];
    const char *list[DEAD_LETTERS_MAX];
    int shard = store_shard (self->store, self->workspace);
    for (; self->n < values->n && self->n < DEAD_LETTERS_MAX; self->n++) {
        const store_value_t *value = &values->items[self->n];
        char id[DELIVERY_ID_SIZE];
        snprintf (id, sizeof id, "%.*s", (int)value->size, value->bytes);
        list[self->n] = key_delivery (keys[self->n], shard, self->workspace, id);
        self->died_at[self->n] = value->score;
    }
    store_get (self->store, list, self->n, on_records, self);
}

void dead_letters_list (store_t *store, const char *workspace, int64_t offset, dead_letters_fn *fn, void *arg)
{
    listing_t *self = xcalloc (1, sizeof *self);
    *self = (listing_t){.store = store, .offset = offset, .fn = fn, .arg = arg};
    WORD_COPY (self->workspace, workspace);
    char key[KEY_SIZE];
    key_dead (key, store_shard (store, workspace), workspace);
    store_range (store, key, 0, INT64_MAX, offset, DEAD_LETTERS_MAX, on_members, self);
}

/* ---- replay ---- */

typedef struct replay {
    store_t *store;
    int shard;
    char workspace[NAME_SIZE], id[DELIVERY_ID_SIZE], by[NAME_SIZE];
    record_head_t head;
    delivery_t delivery;
    contact_t contact; /* as the event names it */
    bool timeline;     /* the contact has one that can be written */
    replay_fn *fn;
    void *arg;
} replay_t;

static void replayed (replay_t *self, replay_outcome_t outcome)
{
    self->fn (self->arg, outcome);
    delivery_clear (&self->delivery);
    free (self);
}

static void commit_replay (replay_t *self);

static void committed (void *arg, const commit_answer_t *answer)
{
    static const replay_outcome_t outcomes[] = {[COMMIT_DONE] = REPLAY_DONE,
                                                [COMMIT_ALREADY] = REPLAY_DONE,
                                                [COMMIT_REFUSED] = REPLAY_CHANGED,
                                                [COMMIT_INVALID] = REPLAY_BROKEN,
                                                [COMMIT_AWAY] = REPLAY_AWAY};
    replay_t *self = arg;
    if (answer->outcome == COMMIT_INVALID && answer->failed_op == OP_APPEND && self->timeline) {
        self->timeline = false;
        commit_replay (self);
        return;
    }
    replayed (self, outcomes[answer->outcome]);
}

static void say (const replay_t *self, wall_ms_t now, commit_t *commit)
{
    const delivery_t *delivery = &self->delivery;
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_RETRIED,
                   .at = now,
                   .promise = delivery->promise,
                   .due = now};
    WORD_COPY (fact.by, self->by);
    WORD_COPY (fact.to, delivery->person[0] ? delivery->person : "customer");
    snprintf (fact.detail, sizeof fact.detail, "%s: a dead letter is sent again", purpose_name (delivery->purpose));
    event_put (commit, self->shard, self->workspace, &self->contact, delivery->person, &fact, self->timeline);
}

static void commit_replay (replay_t *self)
{
    delivery_t *delivery = &self->delivery;
    wall_ms_t now = store_now (self->store);
    char key[KEY_SIZE], version[24];
    snprintf (version, sizeof version, "%llu", (unsigned long long)self->head.version);
    delivery->dead = false;
    delivery->attempts = 0;
    delivery->own_id = true;
    delivery->held_until = 0;
    delivery->holds = 0;
    delivery->held_since = 0;
    delivery->due = now;
    commit_t *commit =
        delivery_rewrite (self->shard, delivery, &self->head, event_id_of ("replay", self->id, version, NULL));
    commit_unplace (commit, key_dead (key, self->shard, self->workspace), self->id);
    say (self, now, commit);
    store_commit (self->store, &commit, 0, committed, self);
}

/* On the timeline of a contact that is gone nobody would delete it again: then the event alone says it. */
static void on_contact (void *arg, const store_values_t *values)
{
    replay_t *self = arg;
    record_head_t head;
    contact_t contact;
    if (values->away) {
        replayed (self, REPLAY_AWAY);
        return;
    }
    const store_value_t *value = values->n ? &values->items[0] : NULL;
    self->timeline = value && value->bytes;
    if (self->timeline && contact_unpack (value->bytes, value->size, &head, &contact) == RECORD_OK) {
        WORD_COPY (self->contact.channel, contact.channel);
        WORD_COPY (self->contact.team, contact.team);
        WORD_COPY (self->contact.subject, contact.subject);
    }
    commit_replay (self);
}

static void look_at_contact (replay_t *self)
{
    char key[KEY_SIZE];
    WORD_COPY (self->contact.id, self->delivery.contact);
    WORD_COPY (self->contact.workspace, self->delivery.workspace);
    WORD_COPY (self->contact.trace, self->delivery.trace);
    if (!*self->contact.id) {
        commit_replay (self);
        return;
    }
    const char *keys[] = {key_contact (key, self->shard, self->workspace, self->contact.id)};
    store_get (self->store, keys, 1, on_contact, self);
}

static void loaded (void *arg, const store_values_t *values)
{
    replay_t *self = arg;
    if (values->away)
        replayed (self, REPLAY_AWAY);
    else if (!values->n || !values->items[0].bytes)
        replayed (self, REPLAY_MISSING);
    else if (delivery_unpack (values->items[0].bytes, values->items[0].size, &self->head, &self->delivery) != RECORD_OK)
        replayed (self, REPLAY_BROKEN);
    else if (!self->delivery.dead)
        replayed (self, REPLAY_NOT_DEAD);
    else
        look_at_contact (self);
}

void dead_letter_replay (store_t *store, const char *workspace, const char *id, const char *by, replay_fn *fn,
                         void *arg)
{
    replay_t *self = xcalloc (1, sizeof *self);
    *self = (replay_t){.store = store, .shard = store_shard (store, workspace), .fn = fn, .arg = arg};
    WORD_COPY (self->workspace, workspace);
    WORD_COPY (self->id, id);
    WORD_COPY (self->by, by);
    char key[KEY_SIZE];
    const char *keys[] = {key_delivery (key, self->shard, workspace, id)};
    store_get (store, keys, 1, loaded, self);
}
