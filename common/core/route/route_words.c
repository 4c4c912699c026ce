/* route_words.c - a decision's reason in words, bounded to what the timeline keeps.
 *
 * Hears: a decision. Says: winner, runners-up with what the winner has before them, people left out counted by
 * reason, the policy's version. The full list is `explain`'s. */
#include "route.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The version always fits: the rest is cut before it. */
enum { TAIL_SIZE = 24 };

static void add (char detail[DETAIL_SIZE], const char *format, ...) __attribute__ ((format (printf, 2, 3)));
static void add (char detail[DETAIL_SIZE], const char *format, ...)
{
    size_t length = strlen (detail), room = DETAIL_SIZE - TAIL_SIZE - length;
    va_list args;
    va_start (args, format);
    int size = vsnprintf (detail + length, room, format, args); // NOLINT(clang-analyzer-valist.Uninitialized)
    va_end (args);
    if (size < 0 || (size_t)size >= room)
        detail[length] = 0; /* whole, or not at all */
}

static const char *name_of (const roster_t *roster, int index)
{
    return roster_person (roster, index)->facts->name;
}

static void add_winner (const roster_t *roster, const route_decision_t *decision, char detail[DETAIL_SIZE])
{
    add (detail, "%s (%lld of %d in use, %u eligible)", decision->person, (long long)decision->used, decision->capacity,
         decision->eligible);
    if (decision->again)
        add (detail, ", asked again: nobody else");
    for (unsigned i = 0; i < decision->next_n; i++)
        add (detail, "%s%s (%s)", i ? ", " : " before ", name_of (roster, decision->next[i].index),
             route_criterion_words (decision->next[i].why));
}

static void add_counts (const route_decision_t *decision, char detail[DETAIL_SIZE])
{
    const char *separator = "; left out: ";
    for (route_reason_t i = ROUTE_REASONS - 1; i > ROUTE_ELIGIBLE; i--)
        if (decision->counts[i]) {
            add (detail, "%s%u %s", separator, decision->counts[i], route_reason_words (i));
            separator = ", ";
        }
}

static const char *outcome_words (const route_decision_t *decision)
{
    if (decision->waits_for_preferred)
        return "waits for the preferred one";
    if (decision->outcome == ROUTE_NOBODY)
        return "nobody is there";
    return decision->counts[ROUTE_NO_ROOM] ? "all busy"
                                           : "who could take it declined or did not answer: asked again after a while";
}

const char *route_detail (const roster_t *roster, const route_decision_t *decision, char detail[DETAIL_SIZE])
{
    detail[0] = 0;
    if (decision->outcome == ROUTE_OFFER)
        add_winner (roster, decision, detail);
    else
        add (detail, "%s", outcome_words (decision));
    add_counts (decision, detail);
    size_t length = strlen (detail);
    snprintf (detail + length, DETAIL_SIZE - length, "; policy %u", roster_policy (roster)->version);
    return detail;
}
