/* policy_yaml_people.c - the sections `people` and `teams`. */
#include "address.h"
#include "channel_out.h"
#include "ids.h"
#include "policy_yaml.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS_MAX = 8, CAPACITY_DEFAULT = 100, CAPACITY_MAX = 100000 };

/* ---- people */

YAML_LIST_ASSERT (policy_person_t, skills);
YAML_LIST_ASSERT (policy_person_t, languages);
YAML_LIST_ASSERT (policy_person_t, ways);
YAML_LIST_ASSERT (policy_team_t, members);

#define WAYS "one of log, mail, webhook, slack, channel"

/* What a way is: the key that is there names it. */
static void set_way (policy_way_t *way, way_kind_t kind)
{
    way->kind = way->kind ? (way_kind_t)-1 : kind; /* a second one: told apart in read_way */
}

static void read_log (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    policy_way_t *way = field;
    set_way (way, BUCKSTOP__V1__WAY_KIND__WAY_KIND_LOG);
    yaml_read_name (self, key, value, &way->address);
}

static void read_mail (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    policy_way_t *way = field;
    set_way (way, BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL);
    yaml_read_mail (self, key, value, &way->address);
}

static void read_webhook (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    policy_way_t *way = field;
    set_way (way, BUCKSTOP__V1__WAY_KIND__WAY_KIND_WEBHOOK);
    yaml_read_url (self, key, value, &way->address);
}

static void read_slack (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    policy_way_t *way = field;
    set_way (way, BUCKSTOP__V1__WAY_KIND__WAY_KIND_SLACK);
    yaml_read_url (self, key, value, &way->address);
}

/* By a channel's own call. */
static void read_call (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    policy_way_t *way = field;
    const char *name = NULL;
    set_way (way, BUCKSTOP__V1__WAY_KIND__WAY_KIND_CHANNEL);
    yaml_read_channel (self, key, value, &name);
    const policy_channel_t *channel = policy_channel (self->policy, name);
    if (channel && !channel->out)
        yaml_fail (self, value, "a channel with out:, such as one that uses a file of deploy/downstream",
                   "a way of %s is by channel '%s', which can't be called", self->where, name);
    else if (channel)
        way->channel = channel;
}

static void read_to (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    const char *text = NULL;
    yaml_read_line (self, key, value, &text);
    if (text)
        *(const char **)field = text;
}

static const yaml_key_t way_keys[] = {
    {"log", read_log, 0, 0, 0, "a word for the log"},
    {"mail", read_mail, 0, 0, 0, "a mail address"},
    {"webhook", read_webhook, 0, 0, 0, "a URL; needs a secret"},
    {"slack", read_slack, 0, 0, 0, "a URL of a Slack-shaped webhook"},
    {"channel", read_call, 0, 0, 0, "a channel with out:, whose call tells it"},
    {"to", read_to, offsetof (policy_way_t, to), 1, ADDRESS_SIZE - 1, "whom the channel's call is for: its {to}"},
    {"secret", yaml_read_name, offsetof (policy_way_t, secret), 0, 0, "name of the key that signs a webhook"},
    {"after", yaml_read_duration, offsetof (policy_way_t, delay_ms), 0, 7 * MS_PER_DAY, "delay"},
    YAML_KEYS_END,
};

/* Does it go without {to}, if none is given? */
static void check_to (reader_t *self, const node_t *at, policy_way_t *way)
{
    bool call = way->kind == BUCKSTOP__V1__WAY_KIND__WAY_KIND_CHANNEL;
    if (!call && way->to)
        yaml_fail (self, at, "to only with a channel", "a way of %s has a to", self->where);
    if (!call || !way->channel)
        return;
    if (!way->to && strstr (way->channel->out->url, "{to}"))
        yaml_fail (self, at, "to: whom the call is for", "a way of %s by channel '%s' has no to, and its URL needs one",
                   self->where, way->channel->name);
    way->address = way->to ? way->to : "";
    if (way->channel->answer != BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CHANNEL &&
        way->channel->answer !=
            BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_UNSPECIFIED) /* else it is checked with the channel */
        yaml_check_call (self, at, way->channel);
}

static void read_way (reader_t *self, const node_t *map, policy_way_t *way)
{
    bool webhook;
    size_t errors = self->errors->n;
    yaml_read_map (self, map, way_keys, way, yaml_where (self, "a way of %s", self->where));
    if (map->kind != NODE_MAP)
        return;
    webhook = way->kind == BUCKSTOP__V1__WAY_KIND__WAY_KIND_WEBHOOK;
    if (way->kind == (way_kind_t)-1)
        yaml_fail (self, map, WAYS, "a way of %s is several at once", self->where);
    else if (!way->kind)
        yaml_fail (self, map, WAYS, "a way of %s does not say what it is", self->where);
    else if (webhook && !way->secret)
        yaml_fail (self, map, "secret: the name of the key that signs it", "a webhook of %s has no secret",
                   self->where);
    else if (!webhook && way->secret)
        yaml_fail (self, map, "a secret only with a webhook", "a way of %s has a secret", self->where);
    if (self->errors->n == errors)
        check_to (self, map, way);
}

static void read_ways (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_list_t *list = field;
    policy_way_t *ways = yaml_list_rows (self, value, sizeof *ways, "ways", &list->n);
    size_t i = 0;
    list->items = ways;
    if (list->n > WAYS_MAX)
        yaml_fail (self, value, "at most 8 ways", "%s of %s are %zu", key->name, self->where, list->n);
    for (const node_t *item = value->first; ways && item; item = item->next)
        read_way (self, item, &ways[i++]);
}

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

static const yaml_key_t person_keys[] = {
    {"name", yaml_read_line, offsetof (policy_person_t, display), 1, DISPLAY_SIZE - 1, "what customers read"},
    {"skills", yaml_read_skills, offsetof (policy_person_t, skills), 0, 0, "skill: level 1..10"},
    {"languages", yaml_read_languages, offsetof (policy_person_t, languages), 0, 0, "none: any"},
    {"capacity", yaml_read_number, offsetof (policy_person_t, capacity), 0, CAPACITY_MAX, "sum of weights"},
    {"shift", yaml_read_calendar, offsetof (policy_person_t, shift), 0, 0, "a calendar; none: always"},
    {"quiet", yaml_read_calendar, offsetof (policy_person_t, quiet), 0, 0, "a calendar while notices are held"},
    {"ways", read_ways, offsetof (policy_person_t, ways), 0, 0, "how to reach the person"},
    {"phone", read_phone, offsetof (policy_person_t, phone), 0, 0, "where the person answers calls"},
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

void yaml_section_people (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)key, (void)field;
    policy_person_t *rows = yaml_named_rows (self, value, sizeof *rows, "person", &self->policy->people_n);
    self->policy->people = rows;
    const node_t *word = value->first;
    for (size_t i = 0; i < self->policy->people_n; i++, word = word->next) {
        rows[i].display = rows[i].name;
        rows[i].capacity = CAPACITY_DEFAULT;
        if (word->value)
            yaml_read_map (self, word->value, person_keys, &rows[i], yaml_where (self, "person '%s'", rows[i].name));
        if (rows[i].ways_n == 0)
            default_way (self, &rows[i]);
    }
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
