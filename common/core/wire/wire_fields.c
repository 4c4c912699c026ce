/* wire_fields.c - what the fields of a message may hold: how long they are, whether they are a line, a name, an id or a
 * hash, how many there are of what may be there several times; and that an enum's value is one that we know.
 *
 * Limits: fields are told apart by name, so one name has one shape in all messages. */
#include "wire_private.h"

#include "address.h"
#include "contact.h"
#include "ids.h"

#include <stdio.h>
#include <string.h>

enum { STRING_DEFAULT_MAX = 1024, REFERENCES_MAX = 8, HASH_DIGITS = 64, HASH_SIZE = HASH_DIGITS + 1 };

typedef const ProtobufCFieldDescriptor field_t;

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
            fault = wire_check_fields (((ProtobufCMessage *const *)items)[i], why);
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
    return field->type == PROTOBUF_C_TYPE_STRING ? check_string (field, pointer, why)
                                                 : wire_check_fields (pointer, why);
}

wire_fault_t wire_check_fields (const ProtobufCMessage *message, char why[DETAIL_SIZE])
{
    wire_fault_t fault = WIRE_OK;
    for (unsigned i = 0; i < message->descriptor->n_fields && !fault; i++)
        fault = check_field (&message->descriptor->fields[i], message, why);
    return fault;
}
