/* route_world.h - a small policy made by hand, for the tests of routing. */
#ifndef BUCKSTOP_ROUTE_WORLD_H
#define BUCKSTOP_ROUTE_WORLD_H

#include "route_waiting.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define NOW 1750000000000LL

enum { WORLD_PEOPLE = 7 };

static const policy_skill_t world_ada_skills[] = {{"billing", 3}, {"cards", 5}};
static const policy_skill_t world_ben_skills[] = {{"billing", 5}};
static const policy_skill_t world_cy_skills[] = {{"billing", 2}};
static const char *const world_de[] = {"de-AT"};
static const char *const world_en[] = {"en"};

/* Not in order of name: the roster sorts. */
static policy_person_t world_people[WORLD_PEOPLE] = {
    {.name = "cy", .skills = world_cy_skills, .skills_n = 1, .capacity = 4},
    {.name = "ada", .skills = world_ada_skills, .skills_n = 2, .languages = world_de, .languages_n = 1, .capacity = 4},
    {.name = "ben", .skills = world_ben_skills, .skills_n = 1, .languages = world_en, .languages_n = 1, .capacity = 4},
    {.name = "dan", .capacity = 1},
    {.name = "eve", .capacity = 8},
    {.name = "fay", .capacity = 8},
    {.name = "gus", .capacity = 4},
};
static const policy_person_t *const world_first[] = {&world_people[0], &world_people[1], &world_people[2],
                                                     &world_people[3]};
static const policy_person_t *const world_second[] = {&world_people[4], &world_people[5]};
static const policy_team_t world_teams[] = {
    {.name = "first", .lead = &world_people[1], .members = world_first, .members_n = 4},
    {.name = "second", .lead = &world_people[4], .members = world_second, .members_n = 2},
};
static const policy_channel_t world_channels[] = {
    {.name = "chat", .weight = 1, .live = true, .offer_ms = 20000},
    {.name = "mail", .weight = 1, .offer_ms = 60000},
    {.name = "phone", .weight = 4, .live = true, .offer_ms = 20000},
};
static const policy_skill_t world_asks_billing[] = {{"billing", 2}};
static const policy_skill_t world_asks_cards[] = {{"cards", 2}};
static const policy_skill_t world_asks_magic[] = {{"magic", 1}};
static const policy_relax_t world_relax[] = {{.after_ms = 60000, .drop_skills = true},
                                             {.after_ms = 120000, .drop_language = true},
                                             {.after_ms = 180000, .any_team = true}};
static const policy_rule_t world_rules[] = {
    {.name = "billing", .team = &world_teams[0], .skills = world_asks_billing, .skills_n = 1},
    {.name = "cards",
     .team = &world_teams[0],
     .skills = world_asks_cards,
     .skills_n = 1,
     .need_language = true,
     .relax = world_relax,
     .relax_n = 3},
    {.name = "german", .team = &world_teams[0], .need_language = true},
    {.name = "plain", .team = &world_teams[0]},
    {.name = "prefers", .team = &world_teams[0], .prefer = &world_people[1], .prefer_ms = 30000},
    {.name = "magic", .team = &world_teams[0], .skills = world_asks_magic, .skills_n = 1},
};
static policy_t world_policy = {
    .workspace = "demo",
    .version = 7,
    .last_resort = &world_people[6],
    .manager = &world_people[6],
    .default_team = &world_teams[0],
    .channels = world_channels,
    .channels_n = 3,
    .teams = world_teams,
    .teams_n = 2,
    .people = world_people,
    .people_n = WORLD_PEOPLE,
    .rules = world_rules,
    .rules_n = 6,
    .decline_ms = 60000,
};

static inline person_t world_person (const char *name)
{
    person_t person = {.epoch = 1, .present = true, .present_until = NOW + MS_PER_HOUR};
    snprintf (person.name, sizeof person.name, "%s", name);
    return person;
}

/* Everybody is present and holds nothing. */
static inline roster_t *world_roster (void)
{
    roster_t *roster = roster_new (&world_policy);
    for (size_t i = 0; i < roster_size (roster); i++) {
        person_t person = world_person (roster_person (roster, (int)i)->facts->name);
        roster_seen (roster, (int)i, &person);
    }
    return roster;
}

/* A contact that waits since NOW; its promise is due in `due` ms. */
static inline contact_t world_contact (const char *id, const char *channel, const char *rule, int64_t due)
{
    contact_t contact = {.version = 1,
                         .state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_QUEUED,
                         .opened_at = NOW,
                         .waiting_since = NOW,
                         .promises_n = 1};
    snprintf (contact.id, sizeof contact.id, "%s", id);
    snprintf (contact.channel, sizeof contact.channel, "%s", channel);
    snprintf (contact.rule, sizeof contact.rule, "%s", rule);
    snprintf (contact.team, sizeof contact.team, "first");
    contact.promises[0] = (promise_t){.kind = BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE,
                                      .state = BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_PENDING,
                                      .opened_at = NOW,
                                      .due = NOW + due};
    return contact;
}

/* The person holds `n` contacts of a channel. */
static inline void world_load (roster_t *roster, const char *name, const char *channel, int n)
{
    for (int i = 0; i < n; i++) {
        char id[ID_SIZE];
        snprintf (id, sizeof id, "held-%s-%s-%d", name, channel, i);
        roster_take (roster, roster_find (roster, name), 1, channel, id, false);
    }
}

#endif
