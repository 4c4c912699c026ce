/* secrets.h - the secrets of channels: files NAME in one directory, and NAME.next while one is changed. */
#ifndef BUCKSTOP_SECRETS_H
#define BUCKSTOP_SECRETS_H

#include "secret_file.h"
#include "signature.h"

enum { SECRETS_PER_NAME = 2 };

typedef struct secrets secrets_t;

secrets_t *secrets_new (const char *directory);
void secrets_destroy (secrets_t **self_p);
/* How many there are of that name; 0: none, and `why` says so. They stay until the next call. Files are looked at again
 * after a second, so that a change needs no restart. */
size_t secrets_of (secrets_t *self, const char *name, mono_ms_t now, signature_secret_t list[SECRETS_PER_NAME],
                   char why[DETAIL_SIZE]);

#endif
