/* route_match.c - one matcher for both events: a contact came, a person became free.
 *
 * Hears: the waiting list and the roster. Says: pairs, in the waiting order. Of the groups that are ready, and of
 * the blocked ones that somebody freed can take, the one whose first contact is the most urgent is decided; if
 * nobody can take it the group is blocked and the next looked at. Class first: live before deferred, but after
 * ROUTE_SHARE - 1 picks of one class in a row that the other could have had, it has the next.
 *
 * What a place freed costs: a search down the heap of the blocked groups, which ends below each one that can be
 * taken. One that finds nobody looks at each group once, and the person is not freed any more. A turn is bounded
 * by how often a person is looked at. */
#include "route_waiting_inside.h"

#include <stdio.h>
#include <string.h>

enum {
    FREED_AT_ONCE = 8, /* the others of them in the next search */
    CACHE_LINE = 64
};

typedef struct heads {
    route_group_t *live, *deferred;
} heads_t;

typedef struct turn {
    waiting_t *waiting;
    roster_t *roster;
    wall_ms_t now;
    int64_t looks;           /* at people: so many are left of this turn */
    bool searched;           /* and found: */
    route_group_t *found[2]; /* the first blocked ones that somebody freed can take; deferred, live */
} turn_t;

/* ---- somebody freed ---- */

static size_t freed_n (const turn_t *turn)
{
    return turn->waiting->freed_n < FREED_AT_ONCE ? turn->waiting->freed_n : FREED_AT_ONCE;
}

static void freed_forget (waiting_t *self, size_t n)
{
    self->freed_n -= n;
    memmove (self->freed, self->freed + n, self->freed_n * sizeof *self->freed);
}

/* Who was given what they had room for needs no search. */
static void freed_forget_full (turn_t *turn)
{
    waiting_t *self = turn->waiting;
    size_t kept = 0;
    for (size_t i = 0; i < self->freed_n; i++) {
        const route_person_t *person = roster_person (turn->roster, self->freed[i]);
        if (person->present && !person->doubt && person->used < person->facts->capacity)
            self->freed[kept++] = self->freed[i];
    }
    self->freed_n = kept;
}

static bool can_be_taken (turn_t *turn, const route_group_t *group)
{
    size_t n = freed_n (turn);
    for (size_t i = 0; i < n; i++) {
        turn->looks--;
        if (route_person_can (turn->roster, &group->spec, turn->waiting->freed[i], turn->now))
            return !route_waits (turn->roster, &group->spec, turn->now);
    }
    return false;
}

/* Groups lie far apart: those two steps below are fetched while this one is looked at. It halves the time. */
static void fetch_below (const heap_t *heap, uint32_t place)
{
    for (uint32_t i = 4 * place + 3; i < 4 * place + 7 && i < heap->n; i++) {
        __builtin_prefetch (heap->items[i]);
        __builtin_prefetch ((const char *)heap->items[i] + CACHE_LINE);
    }
}

/* Whatever is below a group comes after it. */
static void search (turn_t *turn, const heap_t *heap, uint32_t place, route_group_t **found)
{
    route_group_t *group = place < heap->n ? heap->items[place] : NULL;
    if (!groups_sooner (group, *found))
        return;
    fetch_below (heap, place);
    if (can_be_taken (turn, group)) {
        *found = group;
        return;
    }
    uint32_t child = 2 * place + 1;
    bool swap = child + 1 < heap->n && groups_sooner (heap->items[child + 1], heap->items[child]);
    search (turn, heap, child + swap, found);
    search (turn, heap, child + !swap, found);
}

static void search_blocked (turn_t *turn)
{
    waiting_t *self = turn->waiting;
    memset (turn->found, 0, sizeof turn->found);
    freed_forget_full (turn);
    while (self->freed_n && !turn->searched && turn->looks > 0) {
        for (size_t i = 0; i < 2; i++)
            search (turn, &self->groups.blocked[i], 0, &turn->found[i]);
        turn->searched = turn->found[0] || turn->found[1];
        if (!turn->searched)
            freed_forget (self, freed_n (turn));
    }
}

/* ---- the most urgent ---- */

static route_group_t *sooner (route_group_t *a, route_group_t *b)
{
    return groups_sooner (a, b) ? a : b;
}

static void best_heads (turn_t *turn, heads_t *heads)
{
    const route_groups_t *groups = &turn->waiting->groups;
    if (!turn->searched)
        search_blocked (turn);
    heads->live = sooner (heap_first (&groups->ready[true]), turn->found[true]);
    heads->deferred = sooner (heap_first (&groups->ready[false]), turn->found[false]);
}

static route_group_t *pick (const waiting_t *self, const heads_t *heads)
{
    if (!heads->live || !heads->deferred)
        return heads->live ? heads->live : heads->deferred;
    bool other = self->streak >= ROUTE_SHARE - 1;
    bool live = other ? !self->last_live : true;
    return live ? heads->live : heads->deferred;
}

static void count_pick (waiting_t *self, const heads_t *heads, bool live)
{
    bool contested = heads->live && heads->deferred;
    self->streak = contested && live == self->last_live ? self->streak + 1 : contested;
    self->last_live = live;
}

static void make_pair (waiting_t *self, roster_t *roster, route_entry_t *entry, wall_ms_t now, route_pair_t *pair)
{
    const route_group_t *group = entry->group;
    memcpy (pair->contact, entry->id, sizeof pair->contact);
    memcpy (pair->channel, group->need.channel, sizeof pair->channel);
    pair->version = entry->version;
    waiting_state (self, entry, WAITING_IN_FLIGHT);
    roster_take (roster, pair->decision.winner, pair->decision.epoch, pair->channel, pair->contact, true);
    roster_given (roster, pair->decision.winner, now);
}

static size_t people_asked (const roster_t *roster, const route_spec_t *spec)
{
    size_t n = roster_size (roster);
    if (spec->team >= 0 && spec->only == ROUTE_ANY)
        roster_members (roster, spec->team, &n);
    return n + 1;
}

/* Nobody, after all: blocked, or if it is already, nobody was freed for it. */
static void nobody (turn_t *turn, route_group_t *group)
{
    if (!group->ready)
        turn->waiting->freed_n = 0;
    turn->searched = turn->searched && group->ready;
    groups_block (&turn->waiting->groups, group);
}

size_t route_match (waiting_t *self, roster_t *roster, wall_ms_t now, route_pair_t *pairs, size_t max)
{
    size_t n = 0;
    turn_t turn = {.waiting = self, .roster = roster, .now = now, .looks = ROUTE_LOOKS_MAX};
    if (roster_tick (roster, now))
        waiting_all (self);
    while (n < max && turn.looks > 0) {
        heads_t heads;
        best_heads (&turn, &heads);
        route_group_t *group = pick (self, &heads);
        if (!group)
            break;
        turn.looks -= (int64_t)people_asked (roster, &group->spec);
        route_decide_spec (roster, &group->spec, now, &pairs[n].decision);
        if (pairs[n].decision.outcome != ROUTE_OFFER) {
            nobody (&turn, group);
            continue;
        }
        count_pick (self, &heads, group->spec.live);
        groups_ready (&self->groups, group); /* its next is looked at too */
        make_pair (self, roster, heap_first (&group->heap), now, &pairs[n++]);
        turn.searched = false;
    }
    return n;
}
