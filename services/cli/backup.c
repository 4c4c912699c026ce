/* backup.c - what making a backup and putting one back share. */
#include "backup.h"

#include "clock.h"
#include "xmalloc.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <string.h>

enum { QUIET_MS = 2000, SAY_MS = 1000, MEGABYTE = 1024 * 1024 };

const char *backup_path (char path[BACKUP_PATH_SIZE], const char *directory, const char *name)
{
    if (snprintf (path, BACKUP_PATH_SIZE, "%s/%s", directory, name) < BACKUP_PATH_SIZE)
        return path;
    cli_fail (CLI_USAGE, "%.100s...: the name is too long", directory);
    return NULL;
}

void backup_progress (backup_progress_t *self, uint64_t done, uint64_t all)
{
    mono_ms_t now = clock_mono ();
    if (!self->began)
        self->began = now;
    if (now - self->began < QUIET_MS || now - self->said < SAY_MS)
        return;
    self->said = now;
    if (all)
        fprintf (stderr, "-- %s: %.0f of %.0f MB\n", self->what, (double)done / MEGABYTE, (double)all / MEGABYTE);
    else
        fprintf (stderr, "-- %s: %lld s\n", self->what, (long long)((now - self->began) / MS_PER_SECOND));
}

void backup_waits (const char *what)
{
    fprintf (stderr, "-- waiting for %s\n", what);
}

bool backup_ready (int fd, short events, int64_t ms, const char *what)
{
    struct pollfd one = {.fd = fd, .events = events};
    mono_ms_t ends = clock_mono () + ms;
    for (mono_ms_t left = ms;; left = ends - clock_mono ()) {
        int rc = poll (&one, 1, left > QUIET_MS ? QUIET_MS : left > 0 ? (int)left : 0);
        if (rc || left <= QUIET_MS)
            return rc == 1;
        backup_waits (what);
    }
}

bool backup_hash (const char *path, char hex[BACKUP_HASH_SIZE], uint64_t *size)
{
    unsigned char hash[crypto_generichash_BYTES];
    crypto_generichash_state state;
    FILE *file = fopen (path, "rb");
    if (!file) {
        cli_fail (CLI_NO, "%s: %s", path, strerror (errno));
        return false;
    }
    char *block = xmalloc (BACKUP_BLOCK);
    backup_progress_t progress = {.what = "checking the copy"};
    *size = 0;
    crypto_generichash_init (&state, NULL, 0, sizeof hash);
    for (size_t n; (n = fread (block, 1, BACKUP_BLOCK, file)) > 0;) {
        crypto_generichash_update (&state, (unsigned char *)block, n);
        *size += n;
        backup_progress (&progress, *size, 0);
    }
    bool fine = !ferror (file);
    crypto_generichash_final (&state, hash, sizeof hash);
    sodium_bin2hex (hex, BACKUP_HASH_SIZE, hash, sizeof hash);
    fclose (file);
    free (block);
    if (!fine)
        cli_fail (CLI_NO, "%s can't be read", path);
    return fine;
}
