/* contact_customer.c - what customers do: they open a contact and they say more. */
#include "contact_actions.h"

#include "address.h"

#include <stdio.h>

typedef struct way_back {
    return_way_t way;
    const char *to;
} way_back_t;

/* The way back that the submission names, else the channel's: its own call, where it has one. The address that is given,
 * else where the customer wrote from; without one there is no way. */
static way_back_t way_back_of (const submission_t *s, const policy_channel_t *channel)
{
    way_back_t back = {s->return_way, s->return_to};
    if (!back.way && channel)
        back.way = channel->answer == WAY_BACK (UNSPECIFIED) && channel->out ? WAY_BACK (CHANNEL) : channel->answer;
    if (word_empty (back.to) &&
        (back.way == WAY_BACK (CHANNEL) || (back.way == WAY_BACK (MAIL) && address_is_mail (s->customer))))
        back.to = s->customer;
    if (word_empty (back.to) && back.way != WAY_BACK (SPOKEN))
        back.way = WAY_BACK (UNSPECIFIED);
    return back;
}

static void set_way_back (contact_t *c, way_back_t back)
{
    c->return_way = back.way;
    WORD_COPY (c->return_to, back.to);
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
    WORD_COPY (c->tier, *s->tier ? s->tier : s->tier_known);
    WORD_COPY (c->customer, s->customer);
    WORD_COPY (c->customer_name, s->customer_name);
    WORD_COPY (c->thread, s->thread);
    WORD_COPY (c->reply_to_message, s->message_id);
    WORD_COPY (c->continues, s->continues);
    WORD_COPY (c->customer_id, s->customer_id);
    WORD_COPY (c->linked, s->linked);
    WORD_COPY (c->reply_channel, s->channel);
    c->priority = s->priority;
    set_way_back (c, way_back_of (s, policy_channel (t->policy, s->channel)));
}

/* What rules and promises look at: quotes and signatures speak of something else. */
const char *new_words (const submission_t *s)
{
    return word_empty (s->fresh) ? s->text : s->fresh;
}

/* "; sent Mon 23 Nov, 09:30 CET" of what was long under way. Our time stamps count: nothing follows from it. */
#define UNDER_WAY_MS MS_PER_MINUTE
void note_sent (const turn_t *t, fact_t *fact)
{
    wall_ms_t sent = t->event->submission->sent_at;
    char when[64], detail[2 * DETAIL_SIZE];
    if (sent <= 0 || (t->now - sent <= UNDER_WAY_MS && sent - t->now <= UNDER_WAY_MS))
        return;
    calendar_format (t->policy->hours_n ? t->policy->hours[0].calendar : NULL, sent, when, sizeof when);
    snprintf (detail, sizeof detail, "%s%ssent %s", fact->detail, *fact->detail ? "; " : "", when);
    WORD_COPY (fact->detail, detail);
}

static void note_no_way_back (const turn_t *t, fact_t *fact)
{
    char detail[2 * DETAIL_SIZE];
    if (!contact_lacks_way_back (t->c, t->policy))
        return;
    snprintf (detail, sizeof detail, "%s; " NO_WAY_BACK, fact->detail);
    WORD_COPY (fact->detail, detail);
}

/* A fact for each: its name, type and size, what is to be said about it; where it lies is the fact's text. */
void note_attachments (turn_t *t)
{
    const submission_t *s = t->event->submission;
    for (size_t i = 0; i < s->attachments_n && i < ATTACHMENTS_MAX; i++) {
        const attachment_t *file = &s->attachments[i];
        fact_t *fact = turn_fact_detail (
            t, FACT (ATTACHED), "%s, %s, %llu bytes%s%s", word_empty (file->name) ? "(no name)" : file->name,
            word_empty (file->type) ? "(no type)" : file->type, (unsigned long long)file->size,
            word_empty (file->note) ? "" : ", ", word_empty (file->note) ? "" : file->note);
        fact->text = word_empty (file->hash) ? NULL : file->hash;
    }
}

const policy_rule_t *apply_rule (turn_t *t, const char *text)
{
    contact_t *c = t->c;
    const policy_rule_t *gave_up;
    policy_subject_t about = subject_of (c, text);
    const policy_rule_t *rule = policy_choose_rule (t->policy, &about, &gave_up);
    const policy_team_t *team = rule && rule->team ? rule->team : t->policy->default_team;
    WORD_COPY (c->rule, rule ? rule->name : "");
    WORD_COPY (c->team, team ? team->name : "");
    c->priority += rule ? rule->priority : 0;
    if (rule && rule->prefer) {
        WORD_COPY (c->preferred, rule->prefer->name);
        c->preferred_until = t->now + rule->prefer_ms;
    }
    return gave_up;
}

/* Another open contact of the same customer: who has that one knows them, and what was promised there counts here. */
static void note_link (turn_t *t)
{
    const submission_t *s = t->event->submission;
    if (word_empty (s->linked))
        return;
    fact_t *fact = turn_fact_detail (t, FACT (LINKED), "the same customer has contact %s open", s->linked);
    WORD_COPY (fact->to, s->linked_owner);
    fact->due = s->linked_due;
}

/* Where no rule prefers anybody: who has the other one, else who has the account. First choice if they are there, but
 * nobody waits for them. */
static void prefer_known (turn_t *t)
{
    contact_t *c = t->c;
    const submission_t *s = t->event->submission;
    const policy_person_t *known = policy_person (t->policy, s->linked_owner);
    if (!known)
        known = policy_person (t->policy, s->owner_known);
    if (*c->preferred || !known)
        return;
    WORD_COPY (c->preferred, known->name);
    c->preferred_until = 0;
}

/* Nobody reads it there, or a robot would answer it (RFC 3834, section 2): a person's answer goes all the same. */
static void leave_untold (turn_t *t)
{
    const char *why = t->event->submission->untold;
    if (word_empty (why) || !can_tell_customer (t->c) || !GUARD ("f18"))
        return;
    t->c->customer_told = true;
    fact_t *fact = turn_fact_detail (t, FACT (NOTICE_LEFT_OUT), "%s: %s", purpose_name (PURPOSE (ACKNOWLEDGE)), why);
    WORD_COPY (fact->to, "customer");
}

apply_outcome_t act_open (turn_t *t)
{
    contact_t *c = t->c;
    const submission_t *s = t->event->submission;
    copy_submission (t, s);
    const policy_rule_t *gave_up = apply_rule (t, new_words (s));
    prefer_known (t);
    c->opened_at = c->waiting_since = c->last_customer_at = t->now;
    c->review_at = t->now + t->policy->review_ms;
    c->pause_left_ms = t->policy->pause_ms;
    c->messages = 1;
    WORD_COPY (c->said, new_words (s));
    fact_t *fact = turn_fact_detail (t, FACT (OPENED), "%s%s, team %s%s%s%s", *c->rule ? "rule " : "no rule matched",
                                     c->rule, c->team, gave_up ? "; a pattern of rule " : "",
                                     gave_up ? gave_up->name : "", gave_up ? " gave up at its limit" : "");
    WORD_COPY (fact->to, c->team);
    fact->text = s->text;
    note_no_way_back (t, fact);
    note_sent (t, fact);
    note_attachments (t);
    note_link (t);
    set_accountable (t, duty_lead (t->policy, c)->name, "duty lead until somebody accepts");
    leave_untold (t);
    if (can_tell_customer (c) && !c->customer_told)
        promise_open (t, P_ACKNOWLEDGE, &(promise_ask_t){.text = new_words (s)});
    promise_open (t, P_FIRST, &(promise_ask_t){.text = new_words (s), .no_later = s->linked_due});
    promise_open (t, P_RESOLUTION, &(promise_ask_t){.text = new_words (s)});
    want_somebody (t);
    if (s->call)
        hear_line (t);
    return APPLY_DONE;
}

/* They are answered where they are. By the same channel only who wrote before says that it is elsewhere by now: not
 * everybody who knows a thread, nor who answers a mail of ours that was not sent to them. A channel that has no way back
 * leaves the one that there is. */
static void way_follows (turn_t *t, bool moved)
{
    contact_t *c = t->c;
    const submission_t *s = t->event->submission;
    bool same = word_empty (s->customer) || word_same (s->customer, c->customer);
    if (!moved && (word_empty (s->return_to) || !same))
        return;
    const char *channel = moved || !*c->reply_channel ? s->channel : c->reply_channel;
    way_back_t back = way_back_of (s, policy_channel (t->policy, channel));
    bool by_mail = c->return_way == WAY_BACK (MAIL) && back.way == WAY_BACK (MAIL);
    if (back.way != WAY_BACK (UNSPECIFIED) && !(by_mail && by_somebody_else (c, s)))
        set_way_back (c, back);
}

void customer_said (turn_t *t)
{
    contact_t *c = t->c;
    const submission_t *s = t->event->submission;
    bool moved = by_another_channel (c, s);
    if (!word_empty (new_words (s)) && !by_somebody_else (c, s))
        WORD_COPY (c->said, new_words (s));
    way_follows (t, moved);
    if (moved || !word_empty (s->message_id))
        WORD_COPY (c->reply_to_message, s->message_id);
    if (!word_empty (s->channel))
        WORD_COPY (c->reply_channel, s->channel);
    if (!*c->customer_id)
        WORD_COPY (c->customer_id, s->customer_id);
    c->messages++;
    c->last_customer_at = t->now;
    c->review_at = t->now + t->policy->review_ms;
}

void owe_answer (turn_t *t, bool stricter)
{
    const submission_t *s = t->event->submission;
    promise_ask_t ask = {.text = new_words (s), .stricter = true};
    if (!promise_unanswered (t->c) || (stricter && GUARD ("f16")))
        promise_open (t, P_NEXT, &ask);
}

/* Whoever answers must see that it goes elsewhere from now on: a sender is easily forged. */
static void note_way (const turn_t *t, fact_t *fact, const char *was)
{
    char detail[2 * DETAIL_SIZE + ADDRESS_SIZE];
    if (word_same (was, t->c->return_to))
        return;
    snprintf (detail, sizeof detail, "%s%sanswers go to %s from now on", fact->detail, *fact->detail ? "; " : "",
              t->c->return_to);
    WORD_COPY (fact->detail, detail);
}

#define NOT_THE_CUSTOMER ", who is not known as the customer"

static void note_message (turn_t *t)
{
    const submission_t *s = t->event->submission;
    char was[ADDRESS_SIZE];
    WORD_COPY (was, t->c->return_to);
    bool moved = by_another_channel (t->c, s), other = by_somebody_else (t->c, s);
    fact_t *fact = turn_fact_detail (t, FACT (MESSAGE), "%s%s%s%s%s", other ? WORD_CUT (s->customer, 120) : "",
                                     other ? NOT_THE_CUSTOMER : "", other && moved ? "; " : "", moved ? "by " : "",
                                     moved ? s->channel : "");
    fact->text = s->text;
    if (other)
        WORD_COPY (fact->to, SOMEBODY_ELSE);
    note_sent (t, fact);
    note_attachments (t);
    customer_said (t);
    note_way (t, fact, was);
    owe_answer (t, moved);
}

/* Nobody has it yet: what is owed is owed already. */
apply_outcome_t act_message (turn_t *t)
{
    if (colleague_wrote (t))
        return APPLY_DONE;
    note_message (t);
    return APPLY_DONE;
}

void tell_owner (turn_t *t, const char *what, bool urgent)
{
    if (word_empty (t->c->owner))
        return;
    notice_t *notice = turn_notice (t, PURPOSE (ASSIGNED), t->c->owner);
    notice->urgent = urgent;
    notice->words = "message"; /* it is theirs already */
    WORD_COPY (notice->detail, what);
}

static void tell_what_was_said (turn_t *t, bool other, const char *what)
{
    const contact_t *c = t->c;
    const submission_t *s = t->event->submission;
    const char *who = *c->customer_name ? c->customer_name : *c->customer ? c->customer : "the customer";
    char words[DETAIL_SIZE];
    size_t told = t->fx->notices_n;
    snprintf (words, sizeof words, "%s%s %s", WORD_CUT (other ? s->customer : who, 120),
              other ? NOT_THE_CUSTOMER "," : "", other ? "wrote" : what);
    tell_owner (t, words, false);
    if (t->fx->notices_n > told)
        t->fx->notices[told].text = new_words (s);
}

apply_outcome_t act_message_owned (turn_t *t)
{
    if (colleague_wrote (t))
        return APPLY_DONE;
    bool other = by_somebody_else (t->c, t->event->submission);
    note_message (t);
    tell_what_was_said (t, other, "wrote again");
    return APPLY_DONE;
}

apply_outcome_t act_message_waiting (turn_t *t)
{
    if (colleague_wrote (t))
        return APPLY_DONE;
    end_pause (t, t->now, "the customer answered");
    bool other = by_somebody_else (t->c, t->event->submission);
    note_message (t);
    tell_what_was_said (t, other, "answered");
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
    promise_open (t, P_RESOLUTION, &(promise_ask_t){0});
}

void customer_is_back (turn_t *t, const char *why)
{
    if (t->c->state == S_WAITING)
        end_pause (t, t->now, why);
    else if (t->c->state == S_RESOLVED)
        reopen (t, "", NULL, why);
}

apply_outcome_t act_message_resolved (turn_t *t)
{
    if (colleague_wrote (t))
        return APPLY_DONE;
    if (GUARD ("f16"))
        reopen (t, "", NULL, "the customer wrote again");
    note_message (t);
    return APPLY_DONE;
}
