/* sign.h - what goes out by HTTP says that it is ours: HMAC-SHA-256 over "TIMESTAMP.BODY", RFC 2104. */
#ifndef BUCKSTOP_SIGN_H
#define BUCKSTOP_SIGN_H

#include "types.h"

enum { SIGN_HEADER_SIZE = 192 };
typedef enum sign_outcome { SIGN_MADE, SIGN_BROKEN, SIGN_NO_KEY } sign_outcome_t;

/* "Buckstop-Signature: v1=HEX", or with "NAME.next" beside the key, "v1=HEX,v1=HEX". The key is the file `name` of the
 * directory, read now, so that a change needs no restart. why: which file, and why not. */
sign_outcome_t sign_header (const char *directory, const char *name, const char *timestamp, const char *body,
                            char header[SIGN_HEADER_SIZE], char why[DETAIL_SIZE]);

#endif
