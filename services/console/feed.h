/* feed.h - the last events of a workspace as JSON, by their numbers; and how they go out as server-sent events. Pure. */
#ifndef BUCKSTOP_FEED_H
#define BUCKSTOP_FEED_H

#include "buckstop/v1/event.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { FEED_KEPT = 500 };

typedef struct feed feed_t;

feed_t *feed_new (void);
void feed_destroy (feed_t **self_p);
void feed_clear (feed_t *self);
/* In order of their numbers. */
void feed_add (feed_t *self, const Buckstop__V1__Event *event);
/* Writes those with numbers in (after, until] as one `feed` event, the newest `most` of them; `gap` is how many before
 * them are left out, where somebody counts on them. Nothing when there are none. */
void feed_write (const feed_t *self, uint64_t after, uint64_t until, size_t most, bool tell_gap, FILE *out);
uint64_t feed_last (const feed_t *self); /* 0: empty */

/* One server-sent event; data is one line of JSON. id 0: none. */
void sse_write (FILE *out, const char *event, uint64_t id, const char *data, size_t size);

#endif
