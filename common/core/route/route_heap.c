/* route_heap.c - a binary heap of pointers whose items know their place. */
#include "route_heap.h"
#include "xmalloc.h"

static void set (heap_t *self, uint32_t place, void *item)
{
    self->items[place] = item;
    *(uint32_t *)((char *)item + self->kind->place) = place;
}

static uint32_t place_of (const heap_t *self, const void *item)
{
    return *(const uint32_t *)((const char *)item + self->kind->place);
}

static void up (heap_t *self, uint32_t place, void *item)
{
    while (place > 0) {
        uint32_t parent = (place - 1) / 2;
        if (!self->kind->before (item, self->items[parent]))
            break;
        set (self, place, self->items[parent]);
        place = parent;
    }
    set (self, place, item);
}

static void down (heap_t *self, uint32_t place, void *item)
{
    for (;;) {
        uint32_t child = 2 * place + 1;
        if (child >= self->n)
            break;
        if (child + 1 < self->n && self->kind->before (self->items[child + 1], self->items[child]))
            child++;
        if (!self->kind->before (self->items[child], item))
            break;
        set (self, place, self->items[child]);
        place = child;
    }
    set (self, place, item);
}

void heap_clear (heap_t *self)
{
    free (self->items);
    self->items = NULL;
    self->n = self->cap = 0;
}

void heap_add (heap_t *self, void *item)
{
    if (self->n == self->cap) {
        self->cap = self->cap ? self->cap * 2 : 4;
        self->items = xrealloc (self->items, self->cap * sizeof *self->items);
    }
    self->n++;
    up (self, self->n - 1, item);
}

void heap_remove (heap_t *self, void *item)
{
    uint32_t place = place_of (self, item);
    if (place == HEAP_NOWHERE)
        return;
    *(uint32_t *)((char *)item + self->kind->place) = HEAP_NOWHERE;
    void *last = self->items[--self->n];
    if (last == item)
        return;
    down (self, place, last);
    up (self, place_of (self, last), last);
}
