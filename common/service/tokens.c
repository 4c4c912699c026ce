/* tokens.c - bearer tokens: the check that every request passes.
 *
 * hears: a token's text. says: good (who, what scope, which workspace), bad, or the store is away.
 *
 * What the store keeps is BLAKE2b-256 of the secret under the public part, so a stolen copy of the store opens
 * nothing. The hash is compared in constant time, for a cached token too. The cache is a fixed table, one place a
 * token by its public part; only good ones are kept, so that a new token works at once.
 *
 * Limits: a revoked token works TOKENS_CACHE_MS longer. */
#include "tokens.h"

#include "keys.h"
#include "tokens_private.h"
#include "words.h"
#include "xmalloc.h"

#include "buckstop/v1/record.pb-c.h"

#include <sodium.h>

enum { CACHE_PLACES = 1024 };

typedef struct cached {
    bearer_t bearer; /* id "" : the place is free */
    uint8_t hash[TOKEN_HASH_SIZE];
    mono_ms_t until;
} cached_t;

struct tokens {
    loop_t *loop;
    store_t *store;
    cached_t places[CACHE_PLACES];
};

static cached_t *place_of (tokens_t *self, const char *id)
{
    return &self->places[word_hash (WORD_HASH, id) % CACHE_PLACES];
}

tokens_t *tokens_new (loop_t *loop, store_t *store)
{
    tokens_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    self->store = store;
    return self;
}

void tokens_destroy (tokens_t **self_p)
{
    if (!*self_p)
        return;
    sodium_memzero (*self_p, sizeof **self_p);
    free (*self_p);
    *self_p = NULL;
}

bool token_read (const void *bytes, size_t size, token_info_t *info, uint8_t hash[TOKEN_HASH_SIZE])
{
    Buckstop__V1__Token *token = buckstop__v1__token__unpack (NULL, size, bytes);
    bool good = token && token->hash.len == TOKEN_HASH_SIZE && !scope_parse (token->scope, &info->bearer.scope);
    if (good) {
        memcpy (hash, token->hash.data, TOKEN_HASH_SIZE);
        good = word_fits (info->bearer.workspace, sizeof info->bearer.workspace, token->workspace) &&
               word_fits (info->bearer.person, sizeof info->bearer.person, token->person);
        WORD_COPY (info->note, token->note);
        info->created_at = token->created_at;
    }
    if (token)
        buckstop__v1__token__free_unpacked (token, NULL);
    return good;
}

/* ------------------------------------------------------------------ check */

typedef struct check {
    tokens_t *tokens;
    char id[TOKEN_ID_SIZE];
    uint8_t hash[TOKEN_HASH_SIZE];
    tokens_fn *fn;
    void *arg;
} check_t;

static void keep (check_t *self, const bearer_t *bearer)
{
    cached_t *place = place_of (self->tokens, self->id);
    place->bearer = *bearer;
    memcpy (place->hash, self->hash, sizeof place->hash);
    place->until = loop_now (self->tokens->loop) + TOKENS_CACHE_MS;
}

static void check_read (void *arg, const store_values_t *values)
{
    check_t *self = arg;
    token_info_t info = {.created_at = 0};
    uint8_t hash[TOKEN_HASH_SIZE] = {0};
    tokens_verdict_t verdict = TOKENS_BAD;
    if (values->away)
        verdict = TOKENS_AWAY;
    else if (!values->wrong_type && values->n == 1 && values->items[0].bytes &&
             token_read (values->items[0].bytes, values->items[0].size, &info, hash) &&
             token_matches (hash, self->hash)) {
        verdict = TOKENS_GOOD;
        memcpy (info.bearer.id, self->id, sizeof info.bearer.id);
        keep (self, &info.bearer);
    }
    self->fn (self->arg, verdict, verdict == TOKENS_GOOD ? &info.bearer : NULL);
    free (self);
}

tokens_verdict_t tokens_check (tokens_t *self, const char *token, bearer_t *bearer, tokens_fn *fn, void *arg)
{
    check_t check = {.tokens = self, .fn = fn, .arg = arg};
    if (token_split (token, check.id, check.hash))
        return TOKENS_BAD;
    const cached_t *place = place_of (self, check.id);
    if (memcmp (place->bearer.id, check.id, sizeof check.id) == 0 && loop_now (self->loop) < place->until &&
        token_matches (place->hash, check.hash)) {
        *bearer = place->bearer;
        return TOKENS_GOOD;
    }
    char key[KEY_SIZE];
    const char *keys[] = {key_token (key, check.id)};
    store_get (self->store, keys, 1, check_read, xmemdup (&check, sizeof check));
    return TOKENS_ASKED;
}
