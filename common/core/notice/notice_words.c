/* notice_words.c - the words of a notice: each slot that a template may name, as its reader should see it.
 *
 * Told: a notice and its contact. Says: the slots, texts that live as long as the render_t does. Customers read no
 * internal name beyond the display name of the person who answers them. */
#include "notice_private.h"

#include "calendar.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

#define DUE_SECONDS_BELOW_MS (5 * MS_PER_MINUTE)            /* what is promised for sooner than that says the second */
#define DUE_PASSED           " (that has passed)"           /* to colleagues */
#define DUE_UNKNOWN          "the earliest possible moment" /* to customers; to colleagues such a line is left out */

/* The name as shown; of somebody whom the policy no longer names, the name itself. */
static const char *shown_name (const policy_t *policy, const char *name)
{
    const policy_person_t *person = policy_person (policy, name);
    return person && !word_empty (person->display) ? person->display : name;
}

static const promise_t *promise_of (const contact_t *contact, promise_kind_t kind)
{
    for (size_t i = 0; i < contact->promises_n; i++)
        if (contact->promises[i].kind == kind)
            return &contact->promises[i];
    return NULL;
}

/* The answer that a customer is told to expect, where the notice itself names no time. */
static const promise_t *answer_owed (const contact_t *contact)
{
    const promise_t *first = promise_of (contact, BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE);
    const promise_t *next = promise_of (contact, BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_NEXT_RESPONSE);
    const promise_t *callback = promise_of (contact, BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_CALLBACK);
    return first ? first : next ? next : callback;
}

/* A time of the day without its seconds would have passed when it is read. */
static bool counts_seconds (const render_t *self, const promise_t *promise, wall_ms_t due)
{
    bool soon = due > self->now && due - self->now < DUE_SECONDS_BELOW_MS;
    return soon || (promise && promise->duration_ms > 0 && promise->duration_ms < DUE_SECONDS_BELOW_MS);
}

/* "by when", in the zone of the hours it runs on; else of the workspace's first hours; else UTC. */
static void put_due (render_t *self)
{
    const promise_t *promise = promise_of (self->contact, self->notice->promise);
    if (!promise)
        promise = answer_owed (self->contact);
    wall_ms_t due = self->notice->due ? self->notice->due : promise ? promise->due : 0;
    const calendar_t *hours = promise ? policy_hours (self->policy, promise->hours) : NULL;
    if (!hours && self->policy->hours_n)
        hours = self->policy->hours[0].calendar;
    bool customer = !self->notice->person[0], past = due <= self->now; /* customers are told no time that was */
    if (!due || due == TIME_NEVER || (customer && past))
        snprintf (self->due, sizeof self->due, "%s", customer ? DUE_UNKNOWN : "");
    else if (counts_seconds (self, promise, due))
        calendar_format_seconds (hours, due, self->due, sizeof self->due);
    else
        calendar_format (hours, due, self->due, sizeof self->due);
    if (*self->due && !customer && past &&
        self->notice->purpose != BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_STEP)
        strncat (self->due, DUE_PASSED, sizeof self->due - strlen (self->due) - 1); /* a step's standing says it */
}

void notice_link (const policy_t *policy, const char *workspace, const char *contact, const char *person,
                  Buckstop__V1__ActionKind action, wall_ms_t now, char link[LINK_SIZE])
{
    if (word_empty (policy->link_base))
        return;
    link_claim_t claim = {.action = action, .expires = now + policy->link_ms};
    WORD_COPY (claim.workspace, workspace);
    WORD_COPY (claim.contact, contact);
    WORD_COPY (claim.person, person);
    char token[LINK_TOKEN_SIZE];
    link_sign (&claim, policy->link_key, token);
    snprintf (link, LINK_SIZE, "%s/l/%s", policy->link_base, token);
}

static void put_link (render_t *self, Buckstop__V1__ActionKind action, char link[LINK_SIZE])
{
    notice_link (self->policy, self->contact->workspace, self->contact->id, self->notice->person, action, self->now,
                 link);
}

static void put_links (render_t *self)
{
    if (!self->person)
        return;
    switch (self->notice->purpose) {
    case BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_OFFER:
        put_link (self, BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACCEPT, self->link_accept);
        return;
    case BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_STEP:
    case BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_NOBODY:
    case BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_REVIEW:
    case BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_UNREACHED:
        put_link (self, BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACKNOWLEDGE, self->link_acknowledge);
        return;
    default:
        return;
    }
}

/* What a customer was promised, as they would say it; of a kind that is not here, its name. */
static const char *const to_customers[] = {
    [BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_ACKNOWLEDGE] = "word that we have your message",
    [BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE] = "a first answer",
    [BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_NEXT_RESPONSE] = "an answer",
    [BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_RESOLUTION] = "a solution",
    [BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_CALLBACK] = "a call back",
};

/* "first_response" as people say it. */
static void promise_text (render_t *self)
{
    promise_kind_t kind = self->notice->promise;
    bool customer = !self->notice->person[0];
    if (customer && (size_t)kind < sizeof to_customers / sizeof *to_customers && to_customers[kind])
        WORD_COPY (self->promise, to_customers[kind]);
    else if (kind)
        WORD_COPY (self->promise, promise_kind_name (kind));
    word_spaced (self->promise);
}

/* What the contact itself knows of whose it is; all the rest is found by its id. */
static void about_text (render_t *self)
{
    const contact_t *contact = self->contact;
    const struct {
        const char *before, *value;
    } parts[] = {{"tier ", contact->tier},
                 {"speaks ", contact->language},
                 {"also open: ", contact->linked},
                 {"no way back: ", contact_lacks_way_back (contact, self->policy) ? "an answer can't reach them" : ""}};
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (*parts[i].value)
            used += (size_t)snprintf (self->about + used, sizeof self->about - used, "%s%s%s", used ? ", " : "",
                                      parts[i].before, parts[i].value);
}

static void put_slot (render_t *self, const char *name, const char *value)
{
    self->slots[self->slots_n++] = (template_slot_t){name, value ? value : ""};
}

/* Who answers for the contact, as the customer reads it. */
static const char *who_answers (const render_t *self)
{
    const contact_t *contact = self->contact;
    return shown_name (self->policy, contact->owner[0] ? contact->owner : contact->accountable);
}

/* Customers read "Re: your message" rather than "Re:"; in other words it is left out, template.h. */
static const char *subject_of (const render_t *self)
{
    if (self->contact->subject[0])
        return self->contact->subject;
    if (self->notice->person[0])
        return "(no subject)";
    return self->notice->purpose == BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_REPLY ? "your message" : "";
}

/* Colleagues read how it begins, an answer goes out whole. */
static const char *text_of (render_t *self)
{
    const notice_t *notice = self->notice;
    if (!notice->person[0])
        return notice->text;
    const char *text = notice->text || notice->words ? notice->text : self->contact->said;
    text = text ? text + strspn (text, " \t\r\n") : "";
    char cut[SAID_SIZE];
    bool whole = word_fits (cut, sizeof cut, text) && (notice->text || strlen (text) + 4 < SAID_SIZE);
    snprintf (self->text, sizeof self->text, "%s%s", cut, whole ? "" : " ...");
    return self->text;
}

const char *notice_customer_name (const contact_t *contact, bool to_colleagues)
{
    if (contact->customer_name[0] || contact->customer[0] || !to_colleagues)
        return contact->customer_name[0] ? contact->customer_name : contact->customer;
    return contact->return_to[0] ? contact->return_to : "somebody who gave no name";
}

void notice_words (render_t *self)
{
    const contact_t *contact = self->contact;
    const notice_t *notice = self->notice;
    bool customer = !notice->person[0];
    put_due (self);
    promise_text (self);
    about_text (self);
    put_links (self);
    put_slot (self, "person", customer ? who_answers (self) : shown_name (self->policy, notice->person));
    put_slot (self, "owner", customer ? who_answers (self) : shown_name (self->policy, contact->owner));
    put_slot (self, "accountable", customer ? who_answers (self) : shown_name (self->policy, contact->accountable));
    put_slot (self, "customer", notice_customer_name (contact, !customer));
    put_slot (self, "about", customer ? "" : self->about);
    put_slot (self, "subject", subject_of (self));
    put_slot (self, "contact", contact->id);
    put_slot (self, "channel", contact->channel);
    put_slot (self, "state", contact_state_name (contact->state));
    put_slot (self, "standing", customer ? "" : notice->standing);
    put_slot (self, "promise", self->promise);
    put_slot (self, "due", self->due);
    put_slot (self, "text", text_of (self));
    put_slot (self, "detail", customer ? "" : notice->detail);
    put_slot (self, "link_accept", self->link_accept);
    put_slot (self, "link_acknowledge", self->link_acknowledge);
    put_slot (self, "workspace", contact->workspace);
}
