/* signature.h - is it the platform that speaks? By a secret that both know. Pure.
 *
 * hmac   the platform signs a text (the body; a time stamp with it; the fields of a form; the URL with them) and says
 *        the signature in a header or field: HMAC, RFC 2104, with SHA-256 or SHA-1, in hex or base64
 * token  it says a word that only we gave it: in a header, in the URL's query
 * basic  the same as a password of HTTP's Basic authentication (RFC 7617)
 * none   anybody may speak; a description must say so
 *
 * Compared in constant time; with any of several secrets, so that one can be changed while messages come in. */
#ifndef BUCKSTOP_SIGNATURE_H
#define BUCKSTOP_SIGNATURE_H

#include "pick.h"

enum signature_kind { SIGNATURE_UNSET, SIGNATURE_NONE, SIGNATURE_HMAC, SIGNATURE_TOKEN, SIGNATURE_BASIC };
enum signature_hash { SIGNATURE_SHA256, SIGNATURE_SHA1 };
enum signature_encoding { SIGNATURE_HEX, SIGNATURE_BASE64 };

typedef struct signature_scheme {
    int kind;             /* enum signature_kind */
    int hash, encoding;   /* HMAC */
    const char *prefix;   /* HMAC: before each signature: "sha256="; "" : nothing */
    pick_t value;         /* HMAC: where the signatures stand, TOKEN: where the word stands */
    pick_t over;          /* HMAC: the text that is signed; without: the body */
    pick_t timestamp;     /* when it was signed; without: no time is looked at */
    int64_t tolerance_ms; /* how far that may be from now, either way */
    const char *user;     /* BASIC */
    const char *secret;   /* name of the file that holds it */
    const char *url;      /* as the platform calls us; NULL: see below */
    bool forwarded;       /* X-Forwarded-Proto and X-Forwarded-Host are a proxy's of ours, and say it */
} signature_scheme_t;

typedef struct signature_secret {
    const void *bytes;
    size_t size;
} signature_secret_t;

typedef enum signature_verdict {
    SIGNATURE_GOOD,
    SIGNATURE_ABSENT,    /* it says none */
    SIGNATURE_MALFORMED, /* it is none of its kind */
    SIGNATURE_FORGED,    /* it is not made with our secret, over this text */
    SIGNATURE_NO_TIME,   /* no time stamp */
    SIGNATURE_LATE,      /* the time stamp is too far from now: perhaps somebody sends it again */
    SIGNATURE_NO_TEXT,   /* what is to be signed is not there: a field, the URL */
    SIGNATURE_NO_SECRET, /* there is none to check it with */
} signature_verdict_t;

/* Can it be checked before the payload is read? */
bool signature_before_payload (const signature_scheme_t *self);
/* why: for our own log; it tells nothing that would help to sign. scope->timestamp is set for the text that is signed,
 * and is gone afterwards. */
signature_verdict_t signature_check (const signature_scheme_t *self, pick_scope_t *scope,
                                     const signature_secret_t *secrets, size_t secrets_n, wall_ms_t now,
                                     char why[DETAIL_SIZE]);
const char *signature_verdict_word (signature_verdict_t verdict);
/* Is the text one of the secrets? In constant time. */
bool signature_is_secret (const char *text, size_t size, const signature_secret_t *secrets, size_t n);

#endif
