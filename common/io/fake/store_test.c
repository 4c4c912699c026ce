/* store_test.c (fake) - what a test looks at in the keyspace, and what it plants there. */
#include "data.h"
#include "fake.h"

#include "xmalloc.h"

#include <stdlib.h>

static data_t *find (const char *key)
{
    data_now (fake_store_now ());
    return data_find (key);
}

const void *fake_store_string (const char *key, size_t *size)
{
    const data_t *data = find (key);
    if (!data || data->kind != DATA_STRING)
        return NULL;
    *size = data->items[0].size;
    return data->items[0].bytes;
}

int64_t fake_store_score (const char *key, const char *member)
{
    const data_item_t *item = data_named (find (key), member, strlen (member));
    return item ? item->score : -1;
}

int64_t fake_store_number (const char *key, const char *field)
{
    const data_item_t *item = data_named (find (key), field, strlen (field));
    return item && item->bytes ? strtoll (item->bytes, NULL, 10) : 0;
}

size_t fake_store_size (const char *key)
{
    const data_t *data = find (key);
    if (!data)
        return 0;
    return data->kind == DATA_STRING ? data->items[0].size : data->n;
}

typedef struct prefix {
    const char *text;
    const char **keys;
    size_t n, max;
} prefix_t;

static void starts (void *arg, const data_t *data)
{
    prefix_t *self = arg;
    if (strncmp (data->key, self->text, strlen (self->text)) != 0)
        return;
    if (self->n < self->max)
        self->keys[self->n] = data->key;
    self->n++;
}

size_t fake_store_count (const char *prefix)
{
    prefix_t self = {.text = prefix};
    data_now (fake_store_now ());
    data_each (starts, &self);
    return self.n;
}

static int by_bytes (const void *a, const void *b)
{
    return strcmp (*(const char *const *)a, *(const char *const *)b);
}

size_t fake_store_keys (const char *prefix, const char **keys, size_t max)
{
    prefix_t self = {.text = prefix, .keys = keys, .max = max};
    data_now (fake_store_now ());
    data_each (starts, &self);
    size_t n = self.n < max ? self.n : max;
    qsort (keys, n, sizeof *keys, by_bytes);
    return n;
}

const char *fake_store_item (const char *key, size_t index, size_t *size, int64_t *score)
{
    const data_t *data = find (key);
    if (!data || index >= data->n)
        return NULL;
    const data_item_t *item = &data->items[index];
    const char *bytes = item->bytes ? item->bytes : item->name;
    if (size)
        *size = item->bytes ? item->size : item->name_size;
    if (score)
        *score = item->score;
    return bytes;
}

void fake_store_put (const char *key, const void *bytes, size_t size)
{
    data_put (key, bytes, size, 0);
}

void fake_store_place (const char *key, int64_t score, const char *member)
{
    data_place (data_make (key, DATA_ZSET), score, member, strlen (member));
}

void fake_store_unplace (const char *key, const char *member)
{
    data_t *data = find (key);
    const data_item_t *item = data_named (data, member, strlen (member));
    if (item)
        data_drop (data, (size_t)(item - data->items));
}

void fake_store_remove (const char *key)
{
    data_remove (key);
}
