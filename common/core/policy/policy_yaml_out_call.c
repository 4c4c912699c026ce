/* policy_yaml_out_call.c - of `out:`: its templates, the URL, who we are, and where the secret stands. */
#include "address.h"
#include "ids.h"
#include "policy_yaml_out.h"
#include "words.h"

#include <string.h>

enum { TEMPLATE_MAX = 8 * 1024, WORD_MAX = 120 };

/* ---- templates ---- */

static bool is_setting (const char *name)
{
    return strncmp (name, "set.", 4) == 0 && name_valid (name + 4);
}

static bool is_listed (const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp (*names, name) == 0)
            return true;
    return false;
}

/* Every slot of a text is one of the names or a setting; what is not is said, at the text's place. */
static bool check_slots (reader_t *self, const node_t *at, const char *what, const char *text, const char *const *names)
{
    static const char *const none[] = {NULL};
    char name[OUT_SLOT_NAME_SIZE];
    for (long offset = 0; (offset = template_check (text, none, name, sizeof name)) >= 0; text += offset) {
        size_t length = strcspn (text + offset, "}");
        bool open = !text[offset + (long)length] || strncmp (text + offset + 1, name, strlen (name)) != 0;
        if (open) {
            yaml_fail (self, at, "a slot like {text}, or {{ for a brace", "%s of %s has a brace that is not closed",
                       what, self->where);
            return false;
        }
        if (!is_setting (name) && !is_listed (names, name)) {
            yaml_fail (self, at,
                       names[0] ? "{to}, {text}, {subject}, {thread}, {message_id}, {contact}, {customer}, {id}, "
                                  "{tag}, {automatic}, of what colleagues are told (channel_out.h), or "
                                  "{set.NAME} for a setting of the channel"
                                : "{set.NAME}, for a setting of the channel",
                       "%s of %s has no slot {%s}", what, self->where, name);
            return false;
        }
        offset += (long)length + 1;
    }
    return true;
}

const char *yaml_out_template (reader_t *self, const char *what, const node_t *value, const char *const *names)
{
    yaml_key_t key = {.name = what, .min = 0, .max = TEMPLATE_MAX};
    const char *text = NULL;
    yaml_read_text (self, &key, value, &text);
    return text && check_slots (self, value, what, text, names) ? text : NULL;
}

static const char *const setting_slots[] = {NULL};

void yaml_out_slots (const char *names[OUT_SLOTS_MAX])
{
    size_t n = 0;
    names[n++] = "secret";
    for (size_t i = 0; channel_out_slot_names[i]; i++)
        names[n++] = channel_out_slot_names[i];
    names[n] = NULL;
}

/* Words of a customer never say to which host a call goes. */
void yaml_out_url (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "a URL like https://api.example.com/messages/{to}; before the first '/' behind the "
                                   "host only {set.NAME}";
    char found[DETAIL_SIZE], host[ADDRESS_SIZE];
    const char *names[OUT_SLOTS_MAX];
    yaml_out_slots (names);
    const char *text = yaml_out_template (self, key->name, value, names);
    if (!text)
        return;
    const char *scheme = strncmp (text, "https://", 8) == 0  ? text + 8
                         : strncmp (text, "http://", 7) == 0 ? text + 7
                                                             : NULL;
    if (!scheme && strncmp (text, "{set.", 5) == 0)
        scheme = text;
    size_t length = scheme ? strcspn (scheme, "/?#") : 0;
    bool well = length > 0 && length < sizeof host && !strpbrk (text, " \"<>\\^`|") && address_is_line (text);
    if (well) {
        memcpy (host, scheme, length);
        host[length] = 0;
    }
    if (!well)
        yaml_fail (self, value, expected, "%s of %s is %s", key->name, self->where, yaml_found (value, found));
    else if (check_slots (self, value, "the host", host, setting_slots))
        *(const char **)field = text;
}

/* ---- who we are ---- */

typedef struct draft_auth {
    const char *basic, *bearer, *header, *prefix, *secret, *url, *rest, *body;
} draft_auth_t;

static void read_setting_template (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    const char *text = yaml_out_template (self, key->name, value, setting_slots);
    if (text)
        *(const char **)field = text;
}

/* The name of a file, or a setting that is one. */
static void read_secret (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] =
        "the name of a file in the secrets directory: 1 to 32 letters, digits, '.', '_', '-'; "
        "or {set.NAME}";
    char found[DETAIL_SIZE];
    const char *text = yaml_out_template (self, key->name, value, setting_slots);
    if (text && (name_valid (text) || strchr (text, '{')))
        *(const char **)field = text;
    else if (text)
        yaml_fail (self, value, expected, "%s of %s is %s", key->name, self->where, yaml_found (value, found));
}

bool yaml_out_is_header (const char *text)
{
    return *text && !text[strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")];
}

void yaml_out_header (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "the name of a header, as X-Token";
    char found[DETAIL_SIZE];
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    if (yaml_out_is_header (value->text) && value->length < OUT_SLOT_NAME_SIZE)
        *(const char **)field = arena_copy (self->arena, value->text, value->length);
    else
        yaml_fail (self, value, expected, "%s of %s is %s", key->name, self->where, yaml_found (value, found));
}

#define AUTH(field) offsetof (draft_auth_t, field)
static const yaml_key_t auth_keys[] = {
    {"basic", read_setting_template, AUTH (basic), 0, 0, "the user"},
    {"bearer", read_secret, AUTH (bearer), 0, 0, "file of the token"},
    {"header", yaml_out_header, AUTH (header), 0, 0, "that holds the secret"},
    {"prefix", yaml_read_line, AUTH (prefix), 0, WORD_MAX, "before the secret"},
    {"secret", read_secret, AUTH (secret), 0, 0, "file of the password or key"},
    {"url", read_secret, AUTH (url), 0, 0, "file of what stands in the URL at {secret}"},
    {"rest", read_secret, AUTH (rest), 0, 0, "file of all that stands behind the URL's beginning"},
    {"body", read_secret, AUTH (body), 0, 0, "file of what stands in the body at {secret}"},
    YAML_KEYS_END,
};

/* Which of the ways is said, whole and alone; NONE: not one. */
static int auth_of (const draft_auth_t *draft)
{
    enum { BASIC = 1, BEARER = 2, HEADER = 4, SECRET = 8, URL = 16, REST = 32, BODY = 64 };
    static const struct {
        int said, auth;
    } ways[] = {{BASIC | SECRET, OUT_AUTH_BASIC},
                {BEARER, OUT_AUTH_BEARER},
                {HEADER | SECRET, OUT_AUTH_HEADER},
                {URL, OUT_AUTH_URL},
                {REST, OUT_AUTH_REST},
                {BODY, OUT_AUTH_BODY}};
    int said = (draft->basic ? BASIC : 0) | (draft->bearer ? BEARER : 0) | (draft->header ? HEADER : 0) |
               (draft->secret ? SECRET : 0) | (draft->url ? URL : 0) | (draft->rest ? REST : 0) |
               (draft->body ? BODY : 0);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (ways[i].said == said)
            return ways[i].auth;
    return OUT_AUTH_NONE;
}

void yaml_out_auth (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "{basic: USER, secret: FILE}, {bearer: FILE}, {header: NAME, secret: FILE}, "
                                   "{url: FILE}, {rest: FILE} or {body: FILE}";
    channel_out_t *out = (channel_out_t *)(void *)((char *)field - offsetof (channel_out_t, auth));
    draft_auth_t draft = {0};
    size_t errors = self->errors->n;
    yaml_read_map (self, value, auth_keys, &draft, yaml_where (self, "%s of %s", key->name, self->where));
    if (self->errors->n != errors)
        return;
    out->auth = auth_of (&draft);
    if (out->auth == OUT_AUTH_NONE) {
        yaml_fail (self, value, expected, "%s of %s says not one whole way", key->name, self->where);
        return;
    }
    const char *const secrets[] = {
        [OUT_AUTH_BASIC] = draft.secret, [OUT_AUTH_BEARER] = draft.bearer, [OUT_AUTH_HEADER] = draft.secret,
        [OUT_AUTH_URL] = draft.url,      [OUT_AUTH_REST] = draft.rest,     [OUT_AUTH_BODY] = draft.body};
    out->auth_word = draft.basic ? draft.basic : draft.header;
    out->auth_prefix = draft.prefix;
    out->secret = secrets[out->auth];
}

/* ---- where the secret stands ---- */

static bool holds_secret (const out_node_t *node)
{
    bool holds = node->text && strstr (node->text, OUT_URL_SECRET);
    for (size_t i = 0; i < node->kids_n; i++)
        holds = holds || holds_secret (&node->kids[i]);
    return holds;
}

/* The secret of a body stands in the body, and nothing else does. */
void yaml_out_check_body (reader_t *self, const node_t *at, const channel_out_t *out)
{
    bool asks = out->body && holds_secret (out->body), has = out->auth == OUT_AUTH_BODY;
    if (asks && !has)
        yaml_fail (self, at, "auth: {body: FILE}", "body of %s has a {secret}, and its auth names none for it",
                   self->where);
    else if (has && !asks)
        yaml_fail (self, at, "a field of the body like {key: \"{secret}\"}",
                   "auth of %s is for the body, which has no {secret}", self->where);
}

static bool ends_with_secret (const char *url)
{
    size_t length = strlen (url), slot = strlen (OUT_URL_SECRET);
    return length > slot && url[length - slot - 1] == '/' && strcmp (url + length - slot, OUT_URL_SECRET) == 0;
}

/* The secret of a URL stands in the URL, and nothing else does. */
void yaml_out_check_url (reader_t *self, const node_t *at, const channel_out_t *out)
{
    bool rest = out->auth == OUT_AUTH_REST, asks = out->url && strstr (out->url, OUT_URL_SECRET);
    bool has = out->auth == OUT_AUTH_URL || rest;
    if (rest && !(asks && ends_with_secret (out->url))) {
        yaml_fail (self, at, "a URL like https://hooks.example.com/services/{secret}",
                   "auth of %s is for the rest of the URL, which does not end with /{secret}", self->where);
        return;
    }
    if (out->url && asks && !has)
        yaml_fail (self, at, "auth: {url: FILE}", "url of %s has a {secret}, and its auth names none for it",
                   self->where);
    else if (out->url && has && !asks)
        yaml_fail (self, at, "a URL like https://api.example.com/bot{secret}/send",
                   "auth of %s is for the URL, which has no {secret}", self->where);
}
