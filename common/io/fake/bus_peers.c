/* bus_peers.c (fake) - no bound and no keys: within one program nobody comes whom the test did not call. */
#include "bus.h"

void bus_peers_max (bus_t *self, bus_link_t link, size_t max)
{
    (void)self, (void)link, (void)max;
}

size_t bus_peers (const bus_t *self, bus_link_t link)
{
    (void)self, (void)link;
    return 0;
}

uint64_t bus_peers_closed (const bus_t *self, bus_link_t link)
{
    (void)self, (void)link;
    return 0;
}

void bus_on_subscribe (bus_t *self, loop_fn *fn, void *arg)
{
    (void)self, (void)fn, (void)arg;
}

int bus_use_keys (bus_t *self, const char *directory, const char *name, char why[DETAIL_SIZE])
{
    (void)self, (void)directory, (void)name, (void)why;
    return 0;
}

bool bus_keys_fine (const char *directory, const char *name, char why[DETAIL_SIZE])
{
    (void)directory, (void)name, (void)why;
    return true;
}

int bus_keys_make (const char *directory, const char *name, char why[DETAIL_SIZE])
{
    (void)directory, (void)name, (void)why;
    return 0;
}

uint64_t bus_refused (const bus_t *self)
{
    (void)self;
    return 0;
}

void bus_on_refused (bus_t *self, bus_refused_fn *fn, void *arg)
{
    (void)self, (void)fn, (void)arg;
}
