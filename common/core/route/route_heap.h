/* route_heap.h - a binary heap of pointers whose items know their place, so any of them can leave. Pure. */
#ifndef BUCKSTOP_ROUTE_HEAP_H
#define BUCKSTOP_ROUTE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAP_NOWHERE UINT32_MAX

typedef struct heap_kind {
    bool (*before) (const void *a, const void *b);
    size_t place; /* offset of the item's uint32_t that says where it is */
} heap_kind_t;

typedef struct heap {
    const heap_kind_t *kind;
    void **items;
    uint32_t n, cap;
} heap_t;

void heap_clear (heap_t *self);
void heap_add (heap_t *self, void *item);
void heap_remove (heap_t *self, void *item); /* fine when it is nowhere */
static inline void *heap_first (const heap_t *self)
{
    return self->n ? self->items[0] : NULL;
}

#endif
