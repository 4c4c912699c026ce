/* policy_yaml_rules.c - the sections `rules` (who) and `promises` (by when). First match wins in both. */
#include "policy_match.h"
#include "policy_yaml.h"

#include <limits.h>
#include <string.h>

enum { PRIORITY_MAX = 100, RULES_MAX = 1000, PATTERNS_MAX = 32 };
#define PREFER_DEFAULT_MS (2 * MS_PER_MINUTE)
#define PROMISE_MAX_MS    (365 * MS_PER_DAY)

YAML_LIST_ASSERT (policy_match_t, words);
YAML_LIST_ASSERT (policy_match_t, patterns);
YAML_LIST_ASSERT (policy_rule_t, skills);
YAML_LIST_ASSERT (policy_rule_t, relax);

/* ---- when */

static void read_pattern (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    pattern_fault_t fault;
    if (!yaml_is (self, key, value, NODE_TEXT, "a pattern, as in \"order #?\\\\d{5}\""))
        return;
    pattern_t *pattern = pattern_new (value->text, value->length, &fault);
    if (!pattern) {
        yaml_fail (self, value, "a regular expression as pcre2 has it; in double quotes a backslash is written twice",
                   "pattern '%.60s%s' of %s: %s (at byte %zu)", value->text, value->length > 60 ? "..." : "",
                   self->where, fault.what, fault.offset);
        return;
    }
    arena_adopt_pattern (self->arena, pattern);
    *(const pattern_t **)field = pattern;
}

/* A search of a message must end however many there are; more than a few in a rule are better written as one. */
static void read_patterns (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    if (value->kind == NODE_LIST && value->n > PATTERNS_MAX)
        yaml_fail (self, value, "at most 32 patterns", "%zu patterns in %s", value->n, self->where);
    else
        yaml_read_items (self, key, value, field, read_pattern);
}

static const yaml_key_t when_keys[] = {
    {"channel", yaml_read_channel, offsetof (policy_match_t, channel), 0, 0, "a channel"},
    {"tier", yaml_read_name, offsetof (policy_match_t, tier), 0, 0, "the customer's tier, as submissions say it"},
    {"language", yaml_read_language, offsetof (policy_match_t, language), 0, 0, "en also matches en-GB"},
    {"words", yaml_read_texts, offsetof (policy_match_t, words), 1, MATCH_WORD_MAX, "any of these words"},
    {"patterns", read_patterns, offsetof (policy_match_t, patterns), 0, 0, "any of these regular expressions"},
    {"priority_at_least", yaml_read_number, offsetof (policy_match_t, priority_min), -PRIORITY_MAX, PRIORITY_MAX,
     "the submission's priority"},
    YAML_KEYS_END,
};

static void read_when (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_read_map (self, value, when_keys, field, yaml_where (self, "%s of %s", key->name, self->where));
}

/* ---- then */

static void read_drop (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const yaml_word_t words[] = {{"skills", 0}, {"language", 1}, {"team", 2}, {NULL, 0}};
    policy_relax_t *relax = field;
    bool *const flags[] = {&relax->drop_skills, &relax->drop_language, &relax->any_team};
    yaml_key_t one = *key;
    one.words = words;
    if (!yaml_is (self, key, value, NODE_LIST, "a list of skills, language, team"))
        return;
    for (const node_t *item = value->first; item; item = item->next) {
        int which = -1;
        yaml_read_word (self, &one, item, &which);
        if (which >= 0)
            *flags[which] = true;
    }
}

static const yaml_key_t relax_keys[] = {
    {"after", yaml_read_duration, offsetof (policy_relax_t, after_ms), 1, 30 * MS_PER_DAY, "of waiting, as in 2m",
     true},
    {"drop", read_drop, 0, 0, 0, "a list of skills, language, team", true},
    YAML_KEYS_END,
};

static void read_relax (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_list_t *list = field;
    policy_relax_t *rows = yaml_list_rows (self, value, sizeof *rows, "relaxations", &list->n);
    list->items = rows;
    if (!rows)
        return;
    size_t i = 0;
    for (const node_t *item = value->first; item; item = item->next, i++) {
        yaml_read_map (self, item, relax_keys, &rows[i], yaml_where (self, "%s of %s", key->name, self->where));
        if (i && rows[i].after_ms && rows[i].after_ms <= rows[i - 1].after_ms)
            yaml_fail (self, item, "in the order of time", "%s of %s is not later than the one before", key->name,
                       self->where);
    }
}

static const yaml_key_t then_keys[] = {
    {"team", yaml_read_team, offsetof (policy_rule_t, team), 0, 0, "none: the default team"},
    {"skills", yaml_read_skills, offsetof (policy_rule_t, skills), 0, 0, "skill: level at least"},
    {"speak", yaml_read_switch, offsetof (policy_rule_t, need_language), 0, 0,
     "must the contact's language be spoken?"},
    {"priority", yaml_read_number, offsetof (policy_rule_t, priority), -PRIORITY_MAX, PRIORITY_MAX, "added"},
    {"prefer", yaml_read_person, offsetof (policy_rule_t, prefer), 0, 0, "this person first"},
    {"prefer_for", yaml_read_duration, offsetof (policy_rule_t, prefer_ms), 1, 30 * MS_PER_DAY, "how long"},
    {"relax", read_relax, offsetof (policy_rule_t, relax), 0, 0, "what falls away while it waits"},
    YAML_KEYS_END,
};

static void read_then (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_read_map (self, value, then_keys, field, yaml_where (self, "%s of %s", key->name, self->where));
}

/* ---- rules */

static const yaml_key_t rule_keys[] = {
    {"name", yaml_read_name, offsetof (policy_rule_t, name), 0, 0, "a name: timelines say which rule decided", true},
    {"when", read_when, offsetof (policy_rule_t, when), 0, 0, "none: always"},
    {"then", read_then, 0, 0, 0, "team, skills, ...", true},
    YAML_KEYS_END,
};

/* "rule 'cards'", or by number when it has no name. */
static const char *where_of (reader_t *self, const node_t *map, const char *what, size_t index)
{
    for (const node_t *word = map->kind == NODE_MAP ? map->first : NULL; word; word = word->next)
        if (strcmp (word->text, "name") == 0 && word->value && word->value->kind == NODE_TEXT)
            return yaml_where (self, "%s '%.60s'", what, word->value->text);
    return yaml_where (self, "%s %zu", what, index + 1);
}

static void check_rule (reader_t *self, const node_t *map, const policy_rule_t *rules, policy_rule_t *rule)
{
    if (!rule->name)
        rule->name = "";
    for (const policy_rule_t *other = rules; other < rule; other++)
        if (*rule->name && strcmp (other->name, rule->name) == 0)
            yaml_fail (self, map, "each name once", "a second rule '%s'", rule->name);
    if (rule->prefer_ms && !rule->prefer)
        yaml_fail (self, map, "prefer: a person", "rule '%s' has 'prefer_for' and no 'prefer'", rule->name);
    if (rule->prefer && !rule->prefer_ms)
        rule->prefer_ms = PREFER_DEFAULT_MS;
}

void yaml_section_rules (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)key, (void)field;
    policy_rule_t *rows = yaml_list_rows (self, value, sizeof *rows, "rules", &self->policy->rules_n);
    self->policy->rules = rows;
    if (self->policy->rules_n > RULES_MAX)
        yaml_fail (self, value, "at most 1000 rules", "%zu rules", self->policy->rules_n);
    size_t i = 0;
    for (const node_t *item = value->first; rows && item; item = item->next, i++) {
        rows[i].when.priority_min = INT_MIN;
        yaml_read_map (self, item, rule_keys, &rows[i], where_of (self, item, "rule", i));
        check_rule (self, item, rows, &rows[i]);
    }
}

/* ---- promises */

#define PROMISED(kind) offsetof (policy_promise_t, duration_ms[BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_##kind])
static const yaml_key_t promise_keys[] = {
    {"when", read_when, offsetof (policy_promise_t, when), 0, 0, "none: always"},
    {"acknowledge", yaml_read_duration, PROMISED (ACKNOWLEDGE), 1, PROMISE_MAX_MS, "who will answer, and when"},
    {"first_response", yaml_read_duration, PROMISED (FIRST_RESPONSE), 1, PROMISE_MAX_MS, "a person's first answer"},
    {"next_response", yaml_read_duration, PROMISED (NEXT_RESPONSE), 1, PROMISE_MAX_MS, "to each later message"},
    {"resolution", yaml_read_duration, PROMISED (RESOLUTION), 1, PROMISE_MAX_MS, "all is done"},
    {"callback", yaml_read_duration, PROMISED (CALLBACK), 1, PROMISE_MAX_MS, "to who gave up on the line"},
    {"hours", yaml_read_hours_name, offsetof (policy_promise_t, hours), 0, 0, "a calendar; none: around the clock"},
    {"ladder", yaml_read_ladder, offsetof (policy_promise_t, ladder), 0, 0, "none: the default one"},
    YAML_KEYS_END,
};

/* Does the map have one of the keys that promise? Their values may be wrong: that was said already. */
static bool promises_something (const node_t *map)
{
    for (const node_t *word = map->first; word; word = word->next)
        for (const yaml_key_t *key = promise_keys; key->name; key++)
            if (key->read == yaml_read_duration && strcmp (key->name, word->text) == 0)
                return true;
    return map->kind != NODE_MAP;
}

void yaml_section_promises (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)key, (void)field;
    policy_promise_t *rows = yaml_list_rows (self, value, sizeof *rows, "promises", &self->policy->promises_n);
    self->policy->promises = rows;
    if (self->policy->promises_n > RULES_MAX)
        yaml_fail (self, value, "at most 1000 promises", "%zu promises", self->policy->promises_n);
    size_t i = 0;
    for (const node_t *item = value->first; rows && item; item = item->next, i++) {
        rows[i].when.priority_min = INT_MIN;
        yaml_read_map (self, item, promise_keys, &rows[i], where_of (self, item, "promise", i));
        if (!promises_something (item))
            yaml_fail (self, item, "acknowledge, first_response, next_response, resolution or callback",
                       "promise %zu promises nothing", i + 1);
    }
}
