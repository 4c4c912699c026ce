/* lmtp_server_listen.c - from "unix:PATH" or "host:port" to a listening socket.
 *
 * A path that a process which is gone has left behind is taken over; one where somebody listens is not. Anybody may connect
 * who may enter the socket's directory: the mail server runs as a user of its own. */
#include "http_listen.h"
#include "lmtp_server_private.h"

#include "xmalloc.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128, SOCKET_MODE = 0666 };

static bool somebody_listens (const struct sockaddr_un *address)
{
    int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool there = fd >= 0 && (connect (fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);
    if (fd >= 0)
        close (fd);
    return there;
}

/* 0, or negative errno. */
static int clear_path (const struct sockaddr_un *address)
{
    struct stat there;
    if (lstat (address->sun_path, &there) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK (there.st_mode) || somebody_listens (address))
        return -EADDRINUSE;
    return unlink (address->sun_path) < 0 ? -errno : 0;
}

static int listen_at_path (const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen (path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    snprintf (address.sun_path, sizeof address.sun_path, "%s", path);
    int rc = clear_path (&address);
    if (rc < 0)
        return rc;
    int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (bind (fd, (struct sockaddr *)&address, sizeof address) < 0 || chmod (path, SOCKET_MODE) < 0 ||
        listen (fd, BACKLOG) < 0) {
        rc = -errno;
        close (fd);
        return rc;
    }
    return fd;
}

int lmtp_listen (const char *endpoint, int *port, char **path, const char **why)
{
    static const char head[] = "unix:";
    *port = 0;
    *path = NULL;
    if (strncmp (endpoint, head, sizeof head - 1) != 0)
        return http_listen (endpoint, port, why);
    const char *name = endpoint + sizeof head - 1;
    int fd = listen_at_path (name);
    if (fd < 0)
        *why = strerror (-fd);
    else
        *path = xstrdup (name);
    return fd;
}
