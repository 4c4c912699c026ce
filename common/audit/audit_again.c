/* audit_again.c - the second look: each suspect alone.
 *
 * Hears: the record, then in one pipeline the record, all that stands about it, and the record once more. Says: findings,
 * when all three are the same bytes (a lease changes them too): what was read between belongs to that record.
 * Limits: a suspect that changes ROUNDS times while it is looked at stays unsettled.
 */
#include "audit_private.h"

#include "keys.h"
#include "record.h"
#include "xmalloc.h"

#include <stdio.h>

enum { BATCH = 32, ROUNDS = 8, PLACES_MAX = 8 };

typedef struct place {
    char person[NAME_SIZE], channel[NAME_SIZE];
    uint32_t epoch;
    answer_t *score;
} place_t;

typedef struct suspect {
    char kind, id[AUDIT_SUBJECT_SIZE], key[KEY_SIZE];
    answer_t *first, *before, *after;
    answer_t *due, *queue, *open, *dead, *timeline;
    answer_t *people[2]; /* the owner's record, and that of who is asked */
    place_t places[PLACES_MAX];
    size_t places_n;
} suspect_t;

static int by_subject (const void *a, const void *b)
{
    return strcmp (((const audit_finding_t *)a)->subject, ((const audit_finding_t *)b)->subject);
}

/* ------------------------------------------------------------- asking */

static answer_t *ask_record (reader_t *walk, const char *key)
{
    const char *keys[] = {key};
    answer_t *answer = answer_new (&walk->asker);
    store_get (walk->store, keys, 1, answer_take, answer);
    return answer;
}

static answer_t *ask_score (reader_t *walk, const char *key, const char *member)
{
    answer_t *answer = answer_new (&walk->asker);
    store_score (walk->store, key, member, answer_take, answer);
    return answer;
}

static void add_place (suspect_t *self, const char *person, const char *channel, uint32_t epoch)
{
    for (size_t i = 0; i < self->places_n; i++)
        if (self->places[i].epoch == epoch && strcmp (self->places[i].person, person) == 0 &&
            strcmp (self->places[i].channel, channel) == 0)
            return;
    if (!*person || self->places_n == PLACES_MAX)
        return;
    place_t *place = &self->places[self->places_n++];
    place->epoch = epoch;
    snprintf (place->person, NAME_SIZE, "%s", person);
    snprintf (place->channel, NAME_SIZE, "%s", channel);
}

/* The places that the walk saw, and those that the record speaks of. */
static void ask_contact (reader_t *walk, suspect_t *self)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    record_head_t head;
    contact_t contact = {.version = 0};
    const store_value_t *value = &self->first->items[0];
    size_t n;
    const index_row_t *rows = audit_index_take (&walk->own, self->id, &n);
    for (size_t i = 0; i < n; i++)
        add_place (self, rows[i].person, rows[i].channel, rows[i].epoch);
    if (value->bytes && contact_unpack (value->bytes, value->size, &head, &contact) == RECORD_OK) {
        add_place (self, contact.owner, contact.channel, contact.owner_epoch);
        add_place (self, contact.offered_to, contact.channel, contact.offer_epoch);
    }
    for (size_t i = 0; i < self->places_n; i++) {
        const place_t *place = &self->places[i];
        key_own (key, walk->shard, walk->workspace, place->person, place->epoch);
        self->places[i].score = ask_score (walk, key, own_member (member, place->channel, self->id));
    }
    self->people[0] = ask_record (walk, key_person (key, walk->shard, walk->workspace, contact.owner));
    self->people[1] = ask_record (walk, key_person (key, walk->shard, walk->workspace, contact.offered_to));
    self->queue = ask_score (walk, key_queue (key, walk->shard, walk->workspace), self->id);
    self->open = ask_score (walk, key_open (key, walk->shard, walk->workspace), self->id);
    self->timeline = answer_new (&walk->asker);
    key_timeline (key, walk->shard, walk->workspace, self->id);
    store_list (walk->store, key, 0, -1, answer_take, self->timeline);
}

static void ask (reader_t *walk, suspect_t *self)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    self->before = ask_record (walk, self->key);
    self->due =
        ask_score (walk, key_due (key, walk->shard, self->kind), member_make (member, walk->workspace, self->id));
    if (self->kind == KIND_CONTACT)
        ask_contact (walk, self);
    if (self->kind == KIND_DELIVERY)
        self->dead = ask_score (walk, key_dead (key, walk->shard, walk->workspace), self->id);
    self->after = ask_record (walk, self->key);
}

/* ------------------------------------------------------------- judging */

static bool same_record (const answer_t *a, const answer_t *b)
{
    const store_value_t *one = &a->items[0], *two = &b->items[0];
    return one->size == two->size && !one->bytes == !two->bytes &&
           (!one->bytes || memcmp (one->bytes, two->bytes, one->size) == 0);
}

static void add_score (index_t *index, const answer_t *score, const char *id)
{
    if (score && score->n == 1 && score->items[0].bytes)
        audit_index_add (index, id, strlen (id), score->items[0].score);
}

static void fill (reader_t *alone, const suspect_t *self)
{
    static const char kinds[] = {KIND_CONTACT, KIND_PERSON, KIND_DELIVERY};
    for (int i = 0; i < 3; i++)
        if (kinds[i] == self->kind)
            add_score (&alone->due[i], self->due, self->id);
    add_score (&alone->queue, self->queue, self->id);
    add_score (&alone->open, self->open, self->id);
    add_score (&alone->dead, self->dead, self->id);
    for (size_t i = 0; i < self->places_n; i++) {
        const place_t *place = &self->places[i];
        if (!place->score->items[0].bytes)
            continue;
        index_row_t *row = audit_index_add (&alone->own, self->id, strlen (self->id), 0);
        row->person = xstrdup (place->person);
        row->channel = xstrdup (place->channel);
        row->epoch = place->epoch;
    }
    for (int i = 0; i < 2; i++) {
        record_head_t head;
        person_t person;
        const store_value_t *value = self->people[i] ? &self->people[i]->items[0] : NULL;
        if (value && value->bytes && person_unpack (value->bytes, value->size, &head, &person) == RECORD_OK)
            audit_note_epoch (alone, &person);
    }
}

static void judge (const reader_t *walk, const suspect_t *self, audit_findings_t *named)
{
    audit_counts_t counts = {.contacts = 0};
    reader_t alone = {.store = walk->store,
                      .shard = walk->shard,
                      .workspace = walk->workspace,
                      .policy = walk->policy,
                      .out = named,
                      .counts = &counts};
    const store_value_t *value = &self->before->items[0];
    fill (&alone, self);
    if (!value->bytes)
        audit_left_over (&alone);
    else if (self->kind == KIND_CONTACT)
        audit_take_contact (&alone, self->id, value, self->timeline);
    else if (self->kind == KIND_PERSON)
        audit_take_person (&alone, self->id, value);
    else
        audit_take_delivery (&alone, self->id, value);
    audit_reader_clear (&alone);
}

/* -------------------------------------------------------------- rounds */

/* "contact 01KA...": the kind's letter is the first one of its word. False: it is no record that can be looked at alone. */
static bool begin (const reader_t *walk, suspect_t *self, const char *subject)
{
    const char *id = strchr (subject, ' ');
    *self = (suspect_t){.kind = *subject};
    snprintf (self->id, sizeof self->id, "%s", id ? id + 1 : "");
    if (self->kind == KIND_CONTACT)
        key_contact (self->key, walk->shard, walk->workspace, self->id);
    else if (self->kind == KIND_PERSON)
        key_person (self->key, walk->shard, walk->workspace, self->id);
    else if (self->kind == KIND_DELIVERY)
        key_delivery (self->key, walk->shard, walk->workspace, self->id);
    return *self->key != '\0';
}

static void forget (suspect_t *self)
{
    answer_t **answers[] = {&self->first, &self->before, &self->after,    &self->due,       &self->queue,
                            &self->open,  &self->dead,   &self->timeline, &self->people[0], &self->people[1]};
    enum { ANSWERS = 10 };
    for (size_t i = 0; i < ANSWERS; i++)
        answer_destroy (answers[i]);
    for (size_t i = 0; i < self->places_n; i++)
        answer_destroy (&self->places[i].score);
    self->places_n = 0;
}

/* One round for a batch. Those that stood still are judged; the others are moved to the front. False: away. */
static bool round_of (reader_t *walk, suspect_t *batch, size_t *n, audit_findings_t *named)
{
    size_t left = 0;
    for (size_t i = 0; i < *n; i++)
        batch[i].first = ask_record (walk, batch[i].key);
    if (!audit_wait (walk))
        return false;
    for (size_t i = 0; i < *n; i++)
        ask (walk, &batch[i]);
    if (!audit_wait (walk))
        return false;
    for (size_t i = 0; i < *n; i++) {
        suspect_t *self = &batch[i];
        bool still = same_record (self->first, self->before) && same_record (self->before, self->after);
        if (still)
            judge (walk, self, named);
        forget (self);
        if (!still && left++ != i)
            batch[left - 1] = *self;
    }
    *n = left;
    return true;
}

bool audit_again (reader_t *walk, audit_findings_t *suspects, audit_findings_t *named, size_t *unsettled)
{
    suspect_t *batch = xcalloc (BATCH, sizeof *batch);
    bool going = true;
    qsort (suspects->items, suspects->n, sizeof *suspects->items, by_subject);
    for (size_t at = 0; going && at < suspects->n;) {
        size_t n = 0;
        for (; at < suspects->n && n < BATCH; at++) {
            const char *subject = suspects->items[at].subject;
            if (at > 0 && strcmp (subject, suspects->items[at - 1].subject) == 0)
                continue;
            if (begin (walk, &batch[n], subject))
                n++;
            else
                audit_add (named, suspects->items[at].fault, "workspace", walk->workspace, 0, "%s",
                           suspects->items[at].detail);
        }
        for (int round = 0; going && n > 0 && round < ROUNDS; round++)
            going = round_of (walk, batch, &n, named);
        *unsettled += n;
    }
    free (batch);
    return going;
}
