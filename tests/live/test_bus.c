/* test_bus.c - the bus over real sockets (ipc in a directory of its own): each pattern, drops, strangers. */
#include "bus.h"
#include "live.h"
#include "xmalloc.h"

#include <czmq.h>

enum { PATIENCE_MS = 5000, MANY = 2000 };

typedef struct world {
    char dir[64];
    loop_t *loop;
    bus_t *here, *there;
} world_t;

static const char *endpoint (const world_t *self, const char *name)
{
    static char text[2][128];
    static int turn;
    char *at = text[turn++ % 2];
    snprintf (at, sizeof text[0], "ipc://%s/%s", self->dir, name);
    return at;
}

static int setup (void **state)
{
    world_t *self = xcalloc (1, sizeof *self);
    *state = self;
    snprintf (self->dir, sizeof self->dir, "/tmp/buckstop-live-XXXXXX");
    assert_non_null (mkdtemp (self->dir));
    self->loop = loop_new ();
    self->here = bus_new (self->loop);
    self->there = bus_new (self->loop);
    return 0;
}

static int teardown (void **state)
{
    world_t *self = *state;
    char command[128];
    bus_destroy (&self->here);
    bus_destroy (&self->there);
    loop_destroy (&self->loop);
    snprintf (command, sizeof command, "rm -rf '%s'", self->dir);
    assert_int_equal (system (command), 0);
    free (self);
    return 0;
}

typedef struct heard {
    bus_t *bus;
    int n, wanted;
    bool all;
    char last[64];
    bool peer;
} heard_t;

static void note (heard_t *self, const void *bytes, size_t size)
{
    snprintf (self->last, sizeof self->last, "%.*s", (int)size, (const char *)bytes);
    self->n++;
    self->all = self->n >= self->wanted;
}

static void on_message (void *arg, bus_peer_t *peer, const void *bytes, size_t size)
{
    heard_t *self = arg;
    self->peer |= peer != NULL;
    note (self, bytes, size);
}

static void on_request (void *arg, bus_peer_t *peer, const void *bytes, size_t size)
{
    heard_t *self = arg;
    char answer[80];
    note (self, bytes, size);
    snprintf (answer, sizeof answer, "re: %s", self->last);
    bus_answer (self->bus, &peer, answer, strlen (answer));
    assert_null (peer);
}

/* Pushes from a hook until it is taken: the connection is made by another thread. */
typedef struct pusher {
    world_t *world;
    bus_link_t link;
    int left;
    loop_timer_t *timer;
} pusher_t;

static void push_on (void *arg)
{
    pusher_t *self = arg;
    self->timer = NULL;
    while (self->left > 0 && bus_push (self->world->here, self->link, "hint", 4) == 0)
        self->left--;
    if (self->left > 0)
        self->timer = loop_at (self->world->loop, loop_now (self->world->loop) + 1, push_on, self);
}

static void test_push (void **state)
{
    static const bus_link_t links[] = {BUS_ROUTE, BUS_DUE, BUS_OUTBOX};
    world_t *self = *state;
    for (size_t i = 0; i < 3; i++) {
        heard_t heard = {.wanted = MANY};
        pusher_t pusher = {.world = self, .link = links[i], .left = MANY};
        const char *at = endpoint (self, i == 0 ? "route" : i == 1 ? "due" : "outbox");
        assert_int_equal (bus_push (self->here, links[i], "x", 1), -EAGAIN); /* not connected */
        assert_int_equal (bus_connect (self->here, links[i], at, NULL, NULL), 0);
        assert_int_equal (bus_push (self->here, links[i], "x", 1), -EAGAIN); /* nobody there: nothing is queued */
        assert_int_equal (bus_dropped (self->here, links[i]), 2);
        assert_int_equal (bus_bind (self->there, links[i], at, on_message, &heard), 0);
        push_on (&pusher);
        live_until (self->loop, &heard.all, PATIENCE_MS, "all hints");
        assert_int_equal (heard.n, MANY);
        assert_string_equal (heard.last, "hint");
        assert_false (heard.peer);
    }
}

/* One bus both binds and connects the same link: a service that hints itself. */
static void test_both_ends (void **state)
{
    world_t *self = *state;
    heard_t heard = {.wanted = 1};
    pusher_t pusher = {.world = self, .link = BUS_DUE, .left = 1};
    assert_int_equal (bus_bind (self->here, BUS_DUE, endpoint (self, "due"), on_message, &heard), 0);
    assert_int_equal (bus_connect (self->here, BUS_DUE, endpoint (self, "due"), NULL, NULL), 0);
    push_on (&pusher);
    live_until (self->loop, &heard.all, PATIENCE_MS, "its own hint");
}

/* Two receivers of which one is away: hints go to the other. */
static void test_several_endpoints (void **state)
{
    world_t *self = *state;
    char both[300];
    heard_t heard = {.wanted = 10};
    pusher_t pusher = {.world = self, .link = BUS_ROUTE, .left = 10};
    snprintf (both, sizeof both, "%s,%s", endpoint (self, "one"), endpoint (self, "two"));
    assert_int_equal (bus_connect (self->here, BUS_ROUTE, both, NULL, NULL), 0);
    assert_int_equal (bus_bind (self->there, BUS_ROUTE, endpoint (self, "two"), on_message, &heard), 0);
    push_on (&pusher);
    live_until (self->loop, &heard.all, PATIENCE_MS, "all at the one that is there");
}

static void test_request (void **state)
{
    world_t *self = *state;
    heard_t asked = {.bus = self->there, .wanted = 2}, answered = {.wanted = 2};
    assert_int_equal (bus_bind (self->there, BUS_SUBMIT, endpoint (self, "submit"), on_request, &asked), 0);
    assert_int_equal (bus_connect (self->here, BUS_SUBMIT, endpoint (self, "submit"), on_message, &answered), 0);
    assert_int_equal (bus_request (self->here, "one", 3), 0); /* queued until connected */
    assert_int_equal (bus_request (self->here, "two", 3), 0);
    live_until (self->loop, &answered.all, PATIENCE_MS, "two answers");
    assert_string_equal (answered.last, "re: two");
    assert_int_equal (asked.n, 2);
}

/* A REQ sends an empty frame before the body, and wants it back. */
static void test_request_of_a_req (void **state)
{
    world_t *self = *state;
    heard_t asked = {.bus = self->there, .wanted = 1};
    assert_int_equal (bus_bind (self->there, BUS_SUBMIT, endpoint (self, "submit"), on_request, &asked), 0);
    zsock_t *req = zsock_new_req (endpoint (self, "submit"));
    zstr_send (req, "hello");
    live_until (self->loop, &asked.all, PATIENCE_MS, "the request");
    zsock_set_rcvtimeo (req, PATIENCE_MS);
    char *answer = zstr_recv (req);
    assert_string_equal (answer, "re: hello");
    zstr_free (&answer);
    zsock_destroy (&req);
}

static bus_peer_t *kept;

static void on_request_keep (void *arg, bus_peer_t *peer, const void *bytes, size_t size)
{
    note (arg, bytes, size);
    kept = peer;
}

/* Who asked has gone: the answer is dropped and counted, nothing else. */
static void test_answer_to_nobody (void **state)
{
    world_t *self = *state;
    heard_t asked = {.wanted = 1};
    assert_int_equal (bus_bind (self->there, BUS_SUBMIT, endpoint (self, "submit"), on_request_keep, &asked), 0);
    assert_int_equal (bus_connect (self->here, BUS_SUBMIT, endpoint (self, "submit"), on_message, &asked), 0);
    bus_request (self->here, "x", 1);
    live_until (self->loop, &asked.all, PATIENCE_MS, "the request");
    bus_destroy (&self->here);
    live_for (self->loop, 20);
    bus_answer (self->there, &kept, "late", 4);
    assert_null (kept);
    assert_true (bus_dropped (self->there, BUS_SUBMIT) <= 1);
    bus_peer_t *none = NULL;
    bus_answer (self->there, &none, "x", 1);
}

/* More frames than a request may have, and none but the identity. */
static void test_odd_frames (void **state)
{
    world_t *self = *state;
    heard_t asked = {.bus = self->there, .wanted = 1};
    assert_int_equal (bus_bind (self->there, BUS_SUBMIT, endpoint (self, "submit"), on_request, &asked), 0);
    zsock_t *dealer = zsock_new_dealer (endpoint (self, "submit"));
    zmsg_t *many = zmsg_new ();
    for (int i = 0; i < 9; i++)
        zmsg_addstr (many, "frame");
    zmsg_send (&many, dealer);
    zstr_send (dealer, "sound");
    live_until (self->loop, &asked.all, PATIENCE_MS, "the sound one");
    assert_int_equal (asked.n, 1);
    assert_string_equal (asked.last, "sound");
    zsock_destroy (&dealer);
}

typedef struct publisher {
    world_t *world;
    int n;
    heard_t *until;
} publisher_t;

static void publish_on (void *arg)
{
    publisher_t *self = arg;
    assert_int_equal (bus_publish (self->world->there, "acme", "event", 5), 0);
    if (!self->until->all)
        loop_at (self->world->loop, loop_now (self->world->loop) + 2, publish_on, self);
}

static void test_stream (void **state)
{
    world_t *self = *state;
    heard_t heard = {.wanted = 3};
    publisher_t publisher = {.world = self, .until = &heard};
    assert_int_equal (bus_bind (self->there, BUS_STREAM, endpoint (self, "stream"), NULL, NULL), 0);
    assert_int_equal (bus_connect (self->here, BUS_STREAM, endpoint (self, "stream"), on_message, &heard), 0);
    publish_on (&publisher); /* until the subscription has arrived */
    live_until (self->loop, &heard.all, PATIENCE_MS, "three events");
    assert_string_equal (heard.last, "event");
    live_for (self->loop, 5);
}

/* A flood on one socket leaves room for the timers of others. */
typedef struct flood {
    world_t *world;
    bool over;
    int64_t heard_before;
    heard_t *heard;
} flood_t;

static void on_flood_timer (void *arg)
{
    flood_t *self = arg;
    self->heard_before = self->heard->n;
    self->over = true;
}

static void test_bounded_turn (void **state)
{
    world_t *self = *state;
    heard_t heard = {.wanted = 900};
    flood_t flood = {.world = self, .heard = &heard};
    pusher_t pusher = {.world = self, .link = BUS_DUE, .left = 900};
    assert_int_equal (bus_bind (self->there, BUS_DUE, endpoint (self, "due"), on_message, &heard), 0);
    assert_int_equal (bus_connect (self->here, BUS_DUE, endpoint (self, "due"), NULL, NULL), 0);
    push_on (&pusher);
    loop_longest_turn_us (self->loop);
    loop_at (self->loop, loop_now (self->loop), on_flood_timer, &flood);
    live_until (self->loop, &heard.all, PATIENCE_MS, "the flood");
    assert_true (flood.over);
}

static void test_bad_endpoints (void **state)
{
    world_t *self = *state;
    char long_one[400];
    memset (long_one, 'x', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    assert_true (bus_bind (self->here, BUS_DUE, "nonsense", on_message, NULL) < 0);
    assert_int_equal (bus_connect (self->here, BUS_DUE, long_one, NULL, NULL), -ENAMETOOLONG);
    assert_int_equal (bus_bind (self->here, BUS_ROUTE, endpoint (self, "a"), on_message, NULL), 0);
    assert_true (bus_bind (self->there, BUS_ROUTE, "ipc:///no/such/folder/x", on_message, NULL) < 0);
}

int main (void)
{
#define LIVE_TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)
    const struct CMUnitTest tests[] = {
        LIVE_TEST (test_push),          LIVE_TEST (test_both_ends),        LIVE_TEST (test_several_endpoints),
        LIVE_TEST (test_request),       LIVE_TEST (test_request_of_a_req), LIVE_TEST (test_answer_to_nobody),
        LIVE_TEST (test_odd_frames),    LIVE_TEST (test_stream),           LIVE_TEST (test_bounded_turn),
        LIVE_TEST (test_bad_endpoints),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
