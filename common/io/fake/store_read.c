/* store_read.c (fake) - the plain reads and small writes of store.h. */
#include "call.h"
#include "data.h"
#include "world.h"

#include "xmalloc.h"

#include <fnmatch.h>

enum { SCAN_STEP = 100 };

static void tell_values (call_t *call)
{
    bool lost = call->chaotic && !call->away && world_chance (world_chaos ()->lost);
    store_values_t values = {.away = call->away || lost};
    if (!values.away) {
        values.wrong_type = call->wrong_type;
        values.items = call->items;
        values.n = call->items_n;
        values.cursor = call->cursor;
    }
    call->values_fn (call->arg, &values);
}

/* One piece: the pointers, and behind them the words. */
static void keep_keys (call_t *call, const char *const *keys, size_t n)
{
    size_t size = n * sizeof *call->keys;
    for (size_t i = 0; i < n; i++)
        size += strlen (keys[i]) + 1;
    call->keys = xmalloc (size);
    call->keys_n = n;
    char *at = (char *)(call->keys + n);
    for (size_t i = 0; i < n; i++) {
        call->keys[i] = at;
        at = stpcpy (at, keys[i]) + 1;
    }
}

static call_t *read_new (store_t *self, call_fn *perform, const char *key, store_values_fn *fn, void *arg)
{
    call_t *call = call_new (self, perform, tell_values, arg);
    call->values_fn = fn;
    if (key)
        keep_keys (call, &key, 1);
    return call;
}

static void give (call_t *call, const char *bytes, size_t size, int64_t score)
{
    if (!(call->items_n & (call->items_n - 1))) /* 0, 1, 2, 4, 8 ... */
        call->items = xrealloc (call->items, (call->items_n ? 2 * call->items_n : 1) * sizeof *call->items);
    char *copy = NULL;
    if (bytes) {
        copy = xmalloc (size + 1);
        memcpy (copy, bytes, size);
        copy[size] = 0;
    }
    call->items[call->items_n++] = (store_value_t){.bytes = copy, .size = size, .score = score};
}

/* The value of the call's key; NULL: absent, or of another shape, which is noted. */
static data_t *look (call_t *call, data_kind_t kind)
{
    data_now (fake_store_now ());
    data_t *data = data_find (call->keys[0]);
    call->wrong_type = data && data->kind != kind;
    return call->wrong_type ? NULL : data;
}

static void do_get (call_t *call)
{
    data_now (fake_store_now ());
    for (size_t i = 0; i < call->keys_n; i++) {
        const data_t *data = data_find (call->keys[i]);
        bool string = data && data->kind == DATA_STRING; /* MGET gives nil for other shapes */
        give (call, string ? data->items[0].bytes : NULL, string ? data->items[0].size : 0, 0);
    }
}

void store_get (store_t *self, const char *const *keys, size_t n, store_values_fn *fn, void *arg)
{
    call_t *call = read_new (self, do_get, NULL, fn, arg);
    keep_keys (call, keys, n);
    call_begin (call, 0);
}

static void do_range (call_t *call)
{
    const data_t *data = look (call, DATA_ZSET);
    int64_t limit = call->limit < 0 ? INT64_MAX : call->limit;
    size_t at = data ? data_seek (data, call->min, "", 0) + (size_t)call->offset : 0;
    for (; data && at < data->n && limit > 0 && data->items[at].score <= call->max_score; at++, limit--)
        give (call, data->items[at].name, data->items[at].name_size, data->items[at].score);
}

void store_range (store_t *self, const char *key, int64_t min, int64_t max, int64_t offset, int64_t limit,
                  store_values_fn *fn, void *arg)
{
    call_t *call = read_new (self, do_range, key, fn, arg);
    call->min = min;
    call->max_score = max;
    call->offset = offset;
    call->limit = limit;
    call_begin (call, 0);
}

static void do_range_lex (call_t *call)
{
    const data_t *data = look (call, DATA_ZSET);
    int64_t limit = call->limit < 0 ? INT64_MAX : call->limit;
    for (size_t i = 0; data && i < data->n && limit > 0; i++) {
        const data_item_t *item = &data->items[i];
        if (call->text_size && data_compare (item->name, item->name_size, call->text, call->text_size) <= 0)
            continue;
        give (call, item->name, item->name_size, 0);
        limit--;
    }
}

static call_t *with_text (call_t *call, const void *text, size_t size)
{
    call->text = xmalloc (size + 1);
    memcpy (call->text, text, size);
    call->text[size] = 0;
    call->text_size = size;
    return call;
}

void store_range_lex (store_t *self, const char *key, const char *after, int64_t limit, store_values_fn *fn, void *arg)
{
    call_t *call = read_new (self, do_range_lex, key, fn, arg);
    with_text (call, after, strlen (after))->limit = limit;
    call_begin (call, 0);
}

static void do_count_lex (call_t *call)
{
    const data_t *data = look (call, DATA_ZSET);
    int64_t count = 0;
    for (size_t i = 0; data && i < data->n; i++) {
        const data_item_t *item = &data->items[i];
        bool under = item->name_size > call->text_size && item->name[call->text_size] == '/' &&
                     memcmp (item->name, call->text, call->text_size) == 0;
        count += under || call->text_size == 0;
    }
    if (!call->wrong_type)
        give (call, NULL, 0, count);
}

void store_count_lex (store_t *self, const char *key, const char *prefix, store_values_fn *fn, void *arg)
{
    call_begin (with_text (read_new (self, do_count_lex, key, fn, arg), prefix, strlen (prefix)), 0);
}

static void do_score (call_t *call)
{
    const data_item_t *item = data_named (look (call, DATA_ZSET), call->text, call->text_size);
    if (!call->wrong_type)
        give (call, item ? item->name : NULL, item ? item->name_size : 0, item ? item->score : 0);
}

void store_score (store_t *self, const char *key, const char *member, store_values_fn *fn, void *arg)
{
    call_begin (with_text (read_new (self, do_score, key, fn, arg), member, strlen (member)), 0);
}

static void do_list (call_t *call)
{
    const data_t *data = look (call, DATA_LIST);
    int64_t n = data ? (int64_t)data->n : 0;
    int64_t first = call->min < 0 ? call->min + n : call->min, last = call->max_score;
    last = last < 0 ? last + n : last;
    for (int64_t i = first < 0 ? 0 : first; i <= last && i < n; i++)
        give (call, data->items[i].bytes, data->items[i].size, 0);
}

void store_list (store_t *self, const char *key, int64_t first, int64_t last, store_values_fn *fn, void *arg)
{
    call_t *call = read_new (self, do_list, key, fn, arg);
    call->min = first;
    call->max_score = last;
    call_begin (call, 0);
}

static void do_events (call_t *call)
{
    const data_t *data = look (call, DATA_STREAM);
    int64_t limit = call->limit < 0 ? INT64_MAX : call->limit;
    for (size_t i = data ? data_after (data, call->min) : 0; data && i < data->n && limit > 0; i++, limit--)
        give (call, data->items[i].bytes, data->items[i].size, data->items[i].score);
}

void store_events (store_t *self, const char *key, uint64_t after, int64_t limit, store_values_fn *fn, void *arg)
{
    call_t *call = read_new (self, do_events, key, fn, arg);
    call->min = (int64_t)after;
    call->limit = limit;
    call_begin (call, 0);
}

static void give_event (call_t *call, bool last)
{
    const data_t *data = look (call, DATA_STREAM);
    if (!data || data->n == 0)
        return;
    const data_item_t *item = &data->items[last ? data->n - 1 : 0];
    give (call, item->bytes, item->size, item->score);
}

static void do_events_last (call_t *call)
{
    give_event (call, true);
}

static void do_events_first (call_t *call)
{
    give_event (call, false);
}

void store_events_last (store_t *self, const char *key, store_values_fn *fn, void *arg)
{
    call_begin (read_new (self, do_events_last, key, fn, arg), 0);
}

void store_events_first (store_t *self, const char *key, store_values_fn *fn, void *arg)
{
    call_begin (read_new (self, do_events_first, key, fn, arg), 0);
}

static void do_hash (call_t *call)
{
    const data_t *data = look (call, DATA_HASH);
    for (size_t i = 0; data && i < data->n; i++) {
        give (call, data->items[i].name, data->items[i].name_size, 0);
        give (call, data->items[i].bytes, data->items[i].size, 0);
    }
}

void store_hash (store_t *self, const char *key, store_values_fn *fn, void *arg)
{
    call_begin (read_new (self, do_hash, key, fn, arg), 0);
}

static void do_set (call_t *call)
{
    const data_t *data = look (call, DATA_SET);
    for (size_t i = 0; data && i < data->n; i++)
        give (call, data->items[i].name, data->items[i].name_size, 0);
}

void store_set (store_t *self, const char *key, store_values_fn *fn, void *arg)
{
    call_begin (read_new (self, do_set, key, fn, arg), 0);
}

/* --- scan: as many places of the table as hold a page; the cursor is the next one -------------------------- */

static void match (void *arg, const data_t *data)
{
    call_t *call = arg;
    if (fnmatch (call->text, data->key, 0) == 0)
        give (call, data->key, strlen (data->key), 0);
}

static void do_scan (call_t *call)
{
    data_now (fake_store_now ());
    size_t place = (size_t)call->cursor;
    do
        place = data_visit (place, match, call);
    while (place && call->items_n < SCAN_STEP);
    call->cursor = place;
}

void store_scan (store_t *self, uint64_t cursor, const char *pattern, store_values_fn *fn, void *arg)
{
    call_t *call = read_new (self, do_scan, NULL, fn, arg);
    call->cursor = cursor;
    call_begin (with_text (call, pattern, strlen (pattern)), 0);
}

/* --- small writes ---------------------------------------------------------------------------------- */

static void do_set_add (call_t *call)
{
    look (call, DATA_SET);
    if (call->wrong_type)
        return;
    data_t *data = data_make (call->keys[0], DATA_SET);
    if (!data_named (data, call->text, call->text_size))
        data_append (data, 0, call->text, call->text_size, NULL, 0);
}

void store_set_add (store_t *self, const char *key, const char *member, store_values_fn *fn, void *arg)
{
    call_begin (with_text (read_new (self, do_set_add, key, fn, arg), member, strlen (member)), 0);
}

static void do_set_remove (call_t *call)
{
    look (call, DATA_SET);
    data_t *data = call->wrong_type ? NULL : data_find (call->keys[0]);
    const data_item_t *item = data ? data_named (data, call->text, call->text_size) : NULL;
    if (item)
        data_drop (data, (size_t)(item - data->items));
}

void store_set_remove (store_t *self, const char *key, const char *member, store_values_fn *fn, void *arg)
{
    call_begin (with_text (read_new (self, do_set_remove, key, fn, arg), member, strlen (member)), 0);
}

static void do_put (call_t *call)
{
    data_put (call->keys[0], call->text, call->text_size, 0);
}

void store_put (store_t *self, const char *key, const void *bytes, size_t size, store_values_fn *fn, void *arg)
{
    call_begin (with_text (read_new (self, do_put, key, fn, arg), bytes, size), 0);
}

static void do_delete (call_t *call)
{
    data_remove (call->keys[0]);
}

void store_delete (store_t *self, const char *key, store_values_fn *fn, void *arg)
{
    call_begin (read_new (self, do_delete, key, fn, arg), 0);
}

static void do_list_drop (call_t *call)
{
    data_t *data = look (call, DATA_LIST);
    size_t n = data ? data->n : 0;
    for (size_t i = 0; i < n && (int64_t)i < call->min; i++)
        data_drop (data, 0); /* with the last of them it is gone */
}

void store_list_drop (store_t *self, const char *key, int64_t n, store_values_fn *fn, void *arg)
{
    call_t *call = read_new (self, do_list_drop, key, fn, arg);
    call->min = n;
    call_begin (call, 0);
}

static void do_trim (call_t *call)
{
    data_t *data = look (call, DATA_STREAM);
    if (data && data->n && data->items[0].score < call->min)
        data_drop_first (data, data_after (data, call->min - 1));
}

void store_trim_events (store_t *self, const char *key, uint64_t oldest_kept, store_values_fn *fn, void *arg)
{
    call_t *call = read_new (self, do_trim, key, fn, arg);
    call->min = (int64_t)oldest_kept;
    call_begin (call, 0);
}

/* In memory each stands for itself. */
static void do_together (call_t *call)
{
    if (look (call, DATA_STREAM))
        give (call, NULL, 0, 0);
}

void store_events_together (store_t *self, const char *key, store_values_fn *fn, void *arg)
{
    call_begin (read_new (self, do_together, key, fn, arg), 0);
}

static void do_drop_events (call_t *call)
{
    data_t *data = look (call, DATA_STREAM);
    const uint64_t *numbers = (const uint64_t *)(const void *)call->text;
    for (size_t i = 0; data && i < call->text_size / sizeof *numbers; i++) {
        size_t at = data_after (data, (int64_t)numbers[i] - 1);
        if (at < data->n && data->items[at].score == (int64_t)numbers[i])
            data_drop (data, at);
    }
}

void store_drop_events (store_t *self, const char *key, const uint64_t *numbers, size_t n, store_values_fn *fn,
                        void *arg)
{
    call_begin (with_text (read_new (self, do_drop_events, key, fn, arg), numbers, n * sizeof *numbers), 0);
}
