/* store_read.c - plain reads and the small writes beside the commit, each one Redis command.
 *
 * A command is one row: its words; what the reply looks like is its shape. A key of another type than the command
 * is for gives wrong_type and no values; any other error gives away. */
#include "store_private.h"

#include <inttypes.h>
#include <stdarg.h>

enum { SCAN_COUNT = 500, BOUND_SIZE = 32, ITEMS_FEW = 64 };

/* What the items of the answer are made of. */
enum shape {
    SHAPE_PLAIN,  /* texts, one an item; a single text or number is one item */
    SHAPE_SCORED, /* member, score, member, score; or one score */
    SHAPE_STREAM, /* entries: id, (field, value) */
    SHAPE_SCAN,   /* cursor, keys */
    SHAPE_PAGES,  /* what is known of a stream: one item, its score */
};

static store_value_t value_of (const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_INTEGER)
        return (store_value_t){.score = reply->integer};
    if (!reply->str || reply->type == REDIS_REPLY_NIL)
        return (store_value_t){0};
    return (store_value_t){.bytes = reply->str, .size = (size_t)reply->len};
}

store_value_t store_entry_of (const redisReply *entry)
{
    store_value_t value = {0};
    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2 || entry->element[1]->elements < 2)
        return value;
    const char *dash = strchr (entry->element[0]->str, '-');
    value = value_of (entry->element[1]->element[1]);
    value.score = dash ? strtoll (dash + 1, NULL, 10) : 0;
    return value;
}

const redisReply *store_stream_info (const redisReply *reply, const char *name)
{
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2)
        if (reply->element[i]->type == REDIS_REPLY_STRING && strcmp (reply->element[i]->str, name) == 0)
            return reply->element[i + 1];
    return NULL;
}

/* Each page has one entry at least. A store that does not tell of pages may have them all on one. */
static int64_t entries_together (const redisReply *reply)
{
    const redisReply *entries = store_stream_info (reply, "length");
    const redisReply *pages = store_stream_info (reply, "radix-tree-keys");
    return entries && pages ? reply_number (entries) - reply_number (pages) : INT64_MAX;
}

/* Fills items from a reply of that shape; they have room for one an element. */
static size_t read_items (enum shape shape, const redisReply *reply, store_value_t *items)
{
    size_t n = 0;
    if (shape == SHAPE_PAGES) {
        items[n] = (store_value_t){.score = entries_together (reply)};
        return n + 1;
    }
    if (reply->type != REDIS_REPLY_ARRAY) {
        items[n] = value_of (reply);
        if (shape == SHAPE_SCORED && items[n].bytes)
            items[n].score = reply_number (reply);
        return n + 1;
    }
    for (size_t i = 0; i < reply->elements; i++) {
        if (shape == SHAPE_STREAM) {
            items[n++] = store_entry_of (reply->element[i]);
            continue;
        }
        items[n] = value_of (reply->element[i]);
        if (shape == SHAPE_SCORED && i + 1 < reply->elements)
            items[n].score = reply_number (reply->element[++i]);
        n++;
    }
    return n;
}

bool reply_is_absent (const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR && strncmp (reply->str, "ERR no such key", 15) == 0;
}

static void on_answer (call_t *self, redisReply *reply)
{
    store_value_t few[ITEMS_FEW], *items = few;
    store_values_t values = {0};
    enum shape shape = (enum shape)self->shape;
    bool absent = shape == SHAPE_PAGES && reply && reply_is_absent (reply);
    bool failed = !reply || reply->type == REDIS_REPLY_ERROR;
    if (failed && !absent) {
        values.wrong_type = reply && strncmp (reply->str, "WRONGTYPE", 9) == 0;
        values.away = !values.wrong_type;
    } else if (shape == SHAPE_SCAN && reply->elements == 2) {
        values.cursor = strtoull (reply->element[0]->str, NULL, 10);
        reply = reply->element[1];
    }
    if (!failed) {
        size_t room = reply->type == REDIS_REPLY_ARRAY ? reply->elements : 1;
        if (room > ITEMS_FEW)
            items = xcalloc (room, sizeof *items);
        values.n = read_items (shape, reply, items);
        values.items = items;
    }
    self->fn.values (self->arg, &values);
    if (items != few)
        free (items);
}

static call_t *read_new (store_t *self, enum shape shape, store_values_fn *fn, void *arg)
{
    call_t *call = call_new (self, 0, on_answer, arg);
    call->fn.values = fn;
    call->shape = (int)shape;
    return call;
}

/* A command of texts, ended by NULL. */
__attribute__ ((sentinel)) static void ask (call_t *call, const char *first, ...)
{
    const char *words[12];
    size_t n = 0;
    va_list rest;
    va_start (rest, first);
    for (const char *word = first; word && n < sizeof words / sizeof *words; word = va_arg (rest, const char *))
        words[n++] = word;
    va_end (rest);
    resp_begin (&call->command, n);
    for (size_t i = 0; i < n; i++)
        resp_text (&call->command, words[i]);
    call_begin (call);
}

static const char *number (char text[BOUND_SIZE], const char *prefix, int64_t value)
{
    snprintf (text, BOUND_SIZE, "%s%" PRId64, prefix, value);
    return text;
}

static const char *bound (char text[BOUND_SIZE], int64_t score)
{
    return score == INT64_MIN ? "-inf" : score == INT64_MAX ? "+inf" : number (text, "", score);
}

/* "prefix" word; the caller frees it */
static char *joined (const char *prefix, const char *word, const char *suffix)
{
    char *text = NULL;
    if (asprintf (&text, "%s%s%s", prefix, word, suffix) < 0)
        abort ();
    return text;
}

void store_get (store_t *self, const char *const *keys, size_t n, store_values_fn *fn, void *arg)
{
    call_t *call = read_new (self, SHAPE_PLAIN, fn, arg);
    resp_begin (&call->command, n + 1);
    resp_text (&call->command, "MGET");
    for (size_t i = 0; i < n; i++)
        resp_text (&call->command, keys[i]);
    call_begin (call);
}

void store_range (store_t *self, const char *key, int64_t min, int64_t max, int64_t offset, int64_t limit,
                  store_values_fn *fn, void *arg)
{
    char from[BOUND_SIZE], to[BOUND_SIZE], skip[BOUND_SIZE], most[BOUND_SIZE];
    ask (read_new (self, SHAPE_SCORED, fn, arg), "ZRANGEBYSCORE", key, bound (from, min), bound (to, max), "WITHSCORES",
         "LIMIT", number (skip, "", offset), number (most, "", limit), NULL);
}

void store_range_lex (store_t *self, const char *key, const char *after, int64_t limit, store_values_fn *fn, void *arg)
{
    char most[BOUND_SIZE], *from = *after ? joined ("(", after, "") : xstrdup ("-");
    ask (read_new (self, SHAPE_PLAIN, fn, arg), "ZRANGEBYLEX", key, from, "+", "LIMIT", "0", number (most, "", limit),
         NULL);
    free (from);
}

/* Between "prefix/" and the character that follows '/'. */
void store_count_lex (store_t *self, const char *key, const char *prefix, store_values_fn *fn, void *arg)
{
    char *from = joined ("[", prefix, "/"), *to = joined ("(", prefix, "0");
    ask (read_new (self, SHAPE_PLAIN, fn, arg), "ZLEXCOUNT", key, *prefix ? from : "-", *prefix ? to : "+", NULL);
    free (from);
    free (to);
}

void store_score (store_t *self, const char *key, const char *member, store_values_fn *fn, void *arg)
{
    ask (read_new (self, SHAPE_SCORED, fn, arg), "ZSCORE", key, member, NULL);
}

void store_list (store_t *self, const char *key, int64_t first, int64_t last, store_values_fn *fn, void *arg)
{
    char from[BOUND_SIZE], to[BOUND_SIZE];
    ask (read_new (self, SHAPE_PLAIN, fn, arg), "LRANGE", key, number (from, "", first), number (to, "", last), NULL);
}

void store_events (store_t *self, const char *key, uint64_t after, int64_t limit, store_values_fn *fn, void *arg)
{
    char from[BOUND_SIZE], most[BOUND_SIZE];
    ask (read_new (self, SHAPE_STREAM, fn, arg), "XRANGE", key, number (from, "(0-", (int64_t)after), "+", "COUNT",
         number (most, "", limit), NULL);
}

void store_events_last (store_t *self, const char *key, store_values_fn *fn, void *arg)
{
    ask (read_new (self, SHAPE_STREAM, fn, arg), "XREVRANGE", key, "+", "-", "COUNT", "1", NULL);
}

void store_events_first (store_t *self, const char *key, store_values_fn *fn, void *arg)
{
    ask (read_new (self, SHAPE_STREAM, fn, arg), "XRANGE", key, "-", "+", "COUNT", "1", NULL);
}

void store_hash (store_t *self, const char *key, store_values_fn *fn, void *arg)
{
    ask (read_new (self, SHAPE_PLAIN, fn, arg), "HGETALL", key, NULL);
}

void store_set (store_t *self, const char *key, store_values_fn *fn, void *arg)
{
    ask (read_new (self, SHAPE_PLAIN, fn, arg), "SMEMBERS", key, NULL);
}

void store_scan (store_t *self, uint64_t cursor, const char *pattern, store_values_fn *fn, void *arg)
{
    char at[BOUND_SIZE], count[BOUND_SIZE];
    snprintf (at, sizeof at, "%" PRIu64, cursor);
    ask (read_new (self, SHAPE_SCAN, fn, arg), "SCAN", at, "MATCH", pattern, "COUNT", number (count, "", SCAN_COUNT),
         NULL);
}

/* ---- small writes */

void store_set_add (store_t *self, const char *key, const char *member, store_values_fn *fn, void *arg)
{
    ask (read_new (self, SHAPE_PLAIN, fn, arg), "SADD", key, member, NULL);
}

void store_set_remove (store_t *self, const char *key, const char *member, store_values_fn *fn, void *arg)
{
    ask (read_new (self, SHAPE_PLAIN, fn, arg), "SREM", key, member, NULL);
}

void store_put (store_t *self, const char *key, const void *bytes, size_t size, store_values_fn *fn, void *arg)
{
    call_t *call = read_new (self, SHAPE_PLAIN, fn, arg);
    resp_begin (&call->command, 3);
    resp_text (&call->command, "SET");
    resp_text (&call->command, key);
    resp_bytes (&call->command, bytes, size);
    call_begin (call);
}

void store_delete (store_t *self, const char *key, store_values_fn *fn, void *arg)
{
    ask (read_new (self, SHAPE_PLAIN, fn, arg), "DEL", key, NULL);
}

/* Twice it would drop what nobody has seen. */
void store_list_drop (store_t *self, const char *key, int64_t n, store_values_fn *fn, void *arg)
{
    char first[BOUND_SIZE];
    call_t *call = read_new (self, SHAPE_PLAIN, fn, arg);
    call->once = true;
    ask (call, "LTRIM", key, number (first, "", n), "-1", NULL);
}

void store_trim_events (store_t *self, const char *key, uint64_t oldest_kept, store_values_fn *fn, void *arg)
{
    char least[BOUND_SIZE];
    ask (read_new (self, SHAPE_PLAIN, fn, arg), "XTRIM", key, "MINID", number (least, "0-", (int64_t)oldest_kept),
         NULL);
}

void store_events_together (store_t *self, const char *key, store_values_fn *fn, void *arg)
{
    ask (read_new (self, SHAPE_PAGES, fn, arg), "XINFO", "STREAM", key, NULL);
}

void store_drop_events (store_t *self, const char *key, const uint64_t *numbers, size_t n, store_values_fn *fn,
                        void *arg)
{
    char id[BOUND_SIZE];
    call_t *call = read_new (self, SHAPE_PLAIN, fn, arg);
    resp_begin (&call->command, n + 2);
    resp_text (&call->command, "XDEL");
    resp_text (&call->command, key);
    for (size_t i = 0; i < n; i++)
        resp_text (&call->command, number (id, "0-", (int64_t)numbers[i]));
    call_begin (call);
}
