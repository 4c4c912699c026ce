/* secret_file.h - keys, tokens and passwords of `--secrets`: each in a file of that directory. */
#ifndef BUCKSTOP_SECRET_FILE_H
#define BUCKSTOP_SECRET_FILE_H

#include "types.h"

enum { SECRET_MAX = 1024 };
typedef struct secret {
    unsigned char bytes[SECRET_MAX];
    size_t size;
} secret_t;

/* The file `name` and suffix, read now. 0, or negative errno; -ENODATA: it is empty, -EFBIG: longer than SECRET_MAX,
 * -EINVAL: no plain file, which is not read since it may never end. A newline at the end is an editor's, not the secret's.
 * Who is done with it clears it. */
int secret_file_read (const char *directory, const char *name, const char *suffix, secret_t *secret);
/* Which file, and why; what: "signing key". */
void secret_file_why (const char *what, const char *directory, const char *name, int error, char why[DETAIL_SIZE]);

#endif
