/* body.h - what a request's body asks: JSON or protobuf in, Submit or Action out. Strict. Pure.
 *
 * JSON: one object, no unknown and no double keys, UTF-8. protobuf: through the same
 * door as ZeroMQ's envelopes. */
#ifndef BUCKSTOP_BODY_H
#define BUCKSTOP_BODY_H

#include "refusal.h"
#include "wire.h"

#include <jansson.h>

typedef enum body_type { BODY_OTHER, BODY_JSON, BODY_PROTOBUF } body_type_t;
/* From the Content-Type header; NULL: OTHER. Parameters are not looked at. */
body_type_t body_type (const char *content_type);

/* Whose strings a Submit or Action borrows: kept as long as it is used. */
typedef struct body {
    json_t *json;
    envelope_t *envelope;
} body_t;
void body_clear (body_t *self);

/* contact: from the path, "" where it opens one. True, or false with the reason. The messages' rules on single
 * fields (wire_check_submit, wire_check_action) are the caller's to ask. */
bool body_submit (body_t *self, body_type_t type, const void *bytes, size_t size, const char *contact,
                  Buckstop__V1__Submit *submit, refusal_t *refusal);
bool body_action (body_t *self, body_type_t type, const void *bytes, size_t size, const char *contact,
                  Buckstop__V1__Action *action, refusal_t *refusal);
/* What a bad message of protobuf is refused as. */
refusal_kind_t body_refusal (wire_fault_t fault);

#endif
