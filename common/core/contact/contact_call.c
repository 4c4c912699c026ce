/* contact_call.c - what a line does: it rings, a person answers, the caller gives up, it ends.
 *
 * Hears: submissions with `call`, and who answered. Says: an answered call is accepted by who answered, and answers the
 * customer at that moment; one that was given up is a call back that is owed, by a deadline, while the contact keeps its
 * place. What was promised first is judged by its own deadline all the same. A line never ends a contact.
 *
 * Platforms report twice and out of order: of one line (one thread), what lies behind what is known already is put on the
 * timeline, and changes nothing. */
#include "contact_actions.h"

#include <stdio.h>

static fact_t *note_line (turn_t *t, const char *words)
{
    const submission_t *s = t->event->submission;
    fact_t *fact = turn_fact_detail (t, FACT (CALL), "%s", words);
    fact->text = word_empty (s->text) || t->event->kind == EVENT_OPEN ? NULL : s->text;
    return fact;
}

/* Whose matter it is: who has it; where nobody has, who answers for it until somebody does. */
static void tell_keeper (turn_t *t, const char *what)
{
    const contact_t *c = t->c;
    notice_t *notice =
        *c->owner ? turn_notice (t, PURPOSE (ASSIGNED), c->owner) : turn_notice (t, PURPOSE (NOBODY), c->accountable);
    notice->urgent = true;
    WORD_COPY (notice->detail, what);
}

/* ---- it rings */

/* Who was asked for a call back had minutes: while somebody waits on the line they have what a line leaves. */
static void hurry_offer (turn_t *t)
{
    contact_t *c = t->c;
    wall_ms_t end = t->now + offer_ms (t);
    if (c->offer_expires > end && c->state == S_OFFERED)
        c->offer_expires = c->offer_ends = end;
}

static void rings (turn_t *t)
{
    contact_t *c = t->c;
    note_line (t, "it rings");
    if (t->event->kind != EVENT_OPEN) {
        customer_is_back (t, "the customer is on the line");
        customer_said (t);
        owe_answer (t, true);
        tell_owner (t, "the customer is on the line", true);
    }
    c->call = CALL (RINGING);
    hurry_offer (t);
}

/* ---- a person answers */

/* Who answered: as intake found them; where the line names nobody, the one who was asked: it rang at their place. "" : not
 * known. Whom the line names and we don't know is nobody of those who were asked. */
static const char *who_answered (const turn_t *t, uint32_t *epoch)
{
    const contact_t *c = t->c;
    const contact_event_t *e = t->event;
    const char *said = e->submission->call_person;
    bool named = !word_empty (e->by) && policy_person (t->policy, e->by);
    const policy_person_t *meant = policy_person_called (t->policy, said);
    bool asked = word_empty (said) || (meant && word_same (meant->name, c->offered_to));
    *epoch = named ? e->by_epoch : asked ? c->offer_epoch : 0;
    return named ? e->by : asked ? c->offered_to : "";
}

/* "answered by +4930000, whom the policy does not name" */
static void say_stranger (const turn_t *t, char words[DETAIL_SIZE])
{
    const char *said = t->event->submission->call_person;
    bool known = policy_person_called (t->policy, said) != NULL; /* then they have gone, or are going */
    if (word_empty (said))
        snprintf (words, DETAIL_SIZE, "answered, and it is not known by whom");
    else
        snprintf (words, DETAIL_SIZE, "answered by %s, %s", WORD_CUT (said, 100),
                  known ? "who is not here any more" : "whom the policy does not name");
}

/* Words were spoken: they heard who takes care of it. */
static void answer_now (turn_t *t)
{
    contact_t *c = t->c;
    promises_spoken (t);
    c->last_reply_at = t->now;
    c->review_at = t->now + t->policy->review_ms;
    c->customer_told = true;
    for (size_t i = c->promises_n; i-- > 0;)
        if (c->promises[i].kind == P_ACKNOWLEDGE)
            promise_keep (t, i, t->now);
}

static bool was_handed_to (const turn_t *t, const char *person)
{
    const contact_t *c = t->c;
    return word_same (c->offered_to, person) || word_same (c->transfer_to, person) ||
           policy_team_has (policy_team (t->policy, c->transfer_team), person);
}

static void take_line (turn_t *t, const char *person, uint32_t epoch)
{
    contact_t *c = t->c;
    char what[DETAIL_SIZE];
    if (word_empty (person)) {
        char words[DETAIL_SIZE];
        say_stranger (t, words);
        snprintf (what, sizeof what, "the call was %s: %s", WORD_CUT (words, 180),
                  *c->owner ? "it stays with you" : "see to it that somebody has it");
        tell_keeper (t, what);
    } else if (word_empty (c->owner)) {
        become_owner (t, person, epoch, "answered the call");
    } else if (!word_same (c->owner, person) && was_handed_to (t, person)) {
        fact_t *fact = turn_fact (t, FACT (TRANSFERRED));
        WORD_COPY (fact->by, c->owner);
        WORD_COPY (fact->to, person);
        become_owner (t, person, epoch, "answered the call");
    } else if (!word_same (c->owner, person)) {
        snprintf (what, sizeof what, "%s answered the customer's call: it stays with you", person);
        tell_owner (t, what, false);
    }
}

static void answered (turn_t *t)
{
    contact_t *c = t->c;
    char person[NAME_SIZE];
    uint32_t epoch;
    WORD_COPY (person, who_answered (t, &epoch));
    fact_t *fact = note_line (t, "answered");
    if (word_empty (person))
        say_stranger (t, fact->detail);
    else
        WORD_COPY (fact->by, person);
    c->call = CALL (ANSWERED);
    if (c->state == S_RESOLVED)
        return; /* it was resolved while it rang, or they are called once more: nothing is owed */
    customer_is_back (t, "they speak with each other");
    answer_now (t);
    take_line (t, person, epoch);
}

/* ---- it is over */

static void owe_callback (turn_t *t)
{
    contact_t *c = t->c;
    if (!promise_pending (c, P_CALLBACK))
        promise_open (t, P_CALLBACK, &(promise_ask_t){.text = NULL});
    const promise_t *owed = promise_pending (c, P_CALLBACK);
    size_t told = t->fx->notices_n;
    tell_owner (t, "the customer called, and nobody answered: please call back", true);
    if (owed && t->fx->notices_n > told) {
        t->fx->notices[told].promise = P_CALLBACK;
        t->fx->notices[told].due = owed->due;
    }
}

/* Between two people: who had them has put them on hold, who is to take them has not answered. */
static bool waits_between (const contact_t *c)
{
    return c->state == S_OWNED && (*c->transfer_to || *c->transfer_team || *c->offered_to);
}

static void ended (turn_t *t)
{
    contact_t *c = t->c;
    if (c->call == CALL (ANSWERED) && waits_between (c)) {
        note_line (t, "the line dropped while it waited to be handed over");
        c->call = CALL (ABANDONED);
        owe_callback (t);
        return;
    }
    bool nobody = c->call == CALL (RINGING) && c->state != S_RESOLVED;
    note_line (t, nobody ? "ended; nobody said who had answered" : "ended");
    if (nobody)
        tell_keeper (t, "a call has ended, and it is not known who answered: please see to it");
    if (c->call != CALL (ABANDONED))
        c->call = CALL (ENDED);
}

static bool is_other_line (const contact_t *c, const submission_t *s)
{
    return !word_empty (s->thread) && !word_empty (c->reply_to_message) && !word_same (s->thread, c->reply_to_message);
}

static void dropped (turn_t *t)
{
    contact_t *c = t->c;
    if (c->call == CALL (ANSWERED) && !is_other_line (c, t->event->submission)) {
        ended (t);
        return;
    }
    note_line (t, "the caller gave up before anybody answered");
    if (c->call != CALL (RINGING) && t->event->kind != EVENT_OPEN) { /* nobody told us that it rang */
        customer_is_back (t, "the customer called");
        customer_said (t);
    }
    c->call = CALL (ABANDONED);
    if (c->state != S_RESOLVED) /* else a person resolved it while it rang */
        owe_callback (t);
}

/* ---- all of it */

static bool is_behind (const contact_t *c, const submission_t *s)
{
    return !word_empty (s->thread) && word_same (s->thread, c->reply_to_message) && s->call <= c->call;
}

void hear_line (turn_t *t)
{
    static void (*const rows[]) (turn_t *) = {
        [CALL (RINGING)] = rings, [CALL (ANSWERED)] = answered, [CALL (ABANDONED)] = dropped, [CALL (ENDED)] = ended};
    const submission_t *s = t->event->submission;
    if (is_behind (t->c, s)) {
        note_line (t, "the line is further already: this was late, or said twice");
        return;
    }
    rows[s->call](t);
    if (!word_empty (s->thread))
        WORD_COPY (t->c->reply_to_message, s->thread); /* which line it is */
}

apply_outcome_t act_call (turn_t *t)
{
    const submission_t *s = t->event->submission;
    if (!s || s->call <= 0 || s->call > CALL (ENDED))
        return turn_refuse (t, APPLY_BAD, "a call says what the line does: ringing, answered, abandoned or ended");
    hear_line (t);
    return APPLY_DONE;
}
