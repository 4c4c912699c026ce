/* no_losses.c - the real store without its memory of what was acknowledged: here keys are deleted at random, which it would
 * take for a loss, and rightly so. Linked in place of store_losses.c. */
#include "store_private.h"

losses_t *losses_new (store_t *store)
{
    (void)store;
    return NULL;
}

void losses_destroy (losses_t **self_p)
{
    *self_p = NULL;
}

void losses_remember (store_t *store, const commit_t *commit, uint64_t number)
{
    (void)store;
    (void)commit;
    (void)number;
}

void losses_check (store_t *store)
{
    hello_checked (store, "", false);
}

void losses_look (store_t *store)
{
    (void)store;
}
