/* contact_names.c - the words for states, events, promises and facts, as JSON and people see them.
 * They are the proto's names in lower case without their prefix. */
#include "contact.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The part of an enum value's name behind the enum's own prefix, in lower case. One static row per value,
 * filled on first use, so that a new value in the proto needs no line here. */
enum { WORDS_MAX = 64, WORD_SIZE = 32 };

typedef struct words {
    const ProtobufCEnumDescriptor *type;
    const char *prefix;
    char rows[WORDS_MAX][WORD_SIZE];
} words_t;

static const char *word_of (words_t *self, int value)
{
    if (value < 0 || value >= WORDS_MAX)
        return "unknown";
    char *row = self->rows[value];
    if (!*row) {
        const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value (self->type, value);
        const char *name = found ? found->name + strlen (self->prefix) : "unknown";
        size_t size = strnlen (name, WORD_SIZE - 1);
        for (size_t i = 0; i < size; i++)
            row[i] = (char)tolower ((unsigned char)name[i]);
    }
    return row;
}

static int value_of (words_t *self, const char *word)
{
    for (unsigned i = 1; i < self->type->n_values; i++)
        if (strcasecmp (self->type->values[i].name + strlen (self->prefix), word) == 0)
            return self->type->values[i].value;
    return -1;
}

static words_t states = {&buckstop__v1__contact_state__descriptor, "CONTACT_STATE_", {{0}}};
static words_t promise_kinds = {&buckstop__v1__promise_kind__descriptor, "PROMISE_KIND_", {{0}}};
static words_t promise_states = {&buckstop__v1__promise_state__descriptor, "PROMISE_STATE_", {{0}}};
static words_t facts = {&buckstop__v1__fact_kind__descriptor, "FACT_KIND_", {{0}}};
static words_t purposes = {&buckstop__v1__delivery_purpose__descriptor, "DELIVERY_PURPOSE_", {{0}}};
static words_t actions = {&buckstop__v1__action_kind__descriptor, "ACTION_KIND_", {{0}}};

const char *contact_state_name (contact_state_t state)
{
    return word_of (&states, (int)state);
}

const char *promise_kind_name (promise_kind_t kind)
{
    return word_of (&promise_kinds, (int)kind);
}

const char *promise_state_name (promise_state_t state)
{
    return word_of (&promise_states, (int)state);
}

const char *fact_kind_name (fact_kind_t kind)
{
    return word_of (&facts, (int)kind);
}

const char *purpose_name (purpose_t purpose)
{
    return word_of (&purposes, (int)purpose);
}

const char *event_kind_name (event_kind_t kind)
{
    static const char *const names[EVENT_KINDS] = {
        [EVENT_OPEN] = "open",
        [EVENT_MESSAGE] = "message",
        [EVENT_ACCEPT] = "accept",
        [EVENT_DECLINE] = "decline",
        [EVENT_REPLY] = "reply",
        [EVENT_NOTE] = "note",
        [EVENT_WAIT] = "wait",
        [EVENT_TRANSFER] = "transfer",
        [EVENT_RESOLVE] = "resolve",
        [EVENT_REOPEN] = "reopen",
        [EVENT_ACKNOWLEDGE] = "acknowledge",
        [EVENT_RELEASE] = "release",
        [EVENT_OFFER] = "offer",
        [EVENT_QUEUE] = "queue",
        [EVENT_TIME] = "time",
        [EVENT_OWNER_LOST] = "owner_lost",
        [EVENT_DELIVERED] = "delivered",
        [EVENT_FAILED] = "failed",
        [EVENT_UNTOLD] = "untold",
        [EVENT_SET_ASIDE] = "set_aside",
        [EVENT_CALL] = "call",
        [EVENT_BOUNCED] = "bounced",
        [EVENT_RECEIPT] = "receipt",
    };
    return kind < EVENT_KINDS ? names[kind] : "unknown";
}

/* All at hand from the start, unlike the others: threads that read payloads ask, too. */
static const char *const calls[] = {"", "ringing", "answered", "abandoned", "ended"};
enum { CALLS = sizeof calls / sizeof *calls };

const char *call_state_name (call_state_t call)
{
    return (size_t)call < CALLS ? calls[call] : "";
}

int call_state_parse (const char *word, call_state_t *call)
{
    for (int i = 1; i < CALLS; i++)
        if (strcmp (calls[i], word) == 0) {
            *call = (call_state_t)i;
            return 0;
        }
    return -1;
}

int contact_state_parse (const char *word, contact_state_t *state)
{
    int value = value_of (&states, word);
    if (value > 0)
        *state = (contact_state_t)value;
    return value > 0 ? 0 : -1;
}

int promise_kind_parse (const char *word, promise_kind_t *kind)
{
    int value = value_of (&promise_kinds, word);
    if (value > 0)
        *kind = (promise_kind_t)value;
    return value > 0 ? 0 : -1;
}

int action_parse (const char *word, Buckstop__V1__ActionKind *kind)
{
    int value = value_of (&actions, word);
    if (value > 0)
        *kind = (Buckstop__V1__ActionKind)value;
    return value > 0 ? 0 : -1;
}
