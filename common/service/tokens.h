/* tokens.h - bearer tokens in the store: checked by services, issued, revoked and listed by the cli. */
#ifndef BUCKSTOP_TOKENS_H
#define BUCKSTOP_TOKENS_H

#include "store.h"
#include "token.h"

/* A token that was checked is trusted this long without asking again: a revoked one works no longer than that. */
enum { TOKENS_CACHE_MS = 2000, TOKENS_NOTE_SIZE = 81 };

/* What a token says of who holds it. */
typedef struct bearer {
    scope_t scope;
    char id[TOKEN_ID_SIZE]; /* its public part */
    char workspace[NAME_SIZE];
    char person[NAME_SIZE]; /* scope person: who; else "" */
} bearer_t;

typedef enum tokens_verdict {
    TOKENS_GOOD,
    TOKENS_BAD,   /* not of the form, not known, revoked */
    TOKENS_AWAY,  /* the store can't be asked */
    TOKENS_ASKED, /* tokens_check only: the callback will say */
} tokens_verdict_t;

typedef struct tokens tokens_t;
typedef void (tokens_fn) (void *arg, tokens_verdict_t verdict,
                          const bearer_t *bearer); /* bearer: GOOD; during the call */

tokens_t *tokens_new (loop_t *loop, store_t *store);
void tokens_destroy (tokens_t **self_p); /* after the store: it answers what is still asked */
/* From the cache at once (GOOD, *bearer is filled), or BAD for what is no token; else ASKED, and fn is called
 * later, exactly once. */
tokens_verdict_t tokens_check (tokens_t *self, const char *token, bearer_t *bearer, tokens_fn *fn, void *arg);

/* A token as listed: never its secret. */
typedef struct token_info {
    bearer_t bearer;
    wall_ms_t created_at;
    char note[TOKENS_NOTE_SIZE];
} token_info_t;

/* Makes a token and keeps its hash. The callback gets the token's text, the only time that it is known; NULL: the store
 * is away. person: for SCOPE_PERSON, else NULL. */
typedef void (tokens_issue_fn) (void *arg, const char *token, const token_info_t *info);
void tokens_issue (store_t *store, const char *workspace, scope_t scope, const char *person, const char *note,
                   tokens_issue_fn *fn, void *arg);
/* By the public part, or by the whole token. found false: there is no such token (or the store is away). */
typedef void (tokens_revoke_fn) (void *arg, bool away, bool found);
void tokens_revoke (store_t *store, const char *token_or_id, tokens_revoke_fn *fn, void *arg);
/* Once for each token of the workspace (NULL: of all), in order of the public part, then once with NULL. */
typedef void (tokens_list_fn) (void *arg, bool away, const token_info_t *info);
void tokens_list (store_t *store, const char *workspace, tokens_list_fn *fn, void *arg);

#endif
