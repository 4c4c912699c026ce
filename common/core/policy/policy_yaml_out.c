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
#include "policy_yaml_out.h"

#include <string.h>

enum { PATH_MAX_BYTES = 120, WORD_MAX = 120, WORDS_MAX = 200, LONGEST_MAX = 1000000 };
YAML_LIST_ASSERT (channel_out_t, headers);
YAML_LIST_ASSERT (channel_out_t, permanent);
YAML_LIST_ASSERT (channel_out_t, throttled);
YAML_LIST_ASSERT (channel_out_t, temporary);
YAML_LIST_ASSERT (channel_out_t, unable);

static const char *const header_slots[] = {"id", NULL};

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
        const char *text = word->value ? yaml_out_template (self, key->name, word->value, header_slots) : NULL;
        if (!yaml_out_is_header (word->text))
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
    yaml_out_slots (names);
    node->text = yaml_out_template (self, key->name, value, names);
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
    {"header", yaml_out_header, 0, 0, 0, "the header that says it", true},
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
    {"url", yaml_out_url, OUT (url), 0, 0, "where answers are sent", true},
    {"method", read_method, OUT (method), 0, 0, "POST or PUT", false, methods},
    {"auth", yaml_out_auth, OUT (auth), 0, 0, "who we are"},
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
        yaml_out_check_url (self, value, out);
    if (self->errors->n == errors)
        yaml_out_check_body (self, value, out);
    self->where = outside;
    if (self->errors->n == errors)
        *(const channel_out_t **)field = out;
}
