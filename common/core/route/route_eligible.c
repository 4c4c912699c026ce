/* route_eligible.c - who could take it: a column of predicates, one criterion each.
 *
 * Hears: a need resolved against the roster, a person, the time. Says: eligible, or the first row of the
 * column that says no. A new reason to leave somebody out is a new row (and its word in route.h).
 * Rows that change with the moment (room, exclusion) come last, so their reason means: all else is well. */
#include "guard.h"
#include "route_inside.h"

#include <string.h>

typedef struct look {
    const roster_t *roster;
    const route_spec_t *spec;
    const route_person_t *person;
    int index;
    wall_ms_t now;
} look_t;

static bool named (const look_t *look)
{
    return look->spec->only == ROUTE_ANY || look->spec->only == look->index;
}

/* Somebody named them: that stands above what is asked of people in general. */
static bool chosen (const look_t *look)
{
    return look->spec->only == look->index || look->spec->preferred == look->index;
}

static bool in_team (const look_t *look)
{
    const route_spec_t *spec = look->spec;
    if (spec->team == ROUTE_ANY || chosen (look))
        return true;
    return spec->team >= 0 && bit_has (look->person->teams, spec->team);
}

static bool not_giver (const look_t *look)
{
    return look->spec->giver != look->index;
}

static bool skilled (const look_t *look)
{
    int lacking, surplus;
    if (look->spec->skills_dropped || chosen (look))
        return true;
    route_fit (look->spec, look->person, &lacking, &surplus);
    return lacking == 0;
}

static bool speaks (const look_t *look)
{
    int language = look->spec->language;
    if (language == ROUTE_ANY || !look->person->languages || chosen (look))
        return true;
    return language >= 0 && bit_has (look->person->languages, language);
}

static bool holds_one (const look_t *look)
{
    return look->person->facts->capacity >= look->spec->weight;
}

static bool staying (const look_t *look)
{
    return !look->person->leaving;
}

/* Looks at whether somebody is there are what a preferred person is let off when the guard is away. */
static bool blindly_preferred (const look_t *look)
{
    return !GUARD ("f01") && look->spec->preferred == look->index;
}

static bool on_shift (const look_t *look)
{
    wall_ms_t until;
    return blindly_preferred (look) || roster_on_shift (look->roster, look->index, &until);
}

static bool shift_lasts (const look_t *look)
{
    wall_ms_t until;
    roster_on_shift (look->roster, look->index, &until);
    return blindly_preferred (look) || until - look->now >= look->spec->shift_min_ms;
}

static bool present (const look_t *look)
{
    if (blindly_preferred (look) || !GUARD ("f15"))
        return true;
    return roster_present (look->roster, look->index, look->now);
}

static bool has_room (const look_t *look)
{
    return !look->person->doubt && look->person->used + look->spec->weight <= look->person->facts->capacity;
}

static bool not_excluded (const look_t *look)
{
    const route_spec_t *spec = look->spec;
    for (size_t i = 0; i < spec->need->excluded_n; i++)
        if (spec->excluded[i] == look->index)
            return !GUARD ("f06");
    return true;
}

static const struct {
    route_reason_t reason;
    bool (*yes) (const look_t *look);
    const char *words;
} column[ROUTE_REASONS] = {
    {ROUTE_ELIGIBLE, NULL, "eligible"},
    {ROUTE_NOT_NAMED, named, "somebody else is asked by name"},
    {ROUTE_NOT_IN_TEAM, in_team, "not in the team"},
    {ROUTE_GIVER, not_giver, "hands it over"},
    {ROUTE_SKILL, skilled, "lacks a skill"},
    {ROUTE_LANGUAGE, speaks, "does not speak the language"},
    {ROUTE_TOO_SMALL, holds_one, "capacity too small for the channel"},
    {ROUTE_LEAVING, staying, "leaving"},
    {ROUTE_OFF_SHIFT, on_shift, "off shift"},
    {ROUTE_SHIFT_ENDS, shift_lasts, "shift ends before an answer"},
    {ROUTE_ABSENT, present, "absent"},
    {ROUTE_NO_ROOM, has_room, "no room"},
    {ROUTE_EXCLUDED, not_excluded, "declined it or let the offer run out"},
};

const char *route_reason_words (route_reason_t reason)
{
    return reason < ROUTE_REASONS ? column[reason].words : "?";
}

route_reason_t route_person_reason (const roster_t *roster, const route_spec_t *spec, int index, wall_ms_t now)
{
    look_t look = {roster, spec, roster_person (roster, index), index, now};
#ifdef __OPTIMIZE__   /* without, gcc warns that it ignores the next line */
#pragma GCC unroll 16 /* so that the predicates are inlined: a thousand people are looked at */
#endif
    for (route_reason_t i = ROUTE_NOT_NAMED; i < ROUTE_REASONS; i++)
        if (!column[i].yes (&look))
            return column[i].reason;
    return ROUTE_ELIGIBLE;
}

void route_fit (const route_spec_t *spec, const route_person_t *person, int *lacking, int *surplus)
{
    *lacking = *surplus = 0;
    for (size_t i = 0; i < spec->skills_n; i++) {
        const route_skill_t *asked = &spec->skills[i];
        int has = asked->skill >= 0 ? person->levels[asked->skill] : 0;
        if (has < asked->level)
            *lacking += asked->level - has;
        else
            *surplus += has - asked->level;
    }
}
