/* tokens_keep.c - bearer tokens: issued, revoked and listed, for the cli.
 *
 * says: a token's text once, when it is made; afterwards only its public part.
 *
 * Limits: a list walks the whole key space with SCAN, then reads token by token (each key may lie on another node of
 * a cluster). It is a command for people, not for a service. */
#include "tokens.h"

#include "clock.h"
#include "keys.h"
#include "tokens_private.h"
#include "words.h"
#include "xmalloc.h"

#include "buckstop/v1/record.pb-c.h"

#include <sodium.h>

#define TOKEN_PATTERN "b:tok:*"
enum { TOKEN_PREFIX_LENGTH = sizeof TOKEN_PATTERN - 2 };

/* ------------------------------------------------------------------ issue */

typedef struct issue {
    char token[TOKEN_SIZE];
    token_info_t info;
    tokens_issue_fn *fn;
    void *arg;
} issue_t;

static void issue_done (void *arg, const store_values_t *values)
{
    issue_t *self = arg;
    self->fn (self->arg, values->away ? NULL : self->token, &self->info);
    sodium_memzero (self->token, sizeof self->token);
    free (self);
}

static uint8_t *issue_pack (token_info_t *info, uint8_t hash[TOKEN_HASH_SIZE], size_t *size)
{
    Buckstop__V1__Token record = BUCKSTOP__V1__TOKEN__INIT;
    record.hash = (ProtobufCBinaryData){.len = TOKEN_HASH_SIZE, .data = hash};
    record.workspace = info->bearer.workspace;
    record.scope = (char *)scope_name (info->bearer.scope);
    record.person = info->bearer.person;
    record.created_at = info->created_at;
    record.note = info->note;
    *size = buckstop__v1__token__get_packed_size (&record);
    uint8_t *bytes = xmalloc (*size);
    buckstop__v1__token__pack (&record, bytes);
    return bytes;
}

void tokens_issue (store_t *store, const char *workspace, scope_t scope, const char *person, const char *note,
                   tokens_issue_fn *fn, void *arg)
{
    issue_t *self = xcalloc (1, sizeof *self);
    self->fn = fn;
    self->arg = arg;
    self->info.bearer.scope = scope;
    self->info.created_at = store_now (store);
    WORD_COPY (self->info.bearer.workspace, workspace);
    WORD_COPY (self->info.bearer.person, scope == SCOPE_PERSON ? person : "");
    WORD_COPY (self->info.note, note);

    uint8_t random[TOKEN_RANDOM_BYTES], hash[TOKEN_HASH_SIZE];
    clock_random (random, sizeof random);
    token_make (random, self->token, self->info.bearer.id, hash);
    sodium_memzero (random, sizeof random);

    char key[KEY_SIZE];
    size_t size;
    uint8_t *bytes = issue_pack (&self->info, hash, &size);
    store_put (store, key_token (key, self->info.bearer.id), bytes, size, issue_done, self);
    free (bytes);
}

/* ----------------------------------------------------------------- revoke */

typedef struct revoke {
    store_t *store;
    char key[KEY_SIZE];
    char id[TOKEN_ID_SIZE];
    tokens_revoke_fn *fn;
    void *arg;
} revoke_t;

static void revoke_end (revoke_t *self, bool away, bool found)
{
    self->fn (self->arg, away, found);
    free (self);
}

/* What was kept of its sessions (services/console/ended.c) goes behind it: without the token none of them is one. */
static void revoke_cleaned (void *arg, const store_values_t *values)
{
    (void)values;
    revoke_end (arg, false, true);
}

static void revoke_done (void *arg, const store_values_t *values)
{
    revoke_t *self = arg;
    char key[KEY_SIZE];
    if (values->away)
        revoke_end (self, true, false);
    else
        store_delete (self->store, key_ended (key, self->id), revoke_cleaned, self);
}

static void revoke_read (void *arg, const store_values_t *values)
{
    revoke_t *self = arg;
    if (values->away || values->n < 1 || !values->items[0].bytes)
        revoke_end (self, values->away, false);
    else
        store_delete (self->store, self->key, revoke_done, self);
}

void tokens_revoke (store_t *store, const char *token_or_id, tokens_revoke_fn *fn, void *arg)
{
    revoke_t *self = xcalloc (1, sizeof *self);
    self->store = store;
    self->fn = fn;
    self->arg = arg;
    uint8_t hash[TOKEN_HASH_SIZE];
    if (token_split (token_or_id, self->id, hash) != 0)
        WORD_COPY (self->id, token_or_id);
    const char *keys[] = {key_token (self->key, self->id)};
    store_get (store, keys, 1, revoke_read, self);
}

/* ------------------------------------------------------------------- list */

typedef struct listing {
    store_t *store;
    char workspace[NAME_SIZE]; /* "" : all */
    char (*ids)[TOKEN_ID_SIZE];
    size_t ids_n, next;
    tokens_list_fn *fn;
    void *arg;
} listing_t;

static void list_end (listing_t *self, bool away)
{
    self->fn (self->arg, away, NULL);
    free (self->ids);
    free (self);
}

static void list_read (void *arg, const store_values_t *values);

static void list_next (listing_t *self)
{
    if (self->next == self->ids_n) {
        list_end (self, false);
        return;
    }
    char key[KEY_SIZE];
    const char *keys[] = {key_token (key, self->ids[self->next])};
    store_get (self->store, keys, 1, list_read, self);
}

static void list_read (void *arg, const store_values_t *values)
{
    listing_t *self = arg;
    if (values->away) {
        list_end (self, true);
        return;
    }
    token_info_t info = {.created_at = 0};
    uint8_t hash[TOKEN_HASH_SIZE];
    WORD_COPY (info.bearer.id, self->ids[self->next++]);
    if (values->n == 1 && values->items[0].bytes &&
        token_read (values->items[0].bytes, values->items[0].size, &info, hash) &&
        (!self->workspace[0] || strcmp (self->workspace, info.bearer.workspace) == 0))
        self->fn (self->arg, false, &info);
    list_next (self);
}

static int compare_ids (const void *a, const void *b)
{
    return strcmp (a, b);
}

/* A walk may name a key twice. */
static void list_sort (listing_t *self)
{
    size_t kept = 0;
    if (self->ids_n)
        qsort (self->ids, self->ids_n, sizeof *self->ids, compare_ids);
    for (size_t i = 0; i < self->ids_n; i++)
        if (kept == 0 || strcmp (self->ids[kept - 1], self->ids[i]) != 0)
            memmove (self->ids[kept++], self->ids[i], sizeof *self->ids);
    self->ids_n = kept;
}

static void list_add (listing_t *self, const store_value_t *key)
{
    if (key->size != TOKEN_PREFIX_LENGTH + TOKEN_ID_SIZE - 1)
        return;
    self->ids = xrealloc (self->ids, (self->ids_n + 1) * sizeof *self->ids);
    memcpy (self->ids[self->ids_n], key->bytes + TOKEN_PREFIX_LENGTH, TOKEN_ID_SIZE - 1);
    self->ids[self->ids_n++][TOKEN_ID_SIZE - 1] = '\0';
}

static void list_scanned (void *arg, const store_values_t *values)
{
    listing_t *self = arg;
    if (values->away) {
        list_end (self, true);
        return;
    }
    for (size_t i = 0; i < values->n; i++)
        list_add (self, &values->items[i]);
    if (values->cursor) {
        store_scan (self->store, values->cursor, TOKEN_PATTERN, list_scanned, self);
        return;
    }
    list_sort (self);
    list_next (self);
}

void tokens_list (store_t *store, const char *workspace, tokens_list_fn *fn, void *arg)
{
    listing_t *self = xcalloc (1, sizeof *self);
    self->store = store;
    self->fn = fn;
    self->arg = arg;
    WORD_COPY (self->workspace, workspace);
    store_scan (store, 0, TOKEN_PATTERN, list_scanned, self);
}
