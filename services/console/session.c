/* session.c - sealed cookies, and the words that go with them: libsodium's secretbox and keyed BLAKE2b. */
#include "session.h"

#include "words.h"
#include "xmalloc.h"

#include <arpa/inet.h>
#include <sodium.h>

enum { VERSION = 1, END_SIZE = 8, PLAIN_MAX = 1 + END_SIZE + TOKEN_SIZE, CSRF_BYTES = 16, ADDRESS_BYTES = 16 };
enum { SEALED_MAX = SESSION_NONCE_SIZE + crypto_secretbox_MACBYTES + PLAIN_MAX };
_Static_assert(SESSION_NONCE_SIZE == crypto_secretbox_NONCEBYTES, "its nonce");
_Static_assert(sodium_base64_ENCODED_LEN (SEALED_MAX, sodium_base64_VARIANT_URLSAFE_NO_PADDING) <= SESSION_COOKIE_SIZE,
               "it fits");

struct session_keys {
    uint8_t box[crypto_secretbox_KEYBYTES], words[crypto_generichash_KEYBYTES];
};

session_keys_t *session_keys_new (const void *secret, size_t size)
{
    session_keys_t *self = xcalloc (1, sizeof *self);
    crypto_generichash (self->box, sizeof self->box, secret, size, (const uint8_t *)"buckstop session", 16);
    crypto_generichash (self->words, sizeof self->words, secret, size, (const uint8_t *)"buckstop words..", 16);
    return self;
}

void session_keys_destroy (session_keys_t **self_p)
{
    if (*self_p)
        sodium_memzero (*self_p, sizeof **self_p);
    free (*self_p);
    *self_p = NULL;
}

/* ------------------------------------------------------------- cookies */

void session_seal (const session_keys_t *keys, const char *token, wall_ms_t end,
                   const uint8_t nonce[SESSION_NONCE_SIZE], char cookie[SESSION_COOKIE_SIZE])
{
    uint8_t plain[PLAIN_MAX] = {VERSION}, sealed[SEALED_MAX];
    size_t length = strnlen (token, TOKEN_SIZE - 1), size = 1 + END_SIZE + length;
    for (int i = 0; i < END_SIZE; i++)
        plain[1 + i] = (uint8_t)((uint64_t)end >> (8 * (END_SIZE - 1 - i)));
    memcpy (plain + 1 + END_SIZE, token, length);
    memcpy (sealed, nonce, SESSION_NONCE_SIZE);
    crypto_secretbox_easy (sealed + SESSION_NONCE_SIZE, plain, size, nonce, keys->box);
    sodium_bin2base64 (cookie, SESSION_COOKIE_SIZE, sealed, SESSION_NONCE_SIZE + crypto_secretbox_MACBYTES + size,
                       sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero (plain, sizeof plain);
}

bool session_open (const session_keys_t *keys, const char *cookie, wall_ms_t now, char token[TOKEN_SIZE],
                   wall_ms_t *end_p)
{
    uint8_t sealed[SEALED_MAX], plain[PLAIN_MAX];
    size_t size = 0;
    uint64_t end = 0;
    const size_t around = SESSION_NONCE_SIZE + crypto_secretbox_MACBYTES;
    if (sodium_base642bin (sealed, sizeof sealed, cookie, strlen (cookie), NULL, &size, NULL,
                           sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
        size < around + 1 + END_SIZE ||
        crypto_secretbox_open_easy (plain, sealed + SESSION_NONCE_SIZE, size - SESSION_NONCE_SIZE, sealed, keys->box))
        return false;
    size_t length = size - around - 1 - END_SIZE;
    for (int i = 0; i < END_SIZE; i++)
        end = end << 8 | plain[1 + i];
    if (plain[0] != VERSION || (wall_ms_t)end <= now || length >= TOKEN_SIZE)
        return false;
    memcpy (token, plain + 1 + END_SIZE, length);
    token[length] = 0;
    *end_p = (wall_ms_t)end;
    sodium_memzero (plain, sizeof plain);
    return true;
}

void session_id (const char *cookie, char id[SESSION_ID_SIZE])
{
    uint8_t sealed[SEALED_MAX] = {0};
    sodium_base642bin (sealed, sizeof sealed, cookie, strlen (cookie), NULL, NULL, NULL,
                       sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_bin2hex (id, SESSION_ID_SIZE, sealed, SESSION_NONCE_SIZE);
}

void session_csrf (const session_keys_t *keys, const char *what, const char *who, char csrf[CSRF_SIZE])
{
    uint8_t hash[CSRF_BYTES];
    crypto_generichash_state state;
    crypto_generichash_init (&state, keys->words, sizeof keys->words, sizeof hash);
    crypto_generichash_update (&state, (const uint8_t *)what, strlen (what) + 1);
    crypto_generichash_update (&state, (const uint8_t *)who, strlen (who) + 1);
    crypto_generichash_final (&state, hash, sizeof hash);
    sodium_bin2hex (csrf, CSRF_SIZE, hash, sizeof hash);
}

bool session_cookie (const char *header, const char *name, char value[SESSION_COOKIE_SIZE])
{
    size_t length = strlen (name);
    for (const char *at = header; at && *at;) {
        at += strspn (at, "; ");
        size_t size = strcspn (at, ";");
        if (size > length && strncmp (at, name, length) == 0 && at[length] == '=') {
            size_t has = size - length - 1;
            if (has >= SESSION_COOKIE_SIZE)
                return false;
            memcpy (value, at + length + 1, has);
            value[has] = 0;
            return true;
        }
        at += size;
    }
    return false;
}

/* ----------------------------------------------------------- addresses */

typedef struct range {
    uint8_t bytes[ADDRESS_BYTES];
    int family, bits;
} range_t;

static bool parse_address (const char *text, range_t *range)
{
    range->family = strchr (text, ':') ? AF_INET6 : AF_INET;
    range->bits = range->family == AF_INET6 ? 128 : 32;
    return inet_pton (range->family, text, range->bytes) == 1;
}

static bool parse_range (const char *text, size_t size, range_t *range)
{
    char word[INET6_ADDRSTRLEN + 5];
    if (size >= sizeof word)
        return false;
    memcpy (word, text, size);
    word[size] = 0;
    char *slash = strchr (word, '/'), *end = "";
    if (slash)
        *slash = 0;
    if (!parse_address (word, range))
        return false;
    long bits = slash ? strtol (slash + 1, &end, 10) : range->bits;
    bool fits = !*end && bits >= 0 && bits <= range->bits && (!slash || slash[1]);
    range->bits = (int)bits;
    return fits;
}

static bool within (const range_t *range, const range_t *one)
{
    int whole = range->bits / 8, rest = range->bits % 8;
    if (range->family != one->family || memcmp (range->bytes, one->bytes, (size_t)whole) != 0)
        return false;
    return !rest || (range->bytes[whole] ^ one->bytes[whole]) >> (8 - rest) == 0;
}

/* NULL: the end. */
static const char *next_word (const char *at, size_t *size)
{
    at += strspn (at, ", ");
    *size = strcspn (at, ", ");
    return *size ? at : NULL;
}

bool address_listed (const char *list, const char *peer)
{
    range_t one, range;
    size_t size;
    if (!parse_address (peer, &one))
        return false;
    for (const char *at = next_word (list, &size); at; at = next_word (at + size, &size))
        if (parse_range (at, size, &range) && within (&range, &one))
            return true;
    return false;
}

bool address_list_is_fine (const char *list)
{
    range_t range;
    size_t size;
    for (const char *at = next_word (list, &size); at; at = next_word (at + size, &size))
        if (!parse_range (at, size, &range))
            return false;
    return true;
}
