/* sign.c - the signature of what goes out by HTTP, with a key from a file, and with the next one while it is rotated. */
#include "sign.h"

#include "ids.h"
#include "secret_file.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { SIGNATURE_SIZE = 2 * crypto_auth_hmacsha256_BYTES + 1 };

static void sign (const secret_t *secret, const char *timestamp, const char *body, char hex[SIGNATURE_SIZE])
{
    crypto_auth_hmacsha256_state state;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_init (&state, secret->bytes, secret->size);
    crypto_auth_hmacsha256_update (&state, (const unsigned char *)timestamp, strlen (timestamp));
    crypto_auth_hmacsha256_update (&state, (const unsigned char *)".", 1);
    crypto_auth_hmacsha256_update (&state, (const unsigned char *)body, strlen (body));
    crypto_auth_hmacsha256_final (&state, mac);
    sodium_bin2hex (hex, SIGNATURE_SIZE, mac, sizeof mac);
}

sign_outcome_t sign_header (const char *directory, const char *name, const char *timestamp, const char *body,
                            char header[SIGN_HEADER_SIZE], char why[DETAIL_SIZE])
{
    secret_t secret;
    char now[SIGNATURE_SIZE], next[SIGNATURE_SIZE];
    if (!name_valid (name)) {
        snprintf (why, DETAIL_SIZE, "no signing key is named for this webhook");
        return SIGN_BROKEN;
    }
    int error = secret_file_read (directory, name, "", &secret);
    if (error) {
        secret_file_why ("signing key", directory, name, error, why);
        return SIGN_NO_KEY;
    }
    sign (&secret, timestamp, body, now);
    bool rotating = secret_file_read (directory, name, ".next", &secret) == 0;
    if (rotating)
        sign (&secret, timestamp, body, next);
    sodium_memzero (&secret, sizeof secret);
    snprintf (header, SIGN_HEADER_SIZE, "Buckstop-Signature: v1=%s%s%s", now, rotating ? ",v1=" : "",
              rotating ? next : "");
    return SIGN_MADE;
}
