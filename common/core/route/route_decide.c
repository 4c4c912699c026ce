/* route_decide.c - who among the eligible: one total order, and what it means when nobody is.
 *
 * Hears: a need, a roster, the time. Says: the winner with the runners-up, or busy, or nobody, and how many
 * people were left out for which reason. A new way to choose is a new row of `order`.
 *
 *   all else is well, but no room    -> BUSY: it waits
 *   all else is well, but declined   -> asked again after a breath, longer each time, if nobody else is eligible
 *   nobody who could is there at all -> NOBODY: somebody is told at once
 *   the preferred one lacks only room, and may be waited for -> BUSY */
#include "guard.h"
#include "route_inside.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

#define LOAD_PARTS    1000000LL /* a share of capacity, in millionths */
#define LACKING_PARTS 100000LL  /* one level lacking outweighs any surplus */

typedef struct rank {
    int64_t keys[ROUTE_CRITERIA];
    int index;
} rank_t;

typedef struct weigh {
    const roster_t *roster;
    const route_spec_t *spec;
    const route_person_t *person;
    int index;
} weigh_t;

static int64_t by_preferred (const weigh_t *at)
{
    return at->spec->preferred == at->index ? 0 : 1;
}

static int64_t by_fit (const weigh_t *at)
{
    int lacking, surplus;
    route_fit (at->spec, at->person, &lacking, &surplus);
    return lacking * LACKING_PARTS + surplus;
}

static int64_t by_load (const weigh_t *at)
{
    int64_t capacity = at->person->facts->capacity > 0 ? at->person->facts->capacity : 1;
    return (at->person->used + at->spec->weight) * LOAD_PARTS / capacity;
}

static int64_t by_idle (const weigh_t *at)
{
    return at->person->given_at;
}

static int64_t by_name (const weigh_t *at)
{
    return at->index; /* the roster is in order of name */
}

/* Smaller comes first. words: what the winner has before the others. */
static const struct {
    int64_t (*key) (const weigh_t *at);
    const char *words;
} order[ROUTE_CRITERIA] = {
    [ROUTE_BY_PREFERRED] = {by_preferred, "preferred"},
    [ROUTE_BY_FIT] = {by_fit, "better fit"},
    [ROUTE_BY_LOAD] = {by_load, "less load"},
    [ROUTE_BY_IDLE] = {by_idle, "longer idle"},
    [ROUTE_BY_NAME] = {by_name, "name"},
};

const char *route_criterion_words (route_criterion_t criterion)
{
    return criterion < ROUTE_CRITERIA ? order[criterion].words : "?";
}

/* Stops at the first key by which it comes after `last`, since then nobody asks for the others: false. */
static bool rank_before (const roster_t *roster, const route_spec_t *spec, int index, const rank_t *last, rank_t *rank)
{
    weigh_t at = {roster, spec, roster_person (roster, index), index};
    rank->index = index;
    for (size_t i = 0; i < ROUTE_CRITERIA; i++) {
        rank->keys[i] = order[i].key (&at);
        if (last && rank->keys[i] > last->keys[i])
            return false;
        if (last && rank->keys[i] < last->keys[i])
            last = NULL;
    }
    return true;
}

static void rank_of (const roster_t *roster, const route_spec_t *spec, int index, rank_t *rank)
{
    rank_before (roster, spec, index, NULL, rank);
}

/* The criterion that parts them; `first` says who comes first. */
static route_criterion_t parted (const rank_t *a, const rank_t *b, int *first)
{
    for (route_criterion_t i = 0; i < ROUTE_CRITERIA; i++)
        if (a->keys[i] != b->keys[i]) {
            *first = a->keys[i] < b->keys[i] ? -1 : 1;
            return i;
        }
    *first = 0;
    return ROUTE_BY_NAME;
}

static bool before (const rank_t *a, const rank_t *b)
{
    int first;
    parted (a, b, &first);
    return first < 0;
}

/* The best few, in order. */
enum { BEST_MAX = ROUTE_RUNNERS_UP + 1 };
typedef struct best {
    rank_t ranks[BEST_MAX];
    size_t n;
} best_t;

static void best_add (best_t *best, const roster_t *roster, const route_spec_t *spec, int index)
{
    rank_t rank;
    const rank_t *last = best->n == BEST_MAX ? &best->ranks[BEST_MAX - 1] : NULL;
    if (!rank_before (roster, spec, index, last, &rank))
        return;
    size_t at = best->n < BEST_MAX ? best->n++ : BEST_MAX - 1;
    while (at > 0 && before (&rank, &best->ranks[at - 1])) {
        best->ranks[at] = best->ranks[at - 1];
        at--;
    }
    best->ranks[at] = rank;
}

static void best_tell (const best_t *best, const roster_t *roster, route_decision_t *decision)
{
    const route_person_t *winner = roster_person (roster, best->ranks[0].index);
    decision->outcome = ROUTE_OFFER;
    decision->winner = best->ranks[0].index;
    decision->epoch = winner->epoch;
    decision->used = winner->used;
    decision->capacity = winner->facts->capacity;
    snprintf (decision->person, sizeof decision->person, "%s", winner->facts->name);
    for (size_t i = 1; i < best->n; i++) {
        int first;
        decision->next[decision->next_n].index = best->ranks[i].index;
        decision->next[decision->next_n++].why = parted (&best->ranks[0], &best->ranks[i], &first);
    }
}

/* May they be asked again, though they declined? Their exclusion is the only thing against them. */
static bool breath_over (const roster_t *roster, const route_spec_t *spec, int index)
{
    for (size_t i = 0; i < spec->need->excluded_n; i++) {
        uint32_t then = spec->need->excluded[i].epoch;
        bool anew = then && roster_person (roster, index)->epoch > then;
        if (spec->excluded[i] == index && !spec->need->excluded[i].again && !anew)
            return false;
    }
    return true;
}

bool route_person_can (const roster_t *roster, const route_spec_t *spec, int index, wall_ms_t now)
{
    route_reason_t reason = route_person_reason (roster, spec, index, now);
    return reason == ROUTE_ELIGIBLE || (reason == ROUTE_EXCLUDED && breath_over (roster, spec, index));
}

typedef struct scan {
    const roster_t *roster;
    const route_spec_t *spec;
    wall_ms_t now;
    route_decision_t *decision;
    best_t eligible, again;
} scan_t;

static void scan_person (scan_t *scan, int index)
{
    route_reason_t reason = route_person_reason (scan->roster, scan->spec, index, scan->now);
    scan->decision->counts[reason]++;
    if (reason == ROUTE_ELIGIBLE)
        best_add (&scan->eligible, scan->roster, scan->spec, index);
    else if (reason == ROUTE_EXCLUDED && breath_over (scan->roster, scan->spec, index))
        best_add (&scan->again, scan->roster, scan->spec, index);
}

/* Of a team only the members are looked at, and who is preferred; the others are known to be left out. */
static void scan_all (scan_t *scan)
{
    size_t all = roster_size (scan->roster);
    const route_spec_t *spec = scan->spec;
    if (spec->team < 0 || spec->only != ROUTE_ANY) {
        for (size_t i = 0; i < all; i++)
            scan_person (scan, (int)i);
        return;
    }
    size_t n;
    const int *members = roster_members (scan->roster, spec->team, &n);
    for (size_t i = 0; i < n; i++)
        scan_person (scan, members[i]);
    bool outsider = spec->preferred >= 0 && !bit_has (roster_person (scan->roster, spec->preferred)->teams, spec->team);
    if (outsider)
        scan_person (scan, spec->preferred);
    scan->decision->counts[ROUTE_NOT_IN_TEAM] += (unsigned)(all - n - outsider);
}

/* The preferred one is worth waiting for only while room is all they lack. */
bool route_waits (const roster_t *roster, const route_spec_t *spec, wall_ms_t now)
{
    if (spec->preferred < 0 || !spec->need->waits_for_preferred)
        return false;
    return route_person_reason (roster, spec, spec->preferred, now) == ROUTE_NO_ROOM;
}

void route_decide_spec (roster_t *roster, const route_spec_t *spec, wall_ms_t now, route_decision_t *decision)
{
    memset (decision, 0, sizeof *decision);
    decision->winner = -1;
    roster_look (roster, now);
    scan_t scan = {.roster = roster, .spec = spec, .now = now, .decision = decision};
    scan_all (&scan);
    decision->eligible = decision->counts[ROUTE_ELIGIBLE];
    if (route_waits (roster, spec, now)) {
        decision->waits_for_preferred = true;
        decision->outcome = ROUTE_BUSY;
    } else if (scan.eligible.n) {
        best_tell (&scan.eligible, roster, decision);
    } else if (scan.again.n) {
        decision->again = true;
        best_tell (&scan.again, roster, decision);
    } else {
        bool there = decision->counts[ROUTE_NO_ROOM] || decision->counts[ROUTE_EXCLUDED];
        decision->outcome = there ? ROUTE_BUSY : ROUTE_NOBODY;
    }
}

void route_decide (roster_t *roster, const route_need_t *need, wall_ms_t now, route_decision_t *decision)
{
    route_spec_t spec;
    route_spec (roster, need, &spec);
    route_decide_spec (roster, &spec, now, decision);
}

/* explain: everybody is ranked or left out. */
typedef struct explained {
    rank_t rank;
    route_row_t row;
} explained_t;

static int explained_order (const void *a, const void *b)
{
    const explained_t *left = a, *right = b;
    if (left->row.reason != right->row.reason)
        return left->row.reason < right->row.reason ? -1 : 1;
    int first;
    parted (&left->rank, &right->rank, &first);
    return left->row.reason == ROUTE_ELIGIBLE ? first : left->row.index - right->row.index;
}

void route_explain (roster_t *roster, const route_need_t *need, wall_ms_t now, route_decision_t *decision,
                    route_row_t *rows)
{
    route_spec_t spec;
    route_spec (roster, need, &spec);
    route_decide_spec (roster, &spec, now, decision);
    size_t n = roster_size (roster);
    explained_t *all = xcalloc (n, sizeof *all);
    for (size_t i = 0; i < n; i++) {
        route_row_t *row = &all[i].row;
        row->index = (int)i;
        row->reason = route_person_reason (roster, &spec, (int)i, now);
        route_fit (&spec, roster_person (roster, (int)i), &row->lacking, &row->surplus);
        rank_of (roster, &spec, (int)i, &all[i].rank);
    }
    qsort (all, n, sizeof *all, explained_order);
    for (size_t i = 0; i < n; i++) {
        int first;
        rows[i] = all[i].row;
        if (rows[i].reason != ROUTE_ELIGIBLE)
            continue;
        rows[i].rank = (unsigned)i + 1;
        if (i > 0)
            rows[i].behind = parted (&all[i - 1].rank, &all[i].rank, &first);
    }
    free (all);
}
