/* refusal.h - every way in which a request is refused: one table; rendered as a problem document (RFC 9457). Pure.
 *
 * A new reason to refuse is a row in refusal.c and a name here. */
#ifndef BUCKSTOP_REFUSAL_H
#define BUCKSTOP_REFUSAL_H

#include "contact.h"
#include "problem.h"
#include "values.h"

#include <stdarg.h>

typedef enum refusal_kind {
    REFUSE_NONE,
    REFUSE_MALFORMED,
    REFUSE_QUERY,
    REFUSE_NO_TOKEN,
    REFUSE_BAD_TOKEN,
    REFUSE_SIGNATURE, /* of a webhook */
    REFUSE_SCOPE,
    REFUSE_NOT_YOU,
    REFUSE_WORKSPACE,
    REFUSE_NO_PATH,
    REFUSE_NO_CONTACT,
    REFUSE_NO_PERSON,
    REFUSE_NO_CUSTOMER,
    REFUSE_NO_CHANNEL,
    REFUSE_NO_LINK,
    REFUSE_NO_CHALLENGE,
    REFUSE_METHOD,
    REFUSE_KEY_REUSED,
    REFUSE_NO_STATE,
    REFUSE_NOT_YOURS,
    REFUSE_STALE,
    REFUSE_NO_ROOM,
    REFUSE_LEAVING,
    REFUSE_LINK_EXPIRED,
    REFUSE_TOO_LARGE,
    REFUSE_MEDIA,
    REFUSE_INVALID,
    REFUSE_UNKNOWN_CHANNEL,
    REFUSE_UNKNOWN_PERSON,
    REFUSE_UNKNOWN_TEAM,
    REFUSE_RATE,
    REFUSE_BROKEN,
    REFUSE_STUCK, /* a key that others share is bad */
    REFUSE_AWAY,
    REFUSE_BUSY,
    REFUSE_CROWDED,
    REFUSE_MEMORY,
    REFUSE_SPOOL,
    REFUSE_NO_SECRET,
    REFUSE_NO_POLICY,
    REFUSE_DRAINING,
    REFUSE_KINDS
} refusal_kind_t;

enum { REFUSAL_DETAIL_SIZE = 1024 };

typedef struct refusal {
    refusal_kind_t kind;
    char detail[REFUSAL_DETAIL_SIZE]; /* what was wrong, where */
    const char *allow;                /* METHOD: the Allow header */
    /* of the contact that was asked for, when its state is the reason */
    contact_state_t state;
    char allowed[DETAIL_SIZE]; /* to whoever asked */
    char owner[NAME_SIZE], accountable[NAME_SIZE], offered_to[NAME_SIZE];
} refusal_t;

typedef struct refusal_row {
    problem_t problem;
    unsigned retry_after_s;
} refusal_row_t;
const refusal_row_t *refusal_row (refusal_kind_t kind);

/* What does not fit the detail is cut; it is UTF-8, whatever the words are made of. */
refusal_t refusal_of (refusal_kind_t kind, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
refusal_t refusal_of_list (refusal_kind_t kind, const char *format, va_list words)
    __attribute__ ((format (printf, 2, 0)));
/* The state, the actions it allows to that person and who holds it go with the refusal. */
void refusal_about (refusal_t *self, const contact_t *contact, const char *person);
json_t *refusal_json (const refusal_t *self); /* application/problem+json; the caller owns it */

#endif
