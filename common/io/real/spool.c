/* spool.c - files by their hash, on disk before anybody is told.
 *
 * A file is written under a name of its own, made durable, and renamed; then the directory is made durable, too. What is
 * there already is the same bytes. Directories are 0700, files 0600.
 *
 * Limits: a process that dies between leaves a file ".part-..." behind, which nobody reads. */
#include "spool.h"

#include "clock.h"
#include "xmalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASH_BYTES = 32, PART_NAME_SIZE = 32 };

struct spool {
    int directory;
};

static void close_fd (const int *fd)
{
    if (*fd >= 0)
        close (*fd);
}
#define AUTO_FD __attribute__ ((cleanup (close_fd))) int

spool_t *spool_open (const char *directory)
{
    int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (faccessat (fd, ".", R_OK | W_OK | X_OK, 0) < 0) {
        int why = errno;
        close (fd);
        errno = why;
        return NULL;
    }
    spool_t *self = xcalloc (1, sizeof *self);
    self->directory = fd;
    return self;
}

void spool_close (spool_t **self_p)
{
    spool_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    close (self->directory);
    free (self);
}

void spool_hash (const void *bytes, size_t size, char hash[SPOOL_HASH_SIZE])
{
    uint8_t raw[HASH_BYTES];
    crypto_generichash (raw, sizeof raw, size ? bytes : (const void *)"", size, NULL, 0);
    sodium_bin2hex (hash, SPOOL_HASH_SIZE, raw, sizeof raw);
}

/* Made when it is not there; that it was made is durable before anything is in it. */
static int enter (int parent, const char *name)
{
    if (!*name || *name == '.' || strchr (name, '/'))
        return -EINVAL;
    if (mkdirat (parent, name, 0700) < 0) {
        if (errno != EEXIST)
            return -errno;
    } else if (fsync (parent) < 0)
        return -errno;
    int fd = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int write_all (int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t n = write (fd, bytes, size);
        if (n < 0 && errno != EINTR)
            return -errno;
        bytes += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return fsync (fd) < 0 ? -errno : 0;
}

static int write_new (int directory, const char *name, const void *bytes, size_t size)
{
    char part[PART_NAME_SIZE];
    uint64_t random;
    clock_random (&random, sizeof random);
    snprintf (part, sizeof part, ".part-%016" PRIx64, random);
    AUTO_FD fd = openat (directory, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int rc = write_all (fd, bytes, size);
    if (rc == 0 && renameat (directory, part, directory, name) < 0)
        rc = -errno;
    if (rc < 0)
        unlinkat (directory, part, 0);
    else if (fsync (directory) < 0)
        rc = -errno;
    return rc;
}

int spool_keep (const spool_t *self, const char *workspace, const char *customer, const void *bytes, size_t size,
                char hash[SPOOL_HASH_SIZE])
{
    struct stat there;
    spool_hash (bytes, size, hash);
    AUTO_FD outer = enter (self->directory, workspace);
    if (outer < 0)
        return outer;
    AUTO_FD inner = enter (outer, customer);
    if (inner < 0)
        return inner;
    if (fstatat (inner, hash, &there, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? write_new (inner, hash, bytes, size) : -errno;
    return fsync (inner) < 0 ? -errno : 0; /* whoever renamed it may not have come so far */
}

/* How many there were, or negative errno. */
static int empty (int directory)
{
    DIR *files = fdopendir (directory);
    int rc = 0, n = 0;
    if (!files) {
        rc = -errno;
        close (directory);
        return rc;
    }
    for (struct dirent *file; (file = readdir (files));) {
        if (strcmp (file->d_name, ".") == 0 || strcmp (file->d_name, "..") == 0)
            continue;
        if (unlinkat (dirfd (files), file->d_name, 0) == 0)
            n++;
        else if (errno != ENOENT)
            rc = -errno;
    }
    closedir (files);
    return rc < 0 ? rc : n;
}

int spool_forget (const spool_t *self, const char *workspace, const char *customer)
{
    AUTO_FD outer = openat (self->directory, workspace, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (outer < 0)
        return errno == ENOENT ? 0 : -errno;
    int inner = openat (outer, customer, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner < 0)
        return errno == ENOENT ? 0 : -errno;
    int n = empty (inner);
    if (n >= 0 && unlinkat (outer, customer, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return -errno;
    return n >= 0 && fsync (outer) < 0 ? -errno : n;
}
