/* known.c - who wrote to this process before: see known.h. */
#include "known.h"

#include "words.h"

bool known_first (known_t *self, const char *workspace, const char *customer)
{
    uint64_t hash = word_hash (word_hash (WORD_HASH, workspace), customer);
    uint32_t tag = (uint32_t)(hash >> 32) | 1, *place = &self->tags[hash % KNOWN_MAX];
    bool first = *place != tag;
    *place = tag;
    return first;
}
