/* policy_yaml_out.c - `out:` of a channel: the call by which answers go back to its platform.
 *
 *   out:
 *     url: "https://api.example.com/accounts/{set.account}/messages"
 *     method: POST
 *     auth: {basic: "{set.account}", secret: example-token}    # or {bearer: FILE}, or {header: X-Token, secret: FILE},
 *                                                              # or {url: FILE}: it stands in the URL at {secret}
 *                                                              # or {rest: FILE}: the URL ends with it
 *                                                              # or {body: FILE}: it stands in the body at {secret}
 *     headers: {Idempotency-Key: "{id}"}
 *     content: json                                            # or form
 *     body: {to: "{to}", text: "{text}", public: true}
 *     longest: 1600                                            # characters of a text
 *     escape: entities                                         # of &, < and > in {text} and {subject}
 *     success: {at: ok, is: "true"}
 *     error: error.code
 *     permanent: [21610, http 404]
 *     throttled: [20429]
 *     temporary: [http 409]
 *     unable: [20003]
 *     retry_after: parameters.retry_after                      # seconds; else the header of that name
 *     id: sid                                                  # or {header: X-Message-Id}
 *     follow: [acknowledge, resolve]                           # what colleagues' ways want to hear later
 *
 * Secrets are names of files in the secrets directory of who sends, never words of the policy. */
#include "address.h"
#include "channel_out.h"
#include "ids.h"
#include "policy_yaml.h"
#include "words.h"

#include <string.h>

enum {
    TEMPLATE_MAX = 8 * 1024,
    PATH_MAX_BYTES = 120,
    WORD_MAX = 120,
    WORDS_MAX = 200,
    LONGEST_MAX = 1000000,
    SLOT_NAME_SIZE = 64,
};
YAML_LIST_ASSERT (channel_out_t, headers);
YAML_LIST_ASSERT (channel_out_t, permanent);
YAML_LIST_ASSERT (channel_out_t, throttled);
YAML_LIST_ASSERT (channel_out_t, temporary);
YAML_LIST_ASSERT (channel_out_t, unable);

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
    char name[SLOT_NAME_SIZE];
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

static const char *read_template (reader_t *self, const char *what, const node_t *value, const char *const *names)
{
    yaml_key_t key = {.name = what, .min = 0, .max = TEMPLATE_MAX};
    const char *text = NULL;
    yaml_read_text (self, &key, value, &text);
    return text && check_slots (self, value, what, text, names) ? text : NULL;
}

static const char *const setting_slots[] = {NULL};
static const char *const header_slots[] = {"id", NULL};

static void slot_names_with_secret (const char *names[OUT_SLOTS_MAX])
{
    size_t n = 0;
    names[n++] = "secret";
    for (size_t i = 0; channel_out_slot_names[i]; i++)
        names[n++] = channel_out_slot_names[i];
    names[n] = NULL;
}

/* Words of a customer never say to which host a call goes. */
static void read_url (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "a URL like https://api.example.com/messages/{to}; before the first '/' behind the "
                                   "host only {set.NAME}";
    char found[DETAIL_SIZE], host[ADDRESS_SIZE];
    const char *names[OUT_SLOTS_MAX];
    slot_names_with_secret (names);
    const char *text = read_template (self, key->name, value, names);
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
    const char *text = read_template (self, key->name, value, setting_slots);
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
    const char *text = read_template (self, key->name, value, setting_slots);
    if (text && (name_valid (text) || strchr (text, '{')))
        *(const char **)field = text;
    else if (text)
        yaml_fail (self, value, expected, "%s of %s is %s", key->name, self->where, yaml_found (value, found));
}

static bool is_header_name (const char *text)
{
    return *text && !text[strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")];
}

static void read_header_name (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "the name of a header, as X-Token";
    char found[DETAIL_SIZE];
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    if (is_header_name (value->text) && value->length < SLOT_NAME_SIZE)
        *(const char **)field = arena_copy (self->arena, value->text, value->length);
    else
        yaml_fail (self, value, expected, "%s of %s is %s", key->name, self->where, yaml_found (value, found));
}

#define AUTH(field) offsetof (draft_auth_t, field)
static const yaml_key_t auth_keys[] = {
    {"basic", read_setting_template, AUTH (basic), 0, 0, "the user"},
    {"bearer", read_secret, AUTH (bearer), 0, 0, "file of the token"},
    {"header", read_header_name, AUTH (header), 0, 0, "that holds the secret"},
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

static void read_auth (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
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

static void read_headers (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_list_t *list = field;
    char found[DETAIL_SIZE];
    size_t n = 0;
    if (!yaml_is (self, key, value, NODE_MAP, "a map of headers and their values"))
        return;
    if (value->n > OUT_HEADERS_MAX) {
        yaml_fail (self, value, "at most 8 headers", "%s of %s are %zu", key->name, self->where, value->n);
        return;
    }
    out_header_t *rows = arena_alloc (self->arena, value->n * sizeof *rows);
    for (const node_t *word = value->first; word; word = word->next) {
        const char *text = word->value ? read_template (self, key->name, word->value, header_slots) : NULL;
        if (!is_header_name (word->text))
            yaml_fail (self, word, "the name of a header, as X-Token", "%s is none", yaml_found (word, found));
        else if (text)
            rows[n++] = (out_header_t){arena_copy (self->arena, word->text, word->length), text};
    }
    *list = (yaml_list_t){rows, n};
}

/* ---- the body ---- */

static bool read_node (reader_t *self, const yaml_key_t *key, const node_t *value, out_node_t *node);

static bool read_kids (reader_t *self, const yaml_key_t *key, const node_t *value, out_node_t *node)
{
    out_node_t *kids = arena_alloc (self->arena, value->n * sizeof *kids);
    bool map = value->kind == NODE_MAP, well = true;
    for (const node_t *item = value->first; item; item = item->next) {
        out_node_t *kid = &kids[node->kids_n];
        kid->name = map ? arena_copy (self->arena, item->text, item->length) : NULL;
        const node_t *what = map ? item->value : item;
        bool read = what && read_node (self, key, what, kid);
        node->kids_n += read;
        well = well && read;
    }
    node->kind = map ? OUT_OBJECT : OUT_LIST;
    node->kids = kids;
    return well;
}

/* true, false and whole numbers that stand without quotes. */
static bool is_plain (const node_t *value)
{
    size_t digits = strspn (value->text, "0123456789");
    bool number = digits && digits < 16 && !value->text[digits] && (value->text[0] != '0' || digits == 1);
    return value->plain && (number || strcmp (value->text, "true") == 0 || strcmp (value->text, "false") == 0);
}

static bool read_node (reader_t *self, const yaml_key_t *key, const node_t *value, out_node_t *node)
{
    if (value->kind == NODE_MAP || value->kind == NODE_LIST)
        return read_kids (self, key, value, node);
    node->kind = is_plain (value) ? OUT_PLAIN : OUT_TEXT;
    const char *names[OUT_SLOTS_MAX];
    slot_names_with_secret (names);
    node->text = read_template (self, key->name, value, names);
    return node->text;
}

static void read_body (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    out_node_t *node = arena_alloc (self->arena, sizeof *node);
    bool list = value->kind == NODE_LIST; /* of what several can be sent at once, such as alerts */
    if ((list ||
         yaml_is (self, key, value, NODE_MAP, "a map: what the platform is sent, with {to}, {text} and others")) &&
        read_node (self, key, value, node))
        *(const out_node_t **)field = node;
}

static void check_form (reader_t *self, const node_t *at, const channel_out_t *out)
{
    bool form = out->content == OUT_FORM && out->body;
    if (form && out->body->kind == OUT_LIST)
        yaml_fail (self, at, "a map of fields", "the body of a form (in %s) is a list", self->where);
    for (size_t i = 0; form && out->body->kind == OUT_OBJECT && i < out->body->kids_n; i++) {
        const out_node_t *field = &out->body->kids[i];
        bool deep = field->kind == OUT_OBJECT;
        for (size_t j = 0; field->kind == OUT_LIST && j < field->kids_n; j++)
            deep = deep || field->kids[j].kind == OUT_OBJECT || field->kids[j].kind == OUT_LIST;
        if (deep)
            yaml_fail (self, at, "a text, or a list of texts", "'%s' of a form (in %s) is a map, or a list of lists",
                       field->name, self->where);
    }
}

/* ---- what the platform answers ---- */

typedef struct draft_success {
    const char *at, *is;
} draft_success_t;

static const yaml_key_t success_keys[] = {
    {"at", yaml_read_line, offsetof (draft_success_t, at), 1, PATH_MAX_BYTES, "a path in the answer", true},
    {"is", yaml_read_line, offsetof (draft_success_t, is), 1, WORD_MAX, "what stands there", true},
    YAML_KEYS_END,
};

static void read_success (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    channel_out_t *out = (channel_out_t *)(void *)((char *)field - offsetof (channel_out_t, success));
    draft_success_t draft = {0};
    yaml_read_map (self, value, success_keys, &draft, yaml_where (self, "%s of %s", key->name, self->where));
    out->success = draft.at && draft.is ? draft.at : NULL;
    out->success_is = draft.is;
}

static const yaml_key_t id_keys[] = {
    {"header", read_header_name, 0, 0, 0, "the header that says it", true},
    YAML_KEYS_END,
};

/* A path in the JSON answer, or {header: NAME}. */
static void read_id (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    channel_out_t *out = (channel_out_t *)(void *)((char *)field - offsetof (channel_out_t, id));
    if (value->kind == NODE_MAP)
        yaml_read_map (self, value, id_keys, &out->id_header, yaml_where (self, "%s of %s", key->name, self->where));
    else
        yaml_read_line (self, key, value, field);
}

static void read_words (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    if (value->kind == NODE_LIST && value->n > WORDS_MAX)
        yaml_fail (self, value, "at most 200", "%s of %s are %zu", key->name, self->where, value->n);
    else
        yaml_read_texts (self, key, value, field);
}

static bool holds_secret (const out_node_t *node)
{
    bool holds = node->text && strstr (node->text, OUT_URL_SECRET);
    for (size_t i = 0; i < node->kids_n; i++)
        holds = holds || holds_secret (&node->kids[i]);
    return holds;
}

/* The secret of a body stands in the body, and nothing else does. */
static void check_body (reader_t *self, const node_t *at, const channel_out_t *out)
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
static void check_url (reader_t *self, const node_t *at, const channel_out_t *out)
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

/* ---- the keys ---- */

static const yaml_word_t methods[] = {{"POST", 0}, {"PUT", 1}, {NULL, 0}};
static const yaml_word_t contents[] = {{"json", OUT_JSON}, {"form", OUT_FORM}, {NULL, 0}};

static const yaml_word_t follows[] = {{"acknowledge", OUT_FOLLOW_TAKEN}, {"resolve", OUT_FOLLOW_OVER}, {NULL, 0}};

static void read_follow (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_key_t one = {.name = key->name, .words = follows};
    if (!yaml_is (self, key, value, NODE_LIST, "a list of: acknowledge, resolve"))
        return;
    for (const node_t *item = value->first; item; item = item->next) {
        int bit = 0;
        yaml_read_word (self, &one, item, &bit);
        *(int *)field |= bit;
    }
}

static const yaml_word_t escapes[] = {{"none", OUT_ESCAPE_NONE}, {"entities", OUT_ESCAPE_ENTITIES}, {NULL, 0}};

static void read_method (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    int method = 0;
    yaml_read_word (self, key, value, &method);
    *(const char **)field = methods[method].word;
}

#define OUT(field) offsetof (channel_out_t, field)
static const yaml_key_t out_keys[] = {
    {"url", read_url, OUT (url), 0, 0, "where answers are sent", true},
    {"method", read_method, OUT (method), 0, 0, "POST or PUT", false, methods},
    {"auth", read_auth, OUT (auth), 0, 0, "who we are"},
    {"headers", read_headers, OUT (headers), 0, 0, "more headers"},
    {"escape", yaml_read_word, OUT (escape), 0, 0, "entities: of &, < and >", false, escapes},
    {"content", yaml_read_word, OUT (content), 0, 0, "json or form", false, contents},
    {"body", read_body, OUT (body), 0, 0, "what is sent: a map", true},
    {"longest", yaml_read_number, OUT (longest), 1, LONGEST_MAX, "characters of a text"},
    {"success", read_success, OUT (success), 0, 0, "where the answer says yes"},
    {"error", yaml_read_line, OUT (error), 1, PATH_MAX_BYTES, "where the answer says what was wrong"},
    {"permanent", read_words, OUT (permanent), 1, WORD_MAX, "what never becomes better"},
    {"throttled", read_words, OUT (throttled), 1, WORD_MAX, "what asks for a pause"},
    {"temporary", read_words, OUT (temporary), 1, WORD_MAX, "what passes"},
    {"unable", read_words, OUT (unable), 1, WORD_MAX, "what our own settings lack"},
    {"retry_after", yaml_read_line, OUT (retry_after), 1, PATH_MAX_BYTES, "where the seconds to wait stand"},
    {"id", read_id, OUT (id), 1, PATH_MAX_BYTES, "where the platform's id of it stands"},
    {"follow", read_follow, OUT (follow), 0, 0, "what a way of a person's hears later"},
    YAML_KEYS_END,
};

void yaml_read_out (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    channel_out_t *out = arena_alloc (self->arena, sizeof *out);
    size_t errors = self->errors->n;
    const char *outside = self->where;
    out->method = methods[0].word;
    yaml_read_map (self, value, out_keys, out, yaml_where (self, "%s of %s", key->name, self->where));
    self->where = yaml_where (self, "%s of %s", key->name, outside);
    check_form (self, value, out);
    if (self->errors->n == errors)
        check_url (self, value, out);
    if (self->errors->n == errors)
        check_body (self, value, out);
    self->where = outside;
    if (self->errors->n == errors)
        *(const channel_out_t **)field = out;
}
