/* policy_arena.h - the memory of one policy: given out in pieces, freed as a whole. Pure.
 *
 * For the files policy*.c alone. It also counts the policy's owners and frees its calendars and patterns. */
#ifndef BUCKSTOP_POLICY_ARENA_H
#define BUCKSTOP_POLICY_ARENA_H

#include "calendar.h"
#include "pattern.h"

struct policy_arena;

struct policy_arena *arena_new (void);                      /* with one owner */
void arena_ref (struct policy_arena *self);                 /* one more */
void arena_destroy (struct policy_arena **self_p);          /* one less; the last frees */
void *arena_alloc (struct policy_arena *self, size_t size); /* zeroed */
char *arena_copy (struct policy_arena *self, const char *text, size_t length);
/* What is adopted is destroyed with the arena. */
void arena_adopt (struct policy_arena *self, calendar_t *calendar);
void arena_adopt_pattern (struct policy_arena *self, pattern_t *pattern);

#endif
