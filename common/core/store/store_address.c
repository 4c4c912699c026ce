/* store_address.c - reads where the store is: a socket's path, a host and port, or sentinels and a name. */
#include "store_address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_MAX = 65535, PORT_DIGITS = 5 };
#define FORMS                                                                  \
    "write unix:/path, host:port or sentinel:NAME@host:port,host:port, as in " \
    "sentinel:desk@10.0.0.1:26379,10.0.0.2:26379; tls: before the last two for TLS"

static bool wrong (char *why, const char *what, const char *at, size_t size)
{
    snprintf (why, STORE_ADDRESS_WHY_SIZE, "%s '%.*s': " FORMS, what, (int)(size > 64 ? 64 : size), at);
    return false;
}

/* The digits after the last colon; 0: there is no port. */
static int port_of (const char *colon, const char *end)
{
    int port = 0;
    if (!colon || end - colon - 1 < 1 || end - colon - 1 > PORT_DIGITS)
        return 0;
    for (const char *at = colon + 1; at < end; at++) {
        if (*at < '0' || *at > '9')
            return 0;
        port = port * 10 + (*at - '0');
    }
    return port <= PORT_MAX ? port : 0;
}

static bool read_place (const char *text, size_t size, store_place_t *place, char *why)
{
    const char *colon = memrchr (text, ':', size), *host = text;
    size_t host_size = colon ? (size_t)(colon - text) : 0;
    place->port = port_of (colon, text + size);
    if (host_size > 0 && host[0] == '[') {
        bool closed = host_size > 2 && host[host_size - 1] == ']';
        host++;
        host_size = closed ? host_size - 2 : 0;
    } else if (memchr (host, ':', host_size))
        return wrong (why, "an IPv6 address stands in brackets, not", text, size);
    if (host_size == 0 || host_size >= sizeof place->host || place->port == 0)
        return wrong (why, "no host and port in", text, size);
    memcpy (place->host, host, host_size);
    place->host[host_size] = '\0';
    return true;
}

static bool read_sentinels (const char *text, store_address_t *address, char *why)
{
    const char *at = strchr (text, '@');
    size_t size = at ? (size_t)(at - text) : 0;
    if (size == 0 || size >= sizeof address->name)
        return wrong (why, "no name before the @ of", text, strlen (text));
    memcpy (address->name, text, size);
    for (const char *place = at + 1; place; place = strchr (place, ',') ? strchr (place, ',') + 1 : NULL) {
        if (address->places_n == STORE_SENTINELS_MAX)
            return wrong (why, "too many sentinels in", text, strlen (text));
        if (!read_place (place, strcspn (place, ","), &address->places[address->places_n], why))
            return false;
        address->places_n++;
    }
    return true;
}

bool store_address_parse (const char *text, store_address_t *address, char why[STORE_ADDRESS_WHY_SIZE])
{
    memset (address, 0, sizeof *address);
    address->tls = strncmp (text, "tls:", 4) == 0 && strchr (text + 4, ':'); /* else it is a host of that name */
    text += address->tls ? 4 : 0;
    if (address->tls && strncmp (text, "unix:", 5) == 0)
        return wrong (why, "a unix socket needs no TLS, so not tls: before", text, strlen (text));
    if (strncmp (text, "unix:", 5) == 0) {
        size_t size = strlen (text + 5);
        address->kind = STORE_UNIX;
        if (size == 0 || size >= sizeof address->path)
            return wrong (why, size ? "too long a path in" : "no path in", text, strlen (text));
        memcpy (address->path, text + 5, size);
        return true;
    }
    if (strncmp (text, "sentinel:", 9) == 0) {
        address->kind = STORE_SENTINEL;
        return read_sentinels (text + 9, address, why);
    }
    address->kind = STORE_HOST;
    address->places_n = 1;
    return read_place (text, strlen (text), &address->places[0], why);
}
