/* route_match.c - one matcher for both events: a contact came, a person became free.
 *
 * Hears: the waiting list and the roster. Says: pairs, in the waiting order. Of the ready groups the one whose
 * first contact is the most urgent is decided; if nobody can take it the group is blocked and the next looked
 * at. Class first: live before deferred, but after ROUTE_SHARE - 1 picks of one class in a row that the other
 * could have had, it has the next. */
#include "route_waiting_inside.h"

#include <stdio.h>
#include <string.h>

typedef struct heads {
    route_group_t *live, *deferred;
} heads_t;

static bool sooner (const route_group_t *group, const route_group_t *best)
{
    return !best || group->heap.kind->before (heap_first (&group->heap), heap_first (&best->heap));
}

static void best_heads (waiting_t *self, heads_t *heads)
{
    memset (heads, 0, sizeof *heads);
    for (size_t i = 0; i < self->groups.ready;) {
        route_group_t *group = self->groups.items[i];
        if (!group->heap.n) {
            groups_block (&self->groups, group);
            continue;
        }
        route_group_t **best = group->spec.live ? &heads->live : &heads->deferred;
        if (sooner (group, *best))
            *best = group;
        i++;
    }
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

size_t route_match (waiting_t *self, roster_t *roster, wall_ms_t now, route_pair_t *pairs, size_t max)
{
    size_t n = 0;
    if (roster_tick (roster, now))
        waiting_all (self);
    while (n < max) {
        heads_t heads;
        best_heads (self, &heads);
        route_group_t *group = pick (self, &heads);
        if (!group)
            break;
        route_decide_spec (roster, &group->spec, now, &pairs[n].decision);
        if (pairs[n].decision.outcome != ROUTE_OFFER) {
            groups_block (&self->groups, group);
            continue;
        }
        count_pick (self, &heads, group->spec.live);
        make_pair (self, roster, heap_first (&group->heap), now, &pairs[n++]);
    }
    return n;
}
