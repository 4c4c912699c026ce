/* secret_file.c - keys, tokens and passwords: each in a file of the secrets directory.
 *
 * Limits: it is read on the loop: such a file is small and local, and what is no plain file is not read at all. */
#include "secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_PATH_MAX = 1024, LINE_END_MAX = 2 };

/* One byte more than may be, so that what is too long is seen. */
static ssize_t read_plain (const char *path, unsigned char bytes[SECRET_MAX + LINE_END_MAX + 1])
{
    struct stat found;
    int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    ssize_t size = fstat (fd, &found) != 0    ? -errno
                   : !S_ISREG (found.st_mode) ? -EINVAL
                                              : read (fd, bytes, SECRET_MAX + LINE_END_MAX + 1);
    if (size == -1)
        size = -errno;
    close (fd);
    return size;
}

int secret_file_read (const char *directory, const char *name, const char *suffix, secret_t *secret)
{
    char path[SECRET_PATH_MAX];
    unsigned char bytes[SECRET_MAX + LINE_END_MAX + 1];
    secret->size = 0;
    if ((size_t)snprintf (path, sizeof path, "%s/%s%s", directory, name, suffix) >= sizeof path)
        return -ENAMETOOLONG;
    ssize_t size = read_plain (path, bytes);
    while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r'))
        size--;
    if (size > 0 && size <= SECRET_MAX) {
        memcpy (secret->bytes, bytes, (size_t)size);
        secret->size = (size_t)size;
    }
    sodium_memzero (bytes, sizeof bytes);
    return size < 0 ? (int)size : size == 0 ? -ENODATA : size > SECRET_MAX ? -EFBIG : 0;
}

void secret_file_why (const char *what, const char *directory, const char *name, int error, char why[DETAIL_SIZE])
{
    snprintf (why, DETAIL_SIZE, "the %s can't be read: %.150s/%s: %s", what, directory, name,
              error == -ENODATA  ? "it is empty"
              : error == -EFBIG  ? "it is longer than 1024 bytes"
              : error == -EINVAL ? "it is no plain file"
                                 : strerror (-error));
}
