/* contact_turn.c - facts, notices and people: the small words of a decision. */
#include "contact_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* so much room is kept for the event itself while catching up */
enum { FACTS_KEPT = 60, NOTICES_KEPT = 24 };

bool turn_is_full (const turn_t *t)
{
    return t->fx->facts_n > FACTS_MAX - FACTS_KEPT || t->fx->notices_n > NOTICES_MAX - NOTICES_KEPT;
}

/* When there is no room the last entry is written over, and `overflow` says so: never out of bounds. */
fact_t *turn_fact (turn_t *t, fact_kind_t kind)
{
    effects_t *fx = t->fx;
    if (fx->facts_n == FACTS_MAX) {
        fx->overflow = true;
        fx->facts_n--;
    }
    fact_t *fact = &fx->facts[fx->facts_n++];
    memset (fact, 0, sizeof (*fact));
    fact->kind = kind;
    fact->at = t->now;
    return fact;
}

fact_t *turn_fact_detail (turn_t *t, fact_kind_t kind, const char *format, ...)
{
    fact_t *fact = turn_fact (t, kind);
    char detail[2 * DETAIL_SIZE];
    va_list args;
    va_start (args, format);
    vsnprintf (detail, sizeof (detail), format, args);
    va_end (args);
    WORD_COPY (fact->detail, detail);
    return fact;
}

notice_t *turn_notice (turn_t *t, purpose_t purpose, const char *person)
{
    effects_t *fx = t->fx;
    if (fx->notices_n == NOTICES_MAX) {
        fx->overflow = true;
        fx->notices_n--;
    }
    notice_t *notice = &fx->notices[fx->notices_n++];
    memset (notice, 0, sizeof (*notice));
    notice->purpose = purpose;
    WORD_COPY (notice->person, person);
    if (*person && purpose != PURPOSE (TAKEN) && purpose != PURPOSE (OVER))
        paged_note (t, person);
    return notice;
}

apply_outcome_t turn_refuse (turn_t *t, apply_outcome_t outcome, const char *format, ...)
{
    char why[2 * DETAIL_SIZE];
    va_list args;
    va_start (args, format);
    vsnprintf (why, sizeof (why), format, args);
    va_end (args);
    word_copy (t->why, DETAIL_SIZE, why);
    return outcome;
}

const policy_person_t *duty_lead (const policy_t *policy, const contact_t *c)
{
    const policy_team_t *team = policy_team (policy, c->team);
    return team && team->lead ? team->lead : policy->last_resort;
}

void set_accountable (turn_t *t, const char *person, const char *why)
{
    if (word_same (t->c->accountable, person))
        return;
    WORD_COPY (t->c->accountable, person);
    fact_t *fact = turn_fact_detail (t, FACT (ACCOUNTABLE), "%s", why);
    WORD_COPY (fact->to, person);
}

bool can_tell_customer (const contact_t *c)
{
    return c->return_way == WAY_BACK (MAIL) || c->return_way == WAY_BACK (CALLBACK) ||
           c->return_way == WAY_BACK (CHANNEL);
}

bool contact_lacks_way_back (const contact_t *self, const policy_t *policy)
{
    const policy_channel_t *channel =
        policy_channel (policy, *self->reply_channel ? self->reply_channel : self->channel);
    return self->return_way == WAY_BACK (UNSPECIFIED) && channel &&
           (channel->answer != WAY_BACK (UNSPECIFIED) || channel->out);
}

policy_subject_t subject_of (const contact_t *c, const char *text)
{
    return (policy_subject_t){.channel = c->channel,
                              .tier = c->tier,
                              .language = c->language,
                              .subject = c->subject,
                              .text = text,
                              .priority = c->priority};
}
