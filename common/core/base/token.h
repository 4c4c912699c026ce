/* token.h - bearer tokens: "bs_" id "_" secret; the secret is 256 random bits, base64url. Pure.
 *
 * The store keeps BLAKE2b-256 of the secret under the id (keys.h, key_token); compared in constant time. */
#ifndef BUCKSTOP_TOKEN_H
#define BUCKSTOP_TOKEN_H

#include "types.h"

enum { TOKEN_ID_SIZE = 11, TOKEN_SIZE = 64, TOKEN_HASH_SIZE = 32, TOKEN_RANDOM_BYTES = 38 };

typedef enum scope { SCOPE_NONE, SCOPE_CHANNEL, SCOPE_PERSON, SCOPE_OPERATOR } scope_t;

/* From TOKEN_RANDOM_BYTES random bytes. */
void token_make (const uint8_t random[TOKEN_RANDOM_BYTES], char token[TOKEN_SIZE], char id[TOKEN_ID_SIZE],
                 uint8_t hash[TOKEN_HASH_SIZE]);
/* 0, or -1: not of the form. */
int token_split (const char *token, char id[TOKEN_ID_SIZE], uint8_t hash[TOKEN_HASH_SIZE]);
bool token_matches (const uint8_t a[TOKEN_HASH_SIZE], const uint8_t b[TOKEN_HASH_SIZE]);
const char *scope_name (scope_t scope);
int scope_parse (const char *word, scope_t *scope);

#endif
