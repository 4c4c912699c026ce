/* action.c - what a person does with a contact.
 *
 * hears: an Action, from either door or from a signed link. says: a Receipt once it is durable, or why not: the state,
 * what it allows, and who has the contact.
 *
 * Who acts is the token's person; an operator says for whom. Whoever accepts is here: if their presence has ended, or
 * never began, the acceptance counts as a heartbeat first, so that what they own is held by a lease from the start. An
 * acceptance that the contact refuses says nothing of whether they are here.
 * One read brings the person, the contact and the idempotency key. */
#include "ask.h"

#include "guard.h"
#include "log.h"
#include "may_accept.h"
#include "meant.h"
#include "presence.h"
#include "wire.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

enum { ACTION_TURNS_MAX = 4 };

typedef struct action {
    char person[NAME_SIZE];
    uint32_t epoch; /* the person's, as last read */
    unsigned turns;
    receipt_t receipt; /* as in the last commit */
} action_t;

static action_t *action_of (const ask_t *ask)
{
    return ask->more;
}

static void load (ask_t *ask);

/* ------------------------------------------------------------ its outcomes */

static void extra (void *arg, commit_t *commit, const contact_t *after)
{
    ask_t *ask = arg;
    action_t *self = action_of (ask);
    self->receipt = receipt_of (after, after->version + 1, BUCKSTOP__V1__DISPOSITION__DISPOSITION_DONE);
    once_write (&ask->once, commit, &self->receipt);
    kill_point ("intake.decided");
    if (!GUARD ("f21"))
        ask_answer_receipt (ask, &self->receipt, false);
}

static void done (ask_t *ask, const work_result_t *result)
{
    (void)result;
    kill_point ("intake.committed");
    const action_t *self = action_of (ask);
    log_fact (LOG_DEBUG_, self->receipt.contact, "action", "by", self->person, "request_trace", ask->trace, NULL);
    ask_receipt (&ask, &self->receipt, false);
}

/* In the record already: by this commit, whose answer was lost, or by the same key before. */
static void already (ask_t *ask, const work_result_t *result)
{
    action_t *self = action_of (ask);
    bool ours = *self->receipt.contact != '\0';
    if (!ours)
        self->receipt =
            receipt_of (result->contact, result->contact->version, BUCKSTOP__V1__DISPOSITION__DISPOSITION_DONE);
    ask_receipt (&ask, &self->receipt, !ours);
}

/* What somebody who came too late wants to know besides. */
static const char *more_words (const ask_t *ask, const work_result_t *result, char words[DETAIL_SIZE])
{
    char at[TIME_TEXT_SIZE];
    const action_t *self = action_of (ask);
    const contact_t *contact = result->contact;
    words[0] = '\0';
    if (result->apply != APPLY_NOT_YOURS || !contact)
        return words;
    if (*self->person && word_same (contact->offered_to, self->person))
        snprintf (words, DETAIL_SIZE, "; it is only offered to them: accept it first");
    else if (ask->action.kind == BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACCEPT && contact->owned_at)
        snprintf (words, DETAIL_SIZE, ", at %s", time_text (contact->owned_at, at));
    return words;
}

static void refused (ask_t *ask, const work_result_t *result)
{
    char more[DETAIL_SIZE];
    static const refusal_kind_t kinds[] = {[APPLY_DONE] = REFUSE_STALE,
                                           [APPLY_NO_STATE] = REFUSE_NO_STATE,
                                           [APPLY_NOT_YOURS] = REFUSE_NOT_YOURS,
                                           [APPLY_STALE] = REFUSE_STALE,
                                           [APPLY_BAD] = REFUSE_INVALID};
    refusal_t refusal =
        refusal_of (kinds[result->apply], "%s%s", result->why ? result->why : "", more_words (ask, result, more));
    if (result->apply != APPLY_BAD)
        refusal_about (&refusal, result->contact, action_of (ask)->person);
    ask_refuse (&ask, &refusal);
}

static void check (ask_t *ask, const work_result_t *result)
{
    receipt_t receipt;
    once_found_t found = once_refused (&ask->once, result->answer, &receipt);
    if (found == ONCE_SAME)
        ask_receipt (&ask, &receipt, true);
    else if (found == ONCE_REUSED)
        ask_refuse_as (&ask, REFUSE_KEY_REUSED, "the Idempotency-Key was sent before with another body");
    else
        ask_refuse_as (&ask, REFUSE_BROKEN, "an idempotency key is not stored as it should be");
}

/* The person's capacity is used up, or a new epoch began between the read and the commit. */
static void no_room (ask_t *ask, const work_result_t *result)
{
    action_t *self = action_of (ask);
    if (result->answer->failed_op != OP_ROOM && ++self->turns < ACTION_TURNS_MAX) {
        load (ask);
        return;
    }
    refusal_t refusal = refusal_of (result->answer->failed_op == OP_ROOM ? REFUSE_NO_ROOM : REFUSE_STALE,
                                    result->answer->failed_op == OP_ROOM ? "'%s' has no room for another contact"
                                                                         : "the presence of '%s' just ended",
                                    self->person);
    refusal_about (&refusal, result->contact, action_of (ask)->person);
    ask_refuse (&ask, &refusal);
}

static void failed (ask_t *ask, const work_result_t *result)
{
    ask_refuse_outcome (&ask, result);
}

static void worked (void *arg, const work_result_t *result)
{
    static void (*const rows[]) (ask_t *, const work_result_t *) = {
        [WORK_DONE] = done,       [WORK_ALREADY] = already, [WORK_REFUSED] = refused, [WORK_CHECK] = check,
        [WORK_ROOM] = no_room,    [WORK_MISSING] = failed,  [WORK_BROKEN] = failed,   [WORK_AWAY] = failed,
        [WORK_CONFLICT] = failed, [WORK_STUCK] = failed,
    };
    rows[result->outcome](arg, result);
}

/* -------------------------------------------------------------- the order */

static event_kind_t event_of (Buckstop__V1__ActionKind kind)
{
    static const event_kind_t kinds[] = {
        [BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACCEPT] = EVENT_ACCEPT,
        [BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_DECLINE] = EVENT_DECLINE,
        [BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_REPLY] = EVENT_REPLY,
        [BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_NOTE] = EVENT_NOTE,
        [BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_WAIT] = EVENT_WAIT,
        [BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_TRANSFER] = EVENT_TRANSFER,
        [BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_RESOLVE] = EVENT_RESOLVE,
        [BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_REOPEN] = EVENT_REOPEN,
        [BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACKNOWLEDGE] = EVENT_ACKNOWLEDGE,
        [BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_RELEASE] = EVENT_RELEASE,
    };
    return kinds[kind];
}

static const char *named (const char *text)
{
    return *text ? text : NULL;
}

/* record NULL: work loads it. */
static void work (ask_t *ask, const void *record, size_t record_size)
{
    const action_t *self = action_of (ask);
    const Buckstop__V1__Action *said = &ask->action;
    work_order_t order = {
        .service = ask->intake->service,
        .workspace = ask->bearer.workspace,
        .contact = said->contact,
        .event = {.kind = event_of (said->kind),
                  .id = ask->once.event,
                  .by = self->person,
                  .by_epoch = self->epoch,
                  .person = named (said->to_person),
                  .team = named (said->to_team),
                  .text = said->text,
                  .promise = said->promise},
        .record = record,
        .record_size = record_size,
        .extra = extra,
        .done = worked,
        .arg = ask,
    };
    work_begin (&order);
}

static void present (void *arg, presence_outcome_t outcome, const person_t *person)
{
    ask_t *ask = arg;
    action_t *self = action_of (ask);
    if (outcome != PRESENCE_DONE) {
        presence_refuse (&ask, outcome, self->person);
        return;
    }
    self->epoch = person->epoch;
    work (ask, NULL, 0);
}

enum { READ_PERSON, READ_CONTACT, READ_KEY, READS };

/* True: the key was used before, and the ask is answered. */
static bool replayed (ask_t *ask, const store_value_t *stored)
{
    receipt_t receipt;
    once_found_t found = once_stored (&ask->once, stored->bytes, stored->size, &receipt);
    if (found == ONCE_SAME)
        ask_receipt (&ask, &receipt, true);
    else if (found == ONCE_REUSED)
        ask_refuse_as (&ask, REFUSE_KEY_REUSED, "the Idempotency-Key was sent before with another body");
    return found != ONCE_NEW;
}

/* Whoever is not here, and would have it, is here from now on. */
static bool arrives (const ask_t *ask, const person_t *person, const store_value_t *contact)
{
    workspaces_t *all = ask->intake->service->workspaces;
    const policy_t *policy = workspaces_policy (all, ask->bearer.workspace);
    wall_ms_t now = store_now (ask_store (ask));
    return ask->action.kind == BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACCEPT && policy &&
           !person_present (person, now) &&
           may_accept (contact->bytes, contact->size, action_of (ask)->person, person->epoch, now, policy,
                       workspaces_hearing (all, ask->bearer.workspace));
}

static void loaded (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    action_t *self = action_of (ask);
    record_head_t head;
    person_t person = {.version = 0};
    if (values->away || values->n <= READ_CONTACT) {
        ask_away (&ask);
        return;
    }
    if (values->n > READ_KEY && replayed (ask, &values->items[READ_KEY]))
        return;
    const store_value_t *who = &values->items[READ_PERSON], *contact = &values->items[READ_CONTACT];
    if (!contact->bytes)
        ask_refuse_no_contact (&ask, ask->action.contact);
    else if (who->bytes && person_unpack (who->bytes, who->size, &head, &person) != RECORD_OK)
        ask_refuse_as (&ask, REFUSE_BROKEN, "the record of '%s' can't be read", self->person);
    else if (arrives (ask, &person, contact))
        presence_change (ask->intake, ask->bearer.workspace, self->person, PERSON_HEARTBEAT, present, ask);
    else {
        self->epoch = person.epoch;
        work (ask, contact->bytes, contact->size);
    }
}

static void load (ask_t *ask)
{
    char person[KEY_SIZE], contact[KEY_SIZE];
    int shard = ask_shard (ask);
    const char *keys[READS] = {
        [READ_PERSON] = key_person (person, shard, ask->bearer.workspace, action_of (ask)->person),
        [READ_CONTACT] = key_contact (contact, shard, ask->bearer.workspace, ask->action.contact),
        [READ_KEY] = ask->once.key,
    };
    store_get (ask_store (ask), keys, *ask->once.key ? READS : READ_KEY, loaded, ask);
}

/* --------------------------------------------------------------- the doors */

static void refuse_team (ask_t **ask_p, const policy_t *policy, const char *team)
{
    char known[REFUSAL_DETAIL_SIZE / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < policy->teams_n && used < sizeof known; i++)
        used += (size_t)snprintf (known + used, sizeof known - used, "%s%s", i ? ", " : "", policy->teams[i].name);
    ask_refuse_as (ask_p, REFUSE_UNKNOWN_TEAM, "team '%.64s' is not known; known are: %s", team, known);
}

/* Who acts; NULL: refused, and the ask is gone. */
static const char *actor_of (ask_t **ask_p)
{
    const ask_t *ask = *ask_p;
    const char *said = ask->action.person;
    if (ask->bearer.scope != SCOPE_PERSON) {
        if (!*said)
            ask_refuse_as (ask_p, REFUSE_INVALID, "person is missing: an operator's token acts for somebody");
        return *ask_p ? said : NULL;
    }
    if (!*said || strcmp (said, ask->bearer.person) == 0)
        return ask->bearer.person;
    ask_refuse_as (ask_p, REFUSE_NOT_YOU, "the token is %s's, not %.64s's", ask->bearer.person, said);
    return NULL;
}

/* False: refused, and the ask is gone. */
static bool knows (ask_t **ask_p, const policy_t *policy, const char *actor)
{
    const Buckstop__V1__Action *said = &(*ask_p)->action;
    const char *unknown = !policy_person (policy, actor)                                 ? actor
                          : *said->to_person && !policy_person (policy, said->to_person) ? said->to_person
                                                                                         : NULL;
    char meant[WORD_MEANT_SIZE];
    if (unknown)
        ask_refuse_as (ask_p, REFUSE_UNKNOWN_PERSON, "the policy does not name '%.64s'%s", unknown,
                       policy_meant (policy, POLICY_PEOPLE, unknown, meant));
    else if (*said->to_team && !policy_team (policy, said->to_team))
        refuse_team (ask_p, policy, said->to_team);
    return *ask_p != NULL;
}

void action_begin (ask_t **ask_p)
{
    ask_t *ask = *ask_p;
    char why[DETAIL_SIZE];
    const policy_t *policy = ask_policy (ask_p);
    const char *actor = policy ? actor_of (ask_p) : NULL;
    if (!actor || !knows (ask_p, policy, actor))
        return;
    if (wire_check_action (&ask->action, why)) {
        ask_refuse_as (ask_p, REFUSE_INVALID, "%s", why);
        return;
    }
    *ask_p = NULL;
    action_t *self = ask->more = xcalloc (1, sizeof *self);
    ask->free_more = free;
    WORD_COPY (self->person, actor);
    ask_once (ask, "", "", &ask->action.base);
    kill_point ("intake.heard");
    load (ask);
}

void action_take (ask_t **ask_p)
{
    ask_t *ask = *ask_p;
    size_t size;
    refusal_t refusal;
    if (!ask_id (ask_p))
        return;
    const void *bytes = http_body (ask->http, &size);
    body_type_t type = body_type (http_header (ask->http, "Content-Type"));
    if (body_action (&ask->body, type, bytes, size, ask->id, &ask->action, &refusal))
        action_begin (ask_p);
    else
        ask_refuse (ask_p, &refusal);
}
