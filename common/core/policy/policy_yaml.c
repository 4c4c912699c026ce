/* policy_yaml.c - the text of a policy into a policy: the sections, settings with their defaults, what is
 * missing, and what fills the gaps.
 *
 * Hears: YAML. Says: a policy, or every error of one pass in the order of place. Sections are read in the
 * order of their dependence (a person names a calendar, a team names people), whatever the order of the text.
 * Limits: policy_tree.h; at most 100 errors. */
#include "policy_yaml.h"
#include "policy_builtin.h"
#include "template.h"

#include <stdlib.h>
#include <string.h>

enum { TEMPLATE_MAX = 8192, TRANSFERS_DEFAULT = 3, MAKEUPS_DEFAULT = 2, COUNT_MAX = 100, MAKEUPS_MAX = 3 };

YAML_LIST_ASSERT (policy_t, channels);
_Static_assert(offsetof (policy_t, workspace) == 0, "the policy is a row of the map at the root");

/* ---- settings */

static const policy_t defaults = {
    .presence_ms = 60 * MS_PER_SECOND,
    .decline_ms = 5 * MS_PER_MINUTE,
    .acknowledged_ms = 30 * MS_PER_MINUTE,
    .pause_ms = 3 * MS_PER_DAY,
    .reopen_ms = 7 * MS_PER_DAY,
    .review_ms = 24 * MS_PER_HOUR,
    .link_ms = 24 * MS_PER_HOUR,
    .retain_ms = 7 * MS_PER_DAY,
    .transfers_max = TRANSFERS_DEFAULT,
    .makeup_max = MAKEUPS_DEFAULT,
    .mail_from = POLICY_MAIL_FROM,
};
_Static_assert(sizeof defaults.transfers_max == sizeof (int), "yaml_read_number writes an int");

static const yaml_word_t same_words[] = {
    {"link", SAME_LINK}, {"append", SAME_APPEND}, {"separate", SAME_SEPARATE}, {NULL, 0}};

#define YEAR           (366 * MS_PER_DAY)
#define SETTING(field) offsetof (policy_t, field)
/* What is not said there is as `retain` says. */
static const yaml_key_t keep_keys[] = {
    {"events", yaml_read_duration, SETTING (keep_events_ms), MS_PER_SECOND, YEAR, "events are kept in the store"},
    {"closed", yaml_read_duration, SETTING (keep_closed_ms), MS_PER_SECOND, YEAR, "closed contacts are kept there"},
    YAML_KEYS_END,
};

static void read_keep (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)field;
    if (yaml_is (self, key, value, NODE_MAP, "a map: { events: 7d, closed: 30d }"))
        yaml_read_map (self, value, keep_keys, self->policy, "keep");
}

static const yaml_word_t archive_words[] = {{"optional", false}, {"required", true}, {NULL, 0}};

static const yaml_key_t setting_keys[] = {
    {"presence", yaml_read_duration, SETTING (presence_ms), 100, MS_PER_DAY, "a heartbeat holds so long"},
    {"decline", yaml_read_duration, SETTING (decline_ms), 1, MS_PER_DAY, "a decline excludes so long"},
    {"acknowledged", yaml_read_duration, SETTING (acknowledged_ms), 1, YEAR, "an acknowledgement holds so long"},
    {"pause", yaml_read_duration, SETTING (pause_ms), 1, YEAR, "budget of waiting on the customer"},
    {"reopen", yaml_read_duration, SETTING (reopen_ms), 1, YEAR, "a resolved contact closes after it"},
    {"review", yaml_read_duration, SETTING (review_ms), 1, YEAR, "silence is looked at after it"},
    {"link", yaml_read_duration, SETTING (link_ms), MS_PER_SECOND, YEAR, "links in notices expire"},
    {"retain", yaml_read_duration, SETTING (retain_ms), MS_PER_SECOND, YEAR, "events and closed contacts are kept"},
    {"keep", read_keep, 0, 0, 0, "the same, each by itself"},
    {"archive", yaml_read_word, SETTING (archive_required), 0, 0, "nothing is deleted that no archive has", false,
     archive_words},
    {"transfers", yaml_read_number, SETTING (transfers_max), 0, COUNT_MAX, "more climb to the manager"},
    {"makeups", yaml_read_number, SETTING (makeup_max), 0, MAKEUPS_MAX, "promises made good for broken ones"},
    {"same_customer", yaml_read_word, SETTING (same_customer), 0, 0, "a second contact while one is open", false,
     same_words},
    YAML_KEYS_END,
};

void yaml_section_settings (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)key, (void)field;
    yaml_read_map (self, value, setting_keys, self->policy, "settings");
}

/* ---- templates */

static void read_template_text (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    char slot[NAME_SIZE];
    const char *text = NULL;
    (strcmp (key->name, "subject") == 0 ? yaml_read_line : yaml_read_text) (self, key, value, &text);
    if (!text)
        return;
    if (template_check (text, template_slot_names, slot, sizeof slot) >= 0)
        yaml_fail (
            self, value,
            "slots: {person} {owner} {accountable} {customer} {subject} {contact} {channel} {state} {promise} {due} "
            "{about} {text} {detail} {link_accept} {link_acknowledge} {workspace}; {{ is a brace",
            "%s of %s has an unknown slot or an open brace: '%s'", key->name, self->where, slot);
    else
        *(const char **)field = text;
}

static const yaml_key_t template_keys[] = {
    {"subject", read_template_text, offsetof (policy_template_t, subject), 1, SUBJECT_SIZE - 1, "one line"},
    {"body", read_template_text, offsetof (policy_template_t, body), 1, TEMPLATE_MAX, "the text"},
    YAML_KEYS_END,
};

void yaml_section_templates (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)field;
    const policy_template_t *rows = self->policy->templates;
    if (!yaml_is (self, key, value, NODE_MAP, "a map: offer, assigned, step, ..."))
        return;
    for (const node_t *word = value->first; word; word = word->next) {
        const policy_template_t *row =
            yaml_named (self, word, word->text, "purpose", rows, POLICY_TEMPLATES, sizeof *rows);
        if (row && word->value)
            yaml_read_map (self, word->value, template_keys, (policy_template_t *)row,
                           yaml_where (self, "template '%s'", row->name));
    }
}

/* ---- the root */

static void read_dry (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "log, or mail:ADDRESS";
    policy_t *policy = field;
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    if (strcmp (value->text, "log") == 0) {
        policy->dry_kind = BUCKSTOP__V1__WAY_KIND__WAY_KIND_LOG;
        policy->dry = "dry";
        return;
    }
    node_t address = *value;
    bool prefixed = strncmp (value->text, "mail:", 5) == 0;
    address.text += prefixed ? 5 : 0;
    address.length -= prefixed ? 5 : 0;
    if (!prefixed && !strchr (value->text, '@')) {
        char found[DETAIL_SIZE];
        yaml_fail (self, value, expected, "dry is %s", yaml_found (value, found));
        return;
    }
    policy->dry_kind = BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL;
    yaml_read_mail (self, key, &address, &policy->dry);
}

/* Links are this, a slash, and more. */
static void read_links (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    const char *base = NULL;
    yaml_read_url (self, key, value, &base);
    size_t length = base ? strlen (base) : 0;
    while (length && base[length - 1] == '/')
        length--;
    if (base)
        *(const char **)field = arena_copy (self->arena, base, length);
}

/* "+49": of numbers that are written without. */
static void read_country (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "a country's calling code in quotes, as in \"+49\"";
    char found[DETAIL_SIZE];
    enum { CODE_DIGITS_MAX = 3 };
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    size_t digits = strspn (value->text + (*value->text == '+'), "0123456789");
    bool fine = *value->text == '+' && digits >= 1 && digits <= CODE_DIGITS_MAX && value->length == digits + 1;
    if (fine && value->text[1] != '0')
        *(const char **)field = arena_copy (self->arena, value->text, value->length);
    else
        yaml_fail (self, value, expected, "%s is %s", key->name, yaml_found (value, found));
}

/* In the order in which they are read. */
static const yaml_key_t root_keys[] = {
    {"workspace", yaml_read_name, SETTING (workspace), 0, 0, "the workspace's name", true},
    {"hours", yaml_section_hours, 0, 0, 0, "calendars"},
    {"channels", yaml_section_channels, 0, 0, 0, "how contacts come in"},
    {"people_from", yaml_read_people_from, 0, 0, 0, "a file with more people: buckstop people import"},
    {"people", yaml_section_people, 0, 0, 0, "the people, by name", true},
    {"teams", yaml_section_teams, 0, 0, 0, "people with a lead"},
    {"last_resort", yaml_read_person, SETTING (last_resort), 0, 0, "the person who is accountable when nobody else is",
     true},
    {"manager", yaml_read_person, SETTING (manager), 0, 0, "where ladders end; none: the last resort"},
    {"default_team", yaml_read_team, SETTING (default_team), 0, 0, "where no rule matches; none: the first team"},
    {"dry", read_dry, 0, 0, 0, "send all notices to one place"},
    {"mail_from", yaml_read_mail, SETTING (mail_from), 0, 0, "sender of mails"},
    {"links", read_links, SETTING (link_base), 0, 0, "public URL of intake"},
    {"country", read_country, SETTING (country), 0, 0, "calling code of numbers that are written without"},
    {"ladders", yaml_section_ladders, 0, 0, 0, "what happens around a deadline"},
    {"templates", yaml_section_templates, 0, 0, 0, "the words of notices"},
    {"rules", yaml_section_rules, 0, 0, 0, "who takes what"},
    {"promises", yaml_section_promises, 0, 0, 0, "by when"},
    {"settings", yaml_section_settings, 0, 0, 0, "durations and limits"},
    YAML_KEYS_END,
};

/* Rows that can be named before their section is read, or though it is not there. */
static policy_t *begin (struct policy_arena *arena)
{
    policy_t *policy = arena_alloc (arena, sizeof *policy);
    *policy = defaults;
    policy->arena = arena;
    policy_template_t *templates = arena_alloc (arena, sizeof policy_builtin_templates);
    memcpy (templates, policy_builtin_templates, sizeof policy_builtin_templates);
    policy->templates = templates;
    policy->templates_n = POLICY_TEMPLATES;
    policy->channels = policy_builtin_channels;
    policy->channels_n = policy_builtin_channels_n;
    policy->ladders = &policy_builtin_ladder;
    policy->ladders_n = 1;
    return policy;
}

/* A policy without teams has one of all people, under the last resort. */
static void team_of_all (policy_t *self)
{
    policy_team_t *team = arena_alloc (self->arena, sizeof *team);
    const policy_person_t **members = arena_alloc (self->arena, self->people_n * sizeof (void *));
    for (size_t i = 0; i < self->people_n; i++)
        members[i] = &self->people[i];
    *team = (policy_team_t){"all", self->last_resort, members, self->people_n};
    self->teams = team;
    self->teams_n = 1;
}

static bool asks_for_language (const policy_t *self)
{
    bool asks = false;
    for (size_t i = 0; i < self->rules_n && !asks; i++)
        asks = self->rules[i].when.language || self->rules[i].need_language;
    for (size_t i = 0; i < self->promises_n && !asks; i++)
        asks = self->promises[i].when.language != NULL;
    return asks;
}

static void fill_gaps (policy_t *self)
{
    if (!self->manager)
        self->manager = self->last_resort;
    if (self->teams_n == 0)
        team_of_all (self);
    if (!self->default_team)
        self->default_team = &self->teams[0];
    if (self->ladders_n == 0) {
        self->ladders = &policy_builtin_ladder;
        self->ladders_n = 1;
    }
    if (self->channels_n == 0) {
        self->channels = policy_builtin_channels;
        self->channels_n = policy_builtin_channels_n;
    }
    policy_rule_t *rules = (policy_rule_t *)self->rules; /* still ours alone */
    for (size_t i = 0; i < self->rules_n; i++)
        if (!rules[i].team)
            rules[i].team = self->default_team;
    self->languages = asks_for_language (self);
    self->keep_events_ms = self->keep_events_ms ? self->keep_events_ms : self->retain_ms;
    self->keep_closed_ms = self->keep_closed_ms ? self->keep_closed_ms : self->retain_ms;
}

static int by_place (const void *a, const void *b)
{
    const policy_error_t *x = a, *y = b;
    int line = x->line - y->line, column = x->column - y->column;
    return line ? line : column ? column : strcmp (x->what, y->what);
}

/* In the order of place; what two channels say of one file that both use is said once. */
static void sort (policy_errors_t *self)
{
    size_t kept = 0;
    if (self->n)
        qsort (self->items, self->n, sizeof *self->items, by_place);
    for (size_t i = 0; i < self->n; i++)
        if (i == 0 || by_place (&self->items[i], &self->items[kept - 1]) != 0)
            self->items[kept++] = self->items[i];
    self->n = kept;
}

/* Behind the policy only files that it uses, each with its name. */
static void check_used (policy_errors_t *errors, const node_t *root)
{
    for (const node_t *file = root->next; file; file = file->next)
        if (file->kind != NODE_MAP || !file->first || strcmp (file->first->text, "file") != 0 || !file->first->value ||
            file->first->value->kind != NODE_TEXT)
            tree_error (errors, file->line, file->column,
                        "one document; behind it only files that it uses: 'file: NAME' first", "a second document");
}

policy_t *policy_parse (const char *text, size_t length, policy_errors_t *errors)
{
    return policy_check (text, length, errors, NULL);
}

policy_t *policy_check (const char *text, size_t length, policy_errors_t *errors, policy_errors_t *warnings)
{
    *errors = (policy_errors_t){NULL, 0};
    if (warnings)
        *warnings = (policy_errors_t){NULL, 0};
    struct policy_arena *arena = arena_new (), *scratch = arena_new ();
    policy_t *policy = begin (arena);
    reader_t reader = {.arena = arena, .policy = policy, .errors = errors, .where = "the policy"};
    const node_t *root = tree_parse (scratch, text, length, errors);
    if (root) {
        check_used (errors, root);
        reader.used = root->next;
    }
    if (root)
        yaml_read_map (&reader, root, root_keys, policy, "the policy");
    if (root)
        yaml_join_teams (&reader, root);
    if (errors->n) {
        sort (errors);
        arena_destroy (&arena);
        policy = NULL;
    } else {
        fill_gaps (policy);
        if (warnings) {
            yaml_doubts (policy, root, warnings);
            sort (warnings);
        }
    }
    arena_destroy (&scratch);
    return policy;
}
