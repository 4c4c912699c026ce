/* contact_returned.c - what a far side says later of what it had accepted: it came back, or it arrived.
 *
 * A bounce is a correction beside what happened, not a change of it: a promise that was kept stays kept. But the customer
 * does not know, so somebody must act: a response is owed again, a pause for their answer ends, what was resolved goes on.
 * What is closed stays so, and whoever had it is told. */
#include "contact_actions.h"

#include "words.h"

#include <stdio.h>
#include <string.h>

static fact_t *note (turn_t *t, fact_kind_t kind)
{
    const contact_event_t *e = t->event;
    bool known = e->purpose != PURPOSE (UNSPECIFIED);
    fact_t *fact = turn_fact_detail (t, kind, "%s%s%s", known ? purpose_name (e->purpose) : "", known ? ": " : "",
                                     e->detail ? e->detail : "");
    WORD_COPY (fact->to, !word_empty (e->person) ? e->person : known ? "customer" : "");
    fact->promise = e->promise;
    return fact;
}

/* ---- a colleague's notice */

/* Who is told of it instead: the accountable person, or somebody above, if it is them who can't be reached. */
static const char *who_instead (const turn_t *t, const char *person)
{
    const char *rows[] = {t->c->accountable, duty_lead (t->policy, t->c)->name, t->policy->manager->name,
                          t->policy->last_resort->name};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!word_same (rows[i], person) && policy_person (t->policy, rows[i]))
            return rows[i];
    return "";
}

static void person_unreached (turn_t *t)
{
    const contact_event_t *e = t->event;
    const char *instead = who_instead (t, e->person);
    if (!e->last_way || t->c->state == S_RESOLVED || word_empty (instead))
        return;
    notice_t *notice = turn_notice (t, PURPOSE (UNREACHED), instead);
    notice->urgent = true;
    notice->promise = e->promise;
    snprintf (notice->detail, sizeof notice->detail, "%s could not be told (%s): %s", e->person,
              purpose_name (e->purpose), WORD_CUT (e->detail, 150));
}

/* ---- what went to the customer */

/* An acknowledgement or an apology said nothing that a person must say again. */
static bool is_answer (const turn_t *t)
{
    return t->event->purpose != PURPOSE (ACKNOWLEDGE) && t->event->purpose != PURPOSE (APOLOGY);
}

/* A later reply was given: that one is their answer, until it comes back too. */
static bool answered_since (const turn_t *t)
{
    return t->event->answered_at && t->c->last_reply_at > t->event->answered_at;
}

static void take_back (turn_t *t)
{
    contact_t *c = t->c;
    wall_ms_t at = t->event->answered_at;
    if (at && c->delivered_at == at)
        c->delivered_at = 0;
    if (at && c->last_reply_at == at)
        c->last_reply_at = c->delivered_at;
}

/* "came back: 5.1.1 ..." without what the sentence around it says. */
static const char *why_returned (const turn_t *t)
{
    static const char came_back[] = "came back";
    const char *why = t->event->detail ? t->event->detail : "";
    if (strncmp (why, came_back, sizeof came_back - 1) == 0)
        why += sizeof came_back - 1;
    return why + strspn (why, ": ");
}

static void tell_returned (turn_t *t)
{
    const contact_t *c = t->c;
    notice_t *notice = turn_notice (t, PURPOSE (RETURNED), *c->owner ? c->owner : c->accountable);
    notice->urgent = true;
    const char *why = why_returned (t);
    snprintf (notice->detail, sizeof notice->detail, "%s, which came back%s%s",
              is_answer (t) ? "your answer" : purpose_name (t->event->purpose), *why ? ": " : "", WORD_CUT (why, 150));
}

/* True: the customer is without an answer again. */
static bool returned (turn_t *t)
{
    note (t, FACT (BOUNCED));
    if (!word_empty (t->event->person)) {
        person_unreached (t);
        return false;
    }
    tell_returned (t);
    if (!is_answer (t) || answered_since (t))
        return false;
    take_back (t);
    return true;
}

static void owe_again (turn_t *t)
{
    if (!promise_unanswered (t->c))
        promise_open (t, P_NEXT, &(promise_ask_t){0});
}

apply_outcome_t act_bounced (turn_t *t)
{
    if (returned (t))
        owe_again (t);
    return APPLY_DONE;
}

apply_outcome_t act_bounced_waiting (turn_t *t)
{
    if (!returned (t))
        return APPLY_DONE;
    end_pause (t, t->now, "the question came back");
    owe_again (t);
    return APPLY_DONE;
}

apply_outcome_t act_bounced_resolved (turn_t *t)
{
    if (!returned (t))
        return APPLY_DONE;
    reopen (t, "", NULL, "the answer came back: the customer does not have it");
    owe_again (t);
    return APPLY_DONE;
}

/* ---- what is closed */

/* It stays closed: nothing is owed that a clock would look after. So it is told to who had it, else to whoever leads the
 * team now; or to somebody above, where it is their page that came back. */
static const char *who_had_it (const turn_t *t)
{
    const policy_person_t *owner = policy_person (t->policy, t->c->owner);
    return owner ? owner->name : duty_lead (t->policy, t->c)->name;
}

apply_outcome_t act_bounced_closed (turn_t *t)
{
    const contact_event_t *e = t->event;
    bool page = !word_empty (e->person);
    note (t, FACT (BOUNCED));
    if (page && !(e->last_way && e->purpose == PURPOSE (RETURNED)))
        return APPLY_DONE; /* another page about it has no reason any more, or goes on by its next way */
    const char *person = page ? who_instead (t, e->person) : who_had_it (t);
    if (word_empty (person) || (!page && (!is_answer (t) || answered_since (t))))
        return APPLY_DONE;
    notice_t *notice = turn_notice (t, PURPOSE (RETURNED), person);
    notice->urgent = true;
    snprintf (notice->detail, sizeof notice->detail, "an answer came back, and the contact is closed: %s%s%s",
              page ? e->person : "", page ? " was not told: " : "", WORD_CUT (why_returned (t), 120));
    return APPLY_DONE;
}

apply_outcome_t act_receipt (turn_t *t)
{
    note (t, FACT (DELIVERY_RECEIPT));
    return APPLY_DONE;
}
