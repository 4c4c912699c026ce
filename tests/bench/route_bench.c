/* route_bench.c - what a routing decision costs: 1,000 people in 20 teams, 10,000 contacts waiting.
 *
 *   route_bench [PEOPLE [TEAMS [WAITING [ROUNDS]]]]
 *
 * Says medians, measured one by one in this process: a person got room and the most urgent of what they can take
 * is found among all that wait (the matcher, both its ways), also where two declined each contact, so that no two
 * need the same; a contact came and one person is chosen of its team; the same where any team may take it. Random numbers are seeded: every run does the same. */
#include "route_waiting.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NOW 1750000000000LL
enum { CHANNELS = 4, RULES_PER_TEAM = 4, SKILLS = 12, LANGUAGES = 4, CAPACITY = 4, COLUMNS = 3 };

static uint64_t chance = 42;

static unsigned draw (unsigned below)
{
    chance = chance * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(chance >> 33) % below;
}

static const policy_channel_t channels[CHANNELS] = {
    {.name = "chat", .weight = 1, .live = true, .offer_ms = 20000},
    {.name = "phone", .weight = 4, .live = true, .offer_ms = 20000},
    {.name = "mail", .weight = 1, .offer_ms = 600000},
    {.name = "form", .weight = 1, .offer_ms = 600000},
};
static const char *const languages[LANGUAGES] = {"en", "de", "fr", "es"};
static char skill_names[SKILLS][8];

typedef struct world {
    policy_t policy;
    size_t waiting, rounds;
    roster_t *roster;
    waiting_t *list;
    unsigned contacts; /* made so far */
    bool declined;     /* each by two people: as many groups as contacts */
} world_t;

static const char *name_of (const char *format, unsigned n)
{
    char name[NAME_SIZE];
    snprintf (name, sizeof name, "%s%04u", format, n);
    return xstrdup (name);
}

static policy_skill_t *skills_of (size_t n)
{
    policy_skill_t *skills = xcalloc (n, sizeof *skills);
    for (size_t i = 0; i < n; i++)
        skills[i] = (policy_skill_t){skill_names[(draw (SKILLS) + i) % SKILLS], 1 + (int)draw (10)};
    return skills;
}

static void make_people (policy_t *policy, size_t people)
{
    policy_person_t *rows = xcalloc (people, sizeof *rows);
    for (size_t i = 0; i < people; i++) {
        rows[i].name = name_of ("person", (unsigned)i);
        rows[i].skills_n = 4;
        rows[i].skills = skills_of (4);
        rows[i].languages = &languages[draw (LANGUAGES - 1)];
        rows[i].languages_n = 2;
        rows[i].capacity = CAPACITY;
    }
    policy->people = rows;
    policy->people_n = people;
}

static void make_teams (policy_t *policy, size_t teams)
{
    policy_team_t *rows = xcalloc (teams, sizeof *rows);
    for (size_t i = 0; i < teams; i++) {
        const policy_person_t **members = xcalloc (policy->people_n, sizeof *members);
        rows[i].name = name_of ("team", (unsigned)i);
        for (size_t k = i; k < policy->people_n; k += teams)
            members[rows[i].members_n++] = &policy->people[k];
        rows[i].members = members;
        rows[i].lead = members[0];
    }
    policy->teams = rows;
    policy->teams_n = teams;
}

static void make_rules (policy_t *policy)
{
    size_t n = policy->teams_n * RULES_PER_TEAM;
    policy_rule_t *rows = xcalloc (n, sizeof *rows);
    for (size_t i = 0; i < n; i++) {
        rows[i].name = name_of ("rule", (unsigned)i);
        rows[i].team = &policy->teams[i % policy->teams_n];
        rows[i].skills_n = i / policy->teams_n % 3;
        rows[i].skills = skills_of (rows[i].skills_n);
        rows[i].need_language = i / policy->teams_n % 2;
    }
    policy->rules = rows;
    policy->rules_n = n;
}

static contact_t make_contact (world_t *world)
{
    contact_t contact = {.version = 1, .state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_QUEUED};
    const policy_rule_t *rule = &world->policy.rules[draw ((unsigned)world->policy.rules_n)];
    unsigned people = (unsigned)world->policy.people_n;
    snprintf (contact.id, sizeof contact.id, "c%08u", world->contacts++);
    snprintf (contact.channel, sizeof contact.channel, "%s", channels[draw (CHANNELS)].name);
    snprintf (contact.rule, sizeof contact.rule, "%s", rule->name);
    snprintf (contact.team, sizeof contact.team, "%s", rule->team->name);
    snprintf (contact.language, sizeof contact.language, "%s", languages[draw (LANGUAGES)]);
    contact.waiting_since = NOW - draw (100000);
    contact.promises_n = 1;
    contact.promises[0] = (promise_t){.kind = BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE,
                                      .state = BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_PENDING,
                                      .due = NOW + draw (1000000)};
    for (unsigned i = 0, n = world->contacts; world->declined && i < 2; i++, n = n / people + n * 7 + 1) {
        exclusion_t *excluded = &contact.excluded[contact.excluded_n++];
        snprintf (excluded->person, sizeof excluded->person, "%s", world->policy.people[n % people].name);
        excluded->until = NOW + MS_PER_HOUR + world->contacts;
    }
    return contact;
}

/* Everybody is present and has something to do; `full`: nobody has room. */
static void make_roster (world_t *world, bool full)
{
    world->roster = roster_new (&world->policy);
    for (size_t i = 0; i < world->policy.people_n; i++) {
        person_t person = {.epoch = 1, .present = true, .present_until = NOW + MS_PER_DAY};
        roster_seen (world->roster, (int)i, &person);
        roster_given (world->roster, (int)i, NOW - draw (1000000));
        for (unsigned k = 0, n = full ? CAPACITY : draw (CAPACITY); k < n; k++) {
            char id[ID_SIZE];
            snprintf (id, sizeof id, "held%05u-%u", (unsigned)i % 100000, k % 1000);
            roster_take (world->roster, (int)i, 1, "chat", id, false);
        }
    }
}

static int64_t now_ns (void)
{
    struct timespec at;
    clock_gettime (CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static int by_size (const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static void print (const char *what, int64_t *ns, size_t n)
{
    qsort (ns, n, sizeof *ns, by_size);
    printf ("%-34s median %7.2f us   p99 %7.2f us   max %8.2f us\n", what, (double)ns[n / 2] / 1000.0,
            (double)ns[n * 99 / 100] / 1000.0, (double)ns[n - 1] / 1000.0);
}

/* One contact of a full person ends: who waits for them? */
static size_t free_person (world_t *world, int64_t *ns)
{
    size_t found = 0;
    for (size_t i = 0; i < world->rounds; i++) {
        route_pair_t pair;
        int person = (int)draw ((unsigned)world->policy.people_n);
        char held[ID_SIZE];
        memcpy (held, held_next (&roster_person (world->roster, person)->held, NULL)->contact, sizeof held);
        int64_t begin = now_ns ();
        roster_drop (world->roster, person, 1, held);
        waiting_person (world->list, person);
        size_t n = route_match (world->list, world->roster, NOW, &pair, 1);
        ns[i] = now_ns () - begin;
        if (n == 1) {
            found++;
            waiting_remove (world->list, pair.contact);
        } else {
            roster_take (world->roster, person, 1, "chat", held, false);
        }
        contact_t next = make_contact (world); /* as many wait as before */
        waiting_put (world->list, world->roster, &next, NOW);
        while (route_match (world->list, world->roster, NOW, &pair, 1))
            waiting_remove (world->list, pair.contact);
    }
    return found;
}

/* Everybody is busy, and all wait. */
static void make_list (world_t *world)
{
    make_roster (world, true);
    world->list = waiting_new ();
    for (size_t i = 0; i < world->waiting; i++) {
        contact_t contact = make_contact (world);
        waiting_put (world->list, world->roster, &contact, NOW);
    }
    route_pair_t none;
    while (waiting_ready (world->list))
        route_match (world->list, world->roster, NOW, &none, 1); /* nobody has room: all groups are blocked */
}

static void drop_list (world_t *world)
{
    waiting_destroy (&world->list);
    roster_destroy (&world->roster);
}

static void new_contact (world_t *world, int64_t *ns, bool any_team)
{
    for (size_t i = 0; i < world->rounds; i++) {
        route_need_t need;
        route_decision_t decision;
        contact_t contact = make_contact (world);
        if (any_team)
            contact.team[0] = contact.rule[0] = 0;
        int64_t begin = now_ns ();
        route_need (&contact, NOW, &world->policy, &need);
        route_decide (world->roster, &need, NOW, &decision);
        ns[i] = now_ns () - begin;
    }
}

static size_t number (int argc, char **argv, int at, size_t fallback)
{
    size_t given = argc > at ? (size_t)strtoull (argv[at], NULL, 10) : fallback;
    return given ? given : fallback;
}

/* What the policy is made of lives as long as the process. */
int main (int argc, char **argv)
{
    world_t world = {.policy = {.workspace = "bench", .version = 1, .channels = channels, .channels_n = CHANNELS}};
    size_t people = number (argc, argv, 1, 1000), teams = number (argc, argv, 2, 20);
    world.waiting = number (argc, argv, 3, 10000);
    world.rounds = number (argc, argv, 4, 20000);
    for (unsigned i = 0; i < SKILLS; i++)
        snprintf (skill_names[i], sizeof skill_names[i], "skill%u", i % 100);
    make_people (&world.policy, people);
    make_teams (&world.policy, teams);
    make_rules (&world.policy);
    int64_t *ns = xcalloc (world.rounds, sizeof *ns);
    make_list (&world);
    printf ("%zu people, %zu teams, %zu waiting in %zu groups, %zu rounds\n", people, teams, waiting_size (world.list),
            waiting_groups (world.list), world.rounds);
    size_t found = free_person (&world, ns);
    print ("a person got room: match", ns, world.rounds);
    drop_list (&world);
    world.declined = true;
    make_list (&world);
    size_t groups = waiting_groups (world.list);
    found += free_person (&world, ns);
    char what[64];
    snprintf (what, sizeof what, "the same, in %zu groups", groups);
    print (what, ns, world.rounds);
    drop_list (&world);
    world.declined = false;
    make_roster (&world, false);
    new_contact (&world, ns, false);
    print ("a contact came: decide in its team", ns, world.rounds);
    new_contact (&world, ns, true);
    print ("a contact came: any team", ns, world.rounds);
    free (ns);
    if (found < world.rounds) {
        printf ("only %zu of %zu people found somebody waiting: not the load that was meant\n", found,
                2 * world.rounds);
        return 1;
    }
    return 0;
}
