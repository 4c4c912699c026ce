/* http_bench.h - what the tests of HTTP share: a server whose paths say what it does, and a client, on one loop.
 * A test that hangs is ended by its own timer. */
#ifndef BUCKSTOP_HTTP_BENCH_H
#define BUCKSTOP_HTTP_BENCH_H

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

enum { BODY_MAX = 10000, TIMEOUT_MS = 60, TOO_LONG_MS = 20000, HEARD_MAX = 1 << 20, DELUGE = 1 << 24 };

typedef struct bench {
    loop_t *loop;
    http_server_t *server;
    http_client_t *client;
    http_request_t *kept; /* a request that is not answered yet */
    char url[128];
    /* a raw conversation */
    int fd;
    loop_watch_t *watch;
    const char *say;
    size_t say_size, said;
    const char *until; /* NULL: until the far side closes */
    char *heard;
    size_t heard_n;
    bool closed;
    /* calls of the client */
    int left, status;
    bool refusing; /* private addresses */
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
    } else if (strcmp (path, "/flood") == 0 || strcmp (path, "/deluge") == 0) {
        size_t much = path[1] == 'f' ? 3 * HTTP_ANSWER_MAX : DELUGE;
        char *flood = malloc (much);
        memset (flood, 'f', much);
        http_respond (&request, 200, "text/plain", flood, much, NULL);
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
    static const http_limit_t limits[] = {{"/large", 2 * BODY_MAX}, {"/small", 10}, {NULL, 0}};
    http_server_config_t config = {
        .endpoint = "127.0.0.1:0", .body_max = BODY_MAX, .limits = limits, .timeout_ms = TIMEOUT_MS};
    self->server = http_server_new (self->loop, &config, on_request, self);
    self->client = http_client_new (self->loop);
    loop_at (self->loop, loop_now (self->loop) + TOO_LONG_MS, on_guard, self);
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

#define HTTP_TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

#endif
