/* wire.c - the door that every message passes: size, shape, kind, required fields, lengths.
 *
 * Three looks, each over descriptors, so that a new field needs a row and no code:
 *   1. the raw bytes (wire_raw.c);
 *   2. the kind is one of those that this socket hears;
 *   3. the fields: wire_fields.c says how long a field may be and what shape it has; here is what a kind can't do
 *      without. */
#include "wire_private.h"

#include "address.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

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
    wire_fault_t fault = wire_check_fields (&submit->base, why);
    return fault ? fault : need_submit (submit, why);
}

wire_fault_t wire_check_action (const Buckstop__V1__Action *action, char why[DETAIL_SIZE])
{
    wire_fault_t fault = wire_check_fields (&action->base, why);
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
    wire_fault_t fault = wire_check_fields (&envelope->base, why);
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
