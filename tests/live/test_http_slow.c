/* test_http_slow.c - the real HTTP server and clients that are slow on purpose, or many.
 *
 * Each client sends or reads just enough to look alive; what counts is that the server's own clock ends it. */
#include "http_bench.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* LEISURE_MS, PATIENT_MS: where nobody is to be ended, even if the machine holds its breath. */
enum {
    SLOW_MS = 600,
    LEISURE_MS = 2000,
    PATIENT_MS = 60 * 1000,
    PAUSE_MS = 50,
    TICK_MS = 10,
    LARGE = 50000,
    CROWD = 4,
    BODIES_MAX = CROWD * LARGE - 1
};

/* A client that sends a byte of `text` each tick, and never ends by itself. */
typedef struct drip {
    bench_t *bench;
    const char *text;
    size_t at;
    int fd;
    mono_ms_t closed_after; /* 0: not yet */
    mono_ms_t began;
    bool reads;
} drip_t;

static int dial (const bench_t *self)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons ((uint16_t)http_server_port (self->server))};
    to.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 4096;
    setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal (connect (fd, (struct sockaddr *)&to, sizeof to), 0);
    fcntl (fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* The server has closed its side, or reset, whatever still waits to be read. */
static bool is_closed (int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    assert_int_equal (getsockopt (fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    return info.tcpi_state != TCP_ESTABLISHED;
}

static void on_enough (void *arg)
{
    loop_stop (arg);
}

/* In small steps: of a pause of the machine only one is lost, and the server has had the turns that it needs. */
static void pass (bench_t *self, int ms)
{
    for (; ms > 0; ms--) {
        loop_at (self->loop, loop_now (self->loop) + 1, on_enough, self->loop);
        assert_int_equal (loop_run (self->loop), 0);
    }
}

static void on_tick (void *arg)
{
    drip_t *self = arg;
    loop_t *loop = self->bench->loop;
    if (self->text[self->at] && send (self->fd, self->text + self->at, 1, MSG_NOSIGNAL) == 1)
        self->at++;
    char byte;
    if (self->reads)
        (void)!recv (self->fd, &byte, 1, 0);
    if (is_closed (self->fd)) {
        self->closed_after = loop_now (loop) - self->began;
        loop_stop (loop);
        return;
    }
    loop_at (loop, loop_now (loop) + TICK_MS, on_tick, self);
}

static void restart_server (bench_t *self, int slow_ms)
{
    http_server_destroy (&self->server);
    http_server_config_t config = {.endpoint = "127.0.0.1:0",
                                   .body_max = LARGE,
                                   .timeout_ms = TIMEOUT_MS,
                                   .slow_ms = slow_ms,
                                   .bodies_max = BODIES_MAX};
    self->server = http_server_new (self->loop, &config, on_request, self);
    assert_non_null (self->server);
}

static void ends_in_time (bench_t *self, const char *at_once, const char *slowly, bool reads)
{
    restart_server (self, SLOW_MS);
    drip_t drip = {.bench = self, .text = slowly, .fd = dial (self), .began = loop_now (self->loop), .reads = reads};
    assert_int_equal (send (drip.fd, at_once, strlen (at_once), MSG_NOSIGNAL), strlen (at_once));
    loop_at (self->loop, loop_now (self->loop) + TICK_MS, on_tick, &drip);
    assert_int_equal (loop_run (self->loop), 0);
    close (drip.fd);
    assert_in_range (drip.closed_after, SLOW_MS - TICK_MS, 20 * SLOW_MS);
}

#define ENDLESS                                                                                                        \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xx"                                                                                                               \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xx"                                                                                                               \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xx"

static void a_head_that_drips_is_ended (void **state)
{
    ends_in_time (*state, "GET /", ENDLESS, false);
}

static void a_body_that_drips_is_ended (void **state)
{
    ends_in_time (*state, "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\n\r\n", ENDLESS, false);
}

static void who_connects_and_says_nothing_is_ended (void **state)
{
    ends_in_time (*state, "", "", false);
}

static void an_idle_connection_is_ended (void **state)
{
    ends_in_time (*state, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", "", false);
}

static void an_answer_read_in_drips_is_ended (void **state)
{
    ends_in_time (*state, "GET /deluge HTTP/1.1\r\nHost: h\r\n\r\n", "", true);
}

/* One request, and its answer. False: it was ended. */
static bool asks_late (bench_t *self, int fd, mono_ms_t *longest)
{
    static const char text[] = "GET /late HTTP/1.1\r\nHost: h\r\n\r\n";
    char answer[1024];
    if (send (fd, text, sizeof text - 1, MSG_NOSIGNAL) != sizeof text - 1)
        return false;
    for (ssize_t n = -1; n < 0;) {
        n = recv (fd, answer, sizeof answer, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            return false;
        mono_ms_t before = loop_now (self->loop);
        pass (self, PAUSE_MS);
        mono_ms_t took = loop_now (self->loop) - before;
        *longest = took > *longest ? took : *longest;
    }
    return true;
}

/* Waiting for the handler is not the client's slowness, and a request after a pause gets its time anew. Where the machine
 * itself held its breath for long it says nothing, and is tried again. */
static void who_waits_for_the_handler_is_not_slow (void **state)
{
    bench_t *self = *state;
    bool well = false;
    while (!well) {
        mono_ms_t longest = 0;
        restart_server (self, LEISURE_MS);
        int fd = dial (self);
        well = true;
        for (int i = 0; well && i * PAUSE_MS < LEISURE_MS * 5 / 4; i++)
            well = asks_late (self, fd, &longest);
        assert_true (well || longest > LEISURE_MS / 2);
        close (fd);
    }
}

/* All but its last byte. */
static int send_most (const bench_t *self, const char *bytes, size_t size)
{
    int fd = dial (self);
    assert_int_equal (send (fd, bytes, size - 1, MSG_NOSIGNAL), size - 1);
    return fd;
}

static const char *answer_of (int fd)
{
    static char text[2048];
    ssize_t n = recv (fd, text, sizeof text - 1, 0);
    assert_true (n > 0);
    text[n] = '\0';
    return text;
}

static const char *answer_awaited (bench_t *self, int fd)
{
    char byte;
    while (recv (fd, &byte, 1, MSG_PEEK) < 0) {
        assert_int_equal (errno, EAGAIN);
        pass (self, 1);
    }
    return answer_of (fd);
}

/* Large bodies that are still coming are bounded together: one more is refused, what was begun goes on, and what is
 * small goes on too. */
static void large_bodies_are_bounded_together (void **state)
{
    bench_t *self = *state;
    restart_server (self, PATIENT_MS);
    int fds[CROWD], fine = 0, refused = 0;
    char text[200 + LARGE];
    int head = snprintf (text, sizeof text, "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", LARGE);
    memset (text + head, 'x', LARGE);
    for (int i = 0; i < CROWD; i++)
        fds[i] = send_most (self, text, (size_t)head + LARGE);
    static const char small[] = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
    int little = send_most (self, small, sizeof small - 1);
    pass (self, PAUSE_MS);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal (send (fds[i], "x", 1, MSG_NOSIGNAL), 1);
    assert_int_equal (send (little, "c", 1, MSG_NOSIGNAL), 1);
    pass (self, PAUSE_MS);
    assert_non_null (strstr (answer_awaited (self, little), "HTTP/1.1 200 "));
    close (little);
    for (int i = 0; i < CROWD; i++) {
        const char *answer = answer_awaited (self, fds[i]);
        fine += strstr (answer, "HTTP/1.1 200 ") != NULL;
        refused += strstr (answer, "HTTP/1.1 503 ") && strstr (answer, "\"code\":\"crowded\"") &&
                   strstr (answer, "Retry-After: 1");
        close (fds[i]);
    }
    assert_int_equal (fine, CROWD - 1);
    assert_int_equal (refused, 1);
    pass (self, PAUSE_MS);
    for (int i = 0; i < CROWD - 1; i++) { /* what they held is free again */
        int fd = send_most (self, text, (size_t)head + LARGE);
        assert_int_equal (send (fd, "x", 1, MSG_NOSIGNAL), 1);
        pass (self, PAUSE_MS);
        assert_non_null (strstr (answer_awaited (self, fd), "HTTP/1.1 200 "));
        close (fd);
    }
}

/* Answers that nobody reads are bounded together too: one more becomes a 503, a small one goes out, and once the deaf are
 * gone there is room again. */
static void answers_are_bounded_together (void **state)
{
    static const char deluge[] = "GET /deluge HTTP/1.1\r\nHost: h\r\n\r\n",
                      small[] = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
    bench_t *self = *state;
    restart_server (self, PATIENT_MS);
    int deaf = dial (self), other = dial (self), little = dial (self);
    assert_int_equal (send (deaf, deluge, sizeof deluge - 1, MSG_NOSIGNAL), sizeof deluge - 1);
    pass (self, PAUSE_MS);
    assert_int_equal (send (other, deluge, sizeof deluge - 1, MSG_NOSIGNAL), sizeof deluge - 1);
    assert_int_equal (send (little, small, sizeof small - 1, MSG_NOSIGNAL), sizeof small - 1);
    const char *answer = answer_awaited (self, other);
    assert_true (strstr (answer, "HTTP/1.1 503 ") && strstr (answer, "\"code\":\"crowded\"") &&
                 strstr (answer, "Retry-After: 1"));
    assert_non_null (strstr (answer_awaited (self, little), "HTTP/1.1 200 "));
    close (deaf);
    close (other);
    pass (self, PAUSE_MS);
    other = dial (self);
    assert_int_equal (send (other, deluge, sizeof deluge - 1, MSG_NOSIGNAL), sizeof deluge - 1);
    pass (self, PAUSE_MS);
    assert_non_null (strstr (answer_awaited (self, other), "HTTP/1.1 200 "));
    close (other);
    close (little);
}

/* Connections never take the last descriptors: the store, the log and health need some. */
static int crowd_of_connections (void)
{
    enum { DESCRIPTORS = 300, CLIENTS = DESCRIPTORS - 10 };
    struct rlimit few = {64, DESCRIPTORS};
    setrlimit (RLIMIT_NOFILE, &few);
    bench_t self = {.loop = loop_new ()};
    http_server_config_t config = {.endpoint = "127.0.0.1:0", .timeout_ms = TIMEOUT_MS, .connections_max = DESCRIPTORS};
    self.server = http_server_new (self.loop, &config, on_request, &self);
    pid_t clients = fork ();
    if (clients == 0) {
        closefrom (3);
        for (int i = 0; i < CLIENTS; i++)
            dial (&self);
        pause ();
    }
    int left = -1;
    for (int i = 0; i < 20; i++) {
        pass (&self, TICK_MS);
        left = open ("/dev/null", O_RDONLY | O_CLOEXEC);
        close (left);
    }
    kill (clients, SIGKILL);
    waitpid (clients, NULL, 0);
    return left >= 0 ? 0 : 1;
}

static void descriptors_are_left_for_others (void **state)
{
    (void)state;
    int status = -1;
    pid_t child = fork ();
    if (child == 0)
        _exit (crowd_of_connections ());
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_int_equal (status, 0);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        HTTP_TEST (a_head_that_drips_is_ended),
        HTTP_TEST (a_body_that_drips_is_ended),
        HTTP_TEST (who_connects_and_says_nothing_is_ended),
        HTTP_TEST (an_idle_connection_is_ended),
        HTTP_TEST (an_answer_read_in_drips_is_ended),
        HTTP_TEST (who_waits_for_the_handler_is_not_slow),
        HTTP_TEST (large_bodies_are_bounded_together),
        HTTP_TEST (answers_are_bounded_together),
        cmocka_unit_test (descriptors_are_left_for_others),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
