/* token.c - bearer tokens: "bs_" + 10 characters of id + "_" + 43 characters of secret.
 *
 * The id is public (base 32, so it has no "_"), the secret is 256 random bits: nothing to guess, so a plain
 * hash is enough to keep (a password hash would cost 68 ms of the loop). */
#include "token.h"

#include <sodium.h>
#include <string.h>

#define PREFIX "bs_"
enum {
    PREFIX_LENGTH = sizeof PREFIX - 1,
    ID_LENGTH = TOKEN_ID_SIZE - 1,
    ID_BYTES = 6,
    SECRET_BYTES = 32,
    SECRET_LENGTH = 43,
    TOKEN_LENGTH = PREFIX_LENGTH + ID_LENGTH + 1 + SECRET_LENGTH,
};
_Static_assert(ID_BYTES + SECRET_BYTES == TOKEN_RANDOM_BYTES, "all random bytes are used");
_Static_assert((int)TOKEN_LENGTH < (int)TOKEN_SIZE, "a token fits");

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* Crockford's base 32 */

static const char *const names[] = {
    [SCOPE_NONE] = "none",
    [SCOPE_CHANNEL] = "channel",
    [SCOPE_PERSON] = "person",
    [SCOPE_OPERATOR] = "operator",
};

static void hash_secret (const uint8_t secret[SECRET_BYTES], uint8_t hash[TOKEN_HASH_SIZE])
{
    crypto_generichash (hash, TOKEN_HASH_SIZE, secret, SECRET_BYTES, NULL, 0);
}

void token_make (const uint8_t random[TOKEN_RANDOM_BYTES], char token[TOKEN_SIZE], char id[TOKEN_ID_SIZE],
                 uint8_t hash[TOKEN_HASH_SIZE])
{
    uint64_t bits = 0;
    for (int i = 0; i < ID_BYTES; i++)
        bits = bits << 8 | random[i];
    for (int i = ID_LENGTH - 1; i >= 0; i--, bits >>= 5)
        id[i] = alphabet[bits & 31];
    id[ID_LENGTH] = 0;

    memcpy (token, PREFIX, PREFIX_LENGTH);
    memcpy (token + PREFIX_LENGTH, id, ID_LENGTH);
    token[PREFIX_LENGTH + ID_LENGTH] = '_';
    sodium_bin2base64 (token + PREFIX_LENGTH + ID_LENGTH + 1, SECRET_LENGTH + 1, random + ID_BYTES, SECRET_BYTES,
                       sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    hash_secret (random + ID_BYTES, hash);
}

int token_split (const char *token, char id[TOKEN_ID_SIZE], uint8_t hash[TOKEN_HASH_SIZE])
{
    if (!token || strnlen (token, TOKEN_SIZE) != TOKEN_LENGTH || strncmp (token, PREFIX, PREFIX_LENGTH) != 0)
        return -1;
    const char *public_part = token + PREFIX_LENGTH;
    if (strspn (public_part, alphabet) != ID_LENGTH || public_part[ID_LENGTH] != '_')
        return -1;
    uint8_t secret[SECRET_BYTES];
    size_t size = 0;
    const char *end = NULL;
    if (sodium_base642bin (secret, sizeof secret, public_part + ID_LENGTH + 1, SECRET_LENGTH, NULL, &size, &end,
                           sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        size != SECRET_BYTES || *end)
        return -1;
    memcpy (id, public_part, ID_LENGTH);
    id[ID_LENGTH] = 0;
    hash_secret (secret, hash);
    sodium_memzero (secret, sizeof secret);
    return 0;
}

bool token_matches (const uint8_t a[TOKEN_HASH_SIZE], const uint8_t b[TOKEN_HASH_SIZE])
{
    return sodium_memcmp (a, b, TOKEN_HASH_SIZE) == 0;
}

const char *scope_name (scope_t scope)
{
    return (size_t)scope < sizeof names / sizeof *names ? names[scope] : names[SCOPE_NONE];
}

int scope_parse (const char *word, scope_t *scope)
{
    for (scope_t i = SCOPE_CHANNEL; i <= SCOPE_OPERATOR; i++)
        if (word && strcmp (word, names[i]) == 0) {
            *scope = i;
            return 0;
        }
    return -1;
}
