/* submit_order.c - what the state machine hears of a submission: what was said, what a closed contact and the customer's
 * record add to it, and whether it opens, says more, or is a line's own event. */
#include "submit.h"

#include "ids.h"
#include "wire.h"
#include "words.h"

#include <string.h>

static submit_t *submit_of (const ask_t *ask)
{
    return ask->more;
}

static const char *or_else (const char *text, const char *otherwise)
{
    return *text ? text : otherwise;
}

/* What the message leaves out, the closed contact that it continues knows. */
static submission_t submission_of (const ask_t *ask)
{
    static const contact_t nothing;
    const submit_t *self = submit_of (ask);
    const contact_t *old = self->closed ? self->closed : &nothing;
    const Buckstop__V1__Submit *said = &ask->submit;
    return (submission_t){
        .channel = or_else (said->channel, old->channel),
        .subject = or_else (said->subject, old->subject),
        .text = said->text,
        .customer = or_else (said->customer, old->customer),
        .customer_name = or_else (said->customer_name, old->customer_name),
        .thread = or_else (said->thread, old->thread),
        .message_id = said->message_id,
        .language = or_else (said->language, old->language),
        .tier = or_else (said->tier, old->tier),
        .priority = said->priority,
        .return_way = said->return_way ? said->return_way : old->return_way,
        .return_to = or_else (said->return_to, said->return_way ? "" : old->return_to),
        .continues = self->continues,
        .fresh = said->fresh,
        .attachments = self->attachments,
        .attachments_n = self->attachments_n,
        .call = said->call,
        .call_person = said->call_person,
        .sent_at = said->sent_at,
        .customer_id = old->customer_id,
        .tier_known = "",
        .owner_known = "",
        .linked = "",
        .linked_owner = "",
        .untold = ask->untold,
    };
}

/* Nobody said which language it is in, and the policy wants to know. */
static void seek_language (ask_t *ask, submission_t *submission)
{
    submit_t *self = submit_of (ask);
    const policy_t *policy = workspaces_policy (ask->intake->service->workspaces, ask->bearer.workspace);
    const char *text = *submission->fresh ? submission->fresh : submission->text;
    if (*submission->language || !policy || !policy->languages)
        return;
    if (!self->language_sought)
        language_of (ask->intake->languages, text, strlen (text), self->language);
    self->language_sought = true;
    submission->language = self->language;
}

/* A message that leaves the way to the channel, or to the contact that it follows: its address must fit that. False:
 * refused, and the ask is gone. */
static bool has_way_back (ask_t *ask, const submission_t *submission)
{
    const policy_t *policy = workspaces_policy (ask->intake->service->workspaces, ask->bearer.workspace);
    const policy_channel_t *channel = policy ? policy_channel (policy, submission->channel) : NULL;
    char why[DETAIL_SIZE];
    if (!*ask->submit.return_to || ask->submit.return_way)
        return true; /* it says neither, or both: the door has looked */
    if (!wire_check_way_back (submission->return_way ? submission->return_way
                              : channel              ? channel->answer
                                                     : BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_UNSPECIFIED,
                              submission->return_to, why))
        return true;
    ask_refuse_as (&ask, REFUSE_INVALID, "%s", why);
    return false;
}

/* A line that rings says as much as a message. */
static event_kind_t event_of (const ask_t *ask, bool opening)
{
    if (opening)
        return EVENT_OPEN;
    bool says = ask->submit.call == BUCKSTOP__V1__CALL_STATE__CALL_STATE_UNSPECIFIED ||
                ask->submit.call == BUCKSTOP__V1__CALL_STATE__CALL_STATE_RINGING;
    return says ? EVENT_MESSAGE : EVENT_CALL;
}

void submit_work (ask_t *ask, const char *contact, bool opening)
{
    submit_t *self = submit_of (ask);
    self->opening = opening;
    self->receipt = (receipt_t){.contact = ""}; /* what it held is of a commit that was refused */
    WORD_COPY (self->contact, contact);
    if (opening) {
        uint8_t random[ID_RANDOM_BYTES];
        intake_random (ask->intake, random, sizeof random);
        id_make (store_now (ask_store (ask)), random, self->contact);
    }
    submission_t submission = submission_of (ask);
    customers_say (self->customer, &submission);
    if (opening)
        seek_language (ask, &submission);
    if (opening && !has_way_back (ask, &submission))
        return;
    work_order_t order = {
        .service = ask->intake->service,
        .workspace = ask->bearer.workspace,
        .contact = self->contact,
        .event = {.kind = event_of (ask, opening),
                  .id = ask->once.event,
                  .by = self->answering,
                  .by_epoch = self->answering_epoch,
                  .submission = &submission,
                  .contact = self->contact,
                  .workspace = ask->bearer.workspace,
                  .trace = ask->trace},
        .extra = submit_extra,
        .decide = submit_may_go,
        .done = submit_worked,
        .arg = ask,
    };
    work_begin (&order);
}
