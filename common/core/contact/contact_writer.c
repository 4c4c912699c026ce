/* contact_writer.c - who writes into a contact: the customer, a colleague, somebody else; and what a colleague's mail does.
 *
 * Hears: a message, the contact that it belongs to, the policy. Says: who it is, by the address alone. Anybody may write any
 * address there, so no right follows from it: a colleague's mail is words on the timeline, of which whoever has the contact
 * is told. It is neither the customer's answer nor ours to them: no promise, pause or state changes, and it is not sent on.
 *
 * Limits: whoever opened the contact is its customer, and so is who was linked to them, though they may be a colleague. */
#include "contact_private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool by_another_channel (const contact_t *c, const submission_t *s)
{
    return !word_empty (s->channel) && !word_same (s->channel, *c->reply_channel ? c->reply_channel : c->channel);
}

/* They came by a form or a chat, said where they read mail, and answer from there what we wrote. */
static bool from_where_we_write (const contact_t *c, const submission_t *s)
{
    return c->return_way == WAY_BACK (MAIL) && *c->return_to && strcasecmp (s->customer, c->return_to) == 0;
}

/* By their records; without both it can't be told. */
static bool have_records (const contact_t *c, const submission_t *s)
{
    return *c->customer_id && !word_empty (s->customer_id);
}

static bool is_the_customer (const contact_t *c, const submission_t *s)
{
    if (strcasecmp (s->customer, c->customer) == 0 || from_where_we_write (c, s))
        return true;
    return have_records (c, s) && (word_same (s->customer_id, c->customer_id) ||
                                   (s->customer_ids && strstr (s->customer_ids, c->customer_id)));
}

/* Whoever knows a thread may write into it: colleagues must see that the words are not the customer's. */
bool by_somebody_else (const contact_t *c, const submission_t *s)
{
    if (word_empty (s->customer) || !*c->customer || is_the_customer (c, s))
        return false;
    return have_records (c, s) || !by_another_channel (c, s);
}

/* ---- a colleague, who answers what we told them, or has the customer's mail */

static const policy_person_t *colleague (const turn_t *t)
{
    const submission_t *s = t->event->submission;
    if (word_empty (s->customer) || is_the_customer (t->c, s))
        return NULL;
    return policy_person_by_mail (t->policy, s->customer);
}

/* Where a message names none it came by the contact's own. */
static const char *channel_of (const turn_t *t)
{
    const char *named = t->event->submission->channel;
    return word_empty (named) ? t->c->channel : named;
}

/* Whose matter it is by now; not who wrote it: they know, and a robot that answers for them would be told again and again.
 * What is resolved is told of, too, since nobody would look. */
static void tell_keeper (turn_t *t, const policy_person_t *writer)
{
    const contact_t *c = t->c;
    const submission_t *s = t->event->submission;
    const policy_person_t *keeper = policy_person (t->policy, c->owner);
    if (!keeper)
        keeper = policy_person (t->policy, c->accountable);
    if (!keeper || policy_person_has_mail (keeper, s->customer))
        return;
    notice_t *notice = turn_notice (t, PURPOSE (RETURNED), keeper->name);
    notice->words = "message";
    notice->text = new_words (s);
    snprintf (notice->detail, sizeof notice->detail,
              "%s, a colleague, wrote by %s, which was not sent on to the customer", writer->name, channel_of (t));
}

bool colleague_wrote (turn_t *t)
{
    const submission_t *s = t->event->submission;
    const policy_person_t *writer = colleague (t);
    if (!writer)
        return false;
    fact_t *fact = turn_fact_detail (t, FACT (MESSAGE), "%s, a colleague, by %s from %s (not sent on to the customer)",
                                     writer->name, channel_of (t), WORD_CUT (s->customer, 80));
    fact->text = s->text;
    WORD_COPY (fact->to, SOMEBODY_ELSE);
    note_sent (t, fact);
    note_attachments (t);
    tell_keeper (t, writer);
    return true;
}
