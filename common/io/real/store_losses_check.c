/* store_losses_check.c - on each connect: is all there that is remembered? A loss is said.
 *
 * Hears: what Redis says of each event, and of the stream of one that is not there. Says: a line in KEY_LOST for each loss;
 * hello_checked, once all have answered. */
#include "store_losses.h"

#include "keys.h"

#include <inttypes.h>
#include <time.h>

enum { TIME_ROOM = 32 };

/* "b:{3}:ev:desk": what stands behind the last colon; names have none. */
static const char *workspace_of (const witness_t *self)
{
    const char *colon = strrchr (self->key, ':');
    return colon ? colon + 1 : self->key;
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
    if (witness_is_asked (self))
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
    uint64_t newest = stream_newest (reply);
    bool gone =
        reply_is_absent (reply) || (reply->type == REDIS_REPLY_ERROR && strncmp (reply->str, "WRONGTYPE", 9) == 0);
    if (reply->type == REDIS_REPLY_ERROR && !gone)
        said_no (losses, "XINFO", reply);
    else if (!gone && witness_is_trimmed (self, reply))
        witness_forget (self);
    else
        lost (self, newest);
    answered (self->store);
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
    else if (!witness_is_there (self, reply)) {
        losses->open++;
        witness_ask_stream (self, on_stream);
    }
    answered (self->store);
}

static void ask_in_check (witness_t *self)
{
    self->store->losses->open++;
    witness_ask (self, on_entry);
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
