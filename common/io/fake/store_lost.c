/* store_lost.c - the store in memory loses nothing that it acknowledged. */
#include "store.h"

bool store_lost (const store_t *self)
{
    (void)self;
    return false;
}
