/* session.h - what a session's cookie holds, sealed so that only the consoles of one key can read it. Pure.
 *
 * A cookie is base64url (nonce, secretbox (version, end, token)). Of a session nothing is kept on our side: any console with
 * the same key knows it; a revoked token ends it, and so does who signs out (ended.h). The word against cross-site requests
 * is derived from it. */
#ifndef BUCKSTOP_SESSION_H
#define BUCKSTOP_SESSION_H

#include "token.h"

enum {
    SESSION_NONCE_SIZE = 24,
    SESSION_ID_SIZE = 2 * SESSION_NONCE_SIZE + 1,
    SESSION_COOKIE_SIZE = 256,
    CSRF_SIZE = 33,
    SESSION_KEY_MIN = 32
};

typedef struct session_keys session_keys_t;
/* From at least SESSION_KEY_MIN bytes of secret. */
session_keys_t *session_keys_new (const void *secret, size_t size);
void session_keys_destroy (session_keys_t **self_p);

void session_seal (const session_keys_t *keys, const char *token, wall_ms_t end,
                   const uint8_t nonce[SESSION_NONCE_SIZE], char cookie[SESSION_COOKIE_SIZE]);
/* The token, and when the session ends. False: not ours, changed on the way, or over. */
bool session_open (const session_keys_t *keys, const char *cookie, wall_ms_t now, char token[TOKEN_SIZE],
                   wall_ms_t *end);

/* By what a session is known, of a cookie that opened: its nonce, in hex. */
void session_id (const char *cookie, char id[SESSION_ID_SIZE]);

/* The word that a page of ours sends back, of a session's cookie; or of a person whom a proxy named. */
void session_csrf (const session_keys_t *keys, const char *what, const char *who, char csrf[CSRF_SIZE]);

/* The value of a cookie in a Cookie header (RFC 6265, 4.2.1); false: it is not there, or too long. */
bool session_cookie (const char *header, const char *name, char value[SESSION_COOKIE_SIZE]);

/* Is `peer` one of the addresses, with commas between, each "192.0.2.7", "192.0.2.0/24" or the same of IPv6? */
bool address_listed (const char *list, const char *peer);
bool address_list_is_fine (const char *list); /* "" is */

#endif
