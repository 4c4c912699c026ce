/* contact_paged.c - what was told by a way that wants to hear the end of it, such as an incident at a pager's service.
 *
 * Told: whom a notice is for; how the contact was before a turn, and is after it. Says: notices that it is taken
 * (somebody acknowledged it, or has it now) or over (resolved, or what was late is answered), for the same people.
 *
 * Who was told by the very same call as somebody else is not told twice. Limits: PAGED_MAX people; the timeline names who
 * came after them. */
#include "contact_private.h"

#include "channel_out.h"

#include <string.h>

static const policy_way_t *following (const policy_t *policy, const char *name)
{
    const policy_person_t *person = policy_person (policy, name);
    for (size_t i = 0; person && i < person->ways_n; i++)
        if (person->ways[i].channel && person->ways[i].channel->out->follow)
            return &person->ways[i];
    return NULL;
}

static bool same_call (const policy_way_t *a, const policy_way_t *b)
{
    return a && b && a->channel == b->channel && strcmp (a->address, b->address) == 0;
}

void paged_note (turn_t *t, const char *person)
{
    contact_t *c = t->c;
    const policy_way_t *way = following (t->policy, person);
    for (size_t i = 0; way && i < c->paged_n; i++)
        if (word_same (c->paged[i], person) || same_call (way, following (t->policy, c->paged[i])))
            return;
    if (way && c->paged_n < PAGED_MAX)
        word_copy (c->paged[c->paged_n++], NAME_SIZE, person);
    else if (way)
        turn_fact_detail (t, FACT (NOTICE_LEFT_OUT), "taken, over: only the first %d of those who were told hear of it",
                          PAGED_MAX);
}

/* A promise whose step has told somebody, or that is broken, and nobody has answered it. */
static bool is_late (const contact_t *c)
{
    for (size_t i = 0; i < c->promises_n; i++)
        if (!c->promises[i].answered_at && (c->promises[i].step_fired || c->promises[i].state == P_BROKEN))
            return true;
    return false;
}

static bool is_over (const contact_t *before, const contact_t *c)
{
    if (c->state == S_RESOLVED || c->state == S_CLOSED)
        return true;
    return is_late (before) && !is_late (c) && !contact_wants_somebody (c) && !*c->offered_to;
}

static bool is_taken (const contact_t *before, const contact_t *c)
{
    bool acknowledged = c->acknowledged_until > before->acknowledged_until;
    return acknowledged || (*c->owner && !word_same (before->owner, c->owner));
}

void paged_follow (turn_t *t, const contact_t *before)
{
    contact_t *c = t->c;
    bool over = is_over (before, c);
    if (!c->paged_n || !(over || is_taken (before, c)))
        return;
    for (size_t i = 0; i < c->paged_n; i++) {
        notice_t *notice = turn_notice (t, over ? PURPOSE (OVER) : PURPOSE (TAKEN), c->paged[i]);
        notice->urgent = true; /* a machine hears it: it wakes nobody */
        if (!over)
            WORD_COPY (notice->detail, *c->owner ? c->owner : c->acknowledged_by);
    }
    if (over)
        c->paged_n = 0;
}
