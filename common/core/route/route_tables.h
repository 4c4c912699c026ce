/* route_tables.h - a policy's names as numbers: made once per policy, so that a decision compares no words. */
#ifndef BUCKSTOP_ROUTE_TABLES_H
#define BUCKSTOP_ROUTE_TABLES_H

#include "route_inside.h"

typedef struct route_names {
    const char **names;
    size_t n;
} route_names_t;

typedef struct route_team {
    int *members; /* indexes of people, in order */
    size_t n;
} route_team_t;

typedef struct route_rule {
    route_skill_t *skills;
    size_t n;
} route_rule_t;

typedef struct route_shift {
    const calendar_t *calendar; /* [0] is NULL: always */
    bool on;
    wall_ms_t until; /* the answer holds so long */
} route_shift_t;

typedef struct route_tables {
    const policy_person_t **people; /* in order of name */
    size_t people_n;
    route_names_t skills, languages;
    route_team_t *teams; /* as in the policy */
    size_t teams_n;
    route_rule_t *rules; /* as in the policy */
    size_t rules_n;
    route_shift_t *shifts;
    size_t shifts_n;
    size_t team_words, language_words; /* 64 bits each */
    uint8_t *levels;                   /* people_n rows */
    uint64_t *team_bits;               /* people_n rows */
    uint64_t *language_bits;
} route_tables_t;

void route_tables_make (route_tables_t *self, const policy_t *policy);
void route_tables_clear (route_tables_t *self);
int route_tables_person (const route_tables_t *self, const char *name); /* -1 */
size_t route_tables_shift (const route_tables_t *self, const calendar_t *shift);
/* -1: nobody speaks it. Only the first part counts: "de-AT" is "de". */
int route_tables_language (const route_tables_t *self, const char *language);

#endif
