/* audit_read.c - one walk over all that the store holds of a workspace.
 *
 * Hears: every record (a walk over keys, not an index), and every set. Says: suspects (audit_judge.c judges). Sets are
 * read first; what no record answers for at the end stands there without a reason.
 * Limits: the sets of one workspace are held in memory, some 100 bytes a contact; records are read PAGE at a time.
 */
#include "audit_private.h"

#include "ids.h"
#include "keys.h"
#include "record.h"
#include "xmalloc.h"

#include <stdio.h>

enum { LOOK_AGAIN_MS = 2000 };

static void on_answered (void *arg)
{
    const reader_t *self = arg;
    loop_stop (self->way->loop);
}

bool audit_wait (reader_t *self)
{
    while (self->asker.open > 0)
        if (!self->way->run (self->way->arg))
            return false;
    return !self->asker.away;
}

static answer_t *read_records (reader_t *self, const store_value_t *keys, size_t n)
{
    const char *names[AUDIT_PAGE];
    for (size_t i = 0; i < n; i++)
        names[i] = keys[i].bytes;
    answer_t *records = answer_new (&self->asker);
    store_get (self->store, names, n, answer_take, records);
    if (audit_wait (self))
        return records;
    if (self->asker.open == 0)
        answer_destroy (&records);
    return NULL;
}

static const char *last_part (const store_value_t *key)
{
    const char *colon = strrchr (key->bytes, ':');
    return colon ? colon + 1 : key->bytes;
}

/* A record that can't be read still answers for what stands about it. */
static void unreadable (reader_t *self, const char *kind, index_t *timers, const char *id, record_fault_t fault)
{
    size_t n;
    audit_index_take (timers, id, &n);
    audit_index_take (&self->queue, id, &n);
    audit_index_take (&self->open, id, &n);
    audit_index_take (&self->own, id, &n);
    audit_index_take (&self->dead, id, &n);
    if (fault != RECORD_NEWER)
        audit_add (self->out, AUDIT_UNREADABLE, kind, id, 0, "fault %d", (int)fault);
}

static audit_timer_t timer_of (index_t *timers, const char *id, unsigned attempts)
{
    size_t n;
    const index_row_t *row = audit_index_take (timers, id, &n);
    return (audit_timer_t){.armed = row != NULL, .at = row ? row->score : 0, .attempts = attempts};
}

/* -------------------------------------------------------------- people */

void audit_note_epoch (reader_t *self, const person_t *person)
{
    self->epochs = xrealloc (self->epochs, (self->epochs_n + 1) * sizeof *self->epochs);
    snprintf (self->epochs[self->epochs_n].person, NAME_SIZE, "%s", person->name);
    self->epochs[self->epochs_n++].epoch = person->epoch;
}

void audit_take_person (reader_t *self, const char *id, const store_value_t *value)
{
    record_head_t head;
    person_t person;
    record_fault_t fault = person_unpack (value->bytes, value->size, &head, &person);
    if (fault) {
        unreadable (self, "person", &self->due[DUE_PEOPLE], id, fault);
        return;
    }
    audit_note_epoch (self, &person);
    self->counts->people++;
    audit_timer_t timer = timer_of (&self->due[DUE_PEOPLE], person.name, head.attempts);
    audit_person (&person, &timer, store_now (self->store), self->out);
}

static bool read_people (reader_t *self, const store_value_t *keys, size_t n)
{
    answer_t *records = read_records (self, keys, n);
    for (size_t i = 0; records && i < records->n; i++)
        if (records->items[i].bytes)
            audit_take_person (self, last_part (&keys[i]), &records->items[i]);
    bool going = records != NULL;
    answer_destroy (&records);
    return going;
}

static uint32_t epoch_of (const reader_t *self, const char *person)
{
    for (size_t i = 0; i < self->epochs_n; i++)
        if (strcmp (self->epochs[i].person, person) == 0)
            return self->epochs[i].epoch;
    return 0;
}

/* ------------------------------------------------------------ contacts */

static void tally (const answer_t *timeline, audit_tally_t *out)
{
    for (size_t i = 0; i < timeline->n; i++) {
        Buckstop__V1__Event *event =
            buckstop__v1__event__unpack (NULL, timeline->items[i].size, (const uint8_t *)timeline->items[i].bytes);
        if (!event)
            continue;
        audit_tally_event (out, event);
        buckstop__v1__event__free_unpacked (event, NULL);
    }
}

static void judge_contact (reader_t *self, const contact_t *contact, unsigned attempts, const answer_t *timeline)
{
    enum { PLACES_MAX = 16 };
    audit_place_t places[PLACES_MAX];
    audit_tally_t counted = {{0}};
    size_t n, held;
    tally (timeline, &counted);
    const index_row_t *queued = audit_index_take (&self->queue, contact->id, &n);
    bool open = audit_index_take (&self->open, contact->id, &n) != NULL;
    const index_row_t *own = audit_index_take (&self->own, contact->id, &held);
    held = held > PLACES_MAX ? PLACES_MAX : held;
    for (size_t i = 0; i < held; i++)
        places[i] = (audit_place_t){own[i].person, own[i].channel, own[i].epoch};
    const audit_contact_t in = {.contact = contact,
                                .policy = self->policy,
                                .now = store_now (self->store),
                                .timer = timer_of (&self->due[DUE_CONTACTS], contact->id, attempts),
                                .queued = queued != NULL,
                                .queue_score = queued ? queued->score : 0,
                                .open = open,
                                .places = places,
                                .places_n = held,
                                .tally = timeline->n > 0 ? &counted : NULL,
                                .owner_epoch = epoch_of (self, contact->owner),
                                .offered_epoch = epoch_of (self, contact->offered_to)};
    audit_contact (&in, self->out);
    self->counts->contacts++;
    self->counts->resolved += contact->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED;
    self->counts->closed += contact->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED;
    self->counts->promises += contact->opened;
}

void audit_take_contact (reader_t *self, const char *id, const store_value_t *value, const answer_t *timeline)
{
    record_head_t head;
    contact_t contact;
    record_fault_t fault = contact_unpack (value->bytes, value->size, &head, &contact);
    if (fault)
        unreadable (self, "contact", &self->due[DUE_CONTACTS], id, fault);
    else
        judge_contact (self, &contact, head.attempts, timeline);
}

/* The timelines of a page are asked for at once. A timeline is read after its record: it may be ahead of it, which the
 * second look at a suspect settles. */
static bool read_contacts (reader_t *self, const store_value_t *keys, size_t n)
{
    answer_t *timelines[AUDIT_PAGE];
    char key[KEY_SIZE];
    answer_t *records = read_records (self, keys, n);
    if (!records)
        return false;
    for (size_t i = 0; i < n; i++) {
        timelines[i] = answer_new (&self->asker);
        key_timeline (key, self->shard, self->workspace, last_part (&keys[i]));
        store_list (self->store, key, 0, -1, answer_take, timelines[i]);
    }
    bool going = audit_wait (self);
    for (size_t i = 0; going && i < n && i < records->n; i++)
        if (records->items[i].bytes)
            audit_take_contact (self, last_part (&keys[i]), &records->items[i], timelines[i]);
    for (size_t i = 0; self->asker.open == 0 && i < n; i++)
        answer_destroy (&timelines[i]);
    answer_destroy (&records);
    return going;
}

/* ---------------------------------------------------------- deliveries */

void audit_take_delivery (reader_t *self, const char *id, const store_value_t *value)
{
    record_head_t head;
    delivery_t delivery = {.version = 0};
    size_t listed;
    record_fault_t fault = delivery_unpack (value->bytes, value->size, &head, &delivery);
    if (fault) {
        unreadable (self, "delivery", &self->due[DUE_DELIVERIES], id, fault);
        return;
    }
    self->counts->deliveries++;
    self->counts->dead += delivery.dead;
    audit_timer_t timer = timer_of (&self->due[DUE_DELIVERIES], delivery.id, head.attempts);
    audit_index_take (&self->dead, delivery.id, &listed);
    audit_delivery (&delivery, &timer, listed > 0, store_now (self->store), self->out);
    delivery_clear (&delivery);
}

static bool read_deliveries (reader_t *self, const store_value_t *keys, size_t n)
{
    answer_t *records = read_records (self, keys, n);
    for (size_t i = 0; records && i < records->n; i++)
        if (records->items[i].bytes)
            audit_take_delivery (self, last_part (&keys[i]), &records->items[i]);
    bool going = records != NULL;
    answer_destroy (&records);
    return going;
}

/* --------------------------------------------------------------- whole */

static bool read_policy (reader_t *self)
{
    char key[KEY_SIZE];
    record_head_t head;
    workspace_record_t record;
    char *text = NULL;
    const store_value_t name = {.bytes = key_workspace (key, self->shard, self->workspace)};
    answer_t *records = read_records (self, &name, 1);
    if (!records)
        return false;
    if (records->items[0].bytes &&
        workspace_unpack (records->items[0].bytes, records->items[0].size, &head, &record, &text) == RECORD_OK) {
        policy_errors_t errors = {0};
        policy_destroy (&self->policy);
        self->policy = policy_parse (text, strlen (text), &errors);
        policy_errors_clear (&errors);
        if (self->policy)
            policy_stamp (self->policy, record.policy_version, record.link_key);
    } else
        audit_add (self->out, AUDIT_UNREADABLE, "workspace", self->workspace, 0, "no policy can be read");
    free (text);
    answer_destroy (&records);
    return true;
}

static bool walk_records (reader_t *self)
{
    char key[KEY_SIZE];
    key_person (key, self->shard, self->workspace, "*");
    if (!audit_walk (self, key, read_people))
        return false;
    key_contact (key, self->shard, self->workspace, "*");
    if (!audit_walk (self, key, read_contacts))
        return false;
    key_delivery (key, self->shard, self->workspace, "*");
    return audit_walk (self, key, read_deliveries);
}

void audit_left_over (reader_t *self)
{
    const struct {
        index_t *index;
        audit_fault_t fault;
        const char *kind, *words;
    } rows[] = {
        {&self->due[DUE_CONTACTS], AUDIT_STRAY_TIMER, "contact", "armed, and there is no record"},
        {&self->due[DUE_PEOPLE], AUDIT_STRAY_TIMER, "person", "armed, and there is no record"},
        {&self->due[DUE_DELIVERIES], AUDIT_STRAY_TIMER, "delivery", "armed, and there is no record"},
        {&self->queue, AUDIT_STALE_PLACE, "contact", "in the queue, and there is no record"},
        {&self->open, AUDIT_STALE_PLACE, "contact", "among the open ones, and there is no record"},
        {&self->own, AUDIT_STALE_PLACE, "contact", "somebody's load counts it, and there is no record"},
        {&self->dead, AUDIT_STALE_PLACE, "delivery", "among the dead letters, and there is no record"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t k = 0; k < rows[i].index->n; k++)
            if (!rows[i].index->rows[k].used)
                audit_add (self->out, rows[i].fault, rows[i].kind, rows[i].index->rows[k].member, 0, "%s",
                           rows[i].words);
}

void audit_reader_clear (reader_t *self)
{
    for (int i = 0; i < 3; i++)
        audit_index_clear (&self->due[i]);
    audit_index_clear (&self->queue);
    audit_index_clear (&self->open);
    audit_index_clear (&self->own);
    audit_index_clear (&self->dead);
    free (self->epochs);
    self->epochs = NULL;
    self->epochs_n = 0;
}

static void on_waited (void *arg)
{
    const audit_way_t *way = arg;
    loop_stop (way->loop);
}

/* What is under way (somebody went, and what they held is being moved) gets time to end. */
static bool wait_a_moment (const audit_way_t *way)
{
    (void)loop_at (way->loop, loop_now (way->loop) + LOOK_AGAIN_MS, on_waited, (void *)way);
    return way->run (way->arg);
}

bool audit_read (const audit_way_t *way, const char *workspace, audit_findings_t *named, audit_counts_t *counts,
                 size_t *unsettled)
{
    audit_findings_t suspects = {.items = NULL};
    reader_t self = {.way = way,
                     .asker = {.ended = on_answered},
                     .store = way->store,
                     .shard = store_shard (way->store, workspace),
                     .workspace = workspace,
                     .out = &suspects,
                     .counts = counts};
    self.asker.arg = &self;
    bool whole = read_policy (&self) && audit_read_sets (&self) && walk_records (&self);
    if (whole)
        audit_left_over (&self);
    if (whole && suspects.n > 0)
        whole = wait_a_moment (way) && read_policy (&self) && audit_again (&self, &suspects, named, unsettled);
    audit_reader_clear (&self);
    policy_destroy (&self.policy);
    audit_clear (&suspects);
    return whole;
}
