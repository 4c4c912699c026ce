/* notice_call.c - what is told by a channel's own call (channel_out.h): to the customer who came by it, or to a colleague
 * whose way it is (PagerDuty, a phone, a room).
 *
 * A customer's text is never cut: what does not fit has failed, and its writer is told. A page is: a short one beats none. */
#include "notice_private.h"

#include "mail_tag.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PURPOSE(name) BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_##name
#define STANDS_MS     (30 * MS_PER_DAY) /* so long a far side that wants to know believes that it is not over */

enum { RFC3339_SIZE = 32 };

/* It is settled as failed, and never sent. */
static void fail_before (delivery_t *delivery, const char *why)
{
    delivery->ended = DELIVERY_FAILED;
    WORD_COPY (delivery->last_error, why);
    delivery->address[0] = 0;
}

void notice_render_call (render_t *self, const policy_channel_t *channel, delivery_t *delivery, const out_told_t *given)
{
    out_told_t told = *given;
    const contact_t *contact = self->contact;
    char why[DETAIL_SIZE], tag[MAIL_TAG_SIZE], tagged[DELIVERY_ID_SIZE + MAIL_TAG_SIZE], *text = delivery->body;
    mail_tag_make (contact->workspace, contact->id, delivery->id, self->policy->link_key, tag);
    snprintf (tagged, sizeof tagged, "%s.%s", delivery->id, tag);
    for (size_t end = strlen (text); end && text[end - 1] == '\n'; end--)
        text[end - 1] = 0; /* a template's own: no chat ends with an empty line */
    told.id = delivery->id;
    told.text = text;
    told.subject = delivery->subject;
    told.contact = contact->id;
    told.customer = contact->customer;
    told.tag = tagged;
    delivery->body = NULL;
    if (!channel || !channel->out)
        fail_before (delivery, "the policy does not say any more how this channel is called");
    else if (!channel_out_render (channel, &told, delivery, why))
        fail_before (delivery, why);
    if (delivery->body)
        free (text);
    else
        delivery->body = text; /* what was not said stands in the dead letter */
}

/* ---- to a colleague ---- */

static const char *event_of (const notice_t *notice)
{
    return notice->purpose == PURPOSE (TAKEN)  ? "acknowledge"
           : notice->purpose == PURPOSE (OVER) ? "resolve"
                                               : "trigger";
}

static const char *severity_of (const render_t *self)
{
    const notice_t *notice = self->notice;
    if (notice->purpose == PURPOSE (TAKEN) || notice->purpose == PURPOSE (OVER))
        return "info";
    if (notice->urgent)
        return "critical";
    return notice->due && notice->due <= self->now ? "error" : "warning";
}

static const char *rfc3339 (wall_ms_t at, char text[RFC3339_SIZE])
{
    time_t seconds = (time_t)(at / MS_PER_SECOND);
    struct tm parts;
    char whole[RFC3339_SIZE];
    gmtime_r (&seconds, &parts);
    strftime (whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf (text, RFC3339_SIZE, "%.19s.%03dZ", whole, (int)(at % MS_PER_SECOND));
    return text;
}

/* At most so many characters; the last of a text that is cut are dots. */
static void cut (char *text, size_t longest)
{
    static const char dots[] = "...";
    size_t n = 0, keep = longest > sizeof dots ? longest - (sizeof dots - 1) : longest;
    char *end = text;
    if (channel_out_characters (text) <= longest)
        return;
    for (; *end; end++) {
        n += ((unsigned char)*end & 0xC0) != 0x80;
        if (n > keep)
            break;
    }
    const char *mark =
        keep < longest ? dots : ""; /* no longer than what it stands for: each of that is a byte at least */
    memcpy (end, mark, strlen (mark) + 1);
}

void notice_call (render_t *self, const policy_way_t *way)
{
    const contact_t *contact = self->contact;
    const policy_channel_t *channel = way->channel;
    delivery_t *delivery = notice_deliver (self, way);
    char opened[RFC3339_SIZE], at[RFC3339_SIZE], until[RFC3339_SIZE];
    bool over = self->notice->purpose == PURPOSE (OVER);
    if (notice_is_dry (self))
        return;
    WORD_COPY (delivery->channel, channel->name);
    if (channel->out->longest)
        cut (delivery->body, (size_t)channel->out->longest);
    const out_told_t told = {.to = way->address,
                             .person = self->notice->person,
                             .purpose = purpose_name (self->notice->purpose),
                             .event = event_of (self->notice),
                             .severity = severity_of (self),
                             .state = contact_state_name (contact->state),
                             .promise = self->promise,
                             .due = self->due,
                             .link_accept = self->link_accept,
                             .link_acknowledge = self->link_acknowledge,
                             .opened = rfc3339 (contact->opened_at ? contact->opened_at : self->now, opened),
                             .at = rfc3339 (self->now, at),
                             .until = rfc3339 (over ? self->now : self->now + STANDS_MS, until),
                             .workspace = contact->workspace};
    notice_render_call (self, channel, delivery, &told);
}
