/* spool.h - files that came with messages: DIRECTORY/WORKSPACE/CUSTOMER/HASH, the hash that of what is in them.
 *
 * A customer is forgotten by removing their directory. What is there under its hash is whole and on disk. */
#ifndef BUCKSTOP_SPOOL_H
#define BUCKSTOP_SPOOL_H

#include "types.h"

typedef struct spool spool_t;

enum { SPOOL_HASH_SIZE = 65 }; /* BLAKE2b-256 in hex */

/* NULL: it can't be used, errno says why. The directory must be there. */
spool_t *spool_open (const char *directory);
void spool_close (spool_t **self_p);
/* The next two block; from any thread. workspace, customer: names or ids. 0, or negative errno: -ENOSPC, ... */
int spool_keep (const spool_t *self, const char *workspace, const char *customer, const void *bytes, size_t size,
                char hash[SPOOL_HASH_SIZE]);
/* All of a customer's: how many there were, or negative errno. */
int spool_forget (const spool_t *self, const char *workspace, const char *customer);
void spool_hash (const void *bytes, size_t size, char hash[SPOOL_HASH_SIZE]);

#endif
