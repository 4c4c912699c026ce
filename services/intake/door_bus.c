/* door_bus.c - the ZeroMQ door: Submit, Action and EventsAsk on the ROUTER socket, the same handlers as HTTP.
 *
 * hears: Envelopes with a token inside the body. says: Receipt, Refusal or EventsPage, each with the question's trace,
 * so that a client with several questions under way can tell the answers apart.
 *
 * Limits: an answer comes within INTAKE_ANSWER_MS; what is decided later is found under its idempotency key. */
#include "ask.h"

#include "trace.h"
#include "words.h"

static void expire (void *arg)
{
    ask_t *self = arg;
    self->deadline = NULL;
    ask_refuse_late (self);
}

/* -------------------------------------------------- what each kind needs */

typedef struct kind_row {
    envelope_kind_t kind;
    unsigned scopes;
    const char *(*take) (ask_t *self); /* moves the body into the ask; returns the token */
    ask_fn *fn;
} kind_row_t;

static const char *take_submit (ask_t *self)
{
    self->submit = *self->body.envelope->submit;
    WORD_COPY (self->key, self->submit.idempotency_key);
    WORD_COPY (self->id, self->submit.contact);
    const char *token = self->submit.token;
    self->submit.token = self->submit.idempotency_key = "";
    return token;
}

static const char *take_action (ask_t *self)
{
    self->action = *self->body.envelope->action;
    WORD_COPY (self->key, self->action.idempotency_key);
    WORD_COPY (self->id, self->action.contact);
    const char *token = self->action.token;
    self->action.token = self->action.idempotency_key = "";
    return token;
}

static const char *take_events (ask_t *self)
{
    return self->body.envelope->events_ask->token;
}

enum { EVENTS_LIMIT = 100, EVENTS_LIMIT_MAX = 1000 };

static void begin_events (ask_t **self_p)
{
    const Buckstop__V1__EventsAsk *ask = (*self_p)->body.envelope->events_ask;
    int64_t limit = ask->limit == 0 ? EVENTS_LIMIT : ask->limit > EVENTS_LIMIT_MAX ? EVENTS_LIMIT_MAX : ask->limit;
    events_begin (self_p, ask->after, limit);
}

static const kind_row_t kinds[] = {
    {BUCKSTOP__V1__ENVELOPE__BODY_SUBMIT, FOR_CHANNELS, take_submit, submit_begin},
    {BUCKSTOP__V1__ENVELOPE__BODY_ACTION, FOR_PEOPLE, take_action, action_begin},
    {BUCKSTOP__V1__ENVELOPE__BODY_EVENTS_ASK, FOR_PEOPLE, take_events, begin_events},
};
static const envelope_kind_t heard[] = {BUCKSTOP__V1__ENVELOPE__BODY_SUBMIT, BUCKSTOP__V1__ENVELOPE__BODY_ACTION,
                                        BUCKSTOP__V1__ENVELOPE__BODY_EVENTS_ASK, 0};

static const kind_row_t *row_of (const ask_t *self)
{
    const kind_row_t *row = kinds;
    while (row->kind != self->body.envelope->body_case)
        row++;
    return row;
}

static void decide (ask_t *self, tokens_verdict_t verdict)
{
    const kind_row_t *row = row_of (self);
    char wanted[48];
    if (verdict == TOKENS_AWAY)
        ask_away (&self);
    else if (verdict != TOKENS_GOOD)
        ask_refuse_as (&self, REFUSE_BAD_TOKEN, "the token in the body is not known");
    else if (!(row->scopes & SCOPE_BIT (self->bearer.scope)))
        ask_refuse_as (&self, REFUSE_SCOPE, "this needs the scope %s; the token's is %s",
                       scopes_name (row->scopes, wanted, sizeof wanted), scope_name (self->bearer.scope));
    else if (row->fn == begin_events || ask_admit (&self))
        row->fn (&self);
}

static void token_checked (void *arg, tokens_verdict_t verdict, const bearer_t *bearer)
{
    ask_t *self = arg;
    if (bearer)
        self->bearer = *bearer;
    decide (self, verdict);
}

/* ------------------------------------------------------------------- door */

void intake_bus (void *arg, bus_peer_t *peer, const void *bytes, size_t size)
{
    intake_t *intake = arg;
    ask_t *self = ask_new (intake);
    self->peer = peer;
    char why[DETAIL_SIZE];
    wire_fault_t fault = wire_unpack (bytes, size, heard, &self->body.envelope, why);
    if (fault) {
        ask_refuse_as (&self, body_refusal (fault), "%s", why);
        return;
    }
    trace_take (self->body.envelope->trace, self->trace);
    if (self->crowded) {
        ask_refuse_crowded (&self);
        return;
    }
    if (intake->draining) {
        ask_refuse_as (&self, REFUSE_DRAINING, "shutting down");
        return;
    }
    loop_t *loop = intake->service->loop;
    self->deadline = loop_at (loop, loop_now (loop) + INTAKE_ANSWER_MS, expire, self);
    const char *token = row_of (self)->take (self);
    tokens_verdict_t verdict = tokens_check (intake->tokens, token, &self->bearer, token_checked, self);
    if (verdict != TOKENS_ASKED)
        decide (self, verdict);
}
