/* route_index.c - contacts by id. */
#include "route_index.h"
#include "xmalloc.h"

#include <string.h>

#define FNV_PRIME 1099511628211ULL
enum { TABLE_FIRST = 16, TABLE_BITS = 8 };

uint64_t route_hash (const void *bytes, size_t size, uint64_t seed)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        seed = (seed ^ at[i]) * FNV_PRIME;
    return seed ^ seed >> 32;
}

static uint64_t hash_id (const char *id)
{
    return route_hash (id, strlen (id), ROUTE_HASH_SEED);
}

/* The table is chosen by the low bits, the place in it by the others. */
static route_entry_t **head_of (const struct index_table *table, uint64_t hash)
{
    return &table->heads[(hash >> TABLE_BITS) & (table->size - 1)];
}

route_entry_t *index_find (const route_index_t *self, const char *id)
{
    uint64_t hash = hash_id (id);
    const struct index_table *table = &self->tables[hash % INDEX_TABLES];
    route_entry_t *entry = table->size ? *head_of (table, hash) : NULL;
    while (entry && strcmp (entry->id, id) != 0)
        entry = entry->next;
    return entry;
}

static void grow (struct index_table *table)
{
    struct index_table bigger = {.size = table->size ? table->size * 2 : TABLE_FIRST, .n = table->n};
    bigger.heads = xcalloc (bigger.size, sizeof (void *));
    for (uint32_t i = 0; i < table->size; i++)
        for (route_entry_t *entry = table->heads[i], *next; entry; entry = next) {
            next = entry->next;
            route_entry_t **head = head_of (&bigger, hash_id (entry->id));
            entry->next = *head;
            *head = entry;
        }
    free (table->heads);
    *table = bigger;
}

void index_add (route_index_t *self, route_entry_t *entry)
{
    uint64_t hash = hash_id (entry->id);
    struct index_table *table = &self->tables[hash % INDEX_TABLES];
    if (table->n >= table->size)
        grow (table);
    route_entry_t **head = head_of (table, hash);
    entry->next = *head;
    *head = entry;
    table->n++;
    self->n++;
}

void index_remove (route_index_t *self, route_entry_t *entry)
{
    uint64_t hash = hash_id (entry->id);
    struct index_table *table = &self->tables[hash % INDEX_TABLES];
    route_entry_t **at = head_of (table, hash);
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    table->n--;
    self->n--;
}

void index_each (route_index_t *self, void (*fn) (void *arg, route_entry_t *entry), void *arg)
{
    for (size_t t = 0; t < INDEX_TABLES; t++)
        for (uint32_t i = 0; i < self->tables[t].size; i++)
            for (route_entry_t *entry = self->tables[t].heads[i], *next; entry; entry = next) {
                next = entry->next;
                fn (arg, entry);
            }
}

static void free_entry (void *arg, route_entry_t *entry)
{
    (void)arg;
    free (entry);
}

void index_clear (route_index_t *self)
{
    index_each (self, free_entry, NULL);
    for (size_t t = 0; t < INDEX_TABLES; t++)
        free (self->tables[t].heads);
    memset (self, 0, sizeof *self);
}
