/* ask_inner.c - the doors behind which nobody speaks our own words: mail, webhooks. What they hear becomes a Submit, and
 * goes the way that every Submit goes.
 *
 * hears: orders, from doors of this process. says: a receipt once it is durable, or why not, to whoever ordered.
 *
 * Limits: an answer comes within INTAKE_ANSWER_MS; what is decided later is found under its message id. */
#include "ask.h"

#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

static void expire (void *arg)
{
    ask_t *self = arg;
    self->deadline = NULL;
    ask_refuse_late (self);
}

/* In a turn of its own: so that an answer never comes from within the order. */
static void begin (void *arg)
{
    ask_t *self = arg;
    loop_t *loop = self->intake->service->loop;
    self->deadline = loop_at (loop, loop_now (loop) + INTAKE_ANSWER_MS, expire, self);
    if (self->crowded)
        ask_refuse_crowded (&self);
    else if (self->intake->draining)
        ask_refuse_as (&self, REFUSE_DRAINING, "shutting down");
    else if (ask_admit (&self))
        submit_begin (&self);
}

/* A copy whose strings belong to the body, as those of any request. */
static void take (ask_t *self, const Buckstop__V1__Submit *submit)
{
    size_t size = buckstop__v1__submit__get_packed_size (submit);
    uint8_t *bytes = xmalloc (size);
    buckstop__v1__submit__pack (submit, bytes);
    envelope_t *envelope = xmalloc (sizeof *envelope);
    buckstop__v1__envelope__init (envelope);
    envelope->submit = xcheck (buckstop__v1__submit__unpack (NULL, size, bytes));
    envelope->body_case = BUCKSTOP__V1__ENVELOPE__BODY_SUBMIT;
    free (bytes);
    self->body.envelope = envelope;
    self->submit = *envelope->submit;
    WORD_COPY (self->id, self->submit.contact);
    WORD_COPY (self->key, self->submit.idempotency_key);
    self->submit.token = self->submit.idempotency_key = "";
}

/* A channel has one rate, and idempotency keys of its own, as if it came by one token. */
static void name_bearer (ask_t *self, const char *channel)
{
    char hash[HASH_HEX_SIZE];
    event_id_hex (event_id_of ("channel", self->bearer.workspace, channel, NULL), hash);
    WORD_COPY (self->bearer.id, hash);
}

void ask_submit (intake_t *intake, const ask_order_t *order)
{
    ask_t *self = ask_new (intake);
    self->inner = order->fn;
    self->inner_arg = order->arg;
    self->contact_is_hint = order->contact_is_hint;
    self->untold = order->untold;
    self->bearer.scope = SCOPE_CHANNEL;
    WORD_COPY (self->bearer.workspace, order->workspace);
    name_bearer (self, order->submit->channel);
    WORD_COPY (self->trace, order->trace);
    take (self, order->submit);
    loop_t *loop = intake->service->loop;
    self->deadline = loop_at (loop, loop_now (loop), begin, self);
}
