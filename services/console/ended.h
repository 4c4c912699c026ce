/* ended.h - sessions that somebody ended before their time: signed out, here or at another console. */
#ifndef BUCKSTOP_ENDED_H
#define BUCKSTOP_ENDED_H

#include "session.h"
#include "store.h"
#include "token.h"

/* What is known of a session is trusted so long: one that was ended elsewhere works no longer than that. */
enum { ENDED_CACHE_MS = 2000, ENDED_KEPT = 64 };

typedef struct ended ended_t;

/* A session, and the public part of the token that is sealed in it. */
typedef struct session {
    char token[TOKEN_ID_SIZE];
    char id[SESSION_ID_SIZE];
    wall_ms_t end;
} session_t;

typedef enum ended_verdict {
    ENDED_NO,
    ENDED_YES,
    ENDED_AWAY,  /* the store can't be asked */
    ENDED_ASKED, /* ended_check only: the callback will say */
} ended_verdict_t;
typedef void (ended_fn) (void *arg, ended_verdict_t verdict);

ended_t *ended_new (loop_t *loop, store_t *store);
void ended_destroy (ended_t **self_p); /* after the store: it answers what is still asked */
/* From the cache at once; else ASKED, and fn is called later, exactly once. */
ended_verdict_t ended_check (ended_t *self, const session_t *session, ended_fn *fn, void *arg);
/* YES: it is over, at every console; AWAY: it may be. fn is called later, exactly once. */
void ended_add (ended_t *self, const session_t *session, ended_fn *fn, void *arg);

#endif
