/* cmd_customer_names.c - the names that customers have, by their hash: some forty bytes each.
 *
 * Two of one name are a doubtful match, no more: a wrong one of a hash costs somebody a look. Letters A to Z count as
 * small ones.
 */
#include "cmd_customer_import.h"

#include "words.h"
#include "xmalloc.h"

#include <ctype.h>

typedef struct seen {
    uint64_t hash; /* 0: free */
    char id[ID_SIZE];
} seen_t;

struct names_seen {
    seen_t *items;
    size_t n, room; /* room: a power of two */
};

names_seen_t *names_seen_new (void)
{
    names_seen_t *self = xcalloc (1, sizeof *self);
    self->room = 1024;
    self->items = xcalloc (self->room, sizeof *self->items);
    return self;
}

void names_seen_destroy (names_seen_t **self_p)
{
    names_seen_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    free (self->items);
    free (self);
}

static uint64_t hash_of (const char *name)
{
    char folded[DISPLAY_SIZE];
    word_copy (folded, sizeof folded, name);
    for (char *at = folded; *at; at++)
        *at = (char)tolower ((unsigned char)*at);
    uint64_t hash = word_hash (WORD_HASH, folded);
    return hash ? hash : 1;
}

/* Where it stands, or would. */
static seen_t *place_of (const names_seen_t *self, uint64_t hash)
{
    size_t at = (size_t)hash & (self->room - 1);
    while (self->items[at].hash && self->items[at].hash != hash)
        at = (at + 1) & (self->room - 1);
    return &self->items[at];
}

static void grow (names_seen_t *self)
{
    names_seen_t before = *self;
    self->room *= 2;
    self->items = xcalloc (self->room, sizeof *self->items);
    for (size_t i = 0; i < before.room; i++)
        if (before.items[i].hash)
            *place_of (self, before.items[i].hash) = before.items[i];
    free (before.items);
}

void names_seen_add (names_seen_t *self, const char *name, const char *id)
{
    if (!*name)
        return;
    uint64_t hash = hash_of (name);
    seen_t *seen = place_of (self, hash);
    if (seen->hash)
        return;
    seen->hash = hash;
    WORD_COPY (seen->id, id);
    if (++self->n > self->room / 2)
        grow (self);
}

const char *names_seen_id (const names_seen_t *self, const char *name)
{
    const seen_t *seen = *name ? place_of (self, hash_of (name)) : NULL;
    return seen && seen->hash ? seen->id : NULL;
}
