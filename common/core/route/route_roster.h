/* route_roster.h - the people of a workspace as routing knows them: presence, epoch, what they hold. Pure.
 *
 * It is a picture, fed by records and events; the commit's checks are what keeps an offer right. What a person
 * holds is a set of contacts, not a counter: hearing something twice, or late, changes nothing. */
#ifndef BUCKSTOP_ROUTE_ROSTER_H
#define BUCKSTOP_ROUTE_ROSTER_H

#include "person.h"
#include "policy.h"
#include "route_held.h"
#include "types.h"

typedef struct roster roster_t;

typedef struct route_person {
    const policy_person_t *facts;
    uint32_t epoch; /* 0: no record seen, so never present */
    bool present, leaving;
    bool doubt; /* a commit found less room than we thought: none until looked at */
    wall_ms_t present_until;
    wall_ms_t given_at; /* 0: never given anything */
    int64_t used;       /* sum of the weights held */
    held_set_t held;
    size_t shift;              /* index of the shift, 0: always on */
    const uint8_t *levels;     /* by skill */
    const uint64_t *teams;     /* bits */
    const uint64_t *languages; /* bits; NULL: any */
} route_person_t;

roster_t *roster_new (const policy_t *policy);
void roster_destroy (roster_t **self_p);
/* Another policy: people whom it still names keep presence and what they hold. */
void roster_adopt (roster_t *self, const policy_t *policy);
const policy_t *roster_policy (const roster_t *self);
size_t roster_size (const roster_t *self);
const route_person_t *roster_person (const roster_t *self, int index); /* in order of name */
int roster_find (const roster_t *self, const char *name);              /* -1: not of this policy */

/* From a person's record. Returns true when they can take more than before: match for them. */
bool roster_seen (roster_t *self, int index, const person_t *person);
/* When people could be heard: who was present when a gap began still is (hearing.h). Copied. */
void roster_hear (roster_t *self, const hearing_t *hearing);
bool roster_present (const roster_t *self, int index, wall_ms_t now);
bool roster_away (roster_t *self, int index); /* heard before the record was read; false: knew it */
/* What the store says a person holds in that epoch, whole. Tentative ones stay. Clears doubt. True: more room. */
bool roster_held_set (roster_t *self, int index, uint32_t epoch, const route_held_t *items, size_t n);
/* "channel/C" as it stands in own:W:P:E. 0 or -1. */
int roster_held_parse (const roster_t *self, const char *member, size_t size, route_held_t *item);
/* Single changes; of another epoch than the one we know they are not for us: returns false, and for a newer
 * one the record is to be read. roster_take with tentative false confirms. */
bool roster_take (roster_t *self, int index, uint32_t epoch, const char *channel, const char *contact, bool tentative);
bool roster_drop (roster_t *self, int index, uint32_t epoch, const char *contact); /* true: more room */
void roster_given (roster_t *self, int index, wall_ms_t at);
void roster_doubt (roster_t *self, int index);
/* Looks which shifts are on; cheap until the next change. True: one began since the last call. */
bool roster_tick (roster_t *self, wall_ms_t now);
bool roster_on_shift (const roster_t *self, int index, wall_ms_t *until);

#endif
