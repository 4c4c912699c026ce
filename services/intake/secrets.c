/* secrets.c - the secrets of channels, read from their files and kept for a second.
 *
 * Limits: KEPT_MAX names are kept at once; of others the file is read each time. */
#include "secrets.h"

#include "ids.h"
#include "words.h"
#include "xmalloc.h"

#include <sodium.h>
#include <stdio.h>

enum { KEPT_MAX = 64, KEPT_MS = 1000, SECRET_PATH_MAX = 1024 };

typedef struct kept {
    char name[NAME_SIZE];
    mono_ms_t until;
    secret_t secrets[SECRETS_PER_NAME];
    int error; /* of the first; then there is none */
} kept_t;

struct secrets {
    char directory[SECRET_PATH_MAX];
    kept_t rows[KEPT_MAX];
};

secrets_t *secrets_new (const char *directory)
{
    secrets_t *self = xcalloc (1, sizeof *self);
    WORD_COPY (self->directory, directory);
    return self;
}

void secrets_destroy (secrets_t **self_p)
{
    if (*self_p)
        sodium_memzero (*self_p, sizeof **self_p);
    free (*self_p);
    *self_p = NULL;
}

static kept_t *row_of (secrets_t *self, const char *name)
{
    return &self->rows[word_hash (WORD_HASH, name) % KEPT_MAX];
}

size_t secrets_of (secrets_t *self, const char *name, mono_ms_t now, signature_secret_t list[SECRETS_PER_NAME],
                   char why[DETAIL_SIZE])
{
    if (!name_valid (name)) { /* it becomes a part of a path */
        snprintf (why, DETAIL_SIZE, "no secret is named");
        return 0;
    }
    kept_t *row = row_of (self, name);
    if (strcmp (row->name, name) != 0 || now >= row->until || row->error) {
        sodium_memzero (row, sizeof *row);
        WORD_COPY (row->name, name);
        row->until = now + KEPT_MS;
        row->error = secret_file_read (self->directory, name, "", &row->secrets[0]);
        secret_file_read (self->directory, name, ".next", &row->secrets[1]);
    }
    size_t n = 0;
    for (size_t i = 0; i < SECRETS_PER_NAME; i++)
        if (row->secrets[i].size > 0)
            list[n++] = (signature_secret_t){row->secrets[i].bytes, row->secrets[i].size};
    if (n == 0)
        secret_file_why ("secret", self->directory, name, row->error, why);
    return n;
}
