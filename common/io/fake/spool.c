/* spool.c (fake) - files in memory; the test may fill the disk (fake_spool_full). */
#include "spool.h"
#include "world.h"

#include "xmalloc.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

struct spool {
    int unused;
};

enum { HASH_BYTES = 32, FILE_NAME_SIZE = 256 };

static struct file {
    char name[FILE_NAME_SIZE]; /* "workspace/customer/hash" */
    size_t size;
} * files;
static size_t files_n;
static bool full;

void world_reset_spool (void)
{
    free (files);
    files = NULL;
    files_n = 0;
    full = false;
}

void fake_spool_full (bool on)
{
    full = on;
}

const char *fake_spool_file (size_t index)
{
    return index < files_n ? files[index].name : NULL;
}

spool_t *spool_open (const char *directory)
{
    (void)directory;
    return xcalloc (1, sizeof (spool_t));
}

void spool_close (spool_t **self_p)
{
    free (*self_p);
    *self_p = NULL;
}

void spool_hash (const void *bytes, size_t size, char hash[SPOOL_HASH_SIZE])
{
    uint8_t raw[HASH_BYTES];
    crypto_generichash (raw, sizeof raw, size ? bytes : (const void *)"", size, NULL, 0);
    sodium_bin2hex (hash, SPOOL_HASH_SIZE, raw, sizeof raw);
}

int spool_keep (const spool_t *self, const char *workspace, const char *customer, const void *bytes, size_t size,
                char hash[SPOOL_HASH_SIZE])
{
    (void)self;
    char name[FILE_NAME_SIZE];
    spool_hash (bytes, size, hash);
    if (full)
        return -ENOSPC;
    snprintf (name, sizeof name, "%s/%s/%s", workspace, customer, hash);
    for (size_t i = 0; i < files_n; i++)
        if (strcmp (files[i].name, name) == 0)
            return 0;
    files = xrealloc (files, (files_n + 1) * sizeof *files);
    memcpy (files[files_n].name, name, sizeof name);
    files[files_n++].size = size;
    return 0;
}

int spool_forget (const spool_t *self, const char *workspace, const char *customer)
{
    (void)self;
    char head[FILE_NAME_SIZE];
    int size = snprintf (head, sizeof head, "%s/%s/", workspace, customer);
    size_t kept = 0;
    for (size_t i = 0; i < files_n; i++)
        if (strncmp (files[i].name, head, (size_t)size) != 0)
            files[kept++] = files[i];
    int n = (int)(files_n - kept);
    files_n = kept;
    return n;
}
