/* store_losses_ask.c - what Redis is asked about an event that is remembered: is it there; if not, was it trimmed? */
#include "store_losses.h"

#include <inttypes.h>

enum { ID_ROOM = 32 };

void witness_ask (witness_t *self, conn_reply_fn *fn)
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

bool witness_is_asked (const witness_t *self)
{
    return self->asked && self->asked == self->number;
}

bool witness_is_there (witness_t *self, const redisReply *reply)
{
    self->other = false;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1)
        return false;
    store_value_t value = store_entry_of (reply->element[0]);
    self->other = !value.bytes || event_hash (value.bytes, value.size) != self->hash;
    return !self->other;
}

static uint64_t number_of (const redisReply *id)
{
    const char *dash = id->type == REDIS_REPLY_STRING ? strchr (id->str, '-') : NULL;
    return dash ? strtoull (dash + 1, NULL, 10) : 0;
}

static uint64_t first_number (const redisReply *reply)
{
    const redisReply *entry = store_stream_info (reply, "first-entry");
    bool there = entry && entry->type == REDIS_REPLY_ARRAY && entry->elements > 0;
    return there ? number_of (entry->element[0]) : UINT64_MAX;
}

uint64_t stream_newest (const redisReply *reply)
{
    const redisReply *last = store_stream_info (reply, "last-generated-id");
    return last ? number_of (last) : 0;
}

/* The highest number that somebody took out of the stream (store_drop_events); trimming does not count for it. */
static uint64_t dropped_number (const redisReply *reply)
{
    const redisReply *last = store_stream_info (reply, "max-deleted-entry-id");
    return last ? number_of (last) : 0;
}

bool witness_is_trimmed (const witness_t *self, const redisReply *reply)
{
    return !self->other && stream_newest (reply) >= self->number &&
           (first_number (reply) > self->number || dropped_number (reply) >= self->number);
}

void witness_ask_stream (witness_t *self, conn_reply_fn *fn)
{
    resp_t command = {0};
    resp_begin (&command, 3);
    resp_text (&command, "XINFO");
    resp_text (&command, "STREAM");
    resp_text (&command, self->key);
    conn_send (self->store->conn, &command, fn, self);
    resp_clear (&command);
}
