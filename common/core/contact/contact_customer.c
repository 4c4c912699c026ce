/* contact_customer.c - what customers do: they open a contact and they say more. */
#include "contact_actions.h"

#include "address.h"

#include <string.h>

/* The way back that the submission names, else the channel's; one without an address is none. */
static void choose_way_back (contact_t *c, const submission_t *s, const policy_channel_t *channel)
{
    c->return_way = s->return_way ? s->return_way : channel ? channel->answer : WAY_BACK (UNSPECIFIED);
    WORD_COPY (c->return_to, s->return_to);
    if (c->return_way == WAY_BACK (MAIL) && !*c->return_to && address_is_mail (s->customer))
        WORD_COPY (c->return_to, s->customer);
    if (can_tell_customer (c) && !*c->return_to)
        c->return_way = WAY_BACK (UNSPECIFIED);
}

static void copy_submission (turn_t *t, const submission_t *s)
{
    contact_t *c = t->c;
    WORD_COPY (c->id, t->event->contact);
    WORD_COPY (c->workspace, t->event->workspace);
    WORD_COPY (c->trace, t->event->trace);
    WORD_COPY (c->channel, s->channel);
    WORD_COPY (c->subject, s->subject);
    WORD_COPY (c->language, s->language);
    WORD_COPY (c->tier, s->tier);
    WORD_COPY (c->customer, s->customer);
    WORD_COPY (c->customer_name, s->customer_name);
    WORD_COPY (c->thread, s->thread);
    WORD_COPY (c->reply_to_message, s->message_id);
    WORD_COPY (c->continues, s->continues);
    c->priority = s->priority;
    choose_way_back (c, s, policy_channel (t->policy, s->channel));
}

void apply_rule (turn_t *t, const char *text)
{
    contact_t *c = t->c;
    policy_subject_t about = subject_of (c, text);
    const policy_rule_t *rule = policy_match_rule (t->policy, &about);
    const policy_team_t *team = rule && rule->team ? rule->team : t->policy->default_team;
    WORD_COPY (c->rule, rule ? rule->name : "");
    WORD_COPY (c->team, team ? team->name : "");
    if (!rule)
        return;
    c->priority += rule->priority;
    if (rule->prefer) {
        WORD_COPY (c->preferred, rule->prefer->name);
        c->preferred_until = t->now + rule->prefer_ms;
    }
}

apply_outcome_t act_open (turn_t *t)
{
    contact_t *c = t->c;
    const submission_t *s = t->event->submission;
    copy_submission (t, s);
    apply_rule (t, s->text);
    c->opened_at = c->waiting_since = c->last_customer_at = t->now;
    c->review_at = t->now + t->policy->review_ms;
    c->pause_left_ms = t->policy->pause_ms;
    c->messages = 1;
    fact_t *fact = turn_fact_detail (t, FACT (OPENED), "rule %s, team %s", *c->rule ? c->rule : "(none)", c->team);
    WORD_COPY (fact->to, c->team);
    fact->text = s->text;
    set_accountable (t, duty_lead (t->policy, c)->name, "duty lead until somebody accepts");
    if (can_tell_customer (c))
        promise_open (t, P_ACKNOWLEDGE, 0);
    promise_open (t, P_FIRST, 0);
    promise_open (t, P_RESOLUTION, 0);
    want_somebody (t);
    return APPLY_DONE;
}

static void note_message (turn_t *t)
{
    contact_t *c = t->c;
    const submission_t *s = t->event->submission;
    fact_t *fact = turn_fact (t, FACT (MESSAGE));
    fact->text = s->text;
    c->messages++;
    c->last_customer_at = t->now;
    c->review_at = t->now + t->policy->review_ms;
    if (*s->message_id)
        WORD_COPY (c->reply_to_message, s->message_id);
    if (!promise_unanswered (c))
        promise_open (t, P_NEXT, 0);
}

/* Nobody has it yet: what is owed is owed already. */
apply_outcome_t act_message (turn_t *t)
{
    note_message (t);
    return APPLY_DONE;
}

static void tell_owner (turn_t *t, const char *what)
{
    WORD_COPY (turn_notice (t, PURPOSE (ASSIGNED), t->c->owner)->detail, what);
}

apply_outcome_t act_message_owned (turn_t *t)
{
    note_message (t);
    tell_owner (t, "the customer wrote again");
    return APPLY_DONE;
}

apply_outcome_t act_message_waiting (turn_t *t)
{
    end_pause (t, t->now, "the customer answered");
    note_message (t);
    tell_owner (t, "the customer answered");
    return APPLY_DONE;
}

/* Routing looks at the former owner again: reachable, or it goes on to somebody who is. */
void reopen (turn_t *t, const char *by, const char *text, const char *why)
{
    contact_t *c = t->c;
    fact_t *fact = turn_fact_detail (t, FACT (REOPENED), "%s", why);
    fact->text = text;
    WORD_COPY (fact->by, by);
    char former[NAME_SIZE];
    WORD_COPY (former, c->owner);
    c->close_at = 0;
    c->review_at = t->now + t->policy->review_ms;
    give_up_owner (t, "reopened: duty lead until somebody accepts");
    WORD_COPY (c->preferred, former);
    c->preferred_until = 0;
    promise_open (t, P_RESOLUTION, 0);
}

apply_outcome_t act_message_resolved (turn_t *t)
{
    reopen (t, "", NULL, "the customer wrote again");
    note_message (t);
    return APPLY_DONE;
}
