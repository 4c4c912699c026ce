/* rdb_greeting.c - the words of a replica before its full copy: PING, AUTH, REPLCONF, PSYNC; see the reference of Redis's
 * replication protocol.
 *
 * Limits: GREETING_MAX bytes of it, a Redis needs some hundred; commands of at most WORDS_MAX words: what a stranger only
 * announces is never made room for. */
#include "rdb_greeting.h"

#include "xmalloc.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { GREETING_MAX = 16384, WORDS_MAX = 16 };
#if HIREDIS_MAJOR > 0
typedef size_t words_n_t; /* as the reader's functions have it */
#else
typedef int words_n_t;
#endif

struct rdb_greeting {
    redisReader *reader;
    redisReplyObjectFunctions functions, usual; /* the reader's; as it had them */
    const char *id;
    size_t fed;
    bool noise;
};

static void *make_short_array (const redisReadTask *task, words_n_t n)
{
    const rdb_greeting_t *self = task->privdata;
    return n <= WORDS_MAX ? self->usual.createArray (task, n) : NULL;
}

rdb_greeting_t *rdb_greeting_new (const char *id)
{
    rdb_greeting_t *self = xcalloc (1, sizeof *self);
    *self = (rdb_greeting_t){.reader = xcheck (redisReaderCreate ()), .id = id};
    self->functions = self->usual = *self->reader->fn;
    self->functions.createArray = make_short_array;
    self->reader->fn = &self->functions;
    self->reader->privdata = self;
    return self;
}

void rdb_greeting_destroy (rdb_greeting_t **self_p)
{
    rdb_greeting_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    redisReaderFree (self->reader);
    free (self);
}

void rdb_greeting_feed (rdb_greeting_t *self, const char *bytes, size_t size)
{
    self->fed += size;
    self->noise |= self->fed > GREETING_MAX || redisReaderFeed (self->reader, bytes, size) != REDIS_OK;
}

/* One word of a command; "": it is none. */
static const char *word_of (const redisReply *asked, size_t index)
{
    bool is = asked->type == REDIS_REPLY_ARRAY && index < asked->elements && asked->element[index] &&
              asked->element[index]->type == REDIS_REPLY_STRING;
    return is ? asked->element[index]->str : "";
}

static rdb_greeted_t answer (const rdb_greeting_t *self, const redisReply *asked, char line[RDB_LINE_SIZE])
{
    const char *command = word_of (asked, 0);
    if (strcasecmp (command, "PSYNC") == 0) {
        if (strlen (self->id) != RDB_ID_SIZE - 1 || strcmp (word_of (asked, 1), self->id) != 0)
            return RDB_STRANGER;
        snprintf (line, RDB_LINE_SIZE, "+FULLRESYNC %0*d 0\r\n", (int)RDB_ID_SIZE - 1, 1);
        return RDB_BEGINS;
    }
    snprintf (line, RDB_LINE_SIZE, "%s", strcasecmp (command, "PING") == 0 ? "+PONG\r\n" : "+OK\r\n");
    return RDB_ANSWER;
}

rdb_greeted_t rdb_greeting_next (rdb_greeting_t *self, char line[RDB_LINE_SIZE])
{
    void *asked = NULL;
    if (self->noise || redisReaderGetReply (self->reader, &asked) != REDIS_OK)
        return RDB_NOISE;
    if (!asked)
        return RDB_MORE;
    rdb_greeted_t outcome = answer (self, asked, line);
    freeReplyObject (asked);
    return outcome;
}
