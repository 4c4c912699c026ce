/* route_index.h - contacts by id: many small chained tables, so that none is ever grown in one long step. Pure. */
#ifndef BUCKSTOP_ROUTE_INDEX_H
#define BUCKSTOP_ROUTE_INDEX_H

#include "route_waiting.h"

struct route_group;

/* A waiting contact: what the order needs, and no more. */
typedef struct route_entry {
    char id[ID_SIZE];
    uint8_t state;  /* waiting_state_t */
    bool in_store;  /* it has a place in the store's queue */
    uint32_t place; /* in its group's heap */
    uint32_t tail_place;
    uint32_t look_place;
    uint32_t walk; /* the last walk that saw it */
    wall_ms_t deadline;
    wall_ms_t look_at; /* 0: nothing changes by time */
    uint64_t version;
    struct route_group *group;
    struct route_entry *next;
} route_entry_t;

enum { INDEX_TABLES = 256 };

typedef struct route_index {
    struct index_table {
        route_entry_t **heads;
        uint32_t size, n;
    } tables[INDEX_TABLES];
    size_t n;
} route_index_t;

route_entry_t *index_find (const route_index_t *self, const char *id);
void index_add (route_index_t *self, route_entry_t *entry);
void index_remove (route_index_t *self, route_entry_t *entry);
/* Calls fn for every entry; fn may remove the one it is given. */
void index_each (route_index_t *self, void (*fn) (void *arg, route_entry_t *entry), void *arg);
void index_clear (route_index_t *self); /* frees the entries too */

uint64_t route_hash (const void *bytes, size_t size, uint64_t seed); /* FNV-1a, 64 bits */
#define ROUTE_HASH_SEED 14695981039346656037ULL

#endif
