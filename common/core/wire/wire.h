/* wire.h - the one place that packs and unpacks envelopes: strict on size, kind and required fields. Pure. */
#ifndef BUCKSTOP_WIRE_H
#define BUCKSTOP_WIRE_H

#include "types.h"

#include "buckstop/v1/envelope.pb-c.h"

typedef Buckstop__V1__Envelope envelope_t;
typedef Buckstop__V1__Envelope__BodyCase envelope_kind_t;

#define WIRE_MAX (4 * 1024 * 1024)

typedef enum wire_fault {
    WIRE_OK = 0,
    WIRE_TOO_LARGE,
    WIRE_MALFORMED, /* not an envelope, or text that is not UTF-8 */
    WIRE_NO_BODY,
    WIRE_WRONG_KIND, /* not one of those allowed here */
    WIRE_MISSING,    /* a required field is empty: `why` names it */
    WIRE_TOO_LONG,   /* a field does not fit: `why` names it and the limit */
    WIRE_UNUSABLE,   /* a field says what nobody could use: `why` names it and what is expected */
} wire_fault_t;

/* allowed: list of kinds, 0-terminated. On WIRE_OK the caller frees *envelope with
 * buckstop__v1__envelope__free_unpacked. Texts and names are checked against types.h. */
wire_fault_t wire_unpack (const void *bytes, size_t size, const envelope_kind_t *allowed, envelope_t **envelope,
                          char why[DETAIL_SIZE]);
uint8_t *wire_pack (const envelope_t *envelope, size_t *size); /* malloc'd */
/* Checks of single bodies, for those that came by HTTP: same rules, same words. */
wire_fault_t wire_check_submit (const Buckstop__V1__Submit *submit, char why[DETAIL_SIZE]);
wire_fault_t wire_check_action (const Buckstop__V1__Action *action, char why[DETAIL_SIZE]);
/* Whether an answer can go that way to that address, or to who wrote when there is none; checked by the two above for
 * a way that the submission names. Here for one that comes from elsewhere, with the address given. */
wire_fault_t wire_check_way_back (Buckstop__V1__ReturnWay way, const char *return_to, char why[DETAIL_SIZE]);
bool utf8_valid (const char *bytes, size_t size); /* strict: no surrogates, no overlong forms, no NUL */

#endif
