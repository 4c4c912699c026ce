/* notice_customer.c - what is told to a customer goes back the way that they came: by mail, to the URL that was given, by
 * the channel's own call (channel_out.h), or in a person's own words.
 *
 * What can't be said that way, ever, is a delivery that has failed before it is sent: whoever answers for the contact is
 * told as of every answer that did not arrive. Nothing automatic goes where only machines read (RFC 3834, 2). */
#include "notice_private.h"

#include "address.h"
#include "mail_tag.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CALLBACK_SECRET "callback" /* signs what goes to the URL that a channel gave */
#define WAY(name)       BUCKSTOP__V1__WAY_KIND__WAY_KIND_##name

static void left_out (render_t *self, const char *why)
{
    notice_fact (self, BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTICE_LEFT_OUT, 0, 0, "%s: %s",
                 purpose_name (self->notice->purpose), why);
}

static const char *channel_name (const contact_t *contact)
{
    return *contact->reply_channel ? contact->reply_channel : contact->channel;
}

/* ---- mail ---- */

/* Local parts that no person reads, or that answer by themselves. */
static bool is_machine (const char *address)
{
    static const char *const whole[] = {"mailer-daemon", "postmaster", "nobody", "listserv", "majordomo"};
    static const char *const parts[] = {"noreply",    "no-reply",     "no_reply",     "no.reply",
                                        "donotreply", "do-not-reply", "do_not_reply", "do.not.reply"};
    char local[ADDRESS_SIZE];
    const char *open = strrchr (address, '<'), *start = open ? open + 1 : address, *at = strrchr (start, '@');
    size_t length = at ? (size_t)(at - start) : strcspn (start, ">");
    if (length == 0 || length >= sizeof local)
        return true; /* the null sender */
    memcpy (local, start, length);
    local[length] = 0;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (strcasecmp (local, whole[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcasestr (local, parts[i]))
            return true;
    return strncasecmp (local, "owner-", 6) == 0 || (length > 8 && strcasecmp (local + length - 8, "-request") == 0);
}

static void tag_subject (const render_t *self, delivery_t *delivery)
{
    char tag[MAIL_TAG_SIZE], *subject;
    mail_tag_make (self->contact->workspace, self->contact->id, "", self->policy->link_key, tag);
    if (asprintf (&subject, "%s [#%s]", delivery->subject, tag) < 0)
        abort ();
    free (delivery->subject);
    delivery->subject = subject;
}

/* The thread as mail programs know it: "m:" is our own mark of what mail servers brought, and behind "m:#" there is only a
 * hash of it. */
static const char *mail_thread (const contact_t *contact)
{
    const char *thread = contact->thread;
    if (strncmp (thread, "m:", 2) != 0)
        return thread;
    return thread[2] == '#' ? "" : thread + 2;
}

static void by_mail (render_t *self)
{
    const contact_t *contact = self->contact;
    policy_way_t way = {.kind = WAY (MAIL), .address = *contact->return_to ? contact->return_to : contact->customer};
    bool automatic = self->notice->purpose != BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_REPLY;
    if (automatic && is_machine (way.address)) {
        left_out (self, "nobody reads mail to that address (RFC 3834)");
        return;
    }
    delivery_t *delivery = notice_deliver (self, &way);
    const policy_channel_t *channel = policy_channel (self->policy, channel_name (contact));
    WORD_COPY (delivery->channel, channel_name (contact));
    WORD_COPY (delivery->in_reply_to, contact->reply_to_message);
    if (!word_same (mail_thread (contact), contact->reply_to_message))
        WORD_COPY (delivery->thread, mail_thread (contact));
    if (!strchr (delivery->thread, '@'))
        WORD_COPY (delivery->first_mail, contact->first_mail);
    if (channel && channel->tag == TAG_SUBJECT && delivery->way == WAY (MAIL))
        tag_subject (self, delivery);
}

/* ---- the channel's own call ---- */

/* Of Auto-Submitted (RFC 3834, 5), where the platform sends mail. */
static const char *automatic_word (purpose_t purpose)
{
    if (purpose == BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_REPLY)
        return "";
    bool reply = purpose == BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_ACKNOWLEDGE;
    return reply ? "auto-replied" : "auto-generated";
}

static void by_channel (render_t *self)
{
    const contact_t *contact = self->contact;
    const policy_channel_t *channel = policy_channel (self->policy, channel_name (contact));
    policy_way_t way = {.kind = WAY (CHANNEL), .address = contact->return_to};
    delivery_t *delivery = notice_deliver (self, &way);
    WORD_COPY (delivery->channel, channel_name (contact));
    WORD_COPY (delivery->in_reply_to, contact->reply_to_message);
    if (notice_is_dry (self))
        return;
    out_told_t told = {.to = contact->return_to,
                       .thread = address_is_mail (contact->return_to) ? mail_thread (contact) : contact->thread,
                       .message_id = contact->reply_to_message,
                       .automatic = automatic_word (self->notice->purpose)};
    notice_render_call (self, channel, delivery, &told);
}

static void by_callback (render_t *self)
{
    policy_way_t way = {.kind = WAY (WEBHOOK), .address = self->contact->return_to, .secret = CALLBACK_SECRET};
    delivery_t *delivery = notice_deliver (self, &way);
    WORD_COPY (delivery->channel, channel_name (self->contact));
    WORD_COPY (delivery->in_reply_to, self->contact->reply_to_message);
}

void notice_customer (render_t *self)
{
    switch (self->contact->return_way) {
    case BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL:
        by_mail (self);
        return;
    case BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CALLBACK:
        by_callback (self);
        return;
    case BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CHANNEL:
        by_channel (self);
        return;
    case BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_SPOKEN:
        left_out (self, "a person says it");
        return;
    default:
        left_out (self, "there is no way back");
    }
}
