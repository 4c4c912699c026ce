/* store_losses.c - notices that Redis has lost what it acknowledged: an append-only file cut or restored from a backup,
 * a fail-over to a replica that lagged, a flush.
 *
 * Of each stream of events (a workspace) the number and a hash of the last event that a commit of ours was acknowledged
 * with are remembered. On every connect, before the store is ready and so before any new commit, those events are asked
 * for; the newest of them once a second, too, and a number that is drawn again says it at once. One that was trimmed
 * since is fine; one that is gone, or has other bytes, is a loss: a line is left in KEY_LOST for the audit, and the store
 * says store_lost and is not ready any more: what its service holds in memory belongs to another past.
 *
 * Limits: LOSSES_PLACES workspaces; one whose place another takes is remembered again from its next commit on. What was
 * lost while nobody who knew it runs is not noticed. */
#include "store_private.h"

#include "keys.h"

#include <inttypes.h>
#include <time.h>

enum { LOSSES_PLACES = 1024, ID_ROOM = 32, TIME_ROOM = 32 };

typedef struct witness {
    store_t *store;
    char *key; /* NULL: an empty place */
    uint64_t number, hash;
    uint64_t asked; /* the number that a question is under way for; 0: it has changed since */
    bool other;     /* its number has other bytes */
} witness_t;

struct losses {
    witness_t places[LOSSES_PLACES];
    witness_t *newest;
    size_t open; /* questions of the check on connect */
    bool checking, looking;
    bool found, unwritten; /* a loss; its line could not be written */
    char words[WHY_SIZE];
};

static uint64_t hash_of (const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = UINT64_C (0xcbf29ce484222325); /* FNV-1a, 64 bits */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C (0x100000001b3);
    return hash;
}

/* "b:{3}:ev:desk": what stands behind the last colon; names have none. */
static const char *workspace_of (const witness_t *self)
{
    const char *colon = strrchr (self->key, ':');
    return colon ? colon + 1 : self->key;
}

/* ---- remembering */

static witness_t *place_of (losses_t *self, const commit_arg_t *key)
{
    return &self->places[hash_of (key->bytes, key->size) % LOSSES_PLACES];
}

static bool is_of (const witness_t *self, const commit_arg_t *key)
{
    return self->key && strlen (self->key) == key->size && memcmp (self->key, key->bytes, key->size) == 0;
}

/* The op whose number the answer carries: the last. */
static const commit_arg_t *last_event (const commit_t *commit)
{
    for (size_t i = commit_size (commit); i > 0; i--)
        if (commit_op (commit, i - 1).op == OP_EVENT)
            return commit_op (commit, i - 1).args;
    return NULL;
}

void losses_remember (store_t *store, const commit_t *commit, uint64_t number)
{
    losses_t *self = store->losses;
    const commit_arg_t *event = number ? last_event (commit) : NULL;
    if (!event)
        return;
    witness_t *witness = place_of (self, &event[0]);
    if (is_of (witness, &event[0])) {
        if (number <= witness->number) { /* drawn again: on the next connection it is looked at in full */
            conn_drop (store->conn);
            return;
        }
    } else {
        free (witness->key);
        witness->key = xmalloc (event[0].size + 1);
        memcpy (witness->key, event[0].bytes, event[0].size);
        witness->key[event[0].size] = '\0';
    }
    witness->number = number;
    witness->hash = hash_of (event[1].bytes, event[1].size);
    witness->asked = 0;
    self->newest = witness;
}

static void forget (witness_t *self)
{
    losses_t *losses = self->store->losses;
    free (self->key);
    self->key = NULL;
    self->asked = 0;
    if (losses->newest == self)
        losses->newest = NULL;
}

/* ---- asking */

static void ask_entry (witness_t *self, conn_reply_fn *fn)
{
    resp_t command = {0};
    char id[ID_ROOM];
    self->asked = self->number;
    self->other = false;
    snprintf (id, sizeof id, "0-%" PRIu64, self->number);
    resp_begin (&command, 4);
    resp_text (&command, "XRANGE");
    resp_text (&command, self->key);
    resp_text (&command, id);
    resp_text (&command, id);
    conn_send (self->store->conn, &command, fn, self);
    resp_clear (&command);
}

/* While it is asked for, an answer that was held may come (store_wait.c) and tell of a newer event: what is said of the
 * old one says nothing about that. */
static bool is_asked (const witness_t *self)
{
    return self->asked && self->asked == self->number;
}

static bool is_there (witness_t *self, const redisReply *reply)
{
    self->other = false;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1)
        return false;
    store_value_t value = store_entry_of (reply->element[0]);
    self->other = !value.bytes || hash_of (value.bytes, value.size) != self->hash;
    return !self->other;
}

static uint64_t number_of (const redisReply *id)
{
    const char *dash = id->type == REDIS_REPLY_STRING ? strchr (id->str, '-') : NULL;
    return dash ? strtoull (dash + 1, NULL, 10) : 0;
}

/* What XINFO STREAM says by that name; NULL: nothing. */
static const redisReply *info_of (const redisReply *reply, const char *name)
{
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2)
        if (reply->element[i]->type == REDIS_REPLY_STRING && strcmp (reply->element[i]->str, name) == 0)
            return reply->element[i + 1];
    return NULL;
}

static uint64_t first_number (const redisReply *reply)
{
    const redisReply *entry = info_of (reply, "first-entry");
    bool there = entry && entry->type == REDIS_REPLY_ARRAY && entry->elements > 0;
    return there ? number_of (entry->element[0]) : UINT64_MAX;
}

static uint64_t newest_number (const redisReply *reply)
{
    const redisReply *last = info_of (reply, "last-generated-id");
    return last ? number_of (last) : 0;
}

/* As XINFO tells of its stream: drawn once, and older than the first that is there. */
static bool is_trimmed (const witness_t *self, const redisReply *reply)
{
    return !self->other && newest_number (reply) >= self->number && first_number (reply) > self->number;
}

/* ---- the end of the check */

static void on_trimmed (void *arg, redisReply *reply)
{
    store_t *store = arg;
    if (reply)
        hello_checked (store, store->losses->words, !store->losses->unwritten);
}

static void trim_lines (store_t *store)
{
    resp_t command = {0};
    resp_begin (&command, 4);
    resp_text (&command, "LTRIM");
    resp_text (&command, KEY_LOST);
    resp_number (&command, -LOST_LINES_MAX);
    resp_text (&command, "-1");
    conn_send (store->conn, &command, on_trimmed, store);
    resp_clear (&command);
}

static void answered (store_t *store)
{
    losses_t *self = store->losses;
    if (self->open > 0 || !self->checking)
        return;
    self->checking = false;
    if (self->found)
        trim_lines (store);
    else
        hello_checked (store, self->words, false);
}

static void said_no (losses_t *self, const char *command, const redisReply *reply)
{
    if (!*self->words)
        snprintf (self->words, sizeof self->words, "redis says to %s: %.200s", command, reply->str);
}

/* Without that line nobody but the log would know: it is tried again with the next hello. */
static void on_written (void *arg, redisReply *reply)
{
    witness_t *witness = arg;
    losses_t *self = witness->store->losses;
    self->open--;
    if (!reply)
        return;
    self->unwritten |= reply->type == REDIS_REPLY_ERROR;
    answered (witness->store);
}

/* What is told: on the log by whoever runs, and for the audit in KEY_LOST. */
static void say (const witness_t *self, uint64_t newest, char words[WHY_SIZE])
{
    if (self->other)
        snprintf (words, WHY_SIZE, "event %" PRIu64 " of workspace %s is another now", self->number,
                  workspace_of (self));
    else
        snprintf (words, WHY_SIZE, "event %" PRIu64 " of workspace %s is not there, its newest is %" PRIu64,
                  self->number, workspace_of (self), newest);
}

static void write_line (witness_t *self, const char *words)
{
    store_t *store = self->store;
    char at[TIME_ROOM], line[TIME_ROOM + NAME_SIZE + WHY_SIZE + 8];
    time_t seconds = (time_t)(store_now (store) / MS_PER_SECOND);
    struct tm parts;
    resp_t command = {0};
    strftime (at, sizeof at, "%Y-%m-%d %H:%M:%S UTC", gmtime_r (&seconds, &parts));
    snprintf (line, sizeof line, "%s; %.*s, %s", words, NAME_SIZE, store->config.service, at); /* the gist first */
    store->losses->open++;
    resp_begin (&command, 3);
    resp_text (&command, "RPUSH");
    resp_text (&command, KEY_LOST);
    resp_text (&command, line);
    conn_send (store->conn, &command, on_written, self);
    resp_clear (&command);
}

static void lost (witness_t *self, uint64_t newest)
{
    losses_t *losses = self->store->losses;
    char words[WHY_SIZE];
    say (self, newest, words);
    if (!losses->found)
        snprintf (losses->words, sizeof losses->words, "redis has lost acknowledged writes: %.200s", words);
    losses->found = true;
    write_line (self, words);
}

/* ---- the check on connect */

static void ask_in_check (witness_t *self);

/* The answer is about another event than is remembered by now. */
static bool is_asked_anew (witness_t *self)
{
    if (is_asked (self))
        return false;
    if (self->key)
        ask_in_check (self);
    answered (self->store);
    return true;
}

static void on_stream (void *arg, redisReply *reply)
{
    witness_t *self = arg;
    losses_t *losses = self->store->losses;
    losses->open--;
    if (!reply || is_asked_anew (self))
        return;
    uint64_t newest = newest_number (reply);
    bool gone = reply->type == REDIS_REPLY_ERROR &&
                (strncmp (reply->str, "ERR no such key", 15) == 0 || strncmp (reply->str, "WRONGTYPE", 9) == 0);
    if (reply->type == REDIS_REPLY_ERROR && !gone)
        said_no (losses, "XINFO", reply);
    else if (!gone && is_trimmed (self, reply))
        forget (self);
    else
        lost (self, newest);
    answered (self->store);
}

static void ask_stream (witness_t *self, conn_reply_fn *fn)
{
    resp_t command = {0};
    resp_begin (&command, 3);
    resp_text (&command, "XINFO");
    resp_text (&command, "STREAM");
    resp_text (&command, self->key);
    conn_send (self->store->conn, &command, fn, self);
    resp_clear (&command);
}

static void on_entry (void *arg, redisReply *reply)
{
    witness_t *self = arg;
    losses_t *losses = self->store->losses;
    losses->open--;
    if (!reply || is_asked_anew (self)) /* NULL: the connection is lost, the next one asks anew */
        return;
    bool gone = reply->type == REDIS_REPLY_ERROR && strncmp (reply->str, "WRONGTYPE", 9) == 0;
    if (reply->type == REDIS_REPLY_ERROR && !gone)
        said_no (losses, "XRANGE", reply);
    else if (!is_there (self, reply)) {
        losses->open++;
        ask_stream (self, on_stream);
    }
    answered (self->store);
}

static void ask_in_check (witness_t *self)
{
    self->store->losses->open++;
    ask_entry (self, on_entry);
}

void losses_check (store_t *store)
{
    losses_t *self = store->losses;
    self->checking = true;
    self->found = self->unwritten = self->looking = false;
    self->words[0] = '\0';
    self->open = 0;
    for (size_t i = 0; i < LOSSES_PLACES; i++)
        if (self->places[i].key)
            ask_in_check (&self->places[i]);
    answered (store);
}

/* ---- once a second */

static bool is_looked_at (const witness_t *self)
{
    return self->store->ready && self->store->losses->newest == self && is_asked (self);
}

static void on_look_stream (void *arg, redisReply *reply)
{
    witness_t *self = arg;
    if (!reply || !is_looked_at (self))
        return;
    if (is_trimmed (self, reply))
        forget (self);
    else
        conn_drop (self->store->conn); /* the check on the next connection says what it is */
}

static void on_look (void *arg, redisReply *reply)
{
    witness_t *self = arg;
    store_t *store = self->store;
    store->losses->looking = false;
    if (reply && is_looked_at (self) && reply->type == REDIS_REPLY_ARRAY && reply->elements == 0)
        ask_stream (self, on_look_stream);
}

void losses_look (store_t *store)
{
    losses_t *self = store->losses;
    if (!self->newest || self->looking)
        return;
    self->looking = true;
    ask_entry (self->newest, on_look);
}

/* ---- its life */

losses_t *losses_new (store_t *store)
{
    losses_t *self = xcalloc (1, sizeof *self);
    for (size_t i = 0; i < LOSSES_PLACES; i++)
        self->places[i].store = store;
    return self;
}

void losses_destroy (losses_t **self_p)
{
    losses_t *self = *self_p;
    *self_p = NULL;
    for (size_t i = 0; self && i < LOSSES_PLACES; i++)
        free (self->places[i].key);
    free (self);
}
