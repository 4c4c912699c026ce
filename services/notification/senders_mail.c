/* senders_mail.c - what goes out by mail: from whom, with which ids, and what the server's answers mean.
 *
 * The Message-ID holds a signed tag (mail_tag.h): an answer leads back to its contact by it, and a bounce to its delivery.
 * Customers read the channel's own address as the sender, so that they answer there. Where no mail of theirs began the
 * thread, the first of ours did: what follows refers to it.
 *
 * Limits: where answers go out from another domain meanwhile, the id that it refers to is not quite the first one's. */
#include "senders_private.h"

#include "address.h"
#include "mail_tag.h"
#include "trace.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

#define PURPOSE(name) BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_##name

static void mail_answered (void *arg, const mail_answer_t *answer)
{
    attempt_t *attempt = arg;
    attempt->answered = answer->code != 0;
    attempt->delivery.own_id |= !answer->code && !answer->unsent;
    bool refused = answer->code >= 500 && answer->code < 600;
    if (word_empty (answer->error))
        attempt_ended (attempt, ATTEMPT_ACCEPTED, 0, "");
    else if (refused && answer->stage == MAIL_STAGE_SERVER)
        sender_unable (attempt, FAULT_SERVER_REFUSES, answer->error);
    else
        attempt_ended (attempt, refused ? ATTEMPT_PERMANENT : ATTEMPT_TEMPORARY, 0, answer->error);
}

/* Everything that a mail's head says of its own. */
typedef struct letter {
    const policy_t *policy;
    const policy_channel_t *channel; /* to a customer; NULL: none */
    char from[ADDRESS_SIZE + DISPLAY_SIZE], id[ADDRESS_SIZE], reply_to[ADDRESS_SIZE];
    char first[ADDRESS_SIZE];             /* the id of our mail that began the thread; "": none of ours did */
    const char *in_reply_to, *references; /* references: before the other */
} letter_t;

/* The channel's first address that is one, under the name that the policy's sender has. */
static const char *channel_address (const letter_t *self)
{
    const policy_channel_t *channel = self->channel;
    for (size_t i = 0; channel && i < channel->addresses_n; i++)
        if (channel->addresses[i][0] != '@')
            return channel->addresses[i];
    return NULL;
}

static void choose_from (letter_t *self, const char *all_mail)
{
    const char *general = !word_empty (all_mail) ? all_mail : self->policy ? self->policy->mail_from : "";
    const char *own = channel_address (self), *open = word_empty (general) ? NULL : strrchr (general, '<');
    if (!own)
        WORD_COPY (self->from, general);
    else if (open)
        snprintf (self->from, sizeof self->from, "%.*s<%s>", (int)(open - general), general, own);
    else
        WORD_COPY (self->from, own);
}

/* "example.com" of "Desk <desk@example.com>". */
static void host_of (const char *address, char host[ADDRESS_SIZE])
{
    const char *at = strrchr (address, '@');
    word_copy (host, ADDRESS_SIZE, at ? at + 1 : "localhost");
    host[strcspn (host, "> (")] = 0;
}

static void choose_ids (letter_t *self, const delivery_t *delivery)
{
    char host[ADDRESS_SIZE];
    const char *own = channel_address (self);
    if (!self->policy)
        return;
    host_of (self->from, host);
    mail_tag_message_id (delivery->id, delivery->workspace, delivery->contact, self->policy->link_key, host, self->id);
    if (own && self->channel->tag == TAG_ADDRESS)
        mail_tag_address (own, delivery->workspace, delivery->contact, self->policy->link_key, self->reply_to);
}

/* RFC 5322, 3.6.4: what it answers, and the first of its thread. */
static void choose_thread (letter_t *self, const delivery_t *delivery)
{
    char host[ADDRESS_SIZE];
    self->in_reply_to = delivery->in_reply_to;
    self->references = delivery->thread;
    if (!*delivery->first_mail || !self->policy)
        return;
    host_of (self->from, host);
    mail_tag_message_id (delivery->first_mail, delivery->workspace, delivery->contact, self->policy->link_key, host,
                         self->first);
    if (strchr (delivery->in_reply_to, '@'))
        self->references = self->first;
    else
        self->in_reply_to = self->first;
}

static mail_automatic_t automatic_of (const delivery_t *delivery)
{
    if (delivery->purpose == PURPOSE (REPLY))
        return MAIL_BY_HAND;
    return delivery->purpose == PURPOSE (ACKNOWLEDGE) ? MAIL_REPLIED : MAIL_GENERATED;
}

void sender_by_mail (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    const delivery_t *delivery = &attempt->delivery;
    letter_t letter = {.policy = workspaces_policy (self->service->workspaces, delivery->workspace)};
    if (!address_is_mail (delivery->address)) {
        attempt_ended (attempt, ATTEMPT_PERMANENT, 0, "there is no mail address");
        return;
    }
    if (!self->mail_out) {
        sender_unable (attempt, FAULT_NO_SERVER, "no mail server is configured (--smtp)");
        return;
    }
    if (letter.policy && !delivery->person[0])
        letter.channel = policy_channel (letter.policy, delivery->channel);
    choose_from (&letter, self->params->mail_from);
    if (!letter.from[0]) {
        sender_unable (attempt, FAULT_NO_SENDER,
                       "no sender is configured (--mail-from, mail_from in the policy, or the channel's address)");
        return;
    }
    choose_ids (&letter, delivery);
    choose_thread (&letter, delivery);
    char trace[TRACE_SIZE];
    mail_t mail = {.id = delivery->id,
                   .message_id = letter.id,
                   .from = letter.from,
                   .to = delivery->address,
                   .subject = delivery->subject,
                   .body = delivery->body,
                   .reply_to = letter.reply_to,
                   .in_reply_to = letter.in_reply_to,
                   .thread = letter.references,
                   .trace = trace_of (delivery->trace, delivery->contact, trace),
                   .automatic = automatic_of (delivery),
                   .timeout_ms = (int)self->params->attempt_ms};
    mail_out_send (self->mail_out, &mail, mail_answered, attempt);
}
