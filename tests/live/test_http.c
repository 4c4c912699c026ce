/* test_http.c - the real HTTP server and client, on ports that the system picks.
 *
 * Conversations with raw bytes where the bytes matter; elsewhere the client talks to the server. Both run on one
 * loop; a test that hangs is ended by its own timer.
 */
#include "clock.h"
#include "http_client.h"
#include "http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { BODY_MAX = 10000, TIMEOUT_MS = 60, TOO_LONG_MS = 20000, HEARD_MAX = 1 << 20, CALLS = 1000, LAG_MAX_US = 20000 };

typedef struct bench {
    loop_t *loop;
    http_server_t *server;
    http_client_t *client;
    loop_timer_t *guard;
    http_request_t *kept;
    bool destroyed;
    char url[128];
    /* raw conversation */
    int fd;
    loop_watch_t *watch;
    const char *say;
    size_t say_size, said;
    const char *until; /* NULL: until the far side closes */
    char *heard;
    size_t heard_n;
    bool closed;
    /* calls */
    int left, status;
    char error[256], body[256];
    size_t body_size;
    int64_t retry_after_ms;
} bench_t;

/* --- the handler: the path says what it does --------------------------------------------------------- */

static void on_late (void *arg)
{
    bench_t *self = arg;
    static const http_header_t headers[] = {{"X-Late", "yes"}, {"X-Forged", "a\r\nb: c"}, {NULL, NULL}};
    http_respond (&self->kept, 202, "text/plain", "late", 4, headers);
}

static void on_request (void *arg, http_request_t *request)
{
    bench_t *self = arg;
    const char *path = http_path (request);
    char text[HEARD_MAX / 64];
    size_t size;
    const void *body = http_body (request, &size);
    if (strcmp (path, "/echo") == 0)
        http_respond (&request, 200, "application/octet-stream", body, size, NULL);
    else if (strcmp (path, "/late") == 0) {
        self->kept = request;
        loop_at (self->loop, loop_now (self->loop) + 5, on_late, self);
    } else if (strcmp (path, "/never") == 0)
        self->kept = request;
    else if (strcmp (path, "/busy") == 0) {
        static const http_header_t headers[] = {{"Retry-After", "7"}, {NULL, NULL}};
        http_respond (&request, 429, NULL, NULL, 0, headers);
    } else if (strcmp (path, "/flood") == 0) {
        char *flood = malloc (3 * HTTP_ANSWER_MAX);
        memset (flood, 'f', 3 * HTTP_ANSWER_MAX);
        http_respond (&request, 200, "text/plain", flood, 3 * HTTP_ANSWER_MAX, NULL);
        free (flood);
    } else {
        const char *a = http_query (request, "a"), *b = http_query (request, "b&");
        const char *key = http_header (request, "idempotency-KEY");
        int n = snprintf (text, sizeof text, "%s %s a=%s b=%s key=%s size=%zu", http_method (request), path,
                          a ? a : "(none)", b ? b : "(none)", key ? key : "(none)", size);
        http_respond (&request, 200, "text/plain", text, (size_t)n, NULL);
    }
    if (!self->kept)
        assert_null (request);
}

/* --- the bench --------------------------------------------------------------------------------------- */

static void on_guard (void *arg)
{
    (void)arg;
    fail_msg ("too long");
}

static int setup (void **state)
{
    bench_t *self = calloc (1, sizeof *self);
    self->loop = loop_new ();
    self->heard = malloc (HEARD_MAX);
    self->fd = -1;
    http_server_config_t config = {.endpoint = "127.0.0.1:0", .body_max = BODY_MAX, .timeout_ms = TIMEOUT_MS};
    self->server = http_server_new (self->loop, &config, on_request, self);
    self->client = http_client_new (self->loop, true);
    self->guard = loop_at (self->loop, loop_now (self->loop) + TOO_LONG_MS, on_guard, self);
    snprintf (self->url, sizeof self->url, "http://127.0.0.1:%d", http_server_port (self->server));
    *state = self;
    return self->server ? 0 : -1;
}

static int teardown (void **state)
{
    bench_t *self = *state;
    if (self->fd >= 0) {
        loop_unwatch (self->loop, &self->watch);
        close (self->fd);
    }
    http_client_destroy (&self->client);
    http_server_destroy (&self->server);
    if (self->kept)
        http_respond (&self->kept, 200, NULL, NULL, 0, NULL);
    loop_destroy (&self->loop);
    free (self->heard);
    free (self);
    return 0;
}

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
    says (self, "GET /never?a=1 HTTP/1.1\r\nHost: h\r\n\r\n", "\"detail\"");
    assert_in_range (loop_now (self->loop) - before, TIMEOUT_MS, TIMEOUT_MS + 900);
    assert_true (heard (self, "HTTP/1.1 503 "));
    assert_true (heard (self, "Retry-After: 1\r\n"));
    assert_true (heard (self, PROBLEM));
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
        "GET /x HTTP/1.1\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        says (self, rows[i], "\"detail\"");
        assert_true (heard (self, "HTTP/1.1 400 "));
        assert_true (heard (self, PROBLEM));
        assert_true (heard (self, "\"status\":400"));
    }
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
        say (self, text, (size_t)head + sizes[i], "\"detail\"");
        free (text);
        assert_true (heard (self, "HTTP/1.1 413 "));
        assert_true (heard (self, PROBLEM));
        assert_true (heard (self, "larger than 10000 bytes"));
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
    says (self, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n", "\"detail\"");
    assert_true (heard (self, "HTTP/1.1 413 "));
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
    } rows[] = {{taken, EADDRINUSE}, {"nonsense", EINVAL}, {"192.0.2.1:0", EADDRNOTAVAIL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        http_server_config_t config = {.endpoint = rows[i].endpoint, .body_max = 1, .timeout_ms = 1};
        assert_null (http_server_new (self->loop, &config, on_request, self));
        assert_int_equal (errno, rows[i].error);
    }
    http_server_config_t config = {.endpoint = "[::1]:0", .body_max = 1, .timeout_ms = 1};
    http_server_t *v6 = http_server_new (self->loop, &config, on_request, self);
    if (v6) /* a machine without IPv6 */
        assert_true (http_server_port (v6) > 0);
    http_server_destroy (&v6);
}

/* --- the client -------------------------------------------------------------------------------------- */

static void on_answer (void *arg, const http_answer_t *answer)
{
    bench_t *self = arg;
    self->status = answer->status;
    self->retry_after_ms = answer->retry_after_ms;
    self->body_size = answer->body_size;
    snprintf (self->error, sizeof self->error, "%s", answer->error);
    snprintf (self->body, sizeof self->body, "%.*s", (int)(answer->body_size > 200 ? 200 : answer->body_size),
              answer->body);
    if (--self->left == 0)
        loop_stop (self->loop);
}

static void call (bench_t *self, const char *method, const char *url, const char *body, int timeout_ms)
{
    static const char *const headers[] = {"Idempotency-Key: k2", "Content-Type: text/plain", NULL};
    http_call_t what = {.method = method,
                        .url = url,
                        .headers = headers,
                        .body = body,
                        .body_size = strlen (body),
                        .timeout_ms = timeout_ms};
    self->left = 1;
    http_client_call (self->client, &what, on_answer, self);
    assert_int_equal (self->left, 1); /* never from within */
    loop_longest_turn_us (self->loop);
    assert_int_equal (loop_run (self->loop), 0);
}

static const char *at (const bench_t *self, const char *path)
{
    static char url[256];
    snprintf (url, sizeof url, "%s%s", self->url, path);
    return url;
}

static void the_client_says_what_it_is_told (void **state)
{
    bench_t *self = *state;
    static const struct {
        const char *method, *path, *body;
        int status;
        const char *expect;
    } rows[] = {
        {"GET", "/g", "", 200, "GET /g a=(none) b=(none) key=k2 size=0"},
        {"POST", "/p?a=1", "hello", 200, "POST /p a=1 b=(none) key=k2 size=5"},
        {"POST", "/p", "", 200, "POST /p a=(none) b=(none) key=k2 size=0"},
        {"PUT", "/p", "hey", 200, "PUT /p a=(none) b=(none) key=k2 size=3"},
        {"DELETE", "/p", "", 200, "DELETE /p a=(none) b=(none) key=k2 size=0"},
        {"HEAD", "/p", "", 200, ""},
        {"GET", "/late", "", 202, "late"},
        {"GET", "/busy", "", 429, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        call (self, rows[i].method, at (self, rows[i].path), rows[i].body, 5000);
        assert_string_equal (self->error, "");
        assert_int_equal (self->status, rows[i].status);
        assert_string_equal (self->body, rows[i].expect);
    }
    assert_int_equal (self->retry_after_ms, 7000);
}

static void a_long_answer_is_cut (void **state)
{
    bench_t *self = *state;
    call (self, "GET", at (self, "/flood"), "", 5000);
    assert_int_equal (self->status, 200);
    assert_int_equal (self->body_size, HTTP_ANSWER_MAX);
}

static void a_thousand_requests_at_once (void **state)
{
    bench_t *self = *state;
    for (int i = 0; i < CALLS; i++) {
        http_call_t what = {
            .method = "POST", .url = at (self, "/echo"), .body = "x", .body_size = 1, .timeout_ms = 15000};
        http_client_call (self->client, &what, on_answer, self);
    }
    self->left = CALLS;
    assert_int_equal (loop_run (self->loop), 0);
    assert_int_equal (self->status, 200);
    self->left = CALLS;
    for (int i = 0; i < CALLS; i++) { /* again, on connections that are kept */
        http_call_t what = {.method = "GET", .url = at (self, "/x"), .body_size = 0, .timeout_ms = 15000};
        http_client_call (self->client, &what, on_answer, self);
    }
    assert_int_equal (loop_run (self->loop), 0);
    assert_int_equal (self->status, 200);
    assert_int_equal (http_server_open (self->server), 0);
}

/* A listener that nobody serves: connections are made by the kernel, and never answered. */
static int silent_peer (char url[64])
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    socklen_t size = sizeof to;
    to.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    int fd = socket (AF_INET, SOCK_STREAM, 0);
    assert_int_equal (bind (fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal (listen (fd, 8), 0);
    assert_int_equal (getsockname (fd, (struct sockaddr *)&to, &size), 0);
    snprintf (url, 64, "http://127.0.0.1:%d/", ntohs (to.sin_port));
    return fd;
}

static void no_turn_is_long (const bench_t *self)
{
#ifndef __SANITIZE_ADDRESS__
    assert_true (loop_longest_turn_us (self->loop) < LAG_MAX_US);
#else
    (void)self;
#endif
}

static void a_silent_peer_costs_its_own_call_only (void **state)
{
    bench_t *self = *state;
    char url[64];
    int fd = silent_peer (url);
    mono_ms_t before = loop_now (self->loop);
    call (self, "POST", url, "hello", 100);
    assert_int_equal (self->status, 0);
    assert_string_equal (self->error, "no answer within 100 ms");
    assert_in_range (loop_now (self->loop) - before, 100, 1000);
    no_turn_is_long (self);
    close (fd);
}

static void a_refused_port_and_bad_calls_are_said (void **state)
{
    bench_t *self = *state;
    char refused[64];
    close (silent_peer (refused));
    static const char *const forged[] = {"X-A: b\r\nX-C: d", NULL};
    const struct {
        const char *method, *url;
        const char *const *headers;
        const char *words;
    } rows[] = {
        {"GET", refused, NULL, "Failed to connect"},
        {"GET", "ftp://127.0.0.1/", NULL, "not supported"},
        {"GET", "file:///etc/hostname", NULL, "not supported"},
        {"GET", "not a url", NULL, ""},
        {"GET", "http://127.0.0.1/\r\n", NULL, "URL has a control character"},
        {"GET /x HTTP/1.1", self->url, NULL, "method"},
        {"GET", self->url, forged, "header has a control character"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        http_call_t what = {
            .method = rows[i].method, .url = rows[i].url, .headers = rows[i].headers, .timeout_ms = 5000};
        self->left = 1;
        http_client_call (self->client, &what, on_answer, self);
        assert_int_equal (self->left, 1);
        assert_int_equal (loop_run (self->loop), 0);
        assert_int_equal (self->status, 0);
        assert_non_null (strstr (self->error, rows[i].words));
        assert_true (self->error[0] != 0);
    }
}

static void private_targets_are_refused (void **state)
{
    bench_t *self = *state;
    static const char *const rows[] = {
        "http://127.0.0.1:1/",       "http://localhost:1/",
        "http://[::1]:1/",           "http://10.1.2.3/",
        "http://192.168.1.1/",       "http://172.16.0.1/",
        "http://172.31.255.255/",    "http://169.254.169.254/",
        "http://0.0.0.0:1/",         "http://[::ffff:127.0.0.1]:1/",
        "http://[fe80::1]/",         "http://[fd00::1]/",
        "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
        "http://2130706433:1/",      "http://100.64.0.1/",
    };
    http_client_destroy (&self->client);
    self->client = http_client_new (self->loop, false);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        call (self, "GET", rows[i], "", 5000);
        assert_int_equal (self->status, 0);
        assert_string_equal (self->error, "the target's address is private");
    }
    call (self, "GET", at (self, "/x"), "", 5000);
    assert_string_equal (self->error, "the target's address is private");
}

/* What answers here is no HTTP. */
static void on_rubbish (void *arg, uint32_t events)
{
    int peer = accept (*(int *)arg, NULL, NULL);
    (void)events;
    assert_int_equal (send (peer, "220 mail ready\r\n\r\n", 18, 0), 18);
    shutdown (peer, SHUT_WR);
    close (peer);
}

static void a_peer_that_answers_rubbish_is_no_answer (void **state)
{
    bench_t *self = *state;
    char url[64];
    int fd = silent_peer (url);
    loop_watch_t *watch = loop_watch (self->loop, fd, EPOLLIN, on_rubbish, &fd);
    call (self, "POST", url, "hello", 2000);
    assert_int_equal (self->status, 0);
    assert_true (self->error[0] != 0);
    loop_unwatch (self->loop, &watch);
    close (fd);
}

static void calls_under_way_are_answered_when_the_client_ends (void **state)
{
    bench_t *self = *state;
    char url[64];
    int fd = silent_peer (url);
    http_call_t what = {.method = "GET", .url = url, .timeout_ms = 5000};
    self->left = 2;
    http_client_call (self->client, &what, on_answer, self);
    what.method = "bad";
    http_client_call (self->client, &what, on_answer, self);
    http_client_destroy (&self->client);
    assert_int_equal (self->left, 0);
    assert_int_equal (self->status, 0);
    assert_true (self->error[0] != 0);
    close (fd);
}

#define HTTP_TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

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
        HTTP_TEST (endless_chunks_end_in_a_closed_connection),
        HTTP_TEST (a_client_that_goes_away_while_waiting_hurts_nobody),
        HTTP_TEST (draining_refuses_new_requests_and_ends_open_ones),
        HTTP_TEST (destroying_answers_open_requests_with_503),
        HTTP_TEST (an_endpoint_that_cannot_be_had_is_said),
        HTTP_TEST (the_client_says_what_it_is_told),
        HTTP_TEST (a_long_answer_is_cut),
        HTTP_TEST (a_thousand_requests_at_once),
        HTTP_TEST (a_silent_peer_costs_its_own_call_only),
        HTTP_TEST (a_refused_port_and_bad_calls_are_said),
        HTTP_TEST (private_targets_are_refused),
        HTTP_TEST (a_peer_that_answers_rubbish_is_no_answer),
        HTTP_TEST (calls_under_way_are_answered_when_the_client_ends),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
