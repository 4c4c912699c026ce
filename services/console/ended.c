/* ended.c - sessions that somebody ended before their time, in the store: all consoles of it know them.
 *
 * Hears: a session that is to be judged, or ended. Says: whether it was.
 *
 * The store keeps a set for each token, "END ID" for each of its sessions that was ended: the time at which it ends
 * by itself, and its id. What has ended by itself goes when the next is added. Where ENDED_KEPT stand there already
 * they become one, "END *": the last of these times, by which all the token's sessions are over that end no later. So
 * a set is bounded, and nobody who signed out is ever in again; whoever signs out that often signs other browsers out
 * with it.
 *
 * Limits: the set of a token of which nobody signs out any more stays, until the token is revoked. */
#include "ended.h"

#include "keys.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdio.h>

enum { PLACES = 1024, MEMBER_ROOM = 24 + SESSION_ID_SIZE };
#define ALL "*"

typedef struct place {
    char id[SESSION_ID_SIZE]; /* "" : it is free */
    bool ended;
    mono_ms_t until;
} place_t;

struct ended {
    loop_t *loop;
    store_t *store;
    place_t places[PLACES];
};

/* One question, or one end. */
typedef struct ask {
    ended_t *ended;
    session_t session;
    ended_fn *fn;
    void *arg;
} ask_t;

ended_t *ended_new (loop_t *loop, store_t *store)
{
    ended_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    self->store = store;
    return self;
}

void ended_destroy (ended_t **self_p)
{
    free (*self_p);
    *self_p = NULL;
}

static place_t *place_of (ended_t *self, const char *id)
{
    return &self->places[word_hash (WORD_HASH, id) % PLACES];
}

static void keep (ended_t *self, const session_t *session, bool ended)
{
    place_t *place = place_of (self, session->id);
    WORD_COPY (place->id, session->id);
    place->ended = ended;
    place->until = loop_now (self->loop) + ENDED_CACHE_MS;
}

static ask_t *ask_new (ended_t *self, const session_t *session, ended_fn *fn, void *arg)
{
    ask_t *ask = xcalloc (1, sizeof *ask);
    *ask = (ask_t){.ended = self, .session = *session, .fn = fn, .arg = arg};
    return ask;
}

static void answer (ask_t *self, ended_verdict_t verdict)
{
    if (verdict != ENDED_AWAY)
        keep (self->ended, &self->session, verdict == ENDED_YES);
    self->fn (self->arg, verdict);
    free (self);
}

/* False: it is none. */
static bool parse (const store_value_t *value, wall_ms_t *end, char id[SESSION_ID_SIZE])
{
    char text[MEMBER_ROOM], *rest = NULL;
    if (!value->bytes || value->size >= sizeof text)
        return false;
    memcpy (text, value->bytes, value->size);
    text[value->size] = 0;
    *end = strtoll (text, &rest, 10);
    return rest != text && *rest == ' ' && word_fits (id, SESSION_ID_SIZE, rest + 1);
}

/* -------------------------------------------------------------- was it ended? */

static bool says_so (const session_t *session, const store_value_t *value)
{
    wall_ms_t end;
    char id[SESSION_ID_SIZE];
    if (!parse (value, &end, id))
        return false;
    return strcmp (id, session->id) == 0 || (strcmp (id, ALL) == 0 && session->end <= end);
}

static void on_set (void *arg, const store_values_t *values)
{
    ask_t *self = arg;
    ended_verdict_t verdict = ENDED_NO;
    if (values->away || values->wrong_type)
        verdict = ENDED_AWAY;
    for (size_t i = 0; verdict == ENDED_NO && i < values->n; i++)
        if (says_so (&self->session, &values->items[i]))
            verdict = ENDED_YES;
    answer (self, verdict);
}

ended_verdict_t ended_check (ended_t *self, const session_t *session, ended_fn *fn, void *arg)
{
    char key[KEY_SIZE];
    const place_t *place = place_of (self, session->id);
    if (strcmp (place->id, session->id) == 0 && loop_now (self->loop) < place->until)
        return place->ended ? ENDED_YES : ENDED_NO;
    store_set (self->store, key_ended (key, session->token), on_set, ask_new (self, session, fn, arg));
    return ENDED_ASKED;
}

/* ------------------------------------------------------------------- its end */

static void no_answer (void *arg, const store_values_t *values)
{
    (void)arg;
    (void)values;
}

/* All but what stands for them: another may have added the same a moment ago. */
static void drop (ended_t *self, const char *token, const store_value_t *value, const char *added)
{
    char key[KEY_SIZE], member[MEMBER_ROOM];
    if (value->size >= sizeof member)
        return;
    memcpy (member, value->bytes, value->size);
    member[value->size] = 0;
    if (strcmp (member, added) == 0)
        return;
    store_set_remove (self->store, key_ended (key, token), member, no_answer, NULL);
}

static void on_added (void *arg, const store_values_t *values)
{
    answer (arg, values->away || values->wrong_type ? ENDED_AWAY : ENDED_YES);
}

static void add (ask_t *self, wall_ms_t end, const char *id, char member[MEMBER_ROOM])
{
    char key[KEY_SIZE];
    snprintf (member, MEMBER_ROOM, "%" PRId64 " %s", end, id);
    store_set_add (self->ended->store, key_ended (key, self->session.token), member, on_added, self);
}

/* Calls go out in the order in which they were made: what takes the place of others stands before they go. */
static void on_others (void *arg, const store_values_t *values)
{
    ask_t *self = arg;
    wall_ms_t now = store_now (self->ended->store), end, last = self->session.end;
    char id[SESSION_ID_SIZE], added[MEMBER_ROOM];
    size_t open = 0;
    if (values->away || values->wrong_type) {
        answer (self, ENDED_AWAY);
        return;
    }
    for (size_t i = 0; i < values->n; i++)
        if (parse (&values->items[i], &end, id) && end > now) {
            open++;
            last = end > last ? end : last;
        }
    bool full = open >= ENDED_KEPT;
    ended_t *ended = self->ended;
    session_t session = self->session; /* self is over with the answer */
    add (self, full ? last : session.end, full ? ALL : session.id, added);
    for (size_t i = 0; i < values->n; i++)
        if (full || !parse (&values->items[i], &end, id) || end <= now)
            drop (ended, session.token, &values->items[i], added);
}

void ended_add (ended_t *self, const session_t *session, ended_fn *fn, void *arg)
{
    char key[KEY_SIZE];
    store_set (self->store, key_ended (key, session->token), on_others, ask_new (self, session, fn, arg));
}
