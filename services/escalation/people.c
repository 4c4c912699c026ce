/* people.c - a person's timer is due: presence has ended, or what they held in older epochs is still to be
 * returned. One commit on the person's record begins the epoch; then each contact is returned by one
 * commit of its own (people_return.c). Until then the duty lead is accountable for it. */
#include "people_private.h"

#include "lease_back.h"
#include "log.h"
#include "xmalloc.h"

#include <stdio.h>

#define DRAIN_AGAIN_MS (10 * MS_PER_SECOND) /* what could not be returned is tried again after it */
#define NOT_KNOWN_MS   (2 * MS_PER_SECOND)  /* by then it is heard that somebody was heard, if all is well */

void drain_destroy (drain_t *self)
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
    look_again (self, store_now (drain_service (self)->store) + DRAIN_AGAIN_MS);
}

static person_outcome_t apply (const drain_t *self, person_event_t event, wall_ms_t now, person_t *after);

static void end_drain (drain_t *self)
{
    int shard = self->lookout->shard;
    service_t *service = drain_service (self);
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
    wall_ms_t at = store_now (drain_service (self)->store) + DRAIN_AGAIN_MS;
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
    store_commit (drain_service (self)->store, &commit, 0, on_put_off, self);
}

void drain_is_over (drain_t *self)
{
    if (self->left_any)
        look_again (self, drain_again_at (self));
    else
        end_drain (self);
}

/* ---- the beginning: presence that ran out begins a new epoch ---- */

static void on_epoch (void *arg, const commit_answer_t *answer)
{
    drain_t *self = arg;
    if (answer->outcome == COMMIT_INVALID) { /* another key is bad: not the person's fault */
        aside_add_key (self->lookout->self->aside, self->person.workspace, answer);
        self->person = self->before;
        look_again (self, store_now (drain_service (self)->store) + DRAIN_AGAIN_MS);
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

/* The record says until when they count as present now: longer after an outage of ours, which is not held against them;
 * less long where the clock was set back. */
static void renew (drain_t *self, const person_t *after)
{
    bool longer = after->present_until > self->person.present_until;
    metric_add (longer ? "presences_prolonged" : "presences_set_back", 1);
    log_fact (LOG_INFO_, self->person.name,
              longer ? "presence prolonged: for a while nobody could be heard"
                     : "presence ends sooner: the clock was set back",
              NULL);
    self->person = *after;
    look_again (self, person_next_due (after));
}

static void lapse (drain_t *self, const person_t *after, wall_ms_t now)
{
    commit_t *commit = plan_person (self->lookout->shard, &self->head, after, id_of (self, "lapsed"), true,
                                    BUCKSTOP__V1__FACT_KIND__FACT_KIND_AWAY, "no heartbeat any more", now);
    self->person = *after;
    store_commit (drain_service (self)->store, &commit, 0, on_epoch, self);
}

static person_outcome_t apply (const drain_t *self, person_event_t event, wall_ms_t now, person_t *after)
{
    workspaces_t *workspaces = drain_service (self)->workspaces;
    const char *workspace = self->person.workspace;
    const policy_t *policy = workspaces_policy (workspaces, workspace);
    return person_apply (&self->person, event, now, policy ? policy->presence_ms : 0,
                         workspaces_hearing (workspaces, workspace), after);
}

/* It ended, and nobody has said since that people could be heard: this may be the beginning of an outage of ours
 * (hearing.h), and what they hold would be with others before that is known. */
static bool not_known_yet (const drain_t *self, wall_ms_t now)
{
    const hearing_t *hearing = workspaces_hearing (drain_service (self)->workspaces, self->person.workspace);
    bool ended = self->person.present && self->person.present_until <= now;
    return ended && hearing->heard && hearing->heard < self->person.present_until &&
           now - hearing->heard <= HEARING_GAP_MS;
}

/* It stays leased: for the audit, too, which knows by that why its timer does not stand where presence ended. */
static void wait_until_known (drain_t *self, const store_row_t *row, wall_ms_t now)
{
    const lease_row_t held = {.shard = self->lookout->shard,
                              .kind = KIND_PERSON,
                              .member = {.bytes = row->member, .size = row->member_size},
                              .record = {.bytes = row->record, .size = row->record_size}};
    if (!lease_back (drain_service (self)->store, &held, now + NOT_KNOWN_MS, on_put_off, self))
        drain_destroy (self);
}

static void begin (drain_t *self, wall_ms_t now)
{
    person_t after;
    switch (apply (self, PERSON_TIME, now, &after)) {
    case PERSON_RENEWED:
        renew (self, &after);
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
        if (not_known_yet (self, now))
            wait_until_known (self, row, now);
        else
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
