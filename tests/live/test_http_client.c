/* test_http_client.c - the real HTTP client, against the server and against peers that misbehave. */
#include "breath.h"
#include "http_bench.h"

enum { CALLS = 1000, AT_ONCE = 100, LAG_MAX_US = 20000 };

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

static int64_t longest_us; /* turn of the last call, less what the machine held back */

static void call (bench_t *self, const char *method, const char *url, const char *body, int timeout_ms)
{
    static const char *const headers[] = {"Idempotency-Key: k2", "Content-Type: text/plain", NULL};
    http_call_t what = {.method = method,
                        .url = url,
                        .headers = headers,
                        .body = body,
                        .body_size = strlen (body),
                        .timeout_ms = timeout_ms,
                        .private_allowed = !self->refusing};
    self->left = 1;
    http_client_call (self->client, &what, on_answer, self);
    assert_int_equal (self->left, 1); /* never from within */
    breath_t breath;
    breath_begin (&breath);
    loop_longest_turn_us (self->loop);
    assert_int_equal (loop_run (self->loop), 0);
    longest_us = loop_longest_turn_us (self->loop) - breath_end (&breath);
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

/* More at once than one peer gets connections; the second time on those that are kept. */
static void a_thousand_requests (void **state)
{
    bench_t *self = *state;
    for (int round = 0; round < 2 * CALLS / AT_ONCE; round++) {
        bool post = round < CALLS / AT_ONCE;
        http_call_t what = {.method = post ? "POST" : "GET",
                            .url = at (self, post ? "/echo" : "/x"),
                            .body = "x",
                            .body_size = post,
                            .timeout_ms = 15000,
                            .private_allowed = true};
        for (int i = 0; i < AT_ONCE; i++)
            http_client_call (self->client, &what, on_answer, self);
        self->left = AT_ONCE;
        assert_int_equal (loop_run (self->loop), 0);
        assert_int_equal (self->status, 200);
    }
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

static void a_silent_peer_costs_its_own_call_only (void **state)
{
    bench_t *self = *state;
    char url[64];
    int fd = silent_peer (url);
    mono_ms_t before = loop_now (self->loop);
    call (self, "POST", url, "hello", 100);
    assert_int_equal (self->status, 0);
    assert_string_equal (self->error, "no answer within 100 ms");
    assert_in_range (loop_now (self->loop) - before, 100, TOO_LONG_MS / 2); /* the client's own limit is longer */
    assert_true (longest_us < LAG_MAX_US);
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
        {"GET", "ftp://127.0.0.1/", NULL, "Protocol \"ftp\""},
        {"GET", "file:///etc/hostname", NULL, "Protocol \"file\""},
        {"GET", "not a url", NULL, ""},
        {"GET", "http://127.0.0.1/\r\n", NULL, "URL has a control character"},
        {"GET /x HTTP/1.1", self->url, NULL, "method"},
        {"GET", self->url, forged, "header has a control character"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        http_call_t what = {.method = rows[i].method,
                            .url = rows[i].url,
                            .headers = rows[i].headers,
                            .timeout_ms = 5000,
                            .private_allowed = true};
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
        "http://[64:ff9b:1::a]/",    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    };
    self->refusing = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        call (self, "GET", rows[i], "", 5000);
        assert_int_equal (self->status, 0);
        assert_string_equal (self->error, "the target's address is private");
    }
    call (self, "GET", at (self, "/x"), "", 5000);
    assert_string_equal (self->error, "the target's address is private");
}

/* Each call for itself: a connection that was kept open for one that was allowed serves no other. */
static void what_one_call_may_is_not_lent_to_another (void **state)
{
    bench_t *self = *state;
    for (int i = 0; i < 3; i++) {
        self->refusing = i == 1;
        call (self, "GET", at (self, "/x"), "", 5000);
        assert_int_equal (self->status, i == 1 ? 0 : 200);
        assert_string_equal (self->error, i == 1 ? "the target's address is private" : "");
    }
}

static void two_spellings_are_one_host (void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
    } rows[] = {
        {"http://a.example/x", "a.example:80"},
        {"HTTPS://u1:secret@A.Example/x?y#z", "a.example:443"},
        {"http://a.example.:8080", "a.example:8080"},
        {"http://a.example:080/", "a.example:80"},
        {"http://user%40a@127.0.0.1:1/", "127.0.0.1:1"},
        {"http://2130706433:1/", "127.0.0.1:1"},
        {"http://[::1]:1/", "[::1]:1"},
        {"ftp://a.example/", ""},
        {"ada@example.org", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char host[300];
        assert_int_equal (http_client_host (rows[i].url, host, sizeof host), rows[i].host[0] != 0);
        assert_string_equal (host, rows[i].host);
    }
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
    http_call_t what = {.method = "GET", .url = url, .timeout_ms = 5000, .private_allowed = true};
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

int main (void)
{
    const struct CMUnitTest tests[] = {
        HTTP_TEST (the_client_says_what_it_is_told),
        HTTP_TEST (a_long_answer_is_cut),
        HTTP_TEST (a_thousand_requests),
        HTTP_TEST (a_silent_peer_costs_its_own_call_only),
        HTTP_TEST (a_refused_port_and_bad_calls_are_said),
        HTTP_TEST (private_targets_are_refused),
        HTTP_TEST (what_one_call_may_is_not_lent_to_another),
        HTTP_TEST (two_spellings_are_one_host),
        HTTP_TEST (a_peer_that_answers_rubbish_is_no_answer),
        HTTP_TEST (calls_under_way_are_answered_when_the_client_ends),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
