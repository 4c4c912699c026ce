/* route_inside.h - what the files of routing share among themselves: the policy resolved into numbers. */
#ifndef BUCKSTOP_ROUTE_INSIDE_H
#define BUCKSTOP_ROUTE_INSIDE_H

#include "route.h"

enum { ROUTE_ANY = -1, ROUTE_UNKNOWN = -2 }; /* not asked; asked for something that the policy does not name */

typedef struct route_skill {
    int skill; /* index in levels; ROUTE_UNKNOWN: nobody has it */
    int level;
} route_skill_t;

/* A need with its names looked up. Points into roster and need: as short-lived as they are. */
typedef struct route_spec {
    int team;   /* index, ANY, UNKNOWN */
    int weight; /* of one contact of the channel; an unknown channel weighs 1 */
    bool live;
    int64_t shift_min_ms; /* the shift must last so long */
    int language;         /* bit, ANY, UNKNOWN */
    const route_skill_t *skills;
    size_t skills_n;
    bool skills_dropped;        /* they rank, but exclude nobody */
    int preferred, only, giver; /* people; ANY: nobody in particular */
    const route_need_t *need;
    int excluded[EXCLUSIONS_MAX];
} route_spec_t;

void route_spec (const roster_t *roster, const route_need_t *need, route_spec_t *spec);
/* First row of the column that says no. */
route_reason_t route_person_reason (const roster_t *roster, const route_spec_t *spec, int index, wall_ms_t now);
void route_decide_spec (roster_t *roster, const route_spec_t *spec, wall_ms_t now, route_decision_t *decision);
void route_fit (const route_spec_t *spec, const route_person_t *person, int *lacking, int *surplus);
/* It is worth waiting for the preferred one, whoever else could take it. */
bool route_waits (const roster_t *roster, const route_spec_t *spec, wall_ms_t now);
/* This person can take it now; or again, though they declined. With route_waits saying no, somebody gets it. */
bool route_person_can (const roster_t *roster, const route_spec_t *spec, int index, wall_ms_t now);

/* Of the roster: tables made when a policy is adopted. */
void roster_look (roster_t *self, wall_ms_t now); /* as roster_tick, which tells of it later */
int roster_team (const roster_t *self, const char *name);
const int *roster_members (const roster_t *self, int team, size_t *n);
int roster_language (const roster_t *self, const char *language);
const route_skill_t *roster_rule_skills (const roster_t *self, size_t rule, size_t *n);

static inline bool bit_has (const uint64_t *bits, int bit)
{
    return bits[bit / 64] >> (bit % 64) & 1;
}

#endif
