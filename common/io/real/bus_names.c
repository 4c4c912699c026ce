/* bus_names.c - connects a socket to all addresses of a host name, and looks again: replicas come and go.
 *
 * Hears: what names resolve to. Says: connect and disconnect (bus_dial.c). By itself it would connect to the first address
 * of a name and stay there. A name that is not found changes nothing: a name service that is down for a while must not
 * part those who still reach each other.
 *
 * Limits: RESOLVE_MAX addresses of a name; one that is new is heard of within LOOK_AGAIN_MS. */
#include "bus_names.h"

#include "resolve.h"
#include "xmalloc.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { LOOK_AGAIN_MS = 5000, NOT_FOUND_MS = 500, HOST_SIZE = 256, ENDPOINT_SIZE = INET6_ADDRSTRLEN + 24 };

typedef struct name {
    struct name *next;
    bus_names_t *all;
    loop_t *loop;
    bus_dial_t *dial;
    char host[HOST_SIZE];
    long port;
    resolved_t known; /* where the socket is connected to */
    resolve_t *resolve;
    loop_timer_t *timer;
} name_t;

struct bus_names {
    loop_t *loop;
    name_t *names;
};

static const char *endpoint_of (char endpoint[ENDPOINT_SIZE], const name_t *self, const char *address)
{
    bool six = strchr (address, ':');
    snprintf (endpoint, ENDPOINT_SIZE, "tcp://%s%s%s:%ld", six ? "[" : "", address, six ? "]" : "", self->port);
    return endpoint;
}

static bool is_in (const resolved_t *list, const char *address)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp (list->addresses[i], address) == 0)
            return true;
    return false;
}

/* Another name of the same socket has led there: one connection is for both. */
static bool is_shared (const name_t *self, const char *address)
{
    for (const name_t *other = self->all->names; other; other = other->next)
        if (other != self && other->dial == self->dial && other->port == self->port && is_in (&other->known, address))
            return true;
    return false;
}

/* False: it is not connected to it, and tries again when it looks again. */
static bool enter (const name_t *self, const char *address)
{
    char endpoint[ENDPOINT_SIZE];
    return is_in (&self->known, address) || is_shared (self, address) ||
           bus_dial_connect (self->dial, endpoint_of (endpoint, self, address)) == 0;
}

static void leave (const name_t *self, const char *address)
{
    char endpoint[ENDPOINT_SIZE];
    if (!is_shared (self, address))
        bus_dial_disconnect (self->dial, endpoint_of (endpoint, self, address));
}

static void look (void *arg);

static void on_found (void *arg, const resolved_t *found)
{
    name_t *self = arg;
    resolved_t entered = {0};
    for (size_t i = 0; i < found->n; i++)
        if (enter (self, found->addresses[i]))
            memcpy (entered.addresses[entered.n++], found->addresses[i], sizeof *entered.addresses);
    for (size_t i = 0; found->n && i < self->known.n; i++)
        if (!is_in (found, self->known.addresses[i]))
            leave (self, self->known.addresses[i]);
    if (found->n)
        self->known = entered;
    self->timer = loop_at (self->loop, loop_now (self->loop) + (found->n ? LOOK_AGAIN_MS : NOT_FOUND_MS), look, self);
    resolve_destroy (&self->resolve);
}

static void look (void *arg)
{
    name_t *self = arg;
    self->timer = NULL;
    self->resolve = resolve_new (self->loop, self->host, on_found, self);
}

static bool is_numeric (const char *host)
{
    unsigned char bytes[sizeof (struct in6_addr)];
    return inet_pton (AF_INET, host, bytes) == 1 || inet_pton (AF_INET6, host, bytes) == 1;
}

bool bus_names_follow (bus_names_t *self, bus_dial_t *dial, const char *endpoint)
{
    static const char scheme[] = "tcp://";
    const char *host = endpoint + sizeof scheme - 1, *colon = strrchr (endpoint, ':');
    if (strncmp (endpoint, scheme, sizeof scheme - 1) != 0 || colon <= host || strpbrk (host, "[;"))
        return false; /* libzmq's to understand */
    long port = strtol (colon + 1, NULL, 10);
    name_t *name = xcalloc (1, sizeof *name);
    *name = (name_t){.all = self, .loop = self->loop, .dial = dial, .port = port};
    snprintf (name->host, sizeof name->host, "%.*s", (int)(colon - host), host);
    if (port <= 0 || is_numeric (name->host)) {
        free (name);
        return false;
    }
    name->next = self->names;
    self->names = name;
    look (name);
    return true;
}

bus_names_t *bus_names_new (loop_t *loop)
{
    bus_names_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    return self;
}

void bus_names_destroy (bus_names_t **self_p)
{
    bus_names_t *self = *self_p;
    *self_p = NULL;
    while (self && self->names) {
        name_t *name = self->names;
        self->names = name->next;
        resolve_destroy (&name->resolve);
        loop_cancel (name->loop, &name->timer);
        free (name);
    }
    free (self);
}
