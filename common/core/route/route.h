/* route.h - who: from a contact's needs to one person, with the reason in words. Pure.
 *
 *     contact, policy, now -> need        what it takes: team, skills, language, somebody by name
 *     need, roster, now    -> decision    the winner, or why nobody
 *
 * Eligible is who passes every row of one column of predicates (route_eligible.c). Among the eligible one
 * total order decides, first difference first (route_decide.c):
 *
 *   1. preferred   the person whom the rule, a ladder or the history names; team, skills and language are
 *                  not asked of them
 *   2. fit         nothing lacking (after a relaxation: least lacking), then least overqualified: the sum of
 *                  levels above what is asked, so that specialists stay free for what needs them
 *   3. load        smaller share of capacity in use once they had taken it
 *   4. idle        longest since they were last given something
 *   5. name        a < b
 *
 * The matcher for many contacts is in route_waiting.h. */
#ifndef BUCKSTOP_ROUTE_H
#define BUCKSTOP_ROUTE_H

#include "contact.h"
#include "route_roster.h"

/* Somebody whose shift ends before the offer does can't answer; a shift must last at least so long. */
#define ROUTE_ANSWER_MIN_MS (1 * MS_PER_MINUTE)

/* What a contact needs now. Empty where nothing is asked. No times are in it, so that many have the same need: when
 * it changes by time is route_look_at. */
typedef struct route_need {
    char channel[NAME_SIZE], team[NAME_SIZE], rule[NAME_SIZE];
    char language[LANGUAGE_SIZE];
    char preferred[NAME_SIZE];
    bool waits_for_preferred; /* still, if all they lack is room */
    char only[NAME_SIZE];     /* a transfer to a person: nobody else */
    char giver[NAME_SIZE];    /* a transfer: the owner is not asked */
    unsigned relaxed;         /* how many of the rule's relaxations have come */
    bool elsewhere;           /* transferred to another team than the rule's: its skills are not asked */
    struct {
        char person[NAME_SIZE];
        bool again;             /* it is long enough ago to ask them again, if nobody else can */
        uint32_t epoch;         /* whoever has begun a newer one is asked again at once, if nobody else can */
    } excluded[EXCLUSIONS_MAX]; /* in order of name */
    size_t excluded_n;
} route_need_t;

void route_need (const contact_t *contact, wall_ms_t now, const policy_t *policy, route_need_t *need);
/* When the need changes by time alone, or a person excluded may be asked again; 0: never. */
wall_ms_t route_look_at (const contact_t *contact, wall_ms_t now, const policy_t *policy);

/* Why a person is left out; the column's rows in this order. */
typedef enum route_reason {
    ROUTE_ELIGIBLE = 0,
    ROUTE_NOT_NAMED, /* somebody else is asked for by name */
    ROUTE_NOT_IN_TEAM,
    ROUTE_GIVER, /* hands it over */
    ROUTE_SKILL,
    ROUTE_LANGUAGE,
    ROUTE_TOO_SMALL, /* their whole capacity does not hold one contact of this channel */
    ROUTE_LEAVING,
    ROUTE_OFF_SHIFT,
    ROUTE_SHIFT_ENDS, /* can't answer before the shift ends */
    ROUTE_ABSENT,
    ROUTE_NO_ROOM,  /* all else is well */
    ROUTE_EXCLUDED, /* declined or let an offer run out; all else is well */
    ROUTE_REASONS
} route_reason_t;
const char *route_reason_words (route_reason_t reason);

typedef enum route_criterion {
    ROUTE_BY_PREFERRED,
    ROUTE_BY_FIT,
    ROUTE_BY_LOAD,
    ROUTE_BY_IDLE,
    ROUTE_BY_NAME,
    ROUTE_CRITERIA
} route_criterion_t;
const char *route_criterion_words (route_criterion_t criterion);

typedef enum route_outcome {
    ROUTE_OFFER,  /* winner */
    ROUTE_BUSY,   /* the right people are there, none has room (or the preferred one is waited for) */
    ROUTE_NOBODY, /* nobody is there who could */
} route_outcome_t;

enum { ROUTE_RUNNERS_UP = 2 };

typedef struct route_decision {
    route_outcome_t outcome;
    int winner; /* index in the roster; -1: none */
    char person[NAME_SIZE];
    uint32_t epoch;
    bool again; /* the only one eligible is asked again in spite of a decline */
    bool waits_for_preferred;
    int64_t used; /* of the winner's capacity, before this */
    int capacity;
    unsigned eligible;
    unsigned counts[ROUTE_REASONS]; /* people by reason */
    struct {
        int index;
        route_criterion_t why; /* what the winner has before them */
    } next[ROUTE_RUNNERS_UP];
    unsigned next_n;
} route_decision_t;

void route_decide (roster_t *roster, const route_need_t *need, wall_ms_t now, route_decision_t *decision);
/* "ada (1 of 4 used), before ben (more load) ...; left out: 40 not in the team, 5 absent; policy 7" */
const char *route_detail (const roster_t *roster, const route_decision_t *decision, char detail[DETAIL_SIZE]);

/* Everybody, for `explain`: rank 1 is the winner, 0 was left out. */
typedef struct route_row {
    int index;
    unsigned rank;
    route_reason_t reason;
    route_criterion_t behind; /* rank > 1: what the one before has before them */
    int lacking, surplus;     /* levels below and above what is asked */
} route_row_t;
/* rows: room for roster_size. Eligible first in their order, then the others by reason and name. */
void route_explain (roster_t *roster, const route_need_t *need, wall_ms_t now, route_decision_t *decision,
                    route_row_t *rows);

#endif
