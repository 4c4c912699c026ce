/* data.c - a hash table of keys; each value is an array of items, whatever its shape.
 *
 * Limits: looking for a member walks the array, which is well for the thousands that a test has. */
#include "data.h"

#include "xmalloc.h"

enum { BUCKETS = 1 << 14 };
static data_t *buckets[BUCKETS];
static wall_ms_t now_ms;

void data_now (wall_ms_t now)
{
    now_ms = now;
}

/* FNV-1a by words. */
static uint64_t hash_of (const char *key)
{
    size_t size = strlen (key);
    uint64_t hash = 14695981039346656037U, word = 0;
    for (; size >= sizeof word; size -= sizeof word, key += sizeof word) {
        memcpy (&word, key, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 32;
    }
    for (; *key; key++)
        hash = (hash ^ (uint8_t)*key) * 1099511628211U;
    return hash ^ hash >> 32;
}

static void item_clear (data_item_t *item)
{
    free (item->name);
    free (item->bytes);
}

static void unlink_free (data_t **link)
{
    data_t *data = *link;
    *link = data->next;
    for (size_t i = 0; i < data->n; i++)
        item_clear (&data->items[i]);
    free (data->items);
    free (data->key);
    free (data);
}

void data_clear (void)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        while (buckets[i])
            unlink_free (&buckets[i]);
    }
}

static data_t **link_of (const char *key)
{
    uint64_t hash = hash_of (key);
    data_t **link = &buckets[hash % BUCKETS];
    while (*link && ((*link)->hash != hash || strcmp ((*link)->key, key) != 0))
        link = &(*link)->next;
    if (*link && (*link)->expires && (*link)->expires <= now_ms)
        unlink_free (link);
    else if (*link)
        return link;
    return NULL;
}

data_t *data_find (const char *key)
{
    data_t **link = link_of (key);
    return link ? *link : NULL;
}

void data_remove (const char *key)
{
    data_t **link = link_of (key);
    if (link)
        unlink_free (link);
}

data_t *data_make (const char *key, data_kind_t kind)
{
    data_t *data = data_find (key);
    if (data && data->kind == kind)
        return data;
    data_remove (key);
    data = xcalloc (1, sizeof *data);
    data->key = xstrdup (key);
    data->kind = kind;
    data->hash = hash_of (key);
    data_t **link = &buckets[data->hash % BUCKETS];
    data->next = *link;
    *link = data;
    return data;
}

size_t data_visit (size_t place, data_fn *fn, void *arg)
{
    for (const data_t *data = buckets[place]; data; data = data->next)
        if (!data->expires || data->expires > now_ms)
            fn (arg, data);
    return (place + 1) % BUCKETS;
}

void data_each (data_fn *fn, void *arg)
{
    size_t place = 0;
    while ((place = data_visit (place, fn, arg)))
        ;
}

int data_compare (const void *a, size_t a_size, const void *b, size_t b_size)
{
    size_t size = a_size < b_size ? a_size : b_size;
    int order = size ? memcmp (a, b, size) : 0;
    return order ? order : (a_size > b_size) - (a_size < b_size);
}

static char *copy (const void *bytes, size_t size)
{
    char *made = xmalloc (size + 1);
    if (size)
        memcpy (made, bytes, size);
    made[size] = 0; /* for tests that read words */
    return made;
}

static void insert (data_t *self, size_t at, data_item_t item)
{
    if (self->n == self->room) {
        self->room = self->room ? 2 * self->room : 4;
        self->items = xrealloc (self->items, self->room * sizeof *self->items);
    }
    memmove (&self->items[at + 1], &self->items[at], (self->n - at) * sizeof *self->items);
    self->items[at] = item;
    self->n++;
}

void data_append (data_t *self, int64_t score, const void *name, size_t name_size, const void *bytes, size_t size)
{
    data_item_t item = {.score = score, .name_size = name_size, .size = size};
    item.name = name ? copy (name, name_size) : NULL;
    item.bytes = bytes ? copy (bytes, size) : NULL;
    insert (self, self->n, item);
}

void data_put (const char *key, const void *bytes, size_t size, wall_ms_t expires)
{
    void *kept = copy (bytes, size); /* it may come from the value that goes */
    data_remove (key);
    data_t *data = data_make (key, DATA_STRING);
    data->expires = expires;
    data_append (data, 0, NULL, 0, kept, size);
    free (kept);
}

data_item_t *data_named (data_t *self, const void *name, size_t size)
{
    for (size_t i = 0; self && i < self->n; i++) {
        data_item_t *item = &self->items[i];
        if (item->name_size == size && memcmp (item->name, name, size) == 0)
            return item;
    }
    return NULL;
}

size_t data_seek (const data_t *self, int64_t score, const void *name, size_t size)
{
    size_t low = 0, high = self->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const data_item_t *item = &self->items[middle];
        bool earlier =
            item->score != score ? item->score < score : data_compare (item->name, item->name_size, name, size) < 0;
        if (earlier)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t data_after (const data_t *self, int64_t number)
{
    size_t low = 0, high = self->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (self->items[middle].score <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void data_place (data_t *self, int64_t score, const void *name, size_t size)
{
    data_item_t *old = data_named (self, name, size);
    if (old && old->score == score)
        return;
    data_item_t item = {.score = score, .name = copy (name, size), .name_size = size};
    if (old) {
        size_t index = (size_t)(old - self->items);
        item_clear (old);
        memmove (&self->items[index], &self->items[index + 1], (self->n - index - 1) * sizeof *self->items);
        self->n--;
    }
    insert (self, data_seek (self, score, item.name, size), item);
}

void data_drop_first (data_t *self, size_t n)
{
    for (size_t i = 0; i < n; i++)
        item_clear (&self->items[i]);
    self->n -= n;
    memmove (self->items, self->items + n, self->n * sizeof *self->items);
}

void data_drop (data_t *self, size_t index)
{
    item_clear (&self->items[index]);
    memmove (&self->items[index], &self->items[index + 1], (self->n - index - 1) * sizeof *self->items);
    if (--self->n == 0 && self->kind != DATA_STREAM)
        data_remove (self->key);
}
