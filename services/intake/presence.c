/* presence.c - a person is here, or away.
 *
 * hears: PUT and DELETE of /v1/people/{id}/presence, and acceptances by somebody who did not say that they are here.
 * says: a Route hint when somebody came, a Due hint for the end of presence.
 *
 * Presence is a lease: a heartbeat renews it. What follows when it ends is escalation's (the person's timer). */
#include "presence.h"

#include "keys.h"
#include "log.h"
#include "meant.h"
#include "plan.h"
#include "words.h"
#include "xmalloc.h"

enum { PRESENCE_TRIES_MAX = 6 };

typedef struct change {
    intake_t *intake;
    char workspace[NAME_SIZE], person[NAME_SIZE];
    person_event_t event;
    event_id_t id;
    unsigned tries;
    bool changed;
    person_t after;
    presence_fn *fn;
    void *arg;
} change_t;

static void finish (change_t *self, presence_outcome_t outcome)
{
    self->fn (self->arg, outcome, outcome == PRESENCE_DONE ? &self->after : NULL);
    free (self);
}

static void load (change_t *self);

static void tell (const change_t *self)
{
    service_t *service = self->intake->service;
    wall_ms_t due = person_next_due (&self->after);
    if (due)
        service_hint_due (service, store_shard (service->store, self->workspace), due);
    if (!self->changed)
        return;
    if (self->after.present)
        service_hint_route (service, self->workspace, "", self->person);
    log_fact (LOG_INFO_, self->person, self->after.present ? "present" : "away", "workspace", self->workspace, NULL);
}

/* It is named, too: nobody else may come to that key. */
static presence_outcome_t stuck (const change_t *self, const commit_answer_t *answer)
{
    if (answer->failed_op != OP_RECORD) {
        aside_add_key (self->intake->aside, self->workspace, answer);
        return PRESENCE_STUCK;
    }
    aside_add (self->intake->aside,
               &(aside_subject_t){KIND_PERSON, self->workspace, self->person, "the person's record can't be written"});
    return PRESENCE_BROKEN;
}

static void committed (void *arg, const commit_answer_t *answer)
{
    change_t *self = arg;
    if (answer->outcome == COMMIT_DONE || answer->outcome == COMMIT_ALREADY) {
        tell (self);
        finish (self, PRESENCE_DONE);
    } else if (answer->outcome == COMMIT_REFUSED && ++self->tries < PRESENCE_TRIES_MAX) {
        load (self);
    } else {
        finish (self, answer->outcome == COMMIT_REFUSED   ? PRESENCE_BUSY
                      : answer->outcome == COMMIT_INVALID ? stuck (self, answer)
                                                          : PRESENCE_AWAY);
    }
}

static void commit_change (change_t *self, const record_head_t *head, wall_ms_t now)
{
    store_t *store = self->intake->service->store;
    commit_t *commit = plan_person (store_shard (store, self->workspace), head, &self->after, self->id, self->changed,
                                    self->after.present ? BUCKSTOP__V1__FACT_KIND__FACT_KIND_PRESENT
                                                        : BUCKSTOP__V1__FACT_KIND__FACT_KIND_AWAY,
                                    self->after.present ? "is here" : "said so", now);
    store_commit (store, &commit, 0, committed, self);
}

static void decide (change_t *self, const record_head_t *head, const person_t *before)
{
    wall_ms_t now = store_now (self->intake->service->store);
    const policy_t *policy = workspaces_policy (self->intake->service->workspaces, self->workspace);
    if (!policy || !policy_person (policy, self->person)) {
        finish (self, PRESENCE_GONE);
        return;
    }
    person_t seen = *before;
    WORD_COPY (seen.display, policy_person (policy, self->person)->display);
    const hearing_t *hearing = workspaces_hearing (self->intake->service->workspaces, self->workspace);
    person_outcome_t outcome = person_apply (&seen, self->event, now, policy->presence_ms, hearing, &self->after);
    self->changed = outcome == PERSON_CHANGED;
    if (outcome == PERSON_SAME)
        finish (self, PRESENCE_DONE);
    else if (outcome == PERSON_REFUSED)
        finish (self, PRESENCE_LEAVING);
    else
        commit_change (self, head, now);
}

static void loaded (void *arg, const store_values_t *values)
{
    change_t *self = arg;
    record_head_t head = {.version = 0};
    person_t before = {.version = 0};
    WORD_COPY (before.name, self->person);
    WORD_COPY (before.workspace, self->workspace);
    if (values->away || values->n != 1)
        finish (self, PRESENCE_AWAY);
    else if (values->items[0].bytes &&
             person_unpack (values->items[0].bytes, values->items[0].size, &head, &before) != RECORD_OK)
        finish (self, PRESENCE_BROKEN);
    else
        decide (self, &head, &before);
}

static void load (change_t *self)
{
    char key[KEY_SIZE];
    store_t *store = self->intake->service->store;
    const char *keys[] = {key_person (key, store_shard (store, self->workspace), self->workspace, self->person)};
    store_get (store, keys, 1, loaded, self);
}

void presence_change (intake_t *intake, const char *workspace, const char *person, person_event_t event,
                      presence_fn *fn, void *arg)
{
    change_t *self = xcalloc (1, sizeof *self);
    self->intake = intake;
    self->event = event;
    self->fn = fn;
    self->arg = arg;
    WORD_COPY (self->workspace, workspace);
    WORD_COPY (self->person, person);
    intake_random (intake, self->id.bytes, sizeof self->id.bytes);
    load (self);
}

void presence_refuse (ask_t **ask_p, presence_outcome_t outcome, const char *person)
{
    switch (outcome) {
    case PRESENCE_LEAVING:
        ask_refuse_as (ask_p, REFUSE_LEAVING, "'%s' is leaving", person);
        return;
    case PRESENCE_GONE:
        ask_refuse_as (ask_p, REFUSE_NO_PERSON, "the policy does not name '%s'", person);
        return;
    case PRESENCE_BUSY:
        ask_refuse_as (ask_p, REFUSE_BUSY, "others change the record of '%s' at the same time", person);
        return;
    case PRESENCE_BROKEN:
        ask_refuse_as (ask_p, REFUSE_BROKEN, "the record of '%s' can't be read", person);
        return;
    case PRESENCE_STUCK:
        ask_refuse_as (ask_p, REFUSE_STUCK, "what changes with the presence of '%s' can't be written", person);
        return;
    default:
        ask_away (ask_p);
        return;
    }
}

/* ------------------------------------------------------------------- HTTP */

static void answer (void *arg, presence_outcome_t outcome, const person_t *person)
{
    ask_t *ask = arg;
    if (outcome != PRESENCE_DONE) {
        presence_refuse (&ask, outcome, ask->id);
        return;
    }
    ask_json (&ask,
              json_pack ("{s:o, s:b, s:o, s:I}", "person", value_text (person->name), "present", person->present,
                         "present_until", value_time (person->present_until), "epoch", (json_int_t)person->epoch));
}

static void begin (ask_t **ask_p, person_event_t event)
{
    ask_t *ask = *ask_p;
    const policy_t *policy = ask_policy (ask_p);
    if (!policy)
        return;
    if (!policy_person (policy, ask->id)) {
        char meant[WORD_MEANT_SIZE];
        ask_refuse_as (ask_p, REFUSE_NO_PERSON, "the policy does not name '%.64s'%s", ask->id,
                       policy_meant (policy, POLICY_PEOPLE, ask->id, meant));
        return;
    }
    if (ask->bearer.scope == SCOPE_PERSON && strcmp (ask->bearer.person, ask->id) != 0) {
        ask_refuse_as (ask_p, REFUSE_NOT_YOU, "the token is %s's, the presence %s's", ask->bearer.person, ask->id);
        return;
    }
    *ask_p = NULL;
    kill_point ("intake.heard");
    presence_change (ask->intake, ask->bearer.workspace, ask->id, event, answer, ask);
}

void presence_put (ask_t **ask_p)
{
    begin (ask_p, PERSON_HEARTBEAT);
}

void presence_delete (ask_t **ask_p)
{
    begin (ask_p, PERSON_AWAY);
}
