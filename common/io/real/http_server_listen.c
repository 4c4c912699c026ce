/* http_server_listen.c - from "host:port" to a listening socket. Names are looked up here, before the loop runs. */
#include "http_listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, HOST_MAX = 256 };

/* "127.0.0.1:80", "[::1]:80", "*:80", ":80". 0, or -EINVAL. */
static int split (const char *endpoint, char host[HOST_MAX], const char **port)
{
    const char *colon = strrchr (endpoint, ':');
    size_t size = colon ? (size_t)(colon - endpoint) : HOST_MAX;
    if (size >= HOST_MAX)
        return -EINVAL;
    if (size >= 2 && endpoint[0] == '[' && endpoint[size - 1] == ']') {
        endpoint++;
        size -= 2;
    }
    memcpy (host, endpoint, size);
    host[size] = 0;
    if (strcmp (host, "*") == 0)
        host[0] = 0;
    *port = colon + 1;
    return 0;
}

static int open_at (const struct addrinfo *at)
{
    int yes = 1;
    int fd = socket (at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind (fd, at->ai_addr, at->ai_addrlen) < 0 || listen (fd, BACKLOG) < 0) {
        int why = -errno;
        close (fd);
        return why;
    }
    return fd;
}

static int port_of (int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    socklen_t size = sizeof address;
    if (getsockname (fd, &address.any, &size) < 0)
        return 0;
    return ntohs (address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

static int open_any (const struct addrinfo *found)
{
    int fd = -EADDRNOTAVAIL;
    for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next)
        fd = open_at (at);
    return fd;
}

int http_listen (const char *endpoint, int *port, const char **why)
{
    char host[HOST_MAX];
    const char *service, *words = NULL;
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int fd = split (endpoint, host, &service);
    if (fd == 0) {
        int unknown = getaddrinfo (host[0] ? host : NULL, service, &hints, &found);
        fd = unknown ? -EADDRNOTAVAIL : open_any (found);
        words = unknown && unknown != EAI_SYSTEM ? gai_strerror (unknown) : NULL;
    }
    if (found)
        freeaddrinfo (found);
    if (fd >= 0)
        *port = port_of (fd);
    else if (why)
        *why = words ? words : strerror (-fd);
    return fd;
}
