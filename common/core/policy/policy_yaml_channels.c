/* policy_yaml_channels.c - the section `channels`: how contacts come in, and how answers go back.
 *
 * A channel may use a description: a document of the same text that begins with `file: NAME` (policy_uses.c says how it
 * came there). It has the same keys; what the channel itself says counts before it. */
#include "address.h"
#include "policy_yaml.h"

#include <string.h>

enum { CAPACITY_MAX = 100000, WEIGHT_DEFAULT = 10, ADDRESSES_MAX = 100, SETTINGS_MAX = 32, SETTING_MAX = 1024 };
#define OFFER_LIVE_MS     (20 * MS_PER_SECOND)
#define OFFER_DEFERRED_MS (15 * MS_PER_MINUTE)

YAML_LIST_ASSERT (policy_channel_t, addresses);
YAML_LIST_ASSERT (policy_channel_t, settings);

/* ---- words */

static const yaml_word_t accept_words[] = {{"ask", 0}, {"auto", 1}, {NULL, 0}};
static const yaml_word_t answer_words[] = {
    {"mail", BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL},
    {"callback", BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CALLBACK},
    {"spoken", BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_SPOKEN},
    {"channel", BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CHANNEL},
    {"none", BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_UNSPECIFIED},
    {NULL, 0},
};
static const yaml_word_t tag_words[] = {
    {"none", TAG_NONE}, {"address", TAG_ADDRESS}, {"subject", TAG_SUBJECT}, {NULL, 0}};
static const yaml_word_t identity_words[] = {
    {"mail", IDENTITY_MAIL}, {"phone", IDENTITY_PHONE}, {"handle", IDENTITY_HANDLE}, {NULL, 0}};
_Static_assert(sizeof (return_way_t) == sizeof (int), "yaml_read_word writes an int");

/* ---- addresses: of mail that comes in */

/* "support@example.com", or "@example.com" for all of a domain. */
static void read_address (reader_t *self, const yaml_key_t *key, const node_t *value, const char **address)
{
    static const char expected[] = "a mail address like support@example.com, or @example.com for a whole domain";
    char found[DETAIL_SIZE], whole[ADDRESS_SIZE] = "";
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    if (value->length + 1 < sizeof whole) {
        whole[0] = 'x';
        memcpy (whole + (*value->text == '@'), value->text, value->length + 1);
    }
    if (address_is_mail (whole) && !strpbrk (whole, "<> ()\",;:"))
        *address = arena_copy (self->arena, value->text, value->length);
    else
        yaml_fail (self, value, expected, "%s of %s is %s", key->name, self->where, yaml_found (value, found));
}

static void read_addresses (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_list_t *list = field;
    bool one = value->kind == NODE_TEXT;
    const char **rows = arena_alloc (self->arena, (one ? 1 : value->n) * sizeof *rows);
    size_t n = 0;
    if (one)
        read_address (self, key, value, &rows[0]);
    else if (!yaml_is (self, key, value, NODE_LIST, "a mail address, or a list of them"))
        return;
    else if (value->n > ADDRESSES_MAX)
        yaml_fail (self, value, "at most 100 addresses", "%s of %s are %zu", key->name, self->where, value->n);
    n = one && rows[0];
    for (const node_t *item = one ? NULL : value->first; item; item = item->next) {
        read_address (self, key, item, &rows[n]);
        n += rows[n] != NULL;
    }
    *list = (yaml_list_t){rows, n};
}

/* ---- settings: words that a description uses */

static void read_settings (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const yaml_key_t one = {.name = "setting", .min = 0, .max = SETTING_MAX};
    yaml_list_t *list = field, before = *list;
    if (!yaml_is (self, key, value, NODE_MAP, "a map of words and what they stand for"))
        return;
    policy_setting_t *rows = yaml_named_rows (self, value, sizeof *rows, "setting", &list->n);
    size_t i = 0;
    if (list->n > SETTINGS_MAX)
        yaml_fail (self, value, "at most 32 settings", "%s of %s are %zu", key->name, self->where, list->n);
    for (const node_t *word = value->first; word; word = word->next, i++) {
        rows[i].value = "";
        if (word->value)
            yaml_read_line (self, &one, word->value, &rows[i].value);
    }
    /* those of the file that it uses stand behind: the first of a name counts */
    policy_setting_t *all = arena_alloc (self->arena, (list->n + before.n) * sizeof *all);
    if (list->n)
        memcpy (all, rows, list->n * sizeof *rows);
    if (before.n)
        memcpy (all + list->n, before.items, before.n * sizeof *all);
    *list = (yaml_list_t){all, list->n + before.n};
}

/* ---- the keys */

static yaml_read_fn read_use, read_nothing;

#define CHANNEL(field) offsetof (policy_channel_t, field)
#define KEYS_OF_BOTH                                                                                             \
    {"weight", yaml_read_number, CHANNEL (weight), 0, CAPACITY_MAX, "of one contact"},                           \
        {"live", yaml_read_switch, CHANNEL (live), 0, 0, "is somebody on the line?"},                            \
        {"offer", yaml_read_duration, CHANNEL (offer_ms), 1, MS_PER_DAY, "how long an offer stands"},            \
        {"accept", yaml_read_switch, CHANNEL (accept_auto), 0, 0, "ask or auto", false, accept_words},           \
        {"answer", yaml_read_word, CHANNEL (answer), 0, 0, "how answers go", false, answer_words},               \
        {"identity", yaml_read_word, CHANNEL (identity), 0, 0, "mail, phone or handle", false, identity_words},  \
        {"platform", yaml_read_name, CHANNEL (platform), 0, 0, "whose handles they are"},                        \
        {"address", read_addresses, CHANNEL (addresses), 0, 0, "mail to it comes in here"},                      \
        {"addresses", read_addresses, CHANNEL (addresses), 0, 0, "mail to them comes in here"},                  \
        {"tag", yaml_read_word, CHANNEL (tag), 0, 0, "where answers carry the contact's tag", false, tag_words}, \
        {"settings", read_settings, CHANNEL (settings), 0, 0, "words that its description uses"},                \
        {"in", yaml_read_in, CHANNEL (in), 0, 0, "what its platform sends"},                                     \
        {"out", yaml_read_out, CHANNEL (out), 0, 0, "how answers go to its platform"}, YAML_KEYS_END

static const yaml_key_t file_keys[] = {{"file", read_nothing, 0, 0, 0, "the name of the file"}, KEYS_OF_BOTH};
/* `use` comes first, so that what the channel itself says counts before it. */
static const yaml_key_t channel_keys[] = {{"use", read_use, 0, 0, 0, "a file that describes it"}, KEYS_OF_BOTH};

/* ---- files that are used */

static void read_nothing (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)self, (void)key, (void)value, (void)field;
}

static void read_use (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "a file that 'buckstop policy check' and 'apply' find beside the policy";
    char found[DETAIL_SIZE];
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    const node_t *file = yaml_used (self, value->text);
    if (file) {
        yaml_read_map (self, file, file_keys, field, yaml_where (self, "'%.100s'", value->text));
        return;
    }
    yaml_fail (self, value, expected, "%s of %s is %s, which is not in this text", key->name, self->where,
               yaml_found (value, found));
}

void yaml_section_channels (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)key, (void)field;
    policy_channel_t *rows = yaml_named_rows (self, value, sizeof *rows, "channel", &self->policy->channels_n);
    self->policy->channels = rows;
    const node_t *word = value->first;
    for (size_t i = 0; i < self->policy->channels_n; i++, word = word->next) {
        rows[i].weight = WEIGHT_DEFAULT;
        if (!word->value)
            continue;
        size_t errors = self->errors->n;
        yaml_read_map (self, word->value, channel_keys, &rows[i], yaml_where (self, "channel '%s'", rows[i].name));
        yaml_check_in (self, word, &rows[i]);
        if (self->errors->n == errors) /* else what follows from a mistake would be said of the whole channel */
            yaml_check_out (self, word, &rows[i]);
        if (rows[i].offer_ms == 0)
            rows[i].offer_ms = rows[i].live ? OFFER_LIVE_MS : OFFER_DEFERRED_MS;
    }
}
