/* test_http_stream.c - answers of the real HTTP server that go on: parts shared by many, clients that go, or do not read. */
#include "http_bench.h"

#include <fcntl.h>

/* LEISURE_MS: where it is seen that nobody is ended, and a machine that holds its breath for less does not matter. */
enum {
    SLOW_MS = 600,
    LEISURE_MS = 2000,
    ROOM = 100000,
    PART = 40000,
    TICK_MS = 5,
    MANY = 8,
    MUCH = 250000,
    BUSY_US = 5000
};

static http_stream_t *streams[MANY];
static size_t streams_n;

static void on_stream (void *arg, http_request_t *request)
{
    bench_t *self = arg;
    static const http_header_t headers[] = {{"X-Own", "yes"}, {NULL, NULL}};
    if (strcmp (http_path (request), "/stream") == 0)
        streams[streams_n++] = http_stream_new (&request, "text/event-stream", headers, ROOM);
    else if (strcmp (http_path (request), "/never") == 0)
        self->kept = request;
    else
        http_respond (&request, 200, "text/plain", "plain", 5, NULL);
}

static void restart_for (bench_t *self, int slow_ms)
{
    http_server_destroy (&self->server);
    streams_n = 0;
    const http_server_config_t config = {
        .endpoint = "127.0.0.1:0", .body_max = BODY_MAX, .timeout_ms = TIMEOUT_MS, .slow_ms = slow_ms};
    self->server = http_server_new (self->loop, &config, on_stream, self);
    assert_non_null (self->server);
}

/* Where nobody is to be ended for being slow: the machine may hold its breath for longer than SLOW_MS. */
static void restart (bench_t *self)
{
    restart_for (self, TOO_LONG_MS);
}

static int dial (const bench_t *self, const char *words)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons ((uint16_t)http_server_port (self->server))};
    to.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 4096;
    setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal (connect (fd, (struct sockaddr *)&to, sizeof to), 0);
    fcntl (fd, F_SETFL, O_NONBLOCK);
    assert_int_equal (send (fd, words, strlen (words), 0), (ssize_t)strlen (words));
    return fd;
}

static void on_enough (void *arg)
{
    loop_stop (arg);
}

static void pass (bench_t *self)
{
    loop_at (self->loop, loop_now (self->loop) + TICK_MS, on_enough, self->loop);
    assert_int_equal (loop_run (self->loop), 0);
}

static void until_streams (bench_t *self, size_t n)
{
    while (streams_n < n)
        pass (self); /* the bench's guard bounds it */
}

/* Reads what is there until it holds the words; appended to heard. */
static void until_heard (bench_t *self, int fd, const char *words)
{
    while (!strstr (self->heard, words)) {
        pass (self);
        ssize_t n = recv (fd, self->heard + self->heard_n, HEARD_MAX - 1 - self->heard_n, MSG_DONTWAIT);
        self->heard_n += n > 0 ? (size_t)n : 0;
        self->heard[self->heard_n] = 0;
    }
}

static void forget (bench_t *self)
{
    self->heard_n = 0;
    self->heard[0] = 0;
}

static bool send_text (http_stream_t *stream, const char *text)
{
    http_bytes_t *bytes = http_bytes_new (text, strlen (text));
    bool sent = http_stream_send (stream, bytes);
    http_bytes_destroy (&bytes);
    return sent;
}

#define ASK "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"

static void parts_come_as_they_are_sent_and_the_connection_lives_on (void **state)
{
    bench_t *self = *state;
    restart (self);
    forget (self);
    int fd = dial (self, ASK);
    until_streams (self, 1);
    until_heard (self, fd, "X-Own: yes");
    assert_non_null (strstr (self->heard, "HTTP/1.1 200 "));
    assert_non_null (strstr (self->heard, "Content-Type: text/event-stream"));
    assert_int_equal (http_server_open (self->server), 0);
    assert_true (send_text (streams[0], "one."));
    until_heard (self, fd, "one.");
    assert_int_equal (http_stream_waiting (streams[0]), 0);
    assert_true (send_text (streams[0], "two.") && send_text (streams[0], "three."));
    until_heard (self, fd, "three.");
    assert_true (send_text (streams[0], "last.")); /* what was sent goes out before the end */
    http_stream_destroy (&streams[0]);
    until_heard (self, fd, "0\r\n\r\n");
    assert_non_null (strstr (self->heard, "last."));
    forget (self);
    static const char next[] = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
    assert_true (send (fd, next, sizeof next - 1, 0) > 0);
    until_heard (self, fd, "plain");
    close (fd);
}

static void who_does_not_read_is_cut_off_and_others_are_not (void **state)
{
    bench_t *self = *state;
    restart (self);
    forget (self);
    char *text = malloc (PART);
    memset (text, 'x', PART);
    int lazy = dial (self, ASK);
    until_streams (self, 1);
    int eager = dial (self, ASK);
    until_streams (self, 2);
    bool sent = true;
    for (int i = 0; sent; i++) {
        http_bytes_t *bytes = http_bytes_new (text, PART);
        sent = http_stream_send (streams[0], bytes);
        assert_true (http_stream_send (streams[1], bytes));
        http_bytes_destroy (&bytes);
        assert_true (http_stream_waiting (streams[0]) <= ROOM);
        while (http_stream_waiting (streams[1])) {
            forget (self);
            pass (self);
            while (recv (eager, self->heard, HEARD_MAX, MSG_DONTWAIT) > 0)
                ;
        }
        assert_true (i < 1000); /* the system's own buffers are bounded, too */
    }
    assert_false (send_text (streams[0], "more"));
    http_stream_destroy (&streams[0]);
    forget (self);
    assert_true (send_text (streams[1], "still here"));
    until_heard (self, eager, "still here");
    http_stream_destroy (&streams[1]);
    free (text);
    close (lazy);
    close (eager);
}

static void what_waits_is_not_kept_for_ever (void **state)
{
    bench_t *self = *state;
    restart_for (self, SLOW_MS);
    int fd = dial (self, ASK);
    until_streams (self, 1);
    char *text = malloc (PART);
    memset (text, 'x', PART);
    http_bytes_t *bytes = http_bytes_new (text, PART);
    while (http_stream_waiting (streams[0]) < PART) { /* the system takes no more */
        if (!http_stream_send (streams[0], bytes))
            break; /* a pause of the machine in here: ended all the same, and by nothing but the time */
        pass (self);
    }
    http_bytes_destroy (&bytes);
    free (text);
    mono_ms_t began = loop_now (self->loop);
    while (send_text (streams[0], ""))
        pass (self);
    assert_true (loop_now (self->loop) - began < 20 * SLOW_MS);
    http_stream_destroy (&streams[0]);
    close (fd);
}

/* A stream that says nothing for long is no slow client. */
static void who_waits_for_us_is_not_slow (void **state)
{
    bench_t *self = *state;
    restart_for (self, LEISURE_MS);
    forget (self);
    int fd = dial (self, ASK);
    until_streams (self, 1);
    mono_ms_t end = loop_now (self->loop) + LEISURE_MS * 3 / 2;
    while (loop_now (self->loop) < end)
        pass (self);
    assert_true (send_text (streams[0], "at last"));
    until_heard (self, fd, "at last");
    http_stream_destroy (&streams[0]);
    close (fd);
}

static void who_goes_is_noticed_by_sending (void **state)
{
    bench_t *self = *state;
    restart (self);
    int fd = dial (self, ASK);
    until_streams (self, 1);
    close (fd);
    while (send_text (streams[0], "hello"))
        pass (self);
    assert_false (send_text (streams[0], "hello"));
    http_stream_destroy (&streams[0]);
    assert_null (streams[0]);
}

static void what_was_answered_before_is_no_stream (void **state)
{
    bench_t *self = *state;
    restart (self);
    forget (self);
    int fd = dial (self, "GET /never HTTP/1.1\r\nHost: h\r\n\r\n");
    until_heard (self, fd, "no-answer-in-time");
    http_stream_t *stream = http_stream_new (&self->kept, "text/event-stream", NULL, ROOM);
    assert_false (send_text (stream, "too late"));
    http_stream_destroy (&stream);
    close (fd);
}

static void the_server_may_end_while_a_last_part_waits (void **state)
{
    bench_t *self = *state;
    restart (self);
    forget (self);
    int fd = dial (self, ASK), old = dial (self, "GET /stream HTTP/1.0\r\n\r\n");
    until_streams (self, 2);
    assert_true (send_text (streams[0], "bye") && send_text (streams[1], "bye"));
    until_heard (self, fd, "bye");
    http_stream_destroy (&streams[0]);
    http_stream_destroy (&streams[1]);
    http_server_destroy (&self->server);
    close (fd);
    close (old);
}

/* All else takes so long in each turn that streams are always late. */
static void on_busy (void *arg)
{
    bench_t *self = arg;
    int64_t until = loop_now_us (self->loop) + BUSY_US;
    while (loop_now_us (self->loop) < until)
        ;
    loop_at (self->loop, loop_now (self->loop), on_busy, self);
}

static size_t letters (int fd, char letter)
{
    static char got[MUCH];
    size_t n = 0;
    ssize_t size = recv (fd, got, sizeof got, MSG_DONTWAIT);
    for (ssize_t i = 0; i < size; i++)
        n += got[i] == letter;
    return n;
}

static void who_must_wait_for_a_turn_gets_all_the_same (void **state)
{
    bench_t *self = *state;
    restart_for (self, TOO_LONG_MS);
    int fds[MANY];
    size_t taken[MANY] = {0}, done = 0;
    for (size_t i = 0; i < MANY; i++) {
        fds[i] = dial (self, ASK);
        until_streams (self, i + 1);
    }
    char *text = malloc (MUCH);
    memset (text, '~', MUCH);
    http_bytes_t *bytes = http_bytes_new (text, MUCH);
    on_busy (self);
    for (size_t i = 0; i < MANY; i++)
        assert_true (http_stream_send (streams[i], bytes));
    http_bytes_destroy (&bytes);
    http_stream_destroy (&streams[MANY - 1]); /* what was sent goes out before the end */
    while (done < MANY) {
        done = 0;
        pass (self);
        for (size_t i = 0; i < MANY; i++) {
            taken[i] += letters (fds[i], '~');
            done += taken[i] == MUCH;
        }
    }
    for (size_t i = 0; i + 1 < MANY; i++) {
        assert_true (send_text (streams[i], "more"));
        http_stream_destroy (&streams[i]);
    }
    for (size_t i = 0; i < MANY; i++)
        close (fds[i]);
    free (text);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        HTTP_TEST (parts_come_as_they_are_sent_and_the_connection_lives_on),
        HTTP_TEST (who_does_not_read_is_cut_off_and_others_are_not),
        HTTP_TEST (what_waits_is_not_kept_for_ever),
        HTTP_TEST (who_waits_for_us_is_not_slow),
        HTTP_TEST (who_goes_is_noticed_by_sending),
        HTTP_TEST (what_was_answered_before_is_no_stream),
        HTTP_TEST (the_server_may_end_while_a_last_part_waits),
        HTTP_TEST (who_must_wait_for_a_turn_gets_all_the_same),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
