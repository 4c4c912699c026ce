/* people.c - a person's timer is due: presence has ended, or what they held in older epochs is still to be
 * returned. One commit on the person's record begins the epoch; then each contact is returned by one
 * commit of its own, oldest deadline first. Until then the duty lead is accountable for it. */
#include "escalation_private.h"

#include "guard.h"
#include "log.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

#define DRAIN_AGAIN_MS (10 * MS_PER_SECOND) /* what could not be returned is tried again after it */
enum { DRAIN_MAX = 512 };                   /* contacts of one pass; the next pass takes the rest */

typedef struct held {
    char contact[ID_SIZE];
    char member[MEMBER_SIZE];
    wall_ms_t score;
    uint64_t version;
    uint8_t *record;
    size_t record_size;
} held_t;

typedef struct drain {
    lookout_t *lookout;
    record_head_t head;
    person_t person, before; /* before: as leased */
    uint32_t epoch;          /* the one that is being drained */
    held_t held[DRAIN_MAX];
    size_t n, open;
    bool left;     /* something of this epoch could not be returned now */
    bool left_any; /* of any epoch: the timer must bring it back */
} drain_t;

static service_t *service_of (const drain_t *self)
{
    return self->lookout->self->service;
}

static void drain_destroy (drain_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        free (self->held[i].record);
    lookout_done (self->lookout);
    free (self);
}

static event_id_t id_of (const drain_t *self, const char *what)
{
    char epoch[16], version[24];
    snprintf (epoch, sizeof (epoch), "%u", self->person.epoch);
    snprintf (version, sizeof (version), "%llu", (unsigned long long)self->head.version);
    return event_id_of (what, self->person.workspace, self->person.name, epoch, version, NULL);
}

static void look_again (drain_t *self, wall_ms_t at);

/* ---- the end: nothing of older epochs is left ---- */

static void on_ended (void *arg, const commit_answer_t *answer)
{
    drain_t *self = arg;
    if (answer->outcome == COMMIT_DONE)
        log_fact (LOG_NOTICE_, self->person.name, "drained", NULL);
    if (answer->outcome != COMMIT_INVALID) {
        drain_destroy (self);
        return;
    }
    aside_add_key (self->lookout->self->aside, self->person.workspace, answer);
    look_again (self, store_now (service_of (self)->store) + DRAIN_AGAIN_MS);
}

static person_outcome_t apply (const drain_t *self, person_event_t event, wall_ms_t now, person_t *after);

static void end_drain (drain_t *self)
{
    int shard = self->lookout->shard;
    service_t *service = service_of (self);
    person_t after;
    wall_ms_t now = store_now (service->store);
    if (apply (self, PERSON_DRAINED, now, &after) != PERSON_CHANGED) {
        drain_destroy (self);
        return;
    }
    commit_t *commit =
        plan_person (shard, &self->head, &after, id_of (self, "drained"), true,
                     BUCKSTOP__V1__FACT_KIND__FACT_KIND_DRAINED, "all that was held is with others", now);
    store_commit (service->store, &commit, 0, on_ended, self);
}

/* ---- not now: the timer is armed anew, and attempts are forgotten ---- */

static void on_put_off (void *arg, const commit_answer_t *answer)
{
    (void)answer; /* refused: somebody committed meanwhile, and armed it */
    drain_destroy (arg);
}

static wall_ms_t drain_again_at (const drain_t *self)
{
    wall_ms_t at = store_now (service_of (self)->store) + DRAIN_AGAIN_MS;
    return self->person.present && self->person.present_until < at ? self->person.present_until : at;
}

/* The record as it is, its timer at `at` (0: none). */
static void look_again (drain_t *self, wall_ms_t at)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    int shard = self->lookout->shard;
    commit_t *commit = plan_person (shard, &self->head, &self->person, id_of (self, "again"), false,
                                    BUCKSTOP__V1__FACT_KIND__FACT_KIND_UNSPECIFIED, "", 0);
    key_due (key, shard, KIND_PERSON);
    member_make (member, self->person.workspace, self->person.name);
    if (at)
        commit_place (commit, key, at, member);
    else
        commit_unplace (commit, key, member);
    store_commit (service_of (self)->store, &commit, 0, on_put_off, self);
}

/* ---- one epoch: what is held, oldest deadline first ---- */

static void drain_epoch (drain_t *self);

/* An epoch from which something could not be returned does not hold up the next. */
static void pass_is_over (drain_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        free (self->held[i].record);
    if (self->n == 0 || self->left)
        self->epoch++;
    self->left_any |= self->left;
    self->left = false;
    self->n = 0;
    if (self->lookout->self->draining)
        drain_destroy (self);
    else if (self->epoch < self->person.epoch)
        drain_epoch (self);
    else if (self->left_any)
        look_again (self, drain_again_at (self));
    else
        end_drain (self);
}

static void one_less (drain_t *self)
{
    if (--self->open == 0)
        pass_is_over (self);
}

static void on_unplaced (void *arg, const commit_answer_t *answer)
{
    drain_t *self = arg;
    self->left |= answer->outcome != COMMIT_DONE && answer->outcome != COMMIT_ALREADY;
    one_less (self);
}

typedef struct returning {
    drain_t *drain;
    size_t index;
} returning_t;

/* It is with somebody else already: only the place is left over. Checked by the contact's version. */
static void unplace (drain_t *self, const held_t *held, uint64_t version)
{
    char key[KEY_SIZE];
    int shard = self->lookout->shard;
    commit_t *commit = commit_new (shard);
    commit_expect_record (commit, key_contact (key, shard, self->person.workspace, held->contact), version,
                          event_id_of ("unplace", held->contact, held->member, NULL));
    commit_unplace (commit, key_own (key, shard, self->person.workspace, self->person.name, self->epoch), held->member);
    store_commit (service_of (self)->store, &commit, 0, on_unplaced, self);
}

/* By the record as it is stored: what is due may take it from them, and is not committed yet. */
static bool still_holds (const drain_t *self, const contact_t *contact)
{
    bool owned = contact->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED ||
                 contact->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_WAITING;
    bool owns = owned && word_same (contact->owner, self->person.name) && contact->owner_epoch == self->epoch;
    bool asked = word_same (contact->offered_to, self->person.name) && contact->offer_epoch == self->epoch;
    return owns || asked;
}

static void on_returned (void *arg, const work_result_t *result)
{
    returning_t *returning = arg;
    drain_t *self = returning->drain;
    const held_t *held = &self->held[returning->index];
    free (returning);
    if (result->outcome == WORK_REFUSED && result->contact && !still_holds (self, result->contact)) {
        unplace (self, held, result->contact->version);
        return;
    }
    if (result->outcome == WORK_MISSING) {
        unplace (self, held, 0);
        return;
    }
    self->left |= result->outcome != WORK_DONE;
    one_less (self);
}

static void return_one (drain_t *self, size_t index)
{
    const held_t *held = &self->held[index];
    returning_t *returning = xmalloc (sizeof (*returning));
    char epoch[16];
    *returning = (returning_t){self, index};
    snprintf (epoch, sizeof (epoch), "%u", self->epoch);
    contact_event_t event = {.kind = EVENT_OWNER_LOST,
                             .person = self->person.name,
                             .epoch = self->person.epoch,
                             .id = event_id_of ("lost", held->contact, self->person.name, epoch, NULL)};
    work_begin (&(work_order_t){.service = service_of (self),
                                .workspace = self->person.workspace,
                                .contact = held->contact,
                                .event = event,
                                .record = held->record,
                                .record_size = held->record_size,
                                .done = on_returned,
                                .arg = returning});
}

static int by_deadline (const void *a, const void *b)
{
    const held_t *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? -1 : 1;
    return strcmp (x->contact, y->contact);
}

static void on_loaded (void *arg, const store_values_t *values)
{
    drain_t *self = arg;
    if (values->away || values->n != self->n) {
        self->n = 0;
        drain_destroy (self);
        return;
    }
    for (size_t i = 0; i < self->n; i++) {
        record_head_t head;
        contact_t contact;
        held_t *held = &self->held[i];
        held->score = TIME_NEVER;
        if (!values->items[i].bytes ||
            contact_unpack (values->items[i].bytes, values->items[i].size, &head, &contact) != RECORD_OK)
            continue;
        held->record = xmemdup (values->items[i].bytes, values->items[i].size);
        held->record_size = values->items[i].size;
        held->score = contact_queue_score (&contact);
    }
    qsort (self->held, self->n, sizeof (self->held[0]), by_deadline);
    self->open = self->n;
    size_t n = self->n; /* the last one may end the pass */
    for (size_t i = 0; i < n; i++)
        return_one (self, i);
}

static void load_held (drain_t *self)
{
    static char keys[DRAIN_MAX][KEY_SIZE];
    const char *list[DRAIN_MAX];
    for (size_t i = 0; i < self->n; i++)
        list[i] = key_contact (keys[i], self->lookout->shard, self->person.workspace, self->held[i].contact);
    store_get (service_of (self)->store, list, self->n, on_loaded, self);
}

/* What they hold can't be told: said, and tried again; an epoch that can't be read does not hold up the next. */
static void held_unreadable (drain_t *self)
{
    char key[KEY_SIZE];
    key_own (key, self->lookout->shard, self->person.workspace, self->person.name, self->epoch);
    aside_add (self->lookout->self->aside,
               &(aside_subject_t){KIND_SHARED, self->person.workspace, key, "what somebody holds can't be read"});
    self->left = true;
    pass_is_over (self);
}

static void on_held (void *arg, const store_values_t *values)
{
    drain_t *self = arg;
    if (values->away) {
        drain_destroy (self);
        return;
    }
    if (values->wrong_type) {
        held_unreadable (self);
        return;
    }
    for (size_t i = 0; i < values->n && self->n < DRAIN_MAX; i++) {
        held_t *held = &self->held[self->n];
        memset (held, 0, sizeof (*held));
        snprintf (held->member, sizeof (held->member), "%.*s", (int)values->items[i].size, values->items[i].bytes);
        const char *slash = strrchr (held->member, '/');
        WORD_COPY (held->contact, slash ? slash + 1 : held->member);
        self->n++;
    }
    if (self->n == 0)
        pass_is_over (self);
    else
        load_held (self);
}

static void drain_epoch (drain_t *self)
{
    char key[KEY_SIZE];
    key_own (key, self->lookout->shard, self->person.workspace, self->person.name, self->epoch);
    store_range_lex (service_of (self)->store, key, "", DRAIN_MAX, on_held, self);
}

/* ---- the beginning: presence that ran out begins a new epoch ---- */

static void on_epoch (void *arg, const commit_answer_t *answer)
{
    drain_t *self = arg;
    if (answer->outcome == COMMIT_INVALID) { /* another key is bad: not the person's fault */
        aside_add_key (self->lookout->self->aside, self->person.workspace, answer);
        self->person = self->before;
        look_again (self, store_now (service_of (self)->store) + DRAIN_AGAIN_MS);
        return;
    }
    if (answer->outcome != COMMIT_DONE) { /* somebody was faster: the timer brings the newer record */
        drain_destroy (self);
        return;
    }
    self->head.version++;
    self->person.version = self->head.version;
    log_fact (LOG_NOTICE_, self->person.name, "presence ended", NULL);
    self->epoch = self->person.drained_epoch;
    drain_epoch (self);
}

/* Our own outage is not held against them: the record says how much longer they count as present. */
static void prolong (drain_t *self, const person_t *after)
{
    metric_add ("presences_prolonged", 1);
    log_fact (LOG_INFO_, self->person.name, "presence prolonged: for a while nobody could be heard", NULL);
    self->person = *after;
    look_again (self, person_next_due (after));
}

static void lapse (drain_t *self, const person_t *after, wall_ms_t now)
{
    commit_t *commit = plan_person (self->lookout->shard, &self->head, after, id_of (self, "lapsed"), true,
                                    BUCKSTOP__V1__FACT_KIND__FACT_KIND_AWAY, "no heartbeat any more", now);
    self->person = *after;
    store_commit (service_of (self)->store, &commit, 0, on_epoch, self);
}

static person_outcome_t apply (const drain_t *self, person_event_t event, wall_ms_t now, person_t *after)
{
    workspaces_t *workspaces = service_of (self)->workspaces;
    const char *workspace = self->person.workspace;
    const policy_t *policy = workspaces_policy (workspaces, workspace);
    return person_apply (&self->person, event, now, policy ? policy->presence_ms : 0,
                         workspaces_hearing (workspaces, workspace), after);
}

static void begin (drain_t *self, wall_ms_t now)
{
    person_t after;
    switch (apply (self, PERSON_TIME, now, &after)) {
    case PERSON_RENEWED:
        prolong (self, &after);
        return;
    case PERSON_CHANGED:
        lapse (self, &after, now);
        return;
    default:
        break;
    }
    self->epoch = self->person.drained_epoch;
    if (self->epoch < self->person.epoch)
        drain_epoch (self);
    else /* the timer stood wrong */
        look_again (self, person_next_due (&self->person));
}

void person_is_due (lookout_t *lookout, const store_row_t *row, wall_ms_t now)
{
    drain_t *self = xcalloc (1, sizeof (*self));
    self->lookout = lookout;
    lookout->self->under_way++;
    if (row->record && person_unpack (row->record, row->record_size, &self->head, &self->person) == RECORD_OK) {
        self->before = self->person;
        begin (self, now);
        return;
    }
    char workspace[NAME_SIZE], name[NAME_SIZE];
    if (member_split (row->member, row->member_size, workspace, name, sizeof (name)) < 0)
        log_fact (LOG_ERROR_, "", "a timer names no person", NULL);
    else if (row->set_aside)
        aside_add (lookout->self->aside,
                   &(aside_subject_t){KIND_PERSON, workspace, name, "the person's record can't be read"});
    else if (row->record)
        log_fact (LOG_ERROR_, name, "a person's record can't be read", "workspace", workspace, NULL);
    drain_destroy (self);
}
