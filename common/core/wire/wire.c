/* wire.c - the door that every message passes: size, shape, kind, required fields, lengths.
 *
 * Three looks, each over descriptors, so that a new field needs a row and no code:
 *   1. the raw bytes (wire_raw.c);
 *   2. the kind is one of those that this socket hears;
 *   3. the fields: `shapes` says how long a field may be and whether it is a line, a name or an id, `needs` what
 *      a kind can't do without.
 *
 * Limits: fields are told apart by name, so one name has one shape in all messages. */
#include "wire_private.h"

#include "address.h"
#include "contact.h"
#include "ids.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

enum { STRING_DEFAULT_MAX = 1024, REFERENCES_MAX = 8, HASH_DIGITS = 64, HASH_SIZE = HASH_DIGITS + 1 };

typedef const ProtobufCFieldDescriptor field_t;

/* ---------------------------------------------------------------- fields */

typedef enum form { TEXT, LINE, NAME, ID, HASH } form_t; /* a line: text without control characters */

static const struct shape {
    const char *field;
    size_t size; /* with the terminating zero */
    form_t form;
} shapes[] = {
    {"token", ADDRESS_SIZE, LINE},
    {"idempotency_key", ADDRESS_SIZE, LINE},
    {"contact", ID_SIZE, ID},
    {"channel", NAME_SIZE, NAME},
    {"subject", SUBJECT_SIZE, LINE},
    {"text", TEXT_MAX + 1, TEXT},
    {"customer", ADDRESS_SIZE, LINE},
    {"customer_name", DISPLAY_SIZE, LINE},
    {"thread", ADDRESS_SIZE, LINE},
    {"message_id", ADDRESS_SIZE, LINE},
    {"language", LANGUAGE_SIZE, NAME},
    {"tier", NAME_SIZE, NAME},
    {"return_to", ADDRESS_SIZE, LINE},
    {"person", NAME_SIZE, NAME},
    {"to_person", NAME_SIZE, NAME},
    {"to_team", NAME_SIZE, NAME},
    {"accountable", NAME_SIZE, NAME},
    {"owner", NAME_SIZE, NAME},
    {"team", NAME_SIZE, NAME},
    {"workspace", NAME_SIZE, NAME},
    {"trace", TRACE_SIZE, LINE},
    {"by", NAME_SIZE, LINE},
    {"fresh", TEXT_MAX + 1, TEXT},
    {"references", ADDRESS_SIZE, LINE},
    {"call_person", ADDRESS_SIZE, LINE},
    {"name", ATTACHMENT_NAME_SIZE, LINE},
    {"type", ATTACHMENT_TYPE_SIZE, LINE},
    {"note", ATTACHMENT_NOTE_SIZE, LINE},
    {"hash", HASH_SIZE, HASH},
};

/* How many there may be of what may be there several times, in what is asked of us. */
static const struct {
    const char *field;
    size_t max;
} lists[] = {{"attachments", ATTACHMENTS_MAX}, {"references", REFERENCES_MAX}};

static const struct shape *shape_of (const char *field)
{
    static const struct shape other = {"", STRING_DEFAULT_MAX, TEXT};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (strcmp (shapes[i].field, field) == 0)
            return &shapes[i];
    return &other;
}

/* It names a file. */
static bool is_hash (const char *text)
{
    return strspn (text, "0123456789abcdef") == HASH_DIGITS && !text[HASH_DIGITS];
}

static wire_fault_t check_string (field_t *field, const char *text, char why[DETAIL_SIZE])
{
    if (!*text)
        return WIRE_OK; /* most are not set, and need no shape */
    const struct shape *shape = shape_of (field->name);
    size_t length = strnlen (text, shape->size);
    if (length == shape->size) {
        snprintf (why, DETAIL_SIZE, "%s is longer than %zu bytes", field->name, shape->size - 1);
        return WIRE_TOO_LONG;
    }
    if (!utf8_valid (text, length)) {
        snprintf (why, DETAIL_SIZE, "%s is not UTF-8 text", field->name);
        return WIRE_MALFORMED;
    }
    if (shape->form == LINE && !address_is_line (text)) {
        snprintf (why, DETAIL_SIZE, "%s holds a control character; it is one line", field->name);
        return WIRE_MALFORMED;
    }
    if (shape->form == ID && !id_valid (text)) {
        snprintf (why, DETAIL_SIZE, "%s is not an id: 26 characters of 0-9 A-Z without I L O U", field->name);
        return WIRE_MALFORMED;
    }
    if (shape->form == NAME && !name_valid (text)) {
        snprintf (why, DETAIL_SIZE, "%s is not a name: a-z A-Z 0-9 . _ -, not starting with . or -", field->name);
        return WIRE_MALFORMED;
    }
    if (shape->form == HASH && !is_hash (text)) {
        snprintf (why, DETAIL_SIZE, "%s is not a hash: 64 digits of 0-9 a-f", field->name);
        return WIRE_MALFORMED;
    }
    return WIRE_OK;
}

static const void *member_of (const ProtobufCMessage *message, size_t offset)
{
    return (const char *)message + offset;
}

static wire_fault_t check_enum (field_t *field, int value, char why[DETAIL_SIZE])
{
    if (protobuf_c_enum_descriptor_get_value (field->descriptor, value))
        return WIRE_OK;
    snprintf (why, DETAIL_SIZE, "%s has the unknown value %d", field->name, value);
    return WIRE_MALFORMED;
}

/* Requests are judged; in what others tell us a newer one may use values that we do not know yet. */
static bool is_request (const ProtobufCMessage *message)
{
    return message->descriptor == &buckstop__v1__submit__descriptor ||
           message->descriptor == &buckstop__v1__action__descriptor;
}

static wire_fault_t check_fields (const ProtobufCMessage *message, char why[DETAIL_SIZE]);

static bool too_many (const char *field, size_t n, char why[DETAIL_SIZE])
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (n > lists[i].max && strcmp (lists[i].field, field) == 0) {
            snprintf (why, DETAIL_SIZE, "%s are %zu; at most %zu", field, n, lists[i].max);
            return true;
        }
    return false;
}

static wire_fault_t check_list (field_t *field, const ProtobufCMessage *message, char why[DETAIL_SIZE])
{
    size_t n = *(const size_t *)member_of (message, field->quantifier_offset);
    const void *items = n ? *(const void *const *)member_of (message, field->offset) : NULL;
    wire_fault_t fault = WIRE_OK;
    if (n && too_many (field->name, n, why))
        return WIRE_TOO_LONG;
    for (size_t i = 0; i < n && !fault; i++)
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
            fault = check_fields (((ProtobufCMessage *const *)items)[i], why);
        else if (field->type == PROTOBUF_C_TYPE_STRING)
            fault = check_string (field, ((const char *const *)items)[i], why);
    return fault;
}

static wire_fault_t check_field (field_t *field, const ProtobufCMessage *message, char why[DETAIL_SIZE])
{
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF &&
        *(const uint32_t *)member_of (message, field->quantifier_offset) != field->id)
        return WIRE_OK;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return check_list (field, message, why);
    if (field->type == PROTOBUF_C_TYPE_ENUM)
        return is_request (message) ? check_enum (field, *(const int *)member_of (message, field->offset), why)
                                    : WIRE_OK;
    const void *pointer = NULL;
    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
        pointer = *(const void *const *)member_of (message, field->offset);
    if (!pointer)
        return WIRE_OK;
    return field->type == PROTOBUF_C_TYPE_STRING ? check_string (field, pointer, why) : check_fields (pointer, why);
}

static wire_fault_t check_fields (const ProtobufCMessage *message, char why[DETAIL_SIZE])
{
    wire_fault_t fault = WIRE_OK;
    for (unsigned i = 0; i < message->descriptor->n_fields && !fault; i++)
        fault = check_field (&message->descriptor->fields[i], message, why);
    return fault;
}

/* ------------------------------------------------------------- the needs */

static wire_fault_t missing (const char *field, char why[DETAIL_SIZE])
{
    snprintf (why, DETAIL_SIZE, "%s is missing", field);
    return WIRE_MISSING;
}

static bool is_empty (const char *text)
{
    return !text || !*text;
}

wire_fault_t wire_check_way_back (Buckstop__V1__ReturnWay way, const char *return_to, char why[DETAIL_SIZE])
{
    static const struct {
        Buckstop__V1__ReturnWay way;
        bool (*fine) (const char *text);
        const char *name, *expected;
    } rows[] = {
        {BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL, address_is_mail, "mail", "one mail address like kim@example.com"},
        {BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CALLBACK, address_is_url, "callback",
         "an http or https URL with a host, like https://chat.example.com/back"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].way == way && !rows[i].fine (return_to)) {
            snprintf (why, DETAIL_SIZE, "return_to is not usable; by %s it is %s", rows[i].name, rows[i].expected);
            return WIRE_UNUSABLE;
        }
    return WIRE_OK;
}

/* Who wrote is who is answered, if that is a mail address and nothing else is said. */
static wire_fault_t need_address (const Buckstop__V1__Submit *submit, char why[DETAIL_SIZE])
{
    bool mail = submit->return_way == BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL;
    bool callback = submit->return_way == BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CALLBACK;
    bool channel = submit->return_way == BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CHANNEL;
    if (channel && is_empty (submit->return_to) && is_empty (submit->customer))
        return missing ("return_to", why);
    if (!mail && !callback)
        return WIRE_OK;
    if (!is_empty (submit->return_to))
        return wire_check_way_back (submit->return_way, submit->return_to, why);
    if (callback || is_empty (submit->customer) || !strchr (submit->customer, '@'))
        return missing ("return_to", why);
    if (address_is_mail (submit->customer))
        return WIRE_OK;
    snprintf (why, DETAIL_SIZE, "return_to is missing, and customer is not one mail address like kim@example.com");
    return WIRE_UNUSABLE;
}

static wire_fault_t need_submit (const Buckstop__V1__Submit *submit, char why[DETAIL_SIZE])
{
    if (is_empty (submit->contact) && is_empty (submit->channel))
        return missing ("channel", why);
    if (submit->call && is_empty (submit->thread) && is_empty (submit->contact))
        return missing ("thread (which call it is)", why);
    bool says = submit->call || submit->n_attachments || !is_empty (submit->text);
    if (!says && (is_empty (submit->subject) || !is_empty (submit->contact)))
        return missing ("text", why);
    return need_address (submit, why);
}

static wire_fault_t need_action (const Buckstop__V1__Action *action, char why[DETAIL_SIZE])
{
    if (is_empty (action->contact))
        return missing ("contact", why);
    switch (action->kind) {
    case BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_UNSPECIFIED:
        return missing ("kind", why);
    case BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_REPLY:
    case BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_NOTE:
        return is_empty (action->text) ? missing ("text", why) : WIRE_OK;
    case BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_TRANSFER:
        return is_empty (action->to_person) && is_empty (action->to_team) ? missing ("to_person or to_team", why)
                                                                          : WIRE_OK;
    case BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_RELEASE:
        return action->promise ? WIRE_OK : missing ("promise", why);
    default:
        return WIRE_OK;
    }
}

/* What a kind's envelope can't do without, beyond what the two above say. */
static wire_fault_t need_envelope (const envelope_t *envelope, char why[DETAIL_SIZE])
{
    switch (envelope->body_case) {
    case BUCKSTOP__V1__ENVELOPE__BODY_SUBMIT:
        return is_empty (envelope->submit->token) ? missing ("token", why) : need_submit (envelope->submit, why);
    case BUCKSTOP__V1__ENVELOPE__BODY_ACTION:
        return is_empty (envelope->action->token) ? missing ("token", why) : need_action (envelope->action, why);
    case BUCKSTOP__V1__ENVELOPE__BODY_RECEIPT:
        return is_empty (envelope->receipt->contact) ? missing ("contact", why) : WIRE_OK;
    case BUCKSTOP__V1__ENVELOPE__BODY_REFUSAL:
        return is_empty (envelope->refusal->code) ? missing ("code", why) : WIRE_OK;
    case BUCKSTOP__V1__ENVELOPE__BODY_ROUTE:
        if (is_empty (envelope->workspace))
            return missing ("workspace", why);
        return is_empty (envelope->route->contact) && is_empty (envelope->route->person)
                   ? missing ("contact or person", why)
                   : WIRE_OK;
    case BUCKSTOP__V1__ENVELOPE__BODY_EVENT:
        if (is_empty (envelope->event->workspace))
            return missing ("workspace", why);
        return envelope->event->number ? WIRE_OK : missing ("number", why);
    default:
        return WIRE_OK;
    }
}

/* ------------------------------------------------------------------ doors */

wire_fault_t wire_check_submit (const Buckstop__V1__Submit *submit, char why[DETAIL_SIZE])
{
    wire_fault_t fault = check_fields (&submit->base, why);
    return fault ? fault : need_submit (submit, why);
}

wire_fault_t wire_check_action (const Buckstop__V1__Action *action, char why[DETAIL_SIZE])
{
    wire_fault_t fault = check_fields (&action->base, why);
    return fault ? fault : need_action (action, why);
}

static bool is_allowed (envelope_kind_t kind, const envelope_kind_t *allowed)
{
    while (*allowed && *allowed != kind)
        allowed++;
    return *allowed != 0;
}

static wire_fault_t check_envelope (const envelope_t *envelope, const envelope_kind_t *allowed, char why[DETAIL_SIZE])
{
    if (envelope->body_case == BUCKSTOP__V1__ENVELOPE__BODY__NOT_SET) {
        snprintf (why, DETAIL_SIZE, "the Envelope has no body");
        return WIRE_NO_BODY;
    }
    if (!is_allowed (envelope->body_case, allowed)) {
        snprintf (why, DETAIL_SIZE, "a body of field %d is not heard here", (int)envelope->body_case);
        return WIRE_WRONG_KIND;
    }
    wire_fault_t fault = check_fields (&envelope->base, why);
    return fault ? fault : need_envelope (envelope, why);
}

wire_fault_t wire_unpack (const void *bytes, size_t size, const envelope_kind_t *allowed, envelope_t **envelope_p,
                          char why[DETAIL_SIZE])
{
    *envelope_p = NULL;
    why[0] = '\0';
    if (size > WIRE_MAX) {
        snprintf (why, DETAIL_SIZE, "%zu bytes are more than %d", size, WIRE_MAX);
        return WIRE_TOO_LARGE;
    }
    if (!wire_raw_valid (bytes, size, why))
        return WIRE_MALFORMED;
    envelope_t *envelope = buckstop__v1__envelope__unpack (NULL, size, bytes);
    if (!envelope) {
        snprintf (why, DETAIL_SIZE, "not an Envelope");
        return WIRE_MALFORMED;
    }
    why[0] = '\0';
    wire_fault_t fault = check_envelope (envelope, allowed, why);
    if (fault)
        buckstop__v1__envelope__free_unpacked (envelope, NULL);
    else
        *envelope_p = envelope;
    return fault;
}

uint8_t *wire_pack (const envelope_t *envelope, size_t *size)
{
    *size = buckstop__v1__envelope__get_packed_size (envelope);
    uint8_t *bytes = xmalloc (*size);
    buckstop__v1__envelope__pack (envelope, bytes);
    return bytes;
}
