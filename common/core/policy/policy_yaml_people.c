/* policy_yaml_people.c - the sections `people` and `teams`; how people are reached: policy_yaml_ways.c. */
#include "address.h"
#include "channel_out.h"
#include "ids.h"
#include "policy_yaml.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_DEFAULT = 100, CAPACITY_MAX = 100000 };

/* ---- people */

YAML_LIST_ASSERT (policy_person_t, skills);
YAML_LIST_ASSERT (policy_person_t, languages);
YAML_LIST_ASSERT (policy_person_t, teams);
YAML_LIST_ASSERT (policy_team_t, members);

enum { NUMBER_MIN = 2, NUMBER_MAX = 32 };

/* As it is dialled: what makes it easier to read is left out. */
static void read_phone (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "a number like +49 30 1234567, or an extension as the telephone system names it";
    char found[DETAIL_SIZE], number[NUMBER_MAX + 1];
    size_t n = 0;
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    for (const char *at = value->text; *at && n < NUMBER_MAX; at++)
        if (!strchr (" -./()", *at))
            number[n++] = *at;
    number[n] = '\0';
    bool plus = *number == '+';
    if (n < NUMBER_MIN || n == NUMBER_MAX ||
        (plus ? strspn (number + 1, "0123456789") + 1 != n : !name_valid (number))) {
        yaml_fail (self, value, expected, "%s of %s is %s", key->name, self->where, yaml_found (value, found));
        return;
    }
    *(const char **)field = arena_copy (self->arena, number, n);
}

static void read_teams (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_read_items (self, key, value, field, yaml_read_name);
}

static const yaml_key_t person_keys[] = {
    {"name", yaml_read_line, offsetof (policy_person_t, display), 1, DISPLAY_SIZE - 1, "what customers read"},
    {"skills", yaml_read_skills, offsetof (policy_person_t, skills), 0, 0, "skill: level 1..10"},
    {"languages", yaml_read_languages, offsetof (policy_person_t, languages), 0, 0, "none: any"},
    {"capacity", yaml_read_number, offsetof (policy_person_t, capacity), 0, CAPACITY_MAX, "sum of weights"},
    {"shift", yaml_read_calendar, offsetof (policy_person_t, shift), 0, 0, "a calendar; none: always"},
    {"quiet", yaml_read_calendar, offsetof (policy_person_t, quiet), 0, 0, "a calendar while notices are held"},
    {"ways", yaml_read_ways, offsetof (policy_person_t, ways), 0, 0, "how to reach the person"},
    {"phone", read_phone, offsetof (policy_person_t, phone), 0, 0, "where the person answers calls"},
    {"teams", read_teams, offsetof (policy_person_t, teams), 0, 0, "teams that they are in"},
    YAML_KEYS_END,
};

/* Nobody is without a way: where none is named, notices go to the log, under the person's name. */
static void default_way (reader_t *self, policy_person_t *person)
{
    policy_way_t *way = arena_alloc (self->arena, sizeof *way);
    *way = (policy_way_t){.kind = BUCKSTOP__V1__WAY_KIND__WAY_KIND_LOG, .address = person->name};
    person->ways = way;
    person->ways_n = 1;
}

static int by_name (const void *a, const void *b)
{
    const policy_person_t *const *x = a, *const *y = b;
    return strcmp ((*x)->name, (*y)->name);
}

static void sort_people (reader_t *self)
{
    policy_t *policy = self->policy;
    const policy_person_t **rows = arena_alloc (self->arena, policy->people_n * sizeof (void *));
    for (size_t i = 0; i < policy->people_n; i++)
        rows[i] = &policy->people[i];
    qsort (rows, policy->people_n, sizeof (void *), by_name);
    policy->people_by_name = rows;
}

/* ---- those of another file */

static void read_nothing (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)self, (void)key, (void)value, (void)field;
}

static void take_people (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)field;
    if (yaml_is (self, key, value, NODE_MAP, "a map: a name, a colon, who it is"))
        self->people = value;
}

void yaml_read_people_from (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "a file that lies beside the policy; 'buckstop people import' makes it";
    static const yaml_key_t file_keys[] = {{"file", read_nothing, 0, 0, 0, "the name of the file"},
                                           {"people", take_people, 0, 0, 0, "the people, by name", true},
                                           YAML_KEYS_END};
    char found[DETAIL_SIZE];
    (void)field;
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    const node_t *file = yaml_used (self, value->text);
    if (file)
        yaml_read_map (self, file, file_keys, NULL, yaml_where (self, "'%.100s'", value->text));
    else
        yaml_fail (self, value, expected, "%s is %s, which is not in this text", key->name, yaml_found (value, found));
}

/* ---- all of them */

/* What the policy itself says of a person counts before what the file says. */
static void read_person (reader_t *self, policy_person_t *person, const node_t *imported, const node_t *own)
{
    person->display = person->name;
    person->capacity = CAPACITY_DEFAULT;
    if (imported)
        yaml_read_map (self, imported, person_keys, person, yaml_where (self, "person '%s'", person->name));
    if (own)
        yaml_read_map (self, own, person_keys, person, yaml_where (self, "person '%s'", person->name));
    if (person->ways_n == 0)
        default_way (self, person);
}

/* Those of the file that the policy does not name itself, behind its own rows. */
static size_t read_imported (reader_t *self, const node_t *own, policy_person_t *rows, const policy_person_t *imported)
{
    size_t n = 0, i = 0;
    for (const node_t *word = self->people->first; word; word = word->next, i++)
        if (!yaml_value (own, word->text)) {
            rows[n] = imported[i];
            read_person (self, &rows[n++], word->value, NULL);
        }
    return n;
}

void yaml_section_people (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)key, (void)field;
    size_t n = 0, imported_n = 0, i = 0;
    policy_person_t *own = yaml_named_rows (self, value, sizeof *own, "person", &n), *imported = NULL;
    if (self->people)
        imported = yaml_named_rows (self, self->people, sizeof *imported, "person", &imported_n);
    policy_person_t *rows = arena_alloc (self->arena, (n + imported_n + 1) * sizeof *rows);
    if (n)
        memcpy (rows, own, n * sizeof *rows);
    for (const node_t *word = n ? value->first : NULL; word; word = word->next, i++)
        read_person (self, &rows[i], yaml_value (self->people, rows[i].name), word->value);
    if (imported_n)
        n += read_imported (self, value, rows + n, imported);
    self->policy->people = rows;
    self->policy->people_n = n;
    sort_people (self);
}

/* ---- teams */

static const yaml_key_t team_keys[] = {
    {"lead", yaml_read_person, offsetof (policy_team_t, lead), 0, 0,
     "the person who is accountable until somebody accepts", true},
    {"members", yaml_read_people, offsetof (policy_team_t, members), 0, 0, "a list of people, as in [ada, ben]", true},
    YAML_KEYS_END,
};

void yaml_section_teams (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)key, (void)field;
    policy_team_t *rows = yaml_named_rows (self, value, sizeof *rows, "team", &self->policy->teams_n);
    self->policy->teams = rows;
    const node_t *word = value->first;
    for (size_t i = 0; i < self->policy->teams_n; i++, word = word->next)
        if (word->value)
            yaml_read_map (self, word->value, team_keys, &rows[i], yaml_where (self, "team '%s'", rows[i].name));
}

/* ---- teams that people say they are in */

/* Where that person's word stands. */
static const node_t *place_of (const reader_t *self, const node_t *root, const char *person)
{
    const node_t *own = yaml_value (yaml_value (yaml_value (root, "people"), person), "teams");
    const node_t *imported = yaml_value (yaml_value (self->people, person), "teams");
    return own ? own : imported ? imported : root;
}

static bool says_team (const policy_person_t *person, const char *team)
{
    for (size_t i = 0; i < person->teams_n; i++)
        if (strcmp (person->teams[i], team) == 0)
            return true;
    return false;
}

static void check_teams (reader_t *self, const node_t *root, const policy_person_t *person)
{
    const policy_t *policy = self->policy;
    for (size_t i = 0; i < person->teams_n; i++)
        if (!policy_team (policy, person->teams[i]))
            yaml_named (self, place_of (self, root, person->name), person->teams[i], "team", policy->teams,
                        policy->teams_n, sizeof *policy->teams);
}

/* With those who say it themselves, and are not named by it already. */
static void join (reader_t *self, policy_team_t *team)
{
    const policy_t *policy = self->policy;
    const policy_person_t **members = arena_alloc (self->arena, (team->members_n + policy->people_n) * sizeof (void *));
    size_t n = team->members_n;
    if (n)
        memcpy (members, team->members, n * sizeof (void *));
    for (size_t i = 0; i < policy->people_n; i++) {
        const policy_person_t *person = &policy->people[i];
        if (says_team (person, team->name) && !policy_team_has (team, person->name))
            members[n++] = person;
    }
    team->members = members;
    team->members_n = n;
}

void yaml_join_teams (reader_t *self, const node_t *root)
{
    const policy_t *policy = self->policy;
    bool any = false;
    self->where = "the policy";
    for (size_t i = 0; i < policy->people_n; i++) {
        any |= policy->people[i].teams_n > 0;
        check_teams (self, root, &policy->people[i]);
    }
    policy_team_t *teams = (policy_team_t *)policy->teams; /* still ours alone */
    for (size_t i = 0; any && i < policy->teams_n; i++)
        join (self, &teams[i]);
}
