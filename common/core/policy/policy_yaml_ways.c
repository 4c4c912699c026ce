/* policy_yaml_ways.c - how a person is reached: the list `ways` of who it is. */
#include "channel_out.h"
#include "policy_yaml.h"

#include <string.h>

enum { WAYS_MAX = 8 };

YAML_LIST_ASSERT (policy_person_t, ways);

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

void yaml_read_ways (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
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
