/* floor.c - the floor that a run is measured against: one connection replays the script calls that the services
 * sent in a run, in their order, pipelined in a window, and does nothing else.
 *
 * usage: floor SOCKET WINDOW RECORD...     each RECORD as a service wrote it (--record)
 * prints: calls, how many were answered with an error, seconds */
#include "clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

typedef struct call {
    long long at;
    char *bytes;
    size_t size;
} call_t;

typedef struct calls {
    call_t *items;
    size_t n, room;
} calls_t;

static int fail (const char *what, const char *why)
{
    fprintf (stderr, "floor: %s: %s\n", what, why);
    return 1;
}

static int read_record (calls_t *calls, const char *path)
{
    FILE *file = fopen (path, "r");
    if (!file)
        return fail (path, strerror (errno));
    call_t call;
    while (fscanf (file, "%lld %zu", &call.at, &call.size) == 2 && fgetc (file) == '\n') {
        call.bytes = malloc (call.size);
        if (!call.bytes || fread (call.bytes, 1, call.size, file) != call.size)
            break;
        if (calls->n == calls->room) {
            calls->room = calls->room ? calls->room * 2 : 65536;
            calls->items = realloc (calls->items, calls->room * sizeof (call_t));
        }
        calls->items[calls->n++] = call;
    }
    fclose (file);
    return 0;
}

static int by_time (const void *a, const void *b)
{
    const call_t *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

static long long errors = 0;

static int read_reply (redisContext *redis)
{
    redisReply *reply = NULL;
    if (redisGetReply (redis, (void **)&reply) != REDIS_OK)
        return -1;
    errors += reply->type == REDIS_REPLY_ERROR;
    freeReplyObject (reply);
    return 0;
}

static int replay (redisContext *redis, const calls_t *calls, size_t window)
{
    size_t answered = 0;
    for (size_t i = 0; i < calls->n; i++) {
        redisAppendFormattedCommand (redis, calls->items[i].bytes, calls->items[i].size);
        while (i + 1 - answered >= window) {
            if (read_reply (redis))
                return -1;
            answered++;
        }
    }
    for (; answered < calls->n; answered++)
        if (read_reply (redis))
            return -1;
    return 0;
}

int main (int argc, char **argv)
{
    calls_t calls = {0};
    if (argc < 4)
        return fail ("usage", "floor SOCKET WINDOW RECORD...");
    for (int i = 3; i < argc; i++)
        if (read_record (&calls, argv[i]))
            return 1;
    qsort (calls.items, calls.n, sizeof (call_t), by_time);
    redisContext *redis = redisConnectUnix (argv[1]);
    if (!redis || redis->err)
        return fail (argv[1], redis ? redis->errstr : "no memory");
    int64_t began = clock_mono_us ();
    int rc = replay (redis, &calls, (size_t)atoi (argv[2]));
    int64_t took = clock_mono_us () - began;
    if (rc)
        return fail ("replay", redis->errstr);
    printf ("{\"calls\": %zu, \"errors\": %lld, \"seconds\": %.6f}\n", calls.n, errors, (double)took / 1e6);
    redisFree (redis);
    return 0;
}
