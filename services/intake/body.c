/* body.c - what a request's body asks.
 *
 * JSON: which keys there are is a table of rows, one a field. The strings stay where the parser put them; Submit and
 * Action only point at them. protobuf: the body is a bare Submit or Action; it is wrapped into an envelope, so that
 * both doors have the same lock (wire.h).
 *
 * Limits: a body is one flat object, so JSON with more than VALUES_MAX commas and brackets is refused before it is parsed: a
 * parser makes something of each of them, and a megabyte of them would hold up everybody. */
#include "body.h"

#include "xmalloc.h"

#include <stdio.h>
#include <strings.h>

/* ---------------------------------------------------------- content types */

body_type_t body_type (const char *content_type)
{
    static const struct {
        const char *name;
        body_type_t type;
    } rows[] = {{"application/json", BODY_JSON}, {"application/x-protobuf", BODY_PROTOBUF}};
    size_t length = content_type ? strcspn (content_type, "; \t") : 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (length == strlen (rows[i].name) && strncasecmp (content_type, rows[i].name, length) == 0)
            return rows[i].type;
    return BODY_OTHER;
}

void body_clear (body_t *self)
{
    json_decref (self->json);
    if (self->envelope)
        buckstop__v1__envelope__free_unpacked (self->envelope, NULL);
    *self = (body_t){.json = NULL};
}

/* ------------------------------------------------------------------ JSON */

typedef int (word_fn) (const char *word, int *value); /* 0, or -1: unknown */

typedef struct key {
    const char *name;
    enum { KEY_STRING, KEY_NUMBER, KEY_WORD } kind;
    size_t offset;
    word_fn *parse;    /* WORD */
    const char *words; /* WORD: what it may say */
} key_row_t;

static int parse_way (const char *word, int *value)
{
    static const char *const names[] = {"mail", "callback", "spoken", "channel"};
    for (int i = 0; i < 4; i++)
        if (strcmp (word, names[i]) == 0) {
            *value = BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL + i;
            return 0;
        }
    return -1;
}

static int parse_call (const char *word, int *value)
{
    call_state_t call = 0;
    int rc = call_state_parse (word, &call);
    *value = (int)call;
    return rc;
}

static int parse_action (const char *word, int *value)
{
    Buckstop__V1__ActionKind kind;
    int rc = action_parse (word, &kind);
    *value = rc ? 0 : (int)kind;
    return rc;
}

static int parse_promise (const char *word, int *value)
{
    promise_kind_t kind;
    int rc = promise_kind_parse (word, &kind);
    *value = rc ? 0 : (int)kind;
    return rc;
}

#define SUBMIT(field, kind)                                             \
    {                                                                   \
#field, kind, offsetof(Buckstop__V1__Submit, field), NULL, NULL \
    }
static const key_row_t submit_keys[] = {
    SUBMIT (channel, KEY_STRING),
    SUBMIT (subject, KEY_STRING),
    SUBMIT (text, KEY_STRING),
    SUBMIT (customer, KEY_STRING),
    SUBMIT (customer_name, KEY_STRING),
    SUBMIT (thread, KEY_STRING),
    SUBMIT (message_id, KEY_STRING),
    SUBMIT (language, KEY_STRING),
    SUBMIT (tier, KEY_STRING),
    SUBMIT (priority, KEY_NUMBER),
    {"return_way", KEY_WORD, offsetof (Buckstop__V1__Submit, return_way), parse_way, "mail, callback, spoken, channel"},
    SUBMIT (return_to, KEY_STRING),
    SUBMIT (fresh, KEY_STRING),
    {"call", KEY_WORD, offsetof (Buckstop__V1__Submit, call), parse_call, "ringing, answered, abandoned, ended"},
    SUBMIT (call_person, KEY_STRING),
    {NULL},
};

#define ACTION(field, kind)                                             \
    {                                                                   \
#field, kind, offsetof(Buckstop__V1__Action, field), NULL, NULL \
    }
static const key_row_t action_keys[] = {
    {"action", KEY_WORD, offsetof (Buckstop__V1__Action, kind), parse_action,
     "accept, decline, reply, note, wait, transfer, resolve, reopen, acknowledge, release"},
    ACTION (person, KEY_STRING),
    ACTION (text, KEY_STRING),
    ACTION (to_person, KEY_STRING),
    ACTION (to_team, KEY_STRING),
    {"promise", KEY_WORD, offsetof (Buckstop__V1__Action, promise), parse_promise,
     "acknowledge, first_response, next_response, resolution, callback"},
    {NULL},
};

static const key_row_t *find_key (const key_row_t *rows, const char *name)
{
    while (rows->name && strcmp (rows->name, name) != 0)
        rows++;
    return rows->name ? rows : NULL;
}

static bool refuse_unknown (const key_row_t *rows, const char *name, refusal_t *refusal)
{
    char known[DETAIL_SIZE] = "";
    size_t used = 0;
    for (; rows->name && used < sizeof known; rows++)
        used += (size_t)snprintf (known + used, sizeof known - used, "%s%s", used ? ", " : "", rows->name);
    *refusal = refusal_of (REFUSE_INVALID, "unknown field '%.64s'; known are: %s", name, known);
    return false;
}

static bool take_string (const key_row_t *row, const json_t *value, char *message, refusal_t *refusal)
{
    if (!json_is_string (value)) {
        *refusal = refusal_of (REFUSE_INVALID, "field '%s' must be a string", row->name);
        return false;
    }
    *(const char **)(void *)(message + row->offset) = json_string_value (value);
    return true;
}

static bool take_number (const key_row_t *row, const json_t *value, char *message, refusal_t *refusal)
{
    json_int_t number = json_integer_value (value);
    if (!json_is_integer (value) || number < INT32_MIN || number > INT32_MAX) {
        *refusal = refusal_of (REFUSE_INVALID, "field '%s' must be a whole number of 32 bits", row->name);
        return false;
    }
    *(int32_t *)(void *)(message + row->offset) = (int32_t)number;
    return true;
}

static bool take_word (const key_row_t *row, const json_t *value, char *message, refusal_t *refusal)
{
    int number;
    if (!json_is_string (value) || row->parse (json_string_value (value), &number)) {
        *refusal = refusal_of (REFUSE_INVALID, "field '%s' must be one of: %s", row->name, row->words);
        return false;
    }
    *(int *)(void *)(message + row->offset) = number;
    return true;
}

static bool take_object (json_t *object, const key_row_t *rows, char *message, refusal_t *refusal)
{
    static bool (*const take[]) (const key_row_t *, const json_t *, char *, refusal_t *) = {
        [KEY_STRING] = take_string, [KEY_NUMBER] = take_number, [KEY_WORD] = take_word};
    const char *name;
    json_t *value;
    json_object_foreach (object, name, value)
    {
        const key_row_t *row = find_key (rows, name);
        if (!row)
            return refuse_unknown (rows, name, refusal);
        if (!take[row->kind](row, value, message, refusal))
            return false;
    }
    return true;
}

enum { VALUES_MAX = 64 };

/* Is there no more to it than any of our objects has? Strings are skipped: a text may have as many as it likes. */
static bool modest (const char *bytes, size_t size)
{
    static const bool structural[256] = {['{'] = true, ['['] = true, [','] = true};
    size_t n = 0;
    for (const char *at = bytes, *end = bytes + size; at < end && n <= VALUES_MAX; at++) {
        n += structural[(uint8_t)*at];
        if (*at != '"')
            continue;
        for (at++; at < end && *at != '"'; at++)
            at += *at == '\\';
    }
    return n <= VALUES_MAX;
}

static bool json_read (body_t *self, const void *bytes, size_t size, const key_row_t *rows, void *message,
                       refusal_t *refusal)
{
    json_error_t error;
    if (!modest (bytes, size)) {
        *refusal = refusal_of (REFUSE_INVALID, "the body must be one flat JSON object");
        return false;
    }
    self->json = json_loadb (bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (!self->json) {
        *refusal = refusal_of (REFUSE_MALFORMED, "line %d, column %d: %s", error.line, error.column, error.text);
        return false;
    }
    if (!json_is_object (self->json)) {
        *refusal = refusal_of (REFUSE_INVALID, "the body must be one JSON object");
        return false;
    }
    return take_object (self->json, rows, message, refusal);
}

/* -------------------------------------------------------------- protobuf */

typedef struct bytes {
    uint8_t *at;
    size_t size;
} bytes_t;

static void put_length (bytes_t *self, size_t length)
{
    for (; length > 0x7f; length >>= 7)
        self->at[self->size++] = (uint8_t)(length | 0x80);
    self->at[self->size++] = (uint8_t)length;
}

static void put_field (bytes_t *self, unsigned tag, const void *bytes, size_t size)
{
    put_length (self, (size_t)tag << 3 | 2); /* wire type 2: length, then bytes */
    put_length (self, size);
    memcpy (self->at + self->size, bytes, size);
    self->size += size;
}

enum { TAG_TOKEN = 1, TAG_IDEMPOTENCY_KEY = 2, TAG_CONTACT = 3, FRAME_MAX = 128 };

refusal_kind_t body_refusal (wire_fault_t fault)
{
    switch (fault) {
    case WIRE_TOO_LARGE:
        return REFUSE_TOO_LARGE;
    case WIRE_MISSING:
    case WIRE_TOO_LONG:
    case WIRE_UNUSABLE:
        return REFUSE_INVALID;
    default:
        return REFUSE_MALFORMED;
    }
}

/* The bare message in an envelope. Of two values of one field the last counts: what the path and the headers say is
 * put behind what the body says. */
static bool protobuf_read (body_t *self, envelope_kind_t kind, const void *bytes, size_t size, const char *contact,
                           refusal_t *refusal)
{
    bytes_t inner = {xmalloc (size + FRAME_MAX), 0};
    bytes_t outer = {xmalloc (size + 2 * FRAME_MAX), 0};
    if (size)
        memcpy (inner.at, bytes, size);
    inner.size = size;
    put_field (&inner, TAG_TOKEN, "-", 1);
    put_field (&inner, TAG_CONTACT, contact, strlen (contact));
    put_field (&outer, (unsigned)kind, inner.at, inner.size);
    char why[DETAIL_SIZE];
    const envelope_kind_t allowed[] = {kind, 0};
    wire_fault_t fault = wire_unpack (outer.at, outer.size, allowed, &self->envelope, why);
    free (inner.at);
    free (outer.at);
    if (fault)
        *refusal = refusal_of (body_refusal (fault), "%s", why);
    return !fault;
}

/* ------------------------------------------------------------------ doors */

static bool refuse_type (refusal_t *refusal)
{
    *refusal = refusal_of (REFUSE_MEDIA, "Content-Type is neither application/json nor application/x-protobuf");
    return false;
}

bool body_submit (body_t *self, body_type_t type, const void *bytes, size_t size, const char *contact,
                  Buckstop__V1__Submit *submit, refusal_t *refusal)
{
    buckstop__v1__submit__init (submit);
    if (type == BODY_OTHER)
        return refuse_type (refusal);
    if (type == BODY_JSON && !json_read (self, bytes, size, submit_keys, submit, refusal))
        return false;
    if (type == BODY_PROTOBUF) {
        if (!protobuf_read (self, BUCKSTOP__V1__ENVELOPE__BODY_SUBMIT, bytes, size, contact, refusal))
            return false;
        *submit = *self->envelope->submit;
    }
    submit->contact = (char *)contact;
    submit->token = "";
    submit->idempotency_key = "";
    return true;
}

bool body_action (body_t *self, body_type_t type, const void *bytes, size_t size, const char *contact,
                  Buckstop__V1__Action *action, refusal_t *refusal)
{
    buckstop__v1__action__init (action);
    if (type == BODY_OTHER)
        return refuse_type (refusal);
    if (type == BODY_JSON && !json_read (self, bytes, size, action_keys, action, refusal))
        return false;
    if (type == BODY_PROTOBUF) {
        if (!protobuf_read (self, BUCKSTOP__V1__ENVELOPE__BODY_ACTION, bytes, size, contact, refusal))
            return false;
        *action = *self->envelope->action;
    }
    action->contact = (char *)contact;
    action->token = "";
    action->idempotency_key = "";
    return true;
}
