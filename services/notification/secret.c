/* secret.c - keys, tokens and passwords: each in a file of the secrets directory, read when it is needed. */
#include "senders_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int secret_read (const char *directory, const char *name, const char *suffix, secret_t *secret)
{
    char path[1024];
    snprintf (path, sizeof path, "%s/%s%s", directory, name, suffix);
    int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    ssize_t size = read (fd, secret->bytes, sizeof secret->bytes);
    int error = size < 0 ? -errno : 0;
    close (fd);
    while (size > 0 && (secret->bytes[size - 1] == '\n' || secret->bytes[size - 1] == '\r'))
        size--;
    secret->size = size > 0 ? (size_t)size : 0;
    return error ? error : secret->size ? 0 : -ENODATA;
}

void secret_why (const char *what, const char *directory, const char *name, int error, char why[DETAIL_SIZE])
{
    snprintf (why, DETAIL_SIZE, "the %s can't be read: %.150s/%s: %s", what, directory, name,
              error == -ENODATA ? "it is empty" : strerror (-error));
}
