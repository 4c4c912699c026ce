/* route_segments.c - digests of what stands in the store's queue and is not held.
 *
 * A walk's part covers as many whole segments as fit, and makes them one; where not one fits, it takes the beginning of
 * the next, whose rest is then doubted. So segments neither grow without bound nor crumble. Memory: one segment for
 * about a thousand that wait, and the places of one part. */
#include "route_segments.h"
#include "xmalloc.h"

#include <string.h>

enum { SEGMENTS_FIRST = 16 };

int order_compare (const route_order_t *a, const route_order_t *b)
{
    if (a->deadline != b->deadline)
        return a->deadline < b->deadline ? -1 : 1;
    return strcmp (a->id, b->id);
}

static uint64_t hash_of (const char *id)
{
    return route_hash (id, strlen (id), ROUTE_HASH_SEED);
}

static wall_ms_t sooner (wall_ms_t a, wall_ms_t b)
{
    return a == 0 || (b > 0 && b < a) ? b : a;
}

static void part_clear (route_segments_t *self)
{
    free (self->part);
    self->part = NULL;
    self->part_n = self->covers = self->loading = 0;
}

void segments_clear (route_segments_t *self)
{
    free (self->items);
    part_clear (self);
    memset (self, 0, sizeof *self);
}

void segments_begin (route_segments_t *self)
{
    size_t end = self->next + (self->covers ? self->covers : 1);
    for (size_t i = self->next; self->part_n && i < end && i < self->n; i++)
        self->items[i].doubt = true; /* the walk before ended within this part */
    part_clear (self);
    self->next = 0;
}

/* ---- a part ---- */

/* Those not held, of the part. */
static route_segment_t digest (const route_segments_t *self, const route_index_t *held)
{
    route_segment_t found = {.upto = self->part[self->part_n - 1]};
    for (size_t i = 0; i < self->part_n; i++)
        if (!index_find (held, self->part[i].id)) {
            found.sum += hash_of (self->part[i].id);
            found.n++;
        }
    return found;
}

/* So many from `next` on. */
static void drop (route_segments_t *self, size_t n)
{
    if (n == 0)
        return;
    for (size_t i = self->next; i < self->next + n; i++)
        self->left -= self->items[i].n;
    self->n -= n;
    memmove (&self->items[self->next], &self->items[self->next + n], (self->n - self->next) * sizeof *self->items);
}

/* Nobody is in them any more. */
static void drop_empty (route_segments_t *self, const route_order_t *first)
{
    size_t n = 0;
    while (self->next + n < self->n && order_compare (&self->items[self->next + n].upto, first) < 0)
        n++;
    drop (self, n);
}

/* How many segments from `next` on end no later; NULL: all. */
static size_t whole_within (const route_segments_t *self, const route_order_t *end)
{
    size_t n = 0;
    while (self->next + n < self->n && (!end || order_compare (&self->items[self->next + n].upto, end) <= 0))
        n++;
    return n;
}

static size_t places_upto (const route_order_t *places, size_t n, const route_order_t *end)
{
    while (n > 0 && order_compare (&places[n - 1], end) > 0)
        n--;
    return n;
}

/* So many from `next` on, as one. */
static route_segment_t sum_of (const route_segments_t *self, size_t n)
{
    route_segment_t sum = {.doubt = n == 0};
    for (size_t i = self->next; i < self->next + n; i++) {
        const route_segment_t *segment = &self->items[i];
        sum.sum += segment->sum;
        sum.n += segment->n;
        sum.look_at = sooner (sum.look_at, segment->look_at);
        sum.doubt |= segment->doubt;
    }
    return sum;
}

size_t segments_part (route_segments_t *self, const route_order_t *places, size_t n, bool last)
{
    part_clear (self);
    if (n == 0)
        return 0;
    drop_empty (self, places);
    self->covers = whole_within (self, last ? NULL : &places[n - 1]);
    size_t taken = last ? n : n - n / 4; /* some may still come in between */
    if (!last && self->covers)
        taken = places_upto (places, n, &self->items[self->next + self->covers - 1].upto);
    self->now = sum_of (self, self->covers);
    self->part = xmemdup (places, taken * sizeof *places);
    self->part_n = taken;
    return taken;
}

bool segments_same (const route_segments_t *self, const route_index_t *held, wall_ms_t now)
{
    if (self->part_n == 0)
        return true;
    if (self->now.doubt || (self->now.look_at > 0 && self->now.look_at <= now))
        return false;
    route_segment_t found = digest (self, held);
    return found.sum == self->now.sum && found.n == self->now.n;
}

/* The segments that the part covers give place to one. */
static void put (route_segments_t *self, const route_segment_t *segment)
{
    drop (self, self->covers);
    if (self->n == self->cap) {
        self->cap = self->cap ? self->cap * 2 : SEGMENTS_FIRST;
        self->items = xrealloc (self->items, self->cap * sizeof *self->items);
    }
    if (!self->covers && self->next < self->n)
        self->items[self->next].doubt = true; /* its beginning is this one's */
    memmove (&self->items[self->next + 1], &self->items[self->next], (self->n - self->next) * sizeof *self->items);
    self->n++;
    self->items[self->next++] = *segment;
    self->left += segment->n;
}

void segments_part_end (route_segments_t *self, const route_index_t *held, bool loaded)
{
    if (self->part_n) {
        route_segment_t found = digest (self, held);
        if (!loaded)
            found.doubt = self->now.doubt;
        found.look_at = self->now.look_at;
        put (self, &found);
    }
    part_clear (self);
}

void segments_end (route_segments_t *self)
{
    part_clear (self);
    drop (self, self->n - self->next);
}

/* ---- between the walks ---- */

static route_segment_t *segment_of (route_segments_t *self, const route_order_t *order)
{
    size_t low = 0, high = self->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (order_compare (&self->items[middle].upto, order) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < self->n ? &self->items[low] : NULL;
}

void segments_let_go (route_segments_t *self, const route_order_t *order, wall_ms_t look_at)
{
    segments_left (self, look_at);
    if (self->part_n && order_compare (&self->part[0], order) <= 0 &&
        order_compare (order, &self->part[self->part_n - 1]) <= 0)
        return; /* its end counts them */
    route_segment_t *segment = segment_of (self, order);
    if (!segment)
        return;
    segment->sum += hash_of (order->id);
    segment->n++;
    segment->look_at = sooner (segment->look_at, look_at);
    self->left++;
}

void segments_left (route_segments_t *self, wall_ms_t look_at)
{
    if (self->part_n)
        self->now.look_at = sooner (self->now.look_at, look_at);
}

void segments_doubt (route_segments_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        self->items[i].doubt = true;
    self->now.doubt = true;
}
