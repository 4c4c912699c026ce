/* ask.c - one request under way: its birth, what it may ask of the intake, its end. */
#include "ask.h"

#include "clock.h"
#include "ids.h"
#include "keys.h"
#include "there.h"
#include "words.h"
#include "xmalloc.h"

ask_t *ask_new (intake_t *intake)
{
    ask_t *self = xcalloc (1, sizeof *self);
    self->intake = intake;
    self->begun_us = loop_now_us (intake->service->loop);
    intake->asks++;
    self->crowded = !admit_begins (&intake->admit);
    return self;
}

void ask_destroy (ask_t **self_p)
{
    ask_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    loop_cancel (self->intake->service->loop, &self->deadline);
    if (!self->answered)
        ask_refuse_early (self, &(refusal_t){.kind = REFUSE_NONE, .detail = "what was to answer it ended"});
    body_clear (&self->body);
    if (self->free_more)
        self->free_more (self->more);
    self->intake->asks--;
    admit_ends (&self->intake->admit, &self->place);
    free (self);
}

void ask_refuse_crowded (ask_t **self_p)
{
    metric_add ("intake_refused_full", 1);
    ask_refuse_as (self_p, REFUSE_CROWDED, "%zu requests are under way, and no more are begun at once",
                   (*self_p)->intake->admit.max);
}

bool ask_admit (ask_t **self_p)
{
    ask_t *self = *self_p;
    admit_t *admit = &self->intake->admit;
    int64_t now_us = loop_now_us (self->intake->service->loop);
    if (store_full (ask_store (self))) { /* else it would be tried until its time is up */
        ask_away (self_p);
        return false;
    }
    switch (admit_write (admit, &self->place, ask_shard (self), self->bearer.id, now_us)) {
    case ADMIT_SLOW:
        metric_add ("intake_refused_slow", 1);
        ask_refuse_as (self_p, REFUSE_CROWDED, "a request has waited %d ms for the store", ADMIT_SLOW_US / 1000);
        return false;
    case ADMIT_RATE:
        metric_add ("intake_refused_rate", 1);
        ask_refuse_as (self_p, REFUSE_RATE, "this token may send %lld requests a second", (long long)admit->rate);
        return false;
    default:
        return true;
    }
}

store_t *ask_store (const ask_t *self)
{
    return self->intake->service->store;
}

int ask_shard (const ask_t *self)
{
    return store_shard (ask_store (self), self->bearer.workspace);
}

const policy_t *ask_policy (ask_t **self_p)
{
    ask_t *self = *self_p;
    const policy_t *policy = workspaces_policy (self->intake->service->workspaces, self->bearer.workspace);
    if (!policy)
        ask_refuse_as (self_p, REFUSE_NO_POLICY, "workspace '%s' has no policy", self->bearer.workspace);
    return policy;
}

bool ask_query (ask_t **self_p, const char *name, int64_t min, int64_t max, int64_t fallback, int64_t *number)
{
    const char *text = http_query ((*self_p)->http, name);
    char *end = NULL;
    *number = fallback;
    if (!text)
        return true;
    *number = strtoll (text, &end, 10);
    if (*text && !*end && strlen (text) < 20 && *number >= min && *number <= max)
        return true;
    ask_refuse_as (self_p, REFUSE_QUERY, "'%s' must be a number from %lld to %lld", name, (long long)min,
                   (long long)max);
    return false;
}

bool ask_id (ask_t **self_p)
{
    const ask_t *self = *self_p;
    if (id_valid (self->id))
        return true;
    if (strlen (self->id) < ID_SIZE - 1)
        ask_refuse_as (
            self_p, REFUSE_NO_CONTACT,
            "'%s' is not the id of a contact, which is whole here, %d characters; GET /v1/contacts?ends= finds "
            "an open one by its last four or more, and so does 'buckstop show'",
            self->id, ID_SIZE - 1);
    else
        ask_refuse_as (self_p, REFUSE_NO_CONTACT, "'%.64s' is not the id of a contact", self->id);
    return false;
}

/* A person's keys are theirs, whichever of their tokens is used; else a token has keys of its own. */
void ask_once (ask_t *self, const char *channel, const char *message_id, const ProtobufCMessage *body)
{
    uint8_t random[EVENT_ID_SIZE];
    intake_random (self->intake, random, sizeof random);
    const bearer_t *bearer = &self->bearer;
    once_scope_t scope = {ask_shard (self), bearer->workspace, scope_name (bearer->scope),
                          bearer->scope == SCOPE_PERSON ? bearer->person : bearer->id};
    once_set (&self->once, &scope, self->key, channel, message_id, body, random);
    if (self->kept_ms > self->once.kept_ms)
        self->once.kept_ms = self->kept_ms;
}

void intake_random (intake_t *self, void *bytes, size_t size)
{
    if (self->random_used + size > sizeof self->random) {
        clock_random (self->random, sizeof self->random);
        self->random_used = 0;
    }
    memcpy (bytes, self->random + self->random_used, size);
    self->random_used += size;
}

void ask_refuse_late (ask_t *self)
{
    refusal_t refusal = refusal_of (REFUSE_AWAY, "not done within %d ms; it may still happen", INTAKE_ANSWER_MS);
    ask_refuse_early (self, &refusal);
}

void ask_refuse (ask_t **self_p, const refusal_t *refusal)
{
    ask_refuse_early (*self_p, refusal);
    ask_destroy (self_p);
}

void ask_refuse_as (ask_t **self_p, refusal_kind_t kind, const char *format, ...)
{
    va_list words;
    va_start (words, format);
    refusal_t refusal = refusal_of_list (kind, format, words);
    va_end (words);
    ask_refuse (self_p, &refusal);
}

void ask_away (ask_t **self_p)
{
    const store_t *store = ask_store (*self_p);
    const char *why = store_why_not (store);
    bool full = store_ready (store) && store_full (store);
    ask_refuse_as (self_p, full ? REFUSE_MEMORY : REFUSE_AWAY, "%s", *why ? why : "the store did not answer in time");
}

static const char *ask_contact (const ask_t *self)
{
    return self->action.contact && *self->action.contact ? self->action.contact : self->id;
}

/* Nobody else may come to this key: it is said here, too. */
static void refuse_stuck (ask_t **self_p, const work_result_t *result)
{
    const commit_answer_t *answer = result->answer;
    if (answer && answer->key)
        aside_add_key ((*self_p)->intake->aside, (*self_p)->bearer.workspace, answer);
    if (answer && answer->key)
        ask_refuse_as (self_p, REFUSE_STUCK, "the key '%.*s' can't be written: %.*s", (int)answer->key_size,
                       answer->key, (int)answer->found_size, answer->found);
    else
        ask_refuse_as (self_p, REFUSE_STUCK, "%s", result->why ? result->why : "it can't be written");
}

static void on_there (void *arg, there_t there)
{
    ask_t *self = arg;
    if (there == THERE_AWAY)
        ask_away (&self);
    else if (there == THERE_SOMETHING)
        ask_refuse_as (&self, REFUSE_BROKEN, "the record of contact '%s' can't be read", ask_contact (self));
    else
        ask_refuse_as (&self, REFUSE_NO_CONTACT, "no contact '%s' in workspace '%s'", ask_contact (self),
                       self->bearer.workspace);
}

void ask_refuse_no_contact (ask_t **self_p, const char *contact)
{
    char key[KEY_SIZE];
    ask_t *self = *self_p;
    *self_p = NULL;
    there_ask (ask_store (self), key_contact (key, ask_shard (self), self->bearer.workspace, contact), on_there, self);
}

void ask_refuse_outcome (ask_t **self_p, const work_result_t *result)
{
    ask_t *self = *self_p;
    switch (result->outcome) {
    case WORK_MISSING:
        ask_refuse_as (self_p, REFUSE_NO_CONTACT, "no contact '%s' in workspace '%s'", self->id,
                       self->bearer.workspace);
        return;
    case WORK_BROKEN:
        ask_refuse_as (self_p, REFUSE_BROKEN, "the record of contact '%s' can't be read", self->id);
        return;
    case WORK_STUCK:
        refuse_stuck (self_p, result);
        return;
    case WORK_CONFLICT:
        ask_refuse_as (self_p, REFUSE_BUSY, "%d times somebody else was faster", WORK_TRIES_MAX);
        return;
    default:
        ask_away (self_p);
        return;
    }
}

void ask_receipt (ask_t **self_p, const receipt_t *receipt, bool replay)
{
    ask_answer_receipt (*self_p, receipt, replay);
    ask_destroy (self_p);
}
