/* policy_yaml_values.c - the kinds of values that policies have: one function each.
 *
 * Each says what it expected in words that a person can act on. Bounds are the key's. */
#include "address.h"
#include "ids.h"
#include "policy_yaml.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SKILL_LEVEL_MAX = 10 };

void yaml_wrong (reader_t *self, const yaml_key_t *key, const node_t *value, const char *expected)
{
    char found[DETAIL_SIZE];
    yaml_fail (self, value, expected, "%s of %s is %s", key->name, self->where, yaml_found (value, found));
}

static void store_text (reader_t *self, const node_t *value, void *field)
{
    *(const char **)field = arena_copy (self->arena, value->text, value->length);
}

void yaml_read_text (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    char expected[DETAIL_SIZE];
    snprintf (expected, sizeof expected, "text of %" PRId64 " to %" PRId64 " bytes", key->min, key->max);
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    if ((int64_t)value->length < key->min || (int64_t)value->length > key->max)
        yaml_wrong (self, key, value, expected);
    else
        store_text (self, value, field);
}

void yaml_read_line (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    if (value->kind == NODE_TEXT && !address_is_line (value->text))
        yaml_wrong (self, key, value, "one line without control characters");
    else
        yaml_read_text (self, key, value, field);
}

void yaml_read_name (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "a name: 1 to 32 letters, digits, '.', '_', '-', not beginning with '.' or '-'";
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    if (name_valid (value->text))
        store_text (self, value, field);
    else
        yaml_wrong (self, key, value, expected);
}

static int parse_number (const char *text, int64_t *number)
{
    size_t sign = *text == '-', digits = strspn (text + sign, "0123456789");
    if (digits == 0 || digits > 15 || text[sign + digits])
        return -1;
    *number = strtoll (text, NULL, 10);
    return 0;
}

void yaml_read_number (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    char expected[DETAIL_SIZE];
    int64_t number;
    snprintf (expected, sizeof expected, "a whole number from %" PRId64 " to %" PRId64, key->min, key->max);
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    if (parse_number (value->text, &number) != 0 || number < key->min || number > key->max)
        yaml_wrong (self, key, value, expected);
    else
        *(int *)field = (int)number;
}

static const yaml_word_t *word_of (const yaml_word_t *words, const char *text)
{
    for (; words->word; words++)
        if (strcmp (words->word, text) == 0)
            return words;
    return NULL;
}

/* "one of: a, b, c" */
static const yaml_word_t *read_word (reader_t *self, const yaml_key_t *key, const node_t *value,
                                     const yaml_word_t *words)
{
    char expected[DETAIL_SIZE];
    size_t at = (size_t)snprintf (expected, sizeof expected, "one of: ");
    for (const yaml_word_t *row = words; row->word && at < sizeof expected; row++)
        at += (size_t)snprintf (expected + at, sizeof expected - at, "%s%s", row == words ? "" : ", ", row->word);
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return NULL;
    const yaml_word_t *word = word_of (words, value->text);
    if (!word)
        yaml_wrong (self, key, value, expected);
    return word;
}

void yaml_read_word (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    const yaml_word_t *word = read_word (self, key, value, key->words);
    if (word)
        *(int *)field = word->value;
}

void yaml_read_switch (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const yaml_word_t switches[] = {{"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0}, {NULL, 0}};
    const yaml_word_t *word = read_word (self, key, value, key->words ? key->words : switches);
    if (word)
        *(bool *)field = word->value != 0;
}

/* Each item by the function, into a list of pointers; what could not be read is left out. */
void yaml_read_items (reader_t *self, const yaml_key_t *key, const node_t *value, void *field, yaml_read_fn *read)
{
    if (!yaml_is (self, key, value, NODE_LIST, "a list, as in [a, b]"))
        return;
    const void **items = arena_alloc (self->arena, value->n * sizeof *items);
    size_t n = 0;
    for (const node_t *item = value->first; item; item = item->next) {
        read (self, key, item, &items[n]);
        n += items[n] != NULL;
    }
    *(yaml_list_t *)field = (yaml_list_t){items, n};
}

void yaml_read_texts (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_read_items (self, key, value, field, yaml_read_line);
}

void yaml_read_skills (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_list_t *list = field;
    yaml_key_t level = {.name = key->name, .min = 1, .max = SKILL_LEVEL_MAX};
    if (!yaml_is (self, key, value, NODE_MAP, "a map of skills and their levels, as in {cards: 3}"))
        return;
    policy_skill_t *skills = yaml_named_rows (self, value, sizeof *skills, "skill", &list->n);
    size_t i = 0;
    for (const node_t *word = value->first; word; word = word->next, i++)
        if (word->value)
            yaml_read_number (self, &level, word->value, &skills[i].level);
    list->items = skills;
}

void yaml_read_language (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "a language like en, de or pt-BR";
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    size_t first = strspn (value->text, "abcdefghijklmnopqrstuvwxyz");
    size_t rest = strspn (value->text + first, "-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    bool well = (first == 2 || first == 3) && (rest == 0 || (rest > 1 && value->text[first] == '-'));
    if (well && !value->text[first + rest] && value->length < LANGUAGE_SIZE)
        store_text (self, value, field);
    else
        yaml_wrong (self, key, value, expected);
}

void yaml_read_languages (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_read_items (self, key, value, field, yaml_read_language);
}

void yaml_read_mail (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "a mail address like ada@example.com";
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    if (address_is_mail (value->text) && value->length < ADDRESS_SIZE)
        store_text (self, value, field);
    else
        yaml_wrong (self, key, value, expected);
}

void yaml_read_url (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "a URL that begins with https:// or http://, of at most 256 bytes";
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    size_t scheme = strncmp (value->text, "https://", 8) == 0 ? 8 : strncmp (value->text, "http://", 7) == 0 ? 7 : 0;
    bool plain = address_is_line (value->text) && !strpbrk (value->text, " \"<>\\^`{|}");
    if (scheme && plain && strcspn (value->text + scheme, "/?#") > 0 && value->length < ADDRESS_SIZE)
        store_text (self, value, field);
    else
        yaml_wrong (self, key, value, expected);
}

#define NAMED(self, value, what, table)                                                       \
    yaml_named (self, value, value->text, what, self->policy->table, self->policy->table##_n, \
                sizeof *self->policy->table)

void yaml_read_person (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    if (!yaml_is (self, key, value, NODE_TEXT, "the name of a person"))
        return;
    const policy_person_t *person = policy_person (self->policy, value->text);
    *(const policy_person_t **)field = person ? person : NAMED (self, value, "person", people);
}

void yaml_read_people (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_list_t *list = field;
    yaml_read_items (self, key, value, field, yaml_read_person);
    const policy_person_t *const *people = list->items;
    for (size_t i = 0; i < list->n; i++)
        for (size_t j = 0; j < i; j++)
            if (people[i] == people[j]) {
                yaml_fail (self, value, "each person once", "%s of %s names '%s' twice", key->name, self->where,
                           people[i]->name);
                j = i;
            }
}

void yaml_read_team (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    if (yaml_is (self, key, value, NODE_TEXT, "the name of a team"))
        *(const policy_team_t **)field = NAMED (self, value, "team", teams);
}

void yaml_read_channel (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    const policy_channel_t *channel = NULL;
    if (yaml_is (self, key, value, NODE_TEXT, "the name of a channel"))
        channel = NAMED (self, value, "channel", channels);
    if (channel)
        *(const char **)field = channel->name;
}

static const policy_hours_t *hours_of (reader_t *self, const yaml_key_t *key, const node_t *value)
{
    if (!yaml_is (self, key, value, NODE_TEXT, "the name of a calendar under 'hours'"))
        return NULL;
    return NAMED (self, value, "calendar", hours);
}

void yaml_read_calendar (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    const policy_hours_t *hours = hours_of (self, key, value);
    if (hours)
        *(const calendar_t **)field = hours->calendar;
}

void yaml_read_hours_name (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    const policy_hours_t *hours = hours_of (self, key, value);
    if (hours)
        *(const char **)field = hours->name;
}

void yaml_read_ladder (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    if (yaml_is (self, key, value, NODE_TEXT, "the name of a ladder"))
        *(const policy_ladder_t **)field = NAMED (self, value, "ladder", ladders);
}
