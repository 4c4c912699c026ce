/* test_http_server.c - the real HTTP server, in bytes: conversations on a port that the system picks. */
#include "http_bench.h"

#include <netdb.h>

/* --- raw conversations ------------------------------------------------------------------------------- */

static void on_raw (void *arg, uint32_t events)
{
    bench_t *self = arg;
    if (self->said < self->say_size && (events & EPOLLOUT)) {
        ssize_t n = send (self->fd, self->say + self->said, self->say_size - self->said, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            self->said += (size_t)n;
        if (self->said == self->say_size)
            loop_watch_change (self->loop, self->watch, EPOLLIN);
    }
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    ssize_t n = recv (self->fd, self->heard + self->heard_n, HEARD_MAX - 1 - self->heard_n, MSG_DONTWAIT);
    if (n > 0)
        self->heard_n += (size_t)n;
    self->heard[self->heard_n] = 0;
    self->closed = n == 0 || (n < 0 && errno != EAGAIN);
    if (self->closed)
        loop_unwatch (self->loop, &self->watch);
    if (self->closed || (self->until && strstr (self->heard, self->until)))
        loop_stop (self->loop);
}

static void say (bench_t *self, const char *bytes, size_t size, const char *until)
{
    if (self->fd < 0) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons ((uint16_t)http_server_port (self->server))};
        to.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
        self->fd = socket (AF_INET, SOCK_STREAM, 0);
        assert_int_equal (connect (self->fd, (struct sockaddr *)&to, sizeof to), 0);
        self->watch = loop_watch (self->loop, self->fd, EPOLLIN | EPOLLOUT, on_raw, self);
    } else
        loop_watch_change (self->loop, self->watch, EPOLLIN | EPOLLOUT);
    self->say = bytes;
    self->say_size = size;
    self->said = 0;
    self->until = until;
    self->heard_n = 0;
    self->heard[0] = 0;
    assert_int_equal (loop_run (self->loop), 0);
}

static void says (bench_t *self, const char *text, const char *until)
{
    say (self, text, strlen (text), until);
}

static bool heard (const bench_t *self, const char *words)
{
    return strstr (self->heard, words) != NULL;
}

#define PROBLEM "application/problem+json"

static void a_connection_is_kept_and_paths_come_raw (void **state)
{
    bench_t *self = *state;
    says (self, "GET /a%20b?a=x%26+y&b%26=%2B HTTP/1.1\r\nHost: h\r\nIdempotency-Key: k1\r\n\r\n", "size=0");
    assert_true (heard (self, "HTTP/1.1 200 "));
    assert_true (heard (self, "\r\n\r\nGET /a%20b a=x& y b=+ key=k1 size=0"));
    says (self, "POST /two HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", "size=3");
    assert_true (heard (self, "POST /two a=(none) b=(none) key=(none) size=3"));
    assert_false (self->closed);
    says (self,
          "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
          "abcdefg");
    assert_true (heard (self, "Content-Length: 7"));
}

static void an_answer_may_come_late_and_pipelined_requests_wait_for_it (void **state)
{
    bench_t *self = *state;
    says (self, "GET /late HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n", "GET /next");
    assert_true (heard (self, "HTTP/1.1 202 "));
    assert_true (heard (self, "X-Late: yes"));
    assert_false (heard (self, "X-Forged"));
    assert_true (strstr (self->heard, "late") < strstr (self->heard, "GET /next"));
    assert_int_equal (http_server_open (self->server), 0);
}

static void a_request_nobody_answers_gets_503_and_a_later_answer_does_nothing (void **state)
{
    bench_t *self = *state;
    mono_ms_t before = loop_now (self->loop);
    says (self, "GET /never?a=1 HTTP/1.1\r\nHost: h\r\n\r\n", "\"hint\"");
    assert_in_range (loop_now (self->loop) - before, TIMEOUT_MS, TOO_LONG_MS / 2);
    assert_true (heard (self, "HTTP/1.1 503 "));
    assert_true (heard (self, "Retry-After: 1\r\n"));
    assert_true (heard (self, PROBLEM));
    assert_true (heard (self, "\"code\":\"no-answer-in-time\""));
    assert_true (heard (self, "with the same Idempotency-Key"));
    assert_int_equal (http_server_open (self->server), 0);
    assert_non_null (self->kept);
    says (self, "GET /next HTTP/1.1\r\nHost: h\r\n\r\n", "GET /next"); /* the connection lives on */
    assert_string_equal (http_query (self->kept, "a"), "1");           /* still the handler's */
    http_respond (&self->kept, 200, "text/plain", "too late", 8, NULL);
    assert_null (self->kept);
    says (self, "GET /last HTTP/1.1\r\nHost: h\r\n\r\n", "GET /last");
    assert_false (heard (self, "too late"));
}

static void what_is_malformed_gets_400 (void **state)
{
    bench_t *self = *state;
    static const char *const rows[] = {
        "GET /x?a=%zz HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /x?a=%4 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /x?a=%00b HTTP/1.1\r\nHost: h\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        says (self, rows[i], "\"hint\"");
        assert_true (heard (self, "HTTP/1.1 400 "));
        assert_true (heard (self, PROBLEM));
        assert_true (heard (self, "\"status\":400"));
        assert_true (heard (self, "\"code\":\"malformed\""));
    }
    says (self, "GET /x HTTP/1.1\r\n\r\n", "Host"); /* libmicrohttpd 1.0 says so in its own words */
    assert_true (heard (self, "HTTP/1.1 400 "));
}

static void what_is_not_http_gets_400_and_the_door_shut (void **state)
{
    bench_t *self = *state;
    says (self, "\x16\x03\x01 rubbish\r\n\r\n\r\n", NULL);
    assert_true (self->closed);
    assert_true (self->heard_n == 0 || heard (self, " 400 "));
}

static void a_body_too_large_is_read_not_kept_and_gets_413 (void **state)
{
    bench_t *self = *state;
    static const size_t sizes[] = {BODY_MAX + 1, 50 * BODY_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *text = malloc (sizes[i] + 200);
        int head = sprintf (text, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", sizes[i]);
        memset (text + head, 'x', sizes[i]);
        say (self, text, (size_t)head + sizes[i], "\"hint\"");
        free (text);
        assert_true (heard (self, "HTTP/1.1 413 "));
        assert_true (heard (self, PROBLEM));
        assert_true (heard (self, "larger than 10000 bytes"));
        assert_true (heard (self, "\"type\":\"urn:buckstop:problem:too-large\""));
        assert_true (heard (self, "\"code\":\"too-large\""));
        assert_false (self->closed);
    }
    char *whole = malloc (BODY_MAX + 200); /* exactly the limit passes */
    int head = sprintf (whole, "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", BODY_MAX);
    memset (whole + head, 'x', BODY_MAX);
    say (self, whole, (size_t)head + BODY_MAX, "size=10000");
    free (whole);
    assert_true (heard (self, "HTTP/1.1 200 "));
}

static void a_body_announced_too_large_is_refused_before_it_is_sent (void **state)
{
    bench_t *self = *state;
    says (self, "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 10001\r\n\r\n", NULL);
    assert_true (heard (self, "HTTP/1.1 413 "));
    assert_false (heard (self, "100 Continue"));
    assert_true (self->closed);
    close (self->fd);
    self->fd = -1;
    says (self, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n", "\"hint\"");
    assert_true (heard (self, "HTTP/1.1 413 "));
}

static void a_path_may_have_a_limit_of_its_own (void **state)
{
    bench_t *self = *state;
    static const struct {
        const char *path;
        int size;
        const char *expect;
    } rows[] = {
        {"/large/x", 2 * BODY_MAX, "size=20000"},
        {"/large/x", 2 * BODY_MAX + 1, "larger than 20000 bytes"},
        {"/small", 10, "size=10"},
        {"/small", 11, "larger than 10 bytes"},
        {"/smal", 11, "size=11"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *whole = malloc ((size_t)rows[i].size + 200);
        int head =
            sprintf (whole, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", rows[i].path, rows[i].size);
        memset (whole + head, 'x', (size_t)rows[i].size);
        say (self, whole, (size_t)head + (size_t)rows[i].size, rows[i].expect);
        assert_true (heard (self, rows[i].expect));
        free (whole);
    }
}

static void endless_chunks_end_in_a_closed_connection (void **state)
{
    bench_t *self = *state;
    enum { CHUNKS = 1200, CHUNK = 16384 };
    char *text = malloc (CHUNKS * (CHUNK + 10) + 200);
    size_t size = (size_t)sprintf (text, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < CHUNKS; i++) {
        size += (size_t)sprintf (text + size, "4000\r\n");
        memset (text + size, 'x', CHUNK);
        size += CHUNK;
        text[size++] = '\r';
        text[size++] = '\n';
    }
    say (self, text, size, NULL);
    free (text);
    assert_true (self->closed);
    assert_false (heard (self, " 200 "));
}

static void a_client_that_goes_away_while_waiting_hurts_nobody (void **state)
{
    bench_t *self = *state;
    says (self, "GET /first HTTP/1.1\r\nHost: h\r\n\r\n", "/first");
    assert_int_equal (send (self->fd, "GET /late HTTP/1.1\r\nHost: h\r\n\r\n", 31, MSG_NOSIGNAL), 31);
    loop_unwatch (self->loop, &self->watch);
    struct linger reset = {.l_onoff = 1};
    setsockopt (self->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close (self->fd);
    self->fd = -1;
    says (self, "GET /late HTTP/1.1\r\nHost: h\r\n\r\n", "late");
    assert_int_equal (http_server_open (self->server), 0);
}

static void draining_refuses_new_requests_and_ends_open_ones (void **state)
{
    bench_t *self = *state;
    says (self, "GET /first HTTP/1.1\r\nHost: h\r\n\r\n", "/first");
    http_server_drain (self->server);
    says (self, "GET /second HTTP/1.1\r\nHost: h\r\n\r\n", NULL);
    assert_true (heard (self, "HTTP/1.1 503 "));
    assert_true (heard (self, "Connection: close"));
    assert_true (self->closed);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons ((uint16_t)http_server_port (self->server))};
    to.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    int fd = socket (AF_INET, SOCK_STREAM, 0);
    assert_int_equal (connect (fd, (struct sockaddr *)&to, sizeof to), -1);
    close (fd);
}

static void on_end (void *arg)
{
    bench_t *self = arg;
    if (self->kept) {
        http_server_destroy (&self->server);
        return;
    }
    loop_at (self->loop, loop_now (self->loop) + 1, on_end, self);
}

static void destroying_answers_open_requests_with_503 (void **state)
{
    bench_t *self = *state;
    loop_at (self->loop, loop_now (self->loop), on_end, self);
    says (self, "GET /never HTTP/1.1\r\nHost: h\r\n\r\n", NULL);
    assert_null (self->server);
    assert_true (heard (self, "HTTP/1.1 503 "));
    http_respond (&self->kept, 200, NULL, NULL, 0, NULL);
}

static void an_endpoint_that_cannot_be_had_is_said (void **state)
{
    bench_t *self = *state;
    char taken[64];
    snprintf (taken, sizeof taken, "127.0.0.1:%d", http_server_port (self->server));
    const struct {
        const char *endpoint;
        int error;
        const char *why;
    } rows[] = {{taken, EADDRINUSE, strerror (EADDRINUSE)},
                {"nonsense", EINVAL, strerror (EINVAL)},
                {"192.0.2.1:0", EADDRNOTAVAIL, strerror (EADDRNOTAVAIL)},
                {"[::g]:0", EADDRNOTAVAIL, gai_strerror (EAI_NONAME)}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[HTTP_WHY_SIZE] = "";
        http_server_config_t config = {.endpoint = rows[i].endpoint, .body_max = 1, .timeout_ms = 1, .why = why};
        assert_null (http_server_new (self->loop, &config, on_request, self));
        assert_int_equal (errno, rows[i].error);
        assert_string_equal (why, rows[i].why);
    }
    http_server_config_t config = {.endpoint = "[::1]:0", .body_max = 1, .timeout_ms = 1};
    http_server_t *v6 = http_server_new (self->loop, &config, on_request, self);
    if (v6) /* a machine without IPv6 */
        assert_true (http_server_port (v6) > 0);
    http_server_destroy (&v6);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        HTTP_TEST (a_connection_is_kept_and_paths_come_raw),
        HTTP_TEST (an_answer_may_come_late_and_pipelined_requests_wait_for_it),
        HTTP_TEST (a_request_nobody_answers_gets_503_and_a_later_answer_does_nothing),
        HTTP_TEST (what_is_malformed_gets_400),
        HTTP_TEST (what_is_not_http_gets_400_and_the_door_shut),
        HTTP_TEST (a_body_too_large_is_read_not_kept_and_gets_413),
        HTTP_TEST (a_body_announced_too_large_is_refused_before_it_is_sent),
        HTTP_TEST (a_path_may_have_a_limit_of_its_own),
        HTTP_TEST (endless_chunks_end_in_a_closed_connection),
        HTTP_TEST (a_client_that_goes_away_while_waiting_hurts_nobody),
        HTTP_TEST (draining_refuses_new_requests_and_ends_open_ones),
        HTTP_TEST (destroying_answers_open_requests_with_503),
        HTTP_TEST (an_endpoint_that_cannot_be_had_is_said),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
