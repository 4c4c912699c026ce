/* store_follow.c (fake) - streams are followed: whoever follows hears of new entries in the next turn. */
#include "call.h"
#include "data.h"
#include "world.h"

#include "xmalloc.h"

enum { PAGE = 500, AGAIN_MS = 20 };

struct store_follow {
    store_follow_t *next;
    store_t *store;
    char *key;
    uint64_t after;
    store_values_fn *fn;
    void *arg;
    int refs; /* the list's, and one per delivery that is posted */
    bool gone, posted;
};

static store_follow_t *followers;

static void release (void *arg)
{
    store_follow_t *self = arg;
    if (--self->refs > 0)
        return;
    free (self->key);
    free (self);
}

static void deliver (void *arg);

static void post (store_follow_t *self, int64_t delay_ms)
{
    if (self->posted || self->gone)
        return;
    self->posted = true;
    self->refs++;
    world_post (store_loop (self->store), delay_ms, deliver, self, release);
}

static size_t collect (const store_follow_t *self, store_value_t *items)
{
    const data_t *data = data_find (self->key);
    size_t n = 0;
    if (!data || data->kind != DATA_STREAM)
        return 0;
    size_t at = data->n;
    while (at > 0 && data->items[at - 1].score > (int64_t)self->after)
        at--;
    for (; at < data->n && n < PAGE; at++, n++) {
        const data_item_t *item = &data->items[at];
        items[n] = (store_value_t){xmemdup (item->bytes, item->size), item->size, item->score};
    }
    return n;
}

static void deliver (void *arg)
{
    store_follow_t *self = arg;
    self->posted = false;
    if (self->gone)
        return;
    if (store_world_away ()) {
        post (self, AGAIN_MS);
        return;
    }
    store_value_t items[PAGE];
    size_t n = collect (self, items);
    if (n == 0)
        return;
    self->after = (uint64_t)items[n - 1].score;
    post (self, 0); /* there may be more, also from what fn does */
    self->fn (self->arg, &(store_values_t){.items = items, .n = n});
    for (size_t i = 0; i < n; i++)
        free ((void *)items[i].bytes);
}

void store_followers_wake (const char *key)
{
    for (store_follow_t *self = followers; self; self = self->next) {
        if (strcmp (self->key, key) == 0)
            post (self, 0);
    }
}

static void forget (store_follow_t **link)
{
    store_follow_t *self = *link;
    *link = self->next;
    self->gone = true;
    release (self);
}

void store_followers_forget (const store_t *store)
{
    for (store_follow_t **link = &followers; *link;) {
        if ((*link)->store == store || !world_alive (store_loop ((*link)->store)))
            forget (link);
        else
            link = &(*link)->next;
    }
}

store_follow_t *store_follow (store_t *self, const char *key, uint64_t after, store_values_fn *fn, void *arg)
{
    store_follow_t *made = xcalloc (1, sizeof *made);
    made->store = self;
    made->key = xstrdup (key);
    made->after = after;
    made->fn = fn;
    made->arg = arg;
    made->refs = 1;
    made->next = followers;
    followers = made;
    post (made, 0);
    return made;
}

void store_unfollow (store_follow_t **self_p)
{
    for (store_follow_t **link = &followers; *self_p && *link; link = &(*link)->next) {
        if (*link == *self_p) {
            forget (link);
            break;
        }
    }
    *self_p = NULL;
}
