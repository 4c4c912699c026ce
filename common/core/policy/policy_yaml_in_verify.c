/* policy_yaml_in_verify.c - of `in:` who may speak: `verify` (signature.h) and `challenge`. */
#include "policy_yaml_in.h"

#include <string.h>

enum { CHALLENGES_MAX = 4, WORD_MAX = 120 };
#define TOLERANCE_DEFAULT_MS (5 * MS_PER_MINUTE)

YAML_LIST_ASSERT (channel_in_t, challenges);

/* ---- who speaks */

static const yaml_word_t hashes[] = {{"sha256", SIGNATURE_SHA256}, {"sha1", SIGNATURE_SHA1}, {NULL, 0}};
static const yaml_word_t encodings[] = {{"hex", SIGNATURE_HEX}, {"base64", SIGNATURE_BASE64}, {NULL, 0}};

#define SCHEME(at) offsetof (signature_scheme_t, at)

static signature_scheme_t *scheme_of (void *field, size_t offset)
{
    return (signature_scheme_t *)(void *)((char *)field - offset);
}

static void set_kind (signature_scheme_t *scheme, enum signature_kind kind)
{
    scheme->kind = scheme->kind ? -1 : (int)kind; /* a second one: told apart in read_verify */
}

static void read_hmac (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    set_kind (scheme_of (field, SCHEME (hash)), SIGNATURE_HMAC);
    yaml_read_word (self, key, value, field);
}

static void read_token (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    set_kind (scheme_of (field, SCHEME (value)), SIGNATURE_TOKEN);
    yaml_read_pick (self, key, value, field);
}

static void read_basic (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    set_kind (scheme_of (field, SCHEME (user)), SIGNATURE_BASIC);
    yaml_read_line (self, key, value, field);
}

/* The name of a file, or a setting that is one. */
static void read_secret (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    bool set = value->kind == NODE_TEXT && strncmp (value->text, "{set.", 5) == 0;
    (set ? yaml_read_line : yaml_read_name) (self, key, value, field);
}

static const yaml_key_t verify_keys[] = {
    {"hmac", read_hmac, SCHEME (hash), 0, 0, "sha256 or sha1", false, hashes},
    {"token", read_token, SCHEME (value), 0, 0, "where the platform says the token"},
    {"basic", read_basic, SCHEME (user), 1, WORD_MAX, "the user of Basic authentication"},
    {"value", yaml_read_pick, SCHEME (value), 0, 0, "where the signature stands"},
    {"prefix", yaml_read_line, SCHEME (prefix), 0, WORD_MAX, "before the signature"},
    {"encoding", yaml_read_word, SCHEME (encoding), 0, 0, "hex or base64", false, encodings},
    {"over", yaml_read_pick, SCHEME (over), 0, 0, "what is signed; without it: the body"},
    {"timestamp", yaml_read_pick, SCHEME (timestamp), 0, 0, "when it was signed"},
    {"tolerance", yaml_read_duration, SCHEME (tolerance_ms), MS_PER_SECOND, MS_PER_DAY, "as in 5m"},
    {"secret", read_secret, SCHEME (secret), 1, WORD_MAX, "name of the file that holds the secret", true},
    {"url", yaml_read_line, SCHEME (url), 1, ADDRESS_SIZE - 1, "as the platform calls it"},
    {"forwarded", yaml_read_switch, SCHEME (forwarded), 0, 0, "is X-Forwarded-Host our own proxy's?"},
    YAML_KEYS_END,
};

/* What a whole scheme needs; a time stamp that is not signed could be anybody's. */
static void check_scheme (reader_t *self, const node_t *at, const signature_scheme_t *scheme)
{
    if (scheme->kind == -1 || scheme->kind == SIGNATURE_UNSET)
        yaml_fail (self, at, "one of hmac, token, basic", "verify of %s %s", self->where,
                   scheme->kind ? "is several at once" : "does not say which kind it is");
    else if (scheme->kind == SIGNATURE_HMAC && !scheme->value.source)
        yaml_fail (self, at, "value: as in \"{@header.X-Signature}\"",
                   "verify of %s does not say where the signature is", self->where);
    else if (scheme->kind != SIGNATURE_HMAC && scheme->over.source)
        yaml_fail (self, at, "'over' only with hmac", "verify of %s signs nothing", self->where);
    else if (scheme->kind == SIGNATURE_HMAC && scheme->timestamp.source &&
             (!scheme->over.source || (!strstr (scheme->over.source, scheme->timestamp.source) &&
                                       !strstr (scheme->over.source, "{@timestamp}"))))
        yaml_fail (self, at, "{@timestamp} in 'over'", "verify of %s looks at a time stamp that is not signed",
                   self->where);
}

void yaml_read_verify (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    signature_scheme_t *scheme = field;
    *scheme = (signature_scheme_t){.prefix = "", .tolerance_ms = TOLERANCE_DEFAULT_MS};
    if (value->kind == NODE_TEXT && strcmp (value->text, "none") == 0) {
        scheme->kind = SIGNATURE_NONE;
        return;
    }
    size_t errors = self->errors->n;
    yaml_read_map (self, value, verify_keys, scheme, yaml_where (self, "%s of %s", key->name, self->where));
    if (self->errors->n == errors && value->kind == NODE_MAP)
        check_scheme (self, value, scheme);
}

/* ---- questions at set-up */

static const yaml_word_t methods[] = {{"POST", 0}, {"GET", 1}, {NULL, 0}};

static void read_method (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    int method = 0;
    yaml_read_word (self, key, value, &method);
    *(const char **)field = methods[method].word;
}

#define ASKED(field) offsetof (in_challenge_t, field)
static const yaml_key_t challenge_keys[] = {
    {"method", read_method, ASKED (method), 0, 0, "POST or GET", false, methods},
    {"when", yaml_read_pick, ASKED (when), 0, 0, "a template: is that there?", true},
    {"is", yaml_read_line, ASKED (is), 1, WORD_MAX, "what it says"},
    {"token", yaml_read_pick, ASKED (token), 0, 0, "where the platform says the token that we gave it"},
    {"secret", read_secret, ASKED (secret), 1, WORD_MAX, "name of the file that holds that token"},
    {"answer", yaml_read_pick, ASKED (answer), 0, 0, "what is answered", true},
    {"type", yaml_read_line, ASKED (type), 3, WORD_MAX, "of the answer"},
    YAML_KEYS_END,
};

void yaml_read_challenge (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_list_t *list = field;
    bool one = value->kind == NODE_MAP;
    size_t n = one ? 1 : value->n, i = 0;
    if (!one && !yaml_is (self, key, value, NODE_LIST, "a map with when, answer, ...; or a list of such"))
        return;
    if (n > CHALLENGES_MAX) {
        yaml_fail (self, value, "at most 4", "%s of %s are %zu", key->name, self->where, n);
        return;
    }
    in_challenge_t *rows = arena_alloc (self->arena, n * sizeof *rows);
    for (const node_t *item = one ? value : value->first; item; item = one ? NULL : item->next, i++) {
        rows[i] = (in_challenge_t){.method = "POST", .type = "text/plain"};
        yaml_read_map (self, item, challenge_keys, &rows[i], yaml_where (self, "%s of %s", key->name, self->where));
        if (!rows[i].token.source != !rows[i].secret)
            yaml_fail (self, item, "token and secret together", "%s of %s has one of them alone", key->name,
                       self->where);
        if (strcmp (rows[i].method, "GET") == 0 && !rows[i].token.source)
            yaml_fail (self, item, "token: and secret:, since a GET has no signature", "%s of %s would answer anybody",
                       key->name, self->where);
    }
    *list = (yaml_list_t){rows, n};
}
