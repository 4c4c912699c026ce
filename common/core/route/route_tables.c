/* route_tables.c - a policy's names as numbers.
 *
 * Hears: a policy. Says: people in order of name, teams and languages as bits, skills as a matrix of levels,
 * shifts once each (many people share one). All of it belongs to the tables; names belong to the policy.
 * Limits: a level above 255 counts as 255 (the policy allows 10). */
#include "route_tables.h"
#include "xmalloc.h"

#include <string.h>
#include <strings.h>

enum { BITS = 64, LEVEL_MAX = 255 };

static size_t words_for (size_t bits)
{
    return bits / BITS + 1;
}

static int by_name (const void *a, const void *b)
{
    const policy_person_t *const *left = a, *const *right = b;
    return strcmp ((*left)->name, (*right)->name);
}

static int name_index (const route_names_t *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp (names->names[i], name) == 0)
            return (int)i;
    return -1;
}

static void name_add (route_names_t *names, const char *name)
{
    if (name_index (names, name) >= 0)
        return;
    names->names = xrealloc (names->names, (names->n + 1) * sizeof *names->names);
    names->names[names->n++] = name;
}

/* Length of a language's first part. */
static size_t primary (const char *language)
{
    return strcspn (language, "-_");
}

int route_tables_language (const route_tables_t *self, const char *language)
{
    size_t length = primary (language);
    for (size_t i = 0; i < self->languages.n; i++) {
        const char *has = self->languages.names[i];
        if (primary (has) == length && strncasecmp (has, language, length) == 0)
            return (int)i;
    }
    return -1;
}

static void collect (route_tables_t *self, const policy_t *policy)
{
    self->people_n = policy->people_n;
    self->people = xcalloc (self->people_n, sizeof (void *));
    self->shifts = xcalloc (self->people_n + 1, sizeof *self->shifts);
    self->shifts[self->shifts_n++] = (route_shift_t){.on = true, .until = TIME_NEVER};
    for (size_t i = 0; i < policy->people_n; i++) {
        const policy_person_t *person = &policy->people[i];
        self->people[i] = person;
        for (size_t k = 0; k < person->skills_n; k++)
            name_add (&self->skills, person->skills[k].name);
        for (size_t k = 0; k < person->languages_n; k++)
            if (route_tables_language (self, person->languages[k]) < 0)
                name_add (&self->languages, person->languages[k]);
        if (route_tables_shift (self, person->shift) == self->shifts_n)
            self->shifts[self->shifts_n++].calendar = person->shift;
    }
    if (self->people_n)
        qsort (self->people, self->people_n, sizeof (void *), by_name);
}

static void fill_person (route_tables_t *self, size_t row)
{
    const policy_person_t *person = self->people[row];
    for (size_t k = 0; k < person->skills_n; k++) {
        int level = person->skills[k].level < LEVEL_MAX ? person->skills[k].level : LEVEL_MAX;
        self->levels[row * self->skills.n + (size_t)name_index (&self->skills, person->skills[k].name)] =
            (uint8_t)level;
    }
    for (size_t k = 0; k < person->languages_n; k++) {
        size_t bit = (size_t)name_index (&self->languages, person->languages[k]);
        self->language_bits[row * self->language_words + bit / BITS] |= (uint64_t)1 << (bit % BITS);
    }
}

static void fill_team (route_tables_t *self, size_t index, const policy_team_t *team)
{
    route_team_t *out = &self->teams[index];
    out->members = xcalloc (team->members_n, sizeof *out->members);
    for (size_t i = 0; i < team->members_n; i++) {
        int person = route_tables_person (self, team->members[i]->name);
        if (person < 0)
            continue;
        uint64_t *word = &self->team_bits[(size_t)person * self->team_words + index / BITS];
        uint64_t bit = (uint64_t)1 << (index % BITS);
        if (!(*word & bit)) /* named twice is a member once */
            out->members[out->n++] = person;
        *word |= bit;
    }
}

static void fill_rule (route_tables_t *self, size_t index, const policy_rule_t *rule)
{
    route_rule_t *out = &self->rules[index];
    out->skills = xcalloc (rule->skills_n, sizeof *out->skills);
    out->n = rule->skills_n;
    for (size_t i = 0; i < rule->skills_n; i++) {
        int skill = name_index (&self->skills, rule->skills[i].name);
        out->skills[i] = (route_skill_t){skill < 0 ? ROUTE_UNKNOWN : skill, rule->skills[i].level};
    }
}

void route_tables_make (route_tables_t *self, const policy_t *policy)
{
    memset (self, 0, sizeof *self);
    collect (self, policy);
    self->team_words = words_for (policy->teams_n);
    self->language_words = words_for (self->languages.n);
    self->levels = xcalloc (self->people_n * self->skills.n, 1);
    self->team_bits = xcalloc (self->people_n * self->team_words, sizeof *self->team_bits);
    self->language_bits = xcalloc (self->people_n * self->language_words, sizeof *self->language_bits);
    for (size_t i = 0; i < self->people_n; i++)
        fill_person (self, i);
    self->teams_n = policy->teams_n;
    self->teams = xcalloc (self->teams_n, sizeof *self->teams);
    for (size_t i = 0; i < policy->teams_n; i++)
        fill_team (self, i, &policy->teams[i]);
    self->rules_n = policy->rules_n;
    self->rules = xcalloc (self->rules_n, sizeof *self->rules);
    for (size_t i = 0; i < policy->rules_n; i++)
        fill_rule (self, i, &policy->rules[i]);
}

void route_tables_clear (route_tables_t *self)
{
    for (size_t i = 0; i < self->teams_n; i++)
        free (self->teams[i].members);
    for (size_t i = 0; i < self->rules_n; i++)
        free (self->rules[i].skills);
    free (self->people);
    free (self->skills.names);
    free (self->languages.names);
    free (self->teams);
    free (self->rules);
    free (self->shifts);
    free (self->levels);
    free (self->team_bits);
    free (self->language_bits);
    memset (self, 0, sizeof *self);
}

int route_tables_person (const route_tables_t *self, const char *name)
{
    size_t low = 0, high = self->people_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp (self->people[middle]->name, name);
        if (order == 0)
            return (int)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

size_t route_tables_shift (const route_tables_t *self, const calendar_t *shift)
{
    size_t i = 0;
    while (i < self->shifts_n && self->shifts[i].calendar != shift)
        i++;
    return i;
}
