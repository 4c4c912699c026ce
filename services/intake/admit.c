/* admit.c - how much is taken on at once, and from whom how often. */
#include "admit.h"

#include "words.h"

#include <string.h>

#define US_PER_S 1000000LL

bool admit_begins (admit_t *self)
{
    self->n++;
    return !self->max || self->n <= self->max;
}

bool admit_waits (admit_t *self, admit_place_t *place, int shard, int64_t now_us)
{
    const admit_place_t *oldest = self->first[shard];
    if (oldest && now_us - oldest->since_us > ADMIT_SLOW_US)
        return false;
    *place = (admit_place_t){.previous = self->last[shard], .since_us = now_us, .shard = shard, .waits = true};
    if (place->previous)
        place->previous->next = place;
    else
        self->first[shard] = place;
    self->last[shard] = place;
    return true;
}

void admit_ends (admit_t *self, admit_place_t *place)
{
    self->n--;
    if (!place->waits)
        return;
    if (place->previous)
        place->previous->next = place->next;
    else
        self->first[place->shard] = place->next;
    if (place->next)
        place->next->previous = place->previous;
    else
        self->last[place->shard] = place->previous;
    place->waits = false;
}

static struct admit_token *token_place (admit_t *self, const char *id)
{
    return &self->tokens[word_hash (WORD_HASH, id) % ADMIT_TOKENS];
}

int64_t admit_rate (admit_t *self, const char *token_id, int64_t now_us)
{
    if (self->rate <= 0)
        return 0;
    struct admit_token *place = token_place (self, token_id);
    int64_t each = US_PER_S / self->rate, most = self->burst * each;
    if (strncmp (place->id, token_id, sizeof place->id) != 0) {
        *place = (struct admit_token){.full_us = 0};
        strncpy (place->id, token_id, sizeof place->id - 1);
    }
    int64_t full = place->full_us > now_us ? place->full_us : now_us;
    if (full + each - now_us > most)
        return full + each - now_us - most;
    place->full_us = full + each;
    return 0;
}

admit_verdict_t admit_write (admit_t *self, admit_place_t *place, int shard, const char *token_id, int64_t now_us)
{
    if (!admit_waits (self, place, shard, now_us))
        return ADMIT_SLOW;
    return *token_id && admit_rate (self, token_id, now_us) ? ADMIT_RATE : ADMIT_IN;
}
