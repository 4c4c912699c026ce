/* bucket.h - a provider's limit: tokens that come back at a rate, and a line of those who wait. Pure.
 *
 * Its times are monotonic: by a clock that is set back nobody would get a token for as long as the jump. */
#ifndef BUCKSTOP_BUCKET_H
#define BUCKSTOP_BUCKET_H

#include "types.h"

typedef struct bucket {
    double rate;    /* tokens a second; 0: no limit */
    double burst;   /* at most so many are saved up */
    double tokens;  /* may be in debt: the urgent go first */
    mono_ms_t seen; /* when tokens was true; 0: not used yet */
    mono_ms_t line; /* the last release that was promised to somebody who waits */
} bucket_t;

enum bucket_who { BUCKET_FRESH, BUCKET_RETURNING, BUCKET_URGENT };

/* Takes a token and returns 0; or returns the time of release, at which to come again (as RETURNING).
 * Fresh ones do not overtake the line; the urgent do, and may go into debt by one burst. */
mono_ms_t bucket_take (bucket_t *self, enum bucket_who who, mono_ms_t now);
/* So many could be taken now, and nobody waits for a token who was promised one; UINT_MAX: there is no limit. */
unsigned bucket_room (bucket_t *self, mono_ms_t now);
/* The token was not used. */
void bucket_return (bucket_t *self);

#endif
