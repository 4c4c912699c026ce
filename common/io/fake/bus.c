/* bus.c (fake) - the bus within one program: endpoints are words, messages are posted to the other's loop.
 *
 * Who binds an endpoint receives what is pushed or requested there, several in turn; who publishes is heard
 * by all that connected to one of its endpoints. Limits: no connection takes time; a test's faults count
 * per link, whoever sends. */
#include "bus.h"
#include "world.h"

#include "xmalloc.h"

#include <errno.h>

enum { ENDPOINTS_MAX = 8, ENDPOINT_SIZE = 128 };

typedef struct side {
    char endpoints[ENDPOINTS_MAX][ENDPOINT_SIZE];
    size_t n;
    bus_fn *fn;
    void *arg;
} side_t;

struct bus {
    bus_t *next;
    uint64_t id; /* what messages under way hold: the bus may be gone when they arrive */
    loop_t *loop;
    side_t bound[BUS_LINKS], connected[BUS_LINKS];
    uint64_t dropped[BUS_LINKS];
};

struct bus_peer {
    uint64_t from;
};

typedef struct message {
    uint64_t to, from; /* from: of a request that wants an answer; 0: none */
    bus_link_t link;
    bool at_bound; /* which side of the receiver */
    size_t size;
    char bytes[];
} message_t;

typedef struct fault {
    fake_bus_fault_t kind;
    int64_t count, value;
} fault_t;

static struct {
    bus_t *buses;
    uint64_t ids;
    unsigned turn[BUS_LINKS]; /* whose turn it is among several receivers */
    fault_t faults[BUS_LINKS];
    uint64_t sent[BUS_LINKS];
} state;

void world_reset_bus (void)
{
    memset (state.faults, 0, sizeof state.faults);
    memset (state.sent, 0, sizeof state.sent);
    memset (state.turn, 0, sizeof state.turn);
}

void fake_bus_fault (bus_link_t link, fake_bus_fault_t fault, int64_t count, int64_t value)
{
    state.faults[link] = (fault_t){fault, count, value};
}

uint64_t fake_bus_sent (bus_link_t link)
{
    return state.sent[link];
}

/* --- sides -------------------------------------------------------------------------------------- */

static int side_add (side_t *side, const char *endpoints, bus_fn *fn, void *arg)
{
    while (endpoints && *endpoints) {
        size_t size = strcspn (endpoints, ",");
        if (side->n == ENDPOINTS_MAX || size >= ENDPOINT_SIZE)
            return -EINVAL;
        memcpy (side->endpoints[side->n], endpoints, size);
        side->endpoints[side->n++][size] = 0;
        endpoints += size + (endpoints[size] == ',');
    }
    if (fn) {
        side->fn = fn;
        side->arg = arg;
    }
    return 0;
}

static bool sides_meet (const side_t *a, const side_t *b)
{
    for (size_t i = 0; i < a->n; i++) {
        for (size_t j = 0; j < b->n; j++) {
            if (strcmp (a->endpoints[i], b->endpoints[j]) == 0)
                return true;
        }
    }
    return false;
}

static bus_t *bus_of (uint64_t id)
{
    bus_t *bus = state.buses;
    while (bus && bus->id != id)
        bus = bus->next;
    return bus;
}

/* The next of those that bound what `self` is connected to; NULL: nobody. */
static bus_t *receiver (const bus_t *self, bus_link_t link)
{
    bus_t *found[64];
    size_t n = 0;
    for (bus_t *bus = state.buses; bus && n < 64; bus = bus->next) {
        if (world_alive (bus->loop) && bus->bound[link].fn && sides_meet (&bus->bound[link], &self->connected[link]))
            found[n++] = bus;
    }
    return n ? found[state.turn[link]++ % n] : NULL;
}

/* --- messages ------------------------------------------------------------------------------------ */

static void arrive (void *arg)
{
    const message_t *message = arg;
    bus_t *to = bus_of (message->to);
    if (!to)
        return;
    const side_t *side = message->at_bound ? &to->bound[message->link] : &to->connected[message->link];
    bus_peer_t *peer = NULL;
    if (message->from) {
        peer = xcalloc (1, sizeof *peer);
        peer->from = message->from;
    }
    if (side->fn)
        side->fn (side->arg, peer, message->bytes, message->size);
    else
        free (peer);
}

static void post (const bus_t *to, const message_t *like, const void *bytes, size_t size, int64_t delay_ms)
{
    message_t *message = xcalloc (1, sizeof *message + size);
    *message = *like;
    message->to = to->id;
    message->size = size;
    if (size)
        memcpy (message->bytes, bytes, size);
    world_post (to->loop, delay_ms, arrive, message, free);
}

static void send_by_chance (const bus_t *to, const message_t *like, const void *bytes, size_t size)
{
    const fake_chaos_t *chaos = world_chaos ();
    uint64_t within = (uint64_t)chaos->bus_delay_ms + 1;
    if (world_chance (chaos->bus_drop))
        return;
    post (to, like, bytes, size, world_chance (chaos->bus_delay) ? (int64_t)world_draw (within) : 0);
    if (world_chance (chaos->bus_double))
        post (to, like, bytes, size, (int64_t)world_draw (within));
}

static void send (const bus_t *to, const message_t *like, const void *bytes, size_t size)
{
    fault_t *fault = &state.faults[like->link];
    fault_t now = {0};
    state.sent[like->link]++;
    if (fault->count != 0) {
        now = *fault;
        if (fault->count > 0)
            fault->count--;
    }
    if (now.kind == FAKE_BUS_DROP)
        return;
    if (now.kind == FAKE_BUS_OK) {
        send_by_chance (to, like, bytes, size);
        return;
    }
    post (to, like, bytes, size, now.kind == FAKE_BUS_DELAY ? now.value : 0);
    if (now.kind == FAKE_BUS_DOUBLE)
        post (to, like, bytes, size, now.value);
}

/* --- bus.h ---------------------------------------------------------------------------------------- */

bus_t *bus_new (loop_t *loop)
{
    bus_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    self->id = ++state.ids;
    bus_t **end = &state.buses;
    while (*end)
        end = &(*end)->next;
    *end = self;
    return self;
}

void bus_destroy (bus_t **self_p)
{
    for (bus_t **link = &state.buses; *self_p && *link; link = &(*link)->next) {
        if (*link == *self_p) {
            *link = (*self_p)->next;
            break;
        }
    }
    free (*self_p);
    *self_p = NULL;
}

/* Nobody reaches it any more; its memory is its maker's. */
void world_dead_bus (const loop_t *loop)
{
    for (bus_t **link = &state.buses; *link;) {
        if ((*link)->loop == loop)
            *link = (*link)->next;
        else
            link = &(*link)->next;
    }
}

int bus_bind (bus_t *self, bus_link_t link, const char *endpoints, bus_fn *fn, void *arg)
{
    return side_add (&self->bound[link], endpoints, fn, arg);
}

int bus_connect (bus_t *self, bus_link_t link, const char *endpoints, bus_fn *fn, void *arg)
{
    return side_add (&self->connected[link], endpoints, fn, arg);
}

int bus_push (bus_t *self, bus_link_t link, const void *bytes, size_t size)
{
    const bus_t *to = receiver (self, link);
    if (!to) {
        self->dropped[link]++;
        return -EAGAIN;
    }
    send (to, &(message_t){.link = link, .at_bound = true}, bytes, size);
    return 0;
}

int bus_publish (bus_t *self, const char *topic, const void *bytes, size_t size)
{
    (void)topic; /* all subscribe to everything */
    for (const bus_t *bus = state.buses; bus; bus = bus->next) {
        if (sides_meet (&self->bound[BUS_STREAM], &bus->connected[BUS_STREAM]))
            send (bus, &(message_t){.link = BUS_STREAM}, bytes, size);
    }
    return 0;
}

int bus_request (bus_t *self, const void *bytes, size_t size)
{
    const bus_t *to = receiver (self, BUS_SUBMIT);
    if (!to) {
        self->dropped[BUS_SUBMIT]++;
        return -EAGAIN;
    }
    send (to, &(message_t){.link = BUS_SUBMIT, .from = self->id, .at_bound = true}, bytes, size);
    return 0;
}

void bus_answer (bus_t *self, bus_peer_t **peer_p, const void *bytes, size_t size)
{
    (void)self;
    if (!*peer_p)
        return;
    const bus_t *to = size ? bus_of ((*peer_p)->from) : NULL;
    if (to)
        post (to, &(message_t){.link = BUS_SUBMIT}, bytes, size, 0);
    free (*peer_p);
    *peer_p = NULL;
}

uint64_t bus_dropped (const bus_t *self, bus_link_t link)
{
    return self->dropped[link];
}
