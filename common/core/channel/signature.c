/* signature.c - is it the platform that speaks? */
#include "signature.h"

#include "channel_in.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { DIGEST_MAX = 32, SIGNATURES_MAX = 8 };

static signature_verdict_t say (char why[DETAIL_SIZE], signature_verdict_t verdict, const char *what, const char *where)
{
    snprintf (why, DETAIL_SIZE, "%s%s%.120s%s", what, where ? " (" : "", where ? where : "", where ? ")" : "");
    return verdict;
}

bool signature_before_payload (const signature_scheme_t *self)
{
    return !pick_needs_payload (&self->value) && !pick_needs_payload (&self->over) &&
           !pick_needs_payload (&self->timestamp);
}

/* A hash of both, so that neither length nor place of a difference shows. */
static bool same (const void *a, size_t a_size, const void *b, size_t b_size)
{
    unsigned char x[crypto_generichash_BYTES], y[crypto_generichash_BYTES];
    crypto_generichash (x, sizeof x, a, a_size, NULL, 0);
    crypto_generichash (y, sizeof y, b, b_size, NULL, 0);
    return sodium_memcmp (x, y, sizeof x) == 0;
}

bool signature_is_secret (const char *text, size_t size, const signature_secret_t *secrets, size_t n)
{
    bool found = false;
    for (size_t i = 0; i < n; i++)
        found |= same (text, size, secrets[i].bytes, secrets[i].size);
    return found;
}

/* ------------------------------------------------------------------ time */

static signature_verdict_t check_time (const signature_scheme_t *self, pick_scope_t *scope, GString *text,
                                       wall_ms_t now, char why[DETAIL_SIZE])
{
    if (!pick_text (&self->timestamp, scope, text))
        return say (why, SIGNATURE_NO_TIME, "there is no time stamp", self->timestamp.source);
    wall_ms_t at = channel_time (text->str);
    if (at == 0)
        return say (why, SIGNATURE_NO_TIME, "the time stamp is no time", self->timestamp.source);
    int64_t off = now > at ? now - at : at - now;
    if (off <= self->tolerance_ms)
        return SIGNATURE_GOOD;
    snprintf (why, DETAIL_SIZE, "signed %lld s %s now; %lld s are tolerated", (long long)(off / MS_PER_SECOND),
              at < now ? "before" : "after", (long long)(self->tolerance_ms / MS_PER_SECOND));
    return SIGNATURE_LATE;
}

/* ------------------------------------------------------------------ HMAC */

/* Bytes; 0: it is none. */
static size_t decode (const signature_scheme_t *self, const char *text, unsigned char bytes[DIGEST_MAX])
{
    size_t size = 0, length = strlen (text);
    const char *end = NULL;
    int rc = self->encoding == SIGNATURE_HEX ? sodium_hex2bin (bytes, DIGEST_MAX, text, length, NULL, &size, &end)
                                             : sodium_base642bin (bytes, DIGEST_MAX, text, length, NULL, &size, &end,
                                                                  sodium_base64_VARIANT_ORIGINAL);
    return rc == 0 && end == text + length ? size : 0;
}

static bool signed_with (const signature_scheme_t *self, const signature_secret_t *secret, const GString *over,
                         const unsigned char *given, size_t given_size)
{
    unsigned char digest[DIGEST_MAX];
    gsize size = sizeof digest;
    GHmac *hmac =
        g_hmac_new (self->hash == SIGNATURE_SHA1 ? G_CHECKSUM_SHA1 : G_CHECKSUM_SHA256, secret->bytes, secret->size);
    g_hmac_update (hmac, (const guchar *)over->str, (gssize)over->len);
    g_hmac_get_digest (hmac, digest, &size);
    g_hmac_unref (hmac);
    bool good = given_size == size && sodium_memcmp (given, digest, size) == 0;
    sodium_memzero (digest, sizeof digest);
    return good;
}

/* Any of the signatures, with any of the secrets. */
static signature_verdict_t check_any (const signature_scheme_t *self, char *values, const GString *over,
                                      const signature_secret_t *secrets, size_t n, char why[DETAIL_SIZE])
{
    size_t prefix = strlen (self->prefix), formed = 0, tried = 0;
    bool good = false;
    const char *stops = strchr (self->prefix, ',') ? " " : ", ";
    for (char *rest = values, *word = strsep (&rest, stops); word && tried < SIGNATURES_MAX;
         word = strsep (&rest, stops)) {
        unsigned char given[DIGEST_MAX];
        if (!*word || strncmp (word, self->prefix, prefix) != 0)
            continue;
        size_t size = decode (self, word + prefix, given);
        formed += size > 0;
        tried++;
        for (size_t i = 0; size && i < n; i++)
            good |= signed_with (self, &secrets[i], over, given, size);
    }
    if (good)
        return SIGNATURE_GOOD;
    if (!formed)
        return say (why, SIGNATURE_MALFORMED,
                    self->encoding == SIGNATURE_HEX ? "what stands there is no signature in hex"
                                                    : "what stands there is no signature in base64",
                    self->value.source);
    return say (why, SIGNATURE_FORGED, "the signature is not made with our secret over this text", self->value.source);
}

static signature_verdict_t check_hmac (const signature_scheme_t *self, pick_scope_t *scope,
                                       const signature_secret_t *secrets, size_t n, char why[DETAIL_SIZE])
{
    static const pick_part_t body = {.path = {.from = PICK_BODY}};
    static const pick_t whole = {"{@body}", &body, 1};
    const pick_t *over = self->over.source ? &self->over : &whole;
    GString *values = g_string_new (NULL), *text = g_string_new (NULL);
    signature_verdict_t verdict;
    if (!pick_text (&self->value, scope, values))
        verdict = say (why, SIGNATURE_ABSENT, "there is no signature", self->value.source);
    else if (!pick_text (over, scope, text))
        verdict = say (why, SIGNATURE_NO_TEXT, "something that is signed is not there", over->source);
    else
        verdict = check_any (self, values->str, text, secrets, n, why);
    g_string_free (values, TRUE);
    g_string_free (text, TRUE);
    return verdict;
}

/* ----------------------------------------------------------- token, basic */

static signature_verdict_t check_token (const signature_scheme_t *self, pick_scope_t *scope,
                                        const signature_secret_t *secrets, size_t n, char why[DETAIL_SIZE])
{
    GString *text = g_string_new (NULL);
    signature_verdict_t verdict = SIGNATURE_GOOD;
    if (!pick_text (&self->value, scope, text))
        verdict = say (why, SIGNATURE_ABSENT, "there is no token", self->value.source);
    else if (!signature_is_secret (text->str, text->len, secrets, n))
        verdict = say (why, SIGNATURE_FORGED, "the token is not ours", self->value.source);
    g_string_free (text, TRUE);
    return verdict;
}

static signature_verdict_t check_basic (const signature_scheme_t *self, pick_scope_t *scope,
                                        const signature_secret_t *secrets, size_t n, char why[DETAIL_SIZE])
{
    static const char basic[] = "Basic ";
    unsigned char given[1024];
    size_t size = 0, user = strlen (self->user);
    const pick_request_t *request = scope->request;
    const char *header = request && request->header ? request->header (request->arg, "Authorization") : NULL;
    if (!header)
        return say (why, SIGNATURE_ABSENT, "there is no Authorization header", NULL);
    if (g_ascii_strncasecmp (header, basic, sizeof basic - 1) != 0 ||
        sodium_base642bin (given, sizeof given, header + sizeof basic - 1, strlen (header + sizeof basic - 1), " ",
                           &size, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return say (why, SIGNATURE_MALFORMED, "the Authorization header is not of the form 'Basic BASE64'", NULL);
    if (size <= user || memcmp (given, self->user, user) != 0 || given[user] != ':')
        return say (why, SIGNATURE_FORGED, "the user of the Authorization header is another", NULL);
    if (signature_is_secret ((const char *)given + user + 1, size - user - 1, secrets, n))
        return SIGNATURE_GOOD;
    return say (why, SIGNATURE_FORGED, "the password of the Authorization header is not ours", NULL);
}

signature_verdict_t signature_check (const signature_scheme_t *self, pick_scope_t *scope,
                                     const signature_secret_t *secrets, size_t secrets_n, wall_ms_t now,
                                     char why[DETAIL_SIZE])
{
    why[0] = '\0';
    if (self->kind == SIGNATURE_NONE)
        return SIGNATURE_GOOD;
    if (secrets_n == 0)
        return say (why, SIGNATURE_NO_SECRET, "there is no secret to check it with", NULL);
    signature_verdict_t verdict = SIGNATURE_GOOD;
    GString *at = g_string_new (NULL);
    if (self->timestamp.source)
        verdict = check_time (self, scope, at, now, why);
    scope->timestamp = at->str;
    if (verdict == SIGNATURE_GOOD)
        verdict = self->kind == SIGNATURE_HMAC    ? check_hmac (self, scope, secrets, secrets_n, why)
                  : self->kind == SIGNATURE_BASIC ? check_basic (self, scope, secrets, secrets_n, why)
                                                  : check_token (self, scope, secrets, secrets_n, why);
    scope->timestamp = NULL;
    g_string_free (at, TRUE);
    return verdict;
}

const char *signature_verdict_word (signature_verdict_t verdict)
{
    static const char *const words[] = {"good",          "no signature",       "no signature of its kind", "forged",
                                        "no time stamp", "too old or too new", "nothing to check",         "no secret"};
    return words[verdict];
}
