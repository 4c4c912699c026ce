/* submit.c - what a customer says: the checks before it is worked on.
 *
 * hears: a Submit, from either door. says: a Receipt once the contact is durable (submit_work.c), or why not. */
#include "submit.h"

#include "wire.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

static void refuse_channel (ask_t **ask_p, const policy_t *policy, const char *channel)
{
    char known[REFUSAL_DETAIL_SIZE / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < policy->channels_n && used < sizeof known; i++)
        used += (size_t)snprintf (known + used, sizeof known - used, "%s%s", i ? ", " : "", policy->channels[i].name);
    ask_refuse_as (ask_p, REFUSE_UNKNOWN_CHANNEL, "channel '%.64s' is not known; known are: %s", channel, known);
}

/* False: refused, and the ask is gone. */
static bool may_submit (ask_t **ask_p, const policy_t *policy)
{
    const Buckstop__V1__Submit *submit = &(*ask_p)->submit;
    char why[DETAIL_SIZE];
    if (store_memory_used (ask_store (*ask_p)) > INTAKE_MEMORY_MAX) {
        ask_refuse_as (ask_p, REFUSE_MEMORY, "more than %d %% of the store's memory is used",
                       (int)(INTAKE_MEMORY_MAX * 100));
        return false;
    }
    if (*submit->channel && !policy_channel (policy, submit->channel)) {
        refuse_channel (ask_p, policy, submit->channel);
        return false;
    }
    if (wire_check_submit (submit, why)) {
        ask_refuse_as (ask_p, REFUSE_INVALID, "%s", why);
        return false;
    }
    return true;
}

static void take_attachments (submit_t *self, const Buckstop__V1__Submit *submit)
{
    for (; self->attachments_n < submit->n_attachments && self->attachments_n < ATTACHMENTS_MAX;
         self->attachments_n++) {
        const Buckstop__V1__Attachment *said = submit->attachments[self->attachments_n];
        self->attachments[self->attachments_n] = (attachment_t){
            .name = said->name, .type = said->type, .hash = said->hash, .note = said->note, .size = said->size};
    }
}

void submit_begin (ask_t **ask_p)
{
    ask_t *ask = *ask_p;
    const policy_t *policy = ask_policy (ask_p);
    if (!policy || !may_submit (ask_p, policy))
        return;
    *ask_p = NULL;
    submit_t *self = ask->more = xcalloc (1, sizeof *self);
    ask->free_more = submit_free;
    WORD_COPY (self->channel, ask->submit.channel);
    WORD_COPY (self->thread, ask->submit.thread);
    ask_once (ask, ask->submit.channel, ask->submit.message_id, &ask->submit.base);
    kill_point ("intake.heard");
    if (*ask->submit.contact && !ask->contact_is_hint)
        self->thread[0] = '\0'; /* the contact is named: its own thread counts */
    take_attachments (self, &ask->submit);
    self->customer = customers_new (ask, policy, ask->submit.channel, ask->submit.customer);
    submit_find (ask);
}

static void by_http (ask_t **ask_p, const char *contact)
{
    ask_t *ask = *ask_p;
    size_t size;
    refusal_t refusal;
    const void *bytes = http_body (ask->http, &size);
    body_type_t type = body_type (http_header (ask->http, "Content-Type"));
    if (body_submit (&ask->body, type, bytes, size, contact, &ask->submit, &refusal))
        submit_begin (ask_p);
    else
        ask_refuse (ask_p, &refusal);
}

void submit_open (ask_t **ask_p)
{
    by_http (ask_p, "");
}

void submit_append (ask_t **ask_p)
{
    const ask_t *ask = *ask_p;
    if (ask_id (ask_p))
        by_http (ask_p, ask->id);
}
