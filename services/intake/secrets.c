/* secrets.c - the secrets of channels, read from their files and kept for a second.
 *
 * Limits: KEPT_MAX names are kept at once; of others the file is read each time. The files are read on the loop: they are
 * small and local, and what is no plain file is not read at all. */
#include "secrets.h"

#include "ids.h"
#include "words.h"
#include "xmalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEPT_MAX = 64, KEPT_MS = 1000, SECRET_PATH_MAX = 1024 };

typedef struct kept {
    char name[NAME_SIZE];
    mono_ms_t until;
    size_t n;
    size_t sizes[SECRETS_PER_NAME];
    unsigned char bytes[SECRETS_PER_NAME][SECRET_SIZE];
    int error; /* of the first, when there is none */
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

/* 0, or errno. A newline at the end is an editor's, not the secret's. */
static int read_secret (const secrets_t *self, const char *name, const char *suffix, kept_t *row)
{
    char path[SECRET_PATH_MAX + NAME_SIZE + 8];
    struct stat found;
    unsigned char *bytes = row->bytes[row->n];
    snprintf (path, sizeof path, "%s/%s%s", self->directory, name, suffix);
    int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno;
    bool plain = fstat (fd, &found) == 0 && S_ISREG (found.st_mode);
    ssize_t size = plain ? read (fd, bytes, SECRET_SIZE) : 0;
    int error = size < 0 ? errno : !plain ? EINVAL : size == SECRET_SIZE ? EFBIG : 0;
    close (fd);
    while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r'))
        size--;
    if (error || size <= 0)
        return error ? error : ENODATA;
    row->sizes[row->n++] = (size_t)size;
    return 0;
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
    if (strcmp (row->name, name) != 0 || now >= row->until || row->n == 0) {
        sodium_memzero (row, sizeof *row);
        WORD_COPY (row->name, name);
        row->until = now + KEPT_MS;
        row->error = read_secret (self, name, "", row);
        read_secret (self, name, ".next", row);
    }
    for (size_t i = 0; i < row->n; i++)
        list[i] = (signature_secret_t){row->bytes[i], row->sizes[i]};
    if (row->n == 0)
        snprintf (why, DETAIL_SIZE, "the secret can't be read: %.120s/%s: %s", self->directory, name,
                  row->error == ENODATA ? "it is empty" : strerror (row->error));
    return row->n;
}
