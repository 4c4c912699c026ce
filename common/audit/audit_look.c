/* audit_look.c - a batch of records, and what stands about each, read so that it belongs together.
 *
 * Hears: the records in one read; then in one pipeline all that stands about them (timers, places, timelines, who
 * holds them), and of who has left them, how much is still to be moved; then the records once more. Says: looks, for
 * audit_verdict.c. Between two reads that gave the same bytes nothing was committed, and a lease changes them too.
 * Limits: a timeline is read TIMELINE_PAGE entries at a time, and counted as it comes. */
#include "audit_private.h"

#include "scratch.h"
#include "xmalloc.h"

#include <stdio.h>

/* ------------------------------------------------------------------ the batch */

static const char *record_key (char key[KEY_SIZE], const subject_t *subject)
{
    switch (subject->kind) {
    case KIND_CONTACT:
        return key_contact (key, subject->shard, subject->workspace, subject->id);
    case KIND_PERSON:
        return key_person (key, subject->shard, subject->workspace, subject->id);
    case KIND_DELIVERY:
        return key_delivery (key, subject->shard, subject->workspace, subject->id);
    case KIND_CUSTOMER:
        return key_customer (key, subject->shard, subject->workspace, subject->id);
    case KIND_IDENTITY:
        return key_identity (key, subject->shard, subject->workspace, subject->id);
    case KIND_ONCE:
        return key_idempotency (key, subject->shard, subject->workspace, subject->id);
    case KIND_THREAD:
        return key_thread_hashed (key, subject->shard, subject->workspace, subject->id);
    case KIND_SENT:
        return key_sent_hashed (key, subject->shard, subject->workspace, subject->id);
    case KIND_TOKEN:
        return key_token (key, subject->id);
    case KIND_FORMER:
        return key_policy_version (key, subject->shard, subject->workspace, (uint32_t)strtoul (subject->id, NULL, 10));
    case KIND_HOLD:
        return key_hold (key, subject->shard, subject->workspace);
    case KIND_WHOSE:
        return key_archive_whose (key, subject->shard, subject->workspace, subject->id);
    default:
        return key_workspace (key, subject->shard, subject->workspace);
    }
}

void looks_clear (audit_round_t *self)
{
    for (size_t i = 0; i < self->looks_n; i++) {
        free (self->looks[i].bytes);
        free (self->looks[i].customer);
    }
    self->looks_n = self->people_n = self->drains_n = 0;
}

_Static_assert((int)BATCH_PACED *PRESENCE_SHARE <= (int)BATCH_MAX, "a batch has room");

/* The next ones of one workspace. They stay in the list until they are judged: a step may be taken again. */
static void take_batch (audit_round_t *self, size_t share)
{
    const subjects_t *list = self->batch_of;
    size_t most = self->order.rate > 0 ? BATCH_PACED * share : BATCH_MAX;
    looks_clear (self);
    for (size_t at = list->at; at < list->n && self->looks_n < most; at++) {
        const subject_t *subject = &list->items[at];
        if (strcmp (subject->workspace, list->items[list->at].workspace) != 0)
            break;
        look_t *look = &self->looks[self->looks_n++];
        *look = (look_t){.round = self, .subject = *subject};
        record_key (look->key, subject);
    }
}

static void ask_records (audit_round_t *self, store_values_fn *fn)
{
    const char *keys[BATCH_MAX];
    for (size_t i = 0; i < self->looks_n; i++)
        keys[i] = self->looks[i].key;
    self->open++;
    store_get (self->order.store, keys, self->looks_n, fn, self);
}

static void on_first (void *arg, const store_values_t *values)
{
    audit_round_t *self = arg;
    for (size_t i = 0; i < values->n && i < self->looks_n; i++) {
        const store_value_t *value = &values->items[i];
        look_t *look = &self->looks[i];
        look->size = value->size;
        look->bytes = value->bytes ? xmemdup (value->bytes, value->size) : NULL;
        if (look->bytes && look->subject.kind == KIND_CONTACT)
            look->fault = contact_unpack (look->bytes, look->size, &look->head, &look->contact);
    }
    round_answered (self, values);
}

static void on_last (void *arg, const store_values_t *values)
{
    audit_round_t *self = arg;
    for (size_t i = 0; i < values->n && i < self->looks_n; i++) {
        const store_value_t *value = &values->items[i];
        look_t *look = &self->looks[i];
        look->same = !value->bytes == !look->bytes && value->size == look->size &&
                     (!value->bytes || memcmp (value->bytes, look->bytes, look->size) == 0);
    }
    round_answered (self, values);
}

/* ----------------------------------------------------------- what stands about it */

static void on_slot (void *arg, const store_values_t *values)
{
    slot_t *slot = arg;
    slot->found = values->n == 1 && values->items[0].bytes;
    slot->score = slot->found ? values->items[0].score : 0;
    round_answered (slot->round, values);
}

static void ask_slot (look_t *look, slot_t *slot, const char *key, const char *member)
{
    slot->round = look->round;
    look->round->open++;
    store_score (look->round->order.store, key, member, on_slot, slot);
}

static void add_place (look_t *look, const char *person, const char *channel, uint32_t epoch)
{
    for (size_t i = 0; i < look->places_n; i++)
        if (look->places[i].epoch == epoch && strcmp (look->places[i].person, person) == 0 &&
            strcmp (look->places[i].channel, channel) == 0)
            return;
    if (!*person || look->places_n == PLACES_MAX)
        return;
    place_t *place = &look->places[look->places_n++];
    place->epoch = epoch;
    snprintf (place->person, NAME_SIZE, "%s", person);
    snprintf (place->channel, NAME_SIZE, "%s", channel);
}

static void add_person (audit_round_t *self, const char *person)
{
    for (size_t i = 0; i < self->people_n; i++)
        if (strcmp (self->people[i].person, person) == 0)
            return;
    if (!*person || self->people_n == 2 * BATCH_MAX)
        return;
    person_epoch_t *one = &self->people[self->people_n++];
    *one = (person_epoch_t){.epoch = 0};
    snprintf (one->person, NAME_SIZE, "%s", person);
}

static void on_timeline (void *arg, const store_values_t *values)
{
    look_t *look = arg;
    look->timeline_wrong = look->timeline_wrong || values->wrong_type;
    for (size_t i = 0; i < values->n; i++) {
        const store_value_t *value = &values->items[i];
        scratch_t scratch;
        scratch_open (&scratch);
        const Buckstop__V1__Event *event =
            buckstop__v1__event__unpack (&scratch.allocator, value->size, (const uint8_t *)value->bytes);
        look->entries_bad += !event;
        if (event)
            audit_tally_event (&look->tally, event);
        scratch_close (&scratch);
    }
    look->entries += values->n;
    look->entries_more = values->n == TIMELINE_PAGE;
    round_answered (look->round, values);
}

static void ask_timeline (look_t *look)
{
    char key[KEY_SIZE];
    int64_t from = (int64_t)look->entries;
    key_timeline (key, look->subject.shard, look->subject.workspace, look->subject.id);
    look->round->open++;
    store_list (look->round->order.store, key, from, from + TIMELINE_PAGE - 1, on_timeline, look);
}

/* The places that a set spoke of, and those that the record speaks of. */
static void ask_contact (look_t *look)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    const subject_t *subject = &look->subject;
    const contact_t *contact = &look->contact;
    add_place (look, subject->place.person, subject->place.channel, subject->place.epoch);
    if (look->bytes && look->fault == RECORD_OK) {
        add_place (look, contact->owner, contact->channel, contact->owner_epoch);
        add_place (look, contact->offered_to, contact->channel, contact->offer_epoch);
        add_person (look->round, contact->owner);
        add_person (look->round, contact->offered_to);
    }
    for (size_t i = 0; i < look->places_n; i++) {
        const place_t *place = &look->places[i];
        key_own (key, subject->shard, subject->workspace, place->person, place->epoch);
        ask_slot (look, &look->places_held[i], key, own_member (member, place->channel, subject->id));
    }
    if (*subject->customer)
        ask_slot (look, &look->listed,
                  key_customer_contacts (key, subject->shard, subject->workspace, subject->customer), subject->id);
    ask_slot (look, &look->queue, key_queue (key, subject->shard, subject->workspace), subject->id);
    ask_slot (look, &look->open, key_open (key, subject->shard, subject->workspace), subject->id);
    ask_timeline (look);
}

static void on_no_record (void *arg, const store_values_t *values)
{
    look_t *look = arg;
    look->no_record = values->wrong_type || values->n > 0;
    round_answered (look->round, values);
}

static void ask_about (look_t *look)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    const subject_t *subject = &look->subject;
    if (!look->bytes) { /* absent, or of another type: any list command tells */
        look->round->open++;
        store_list (look->round->order.store, look->key, 0, 0, on_no_record, look);
    }
    if (subject->kind == KIND_CUSTOMER || subject->kind == KIND_IDENTITY)
        customer_ask (look);
    if (subject->kind == KIND_WORKSPACE || subject->kind == KIND_CUSTOMER || value_name (subject->kind))
        return;
    ask_slot (look, &look->due, key_due (key, subject->shard, subject->kind),
              member_make (member, subject->workspace, subject->id));
    if (subject->kind == KIND_CONTACT)
        ask_contact (look);
    if (subject->kind == KIND_DELIVERY)
        ask_slot (look, &look->dead, key_dead (key, subject->shard, subject->workspace), subject->id);
}

static void on_people (void *arg, const store_values_t *values)
{
    audit_round_t *self = arg;
    for (size_t i = 0; i < values->n && i < self->people_n; i++) {
        record_head_t head;
        person_t person;
        const store_value_t *value = &values->items[i];
        if (value->bytes && person_unpack (value->bytes, value->size, &head, &person) == RECORD_OK)
            self->people[i].epoch = person.epoch, self->people[i].drained_epoch = person.drained_epoch;
    }
    round_answered (self, values);
}

static void ask_people (audit_round_t *self)
{
    char keys[2 * BATCH_MAX][KEY_SIZE];
    const char *list[2 * BATCH_MAX];
    const subject_t *subject = &self->looks[0].subject;
    for (size_t i = 0; i < self->people_n; i++)
        list[i] = key_person (keys[i], subject->shard, subject->workspace, self->people[i].person);
    if (self->people_n == 0)
        return;
    self->open++;
    store_get (self->order.store, list, self->people_n, on_people, self);
}

/* ----------------------------------------------------------- what is being moved on */

const drain_t *look_drain (const audit_round_t *self, const char *person, uint32_t epoch)
{
    for (size_t i = 0; i < self->drains_n; i++)
        if (self->drains[i].epoch == epoch && strcmp (self->drains[i].person, person) == 0)
            return &self->drains[i];
    return NULL;
}

static bool is_to_drain (const audit_round_t *self, const char *person, uint32_t epoch)
{
    for (size_t i = 0; i < self->people_n; i++)
        if (strcmp (self->people[i].person, person) == 0)
            return epoch < self->people[i].epoch && epoch >= self->people[i].drained_epoch;
    return false;
}

static void on_left (void *arg, const store_values_t *values)
{
    drain_t *drain = arg;
    drain->left = values->n == 1 ? (uint64_t)values->items[0].score : 0;
    round_answered (drain->round, values);
}

static void ask_drain (const look_t *look, const char *person, uint32_t epoch)
{
    char key[KEY_SIZE];
    audit_round_t *self = look->round;
    if (!is_to_drain (self, person, epoch) || look_drain (self, person, epoch) || self->drains_n == 2 * BATCH_MAX)
        return;
    drain_t *drain = &self->drains[self->drains_n++];
    *drain = (drain_t){.round = self, .epoch = epoch};
    snprintf (drain->person, NAME_SIZE, "%s", person);
    self->open++;
    key_own (key, look->subject.shard, look->subject.workspace, person, epoch);
    store_count_lex (self->order.store, key, "", on_left, drain);
}

/* ---------------------------------------------------------------------- steps */

static void ask_last (audit_round_t *self)
{
    round_more (self, verdict_whole);
    ask_records (self, on_last);
    round_asked (self);
}

static void ask_drains (audit_round_t *self)
{
    round_more (self, ask_last);
    for (size_t i = 0; i < self->looks_n; i++) {
        const look_t *look = &self->looks[i];
        if (look->subject.kind != KIND_CONTACT || !look->bytes || look->fault != RECORD_OK)
            continue;
        ask_drain (look, look->contact.owner, look->contact.owner_epoch);
        ask_drain (look, look->contact.offered_to, look->contact.offer_epoch);
    }
    round_asked (self);
}

/* Long timelines, until each was read to its end. */
static void ask_longer (audit_round_t *self)
{
    bool more = false;
    for (size_t i = 0; i < self->looks_n; i++)
        more = more || self->looks[i].entries_more;
    if (!more) {
        ask_drains (self);
        return;
    }
    round_more (self, ask_longer);
    for (size_t i = 0; i < self->looks_n; i++)
        if (self->looks[i].entries_more)
            ask_timeline (&self->looks[i]);
    round_asked (self);
}

static void ask_all (audit_round_t *self)
{
    round_more (self, ask_longer);
    for (size_t i = 0; i < self->looks_n; i++)
        ask_about (&self->looks[i]);
    ask_people (self);
    round_asked (self);
}

void look_whole (audit_round_t *self)
{
    take_batch (self, 1);
    round_ask (self, look_whole, ask_all);
    ask_records (self, on_first);
    round_asked (self);
}

void look_presence (audit_round_t *self)
{
    take_batch (self, PRESENCE_SHARE);
    round_ask (self, look_presence, verdict_presence);
    ask_records (self, on_first);
    round_asked (self);
}
