/* known.h - who wrote to this process before: a hint, which saves a commit that would be refused. Pure, of fixed size; who
 * falls on another's place takes it. What is wrong in it costs one turn of the store, and nothing else. */
#ifndef BUCKSTOP_KNOWN_H
#define BUCKSTOP_KNOWN_H

#include "types.h"

enum { KNOWN_MAX = 65536 };

typedef struct known {
    uint32_t tags[KNOWN_MAX]; /* 0: nobody */
} known_t;

/* Is it the first time? From now on it is not. */
bool known_first (known_t *self, const char *workspace, const char *customer);

#endif
