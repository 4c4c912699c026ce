/* http_server.c (fake) - requests come from the test, answers go back to it.
 *
 * Limits: bodies above the limit and requests that nobody answers in time get the same status as from the
 * real server; what a socket could do wrong does not happen here. */
#include "http_answer.h"
#include "world.h"

#include "problem.h"
#include "xmalloc.h"

#include <strings.h>

enum { PORT_FIRST = 20000 };

struct http_request {
    http_request_t *next;
    http_server_t *server; /* NULL: answered or timed out */
    fake_answer_t *answer;
    int refs; /* the handler's and the queue's */
    char *method, *path;
    http_header_t queries[HEADERS_MAX];
    size_t queries_n;
    http_header_t headers[HEADERS_MAX];
    size_t headers_n;
    char *body;
    size_t size;
};

struct http_server {
    http_server_t *next;
    loop_t *loop;
    char *endpoint;
    http_server_config_t config;
    http_handler_fn *fn;
    void *arg;
    http_request_t *open;
    int port;
    bool draining;
};

static http_server_t *servers;
static int ports = PORT_FIRST;

/* --- requests --------------------------------------------------------------------------------------- */

static void pairs_free (http_header_t *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free ((void *)pairs[i].name);
        free ((void *)pairs[i].value);
    }
}

static void request_leave (http_request_t *self)
{
    for (http_request_t **link = self->server ? &self->server->open : NULL; link && *link; link = &(*link)->next) {
        if (*link == self) {
            *link = self->next;
            break;
        }
    }
    self->server = NULL;
    if (self->answer)
        answer_release (self->answer);
    self->answer = NULL;
}

static void request_release (void *arg)
{
    http_request_t *self = arg;
    if (--self->refs > 0)
        return;
    request_leave (self);
    pairs_free (self->queries, self->queries_n);
    pairs_free (self->headers, self->headers_n);
    free (self->method);
    free (self->path);
    free (self->body);
    free (self);
}

static int hex (char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *decode (const char *text, size_t size)
{
    char *out = xcalloc (size + 1, 1), *to = out;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '%' && i + 2 < size && hex (text[i + 1]) >= 0 && hex (text[i + 2]) >= 0) {
            *to++ = (char)(hex (text[i + 1]) * 16 + hex (text[i + 2]));
            i += 2;
        } else
            *to++ = text[i] == '+' ? ' ' : text[i];
    }
    return out;
}

static void parse_query (http_request_t *self, const char *query)
{
    while (*query && self->queries_n < HEADERS_MAX) {
        size_t size = strcspn (query, "&");
        const char *equals = memchr (query, '=', size);
        size_t name = equals ? (size_t)(equals - query) : size;
        char *value = equals ? decode (equals + 1, size - name - 1) : xstrdup ("");
        self->queries[self->queries_n++] = (http_header_t){decode (query, name), value};
        query += size + (query[size] == '&');
    }
}

static void parse_headers (http_request_t *self, const char *const *headers)
{
    for (size_t i = 0; headers && headers[i] && self->headers_n < HEADERS_MAX; i++) {
        size_t size = strcspn (headers[i], ":");
        const char *value = headers[i] + size + (headers[i][size] == ':');
        self->headers[self->headers_n++] =
            (http_header_t){strndup (headers[i], size), xstrdup (value + strspn (value, " "))};
    }
}

static size_t body_max_of (const http_server_t *server, const char *path)
{
    for (const http_limit_t *limit = server->config.limits; limit && limit->path; limit++)
        if (strncmp (limit->path, path, strlen (limit->path)) == 0)
            return limit->body_max;
    size_t own = server->config.limit_fn ? server->config.limit_fn (server->arg, path) : 0;
    return own ? own : server->config.body_max;
}

static void handle (void *arg)
{
    http_request_t *self = arg;
    http_server_t *server = self->server;
    if (!server)
        return;
    size_t body_max = body_max_of (server, self->path);
    if (self->size > body_max && body_max) {
        answer_problem (self->answer, PROBLEM_LARGE, "The body is too large.");
        request_leave (self);
        return;
    }
    self->refs++;
    server->fn (server->arg, self);
}

static void time_out (void *arg)
{
    http_request_t *self = arg;
    if (!self->server)
        return;
    answer_problem (self->answer, PROBLEM_LATE, "It may be done yet.");
    request_leave (self);
}

static http_server_t *server_at (const char *endpoint)
{
    for (http_server_t *server = servers; server; server = server->next) {
        if (world_alive (server->loop) && !server->draining && (!endpoint || strcmp (server->endpoint, endpoint) == 0))
            return server;
    }
    return NULL;
}

/* Nobody reaches it any more; its memory is its maker's. */
void world_dead_http (const loop_t *loop)
{
    for (http_server_t **link = &servers; *link;) {
        if ((*link)->loop == loop)
            *link = (*link)->next;
        else
            link = &(*link)->next;
    }
}

static void begin (http_server_t *server, http_request_t *self)
{
    self->server = server;
    self->next = server->open;
    server->open = self;
    self->refs = 1;
    world_post (server->loop, 0, handle, self, request_release);
    if (server->config.timeout_ms > 0) {
        self->refs++;
        world_post (server->loop, server->config.timeout_ms, time_out, self, request_release);
    }
}

fake_answer_t *fake_http_request (const char *endpoint, const char *method, const char *target,
                                  const char *const *headers, const void *body, size_t size)
{
    fake_answer_t *answer = xcalloc (1, sizeof *answer);
    answer->refs = 1;
    http_server_t *server = server_at (endpoint);
    if (!server)
        return answer;
    http_request_t *self = xcalloc (1, sizeof *self);
    size_t path = strcspn (target, "?");
    self->method = xstrdup (method);
    self->path = strndup (target, path);
    parse_query (self, target + path + (target[path] == '?'));
    parse_headers (self, headers);
    self->body = xcalloc (size + 1, 1);
    if (size)
        memcpy (self->body, body, size);
    self->size = size;
    self->answer = answer;
    answer->refs++;
    begin (server, self);
    return answer;
}

/* --- http_server.h ---------------------------------------------------------------------------------- */

http_server_t *http_server_new (loop_t *loop, const http_server_config_t *config, http_handler_fn *fn, void *arg)
{
    http_server_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    self->config = *config;
    self->endpoint = xstrdup (config->endpoint);
    self->fn = fn;
    self->arg = arg;
    self->port = ++ports;
    http_server_t **end = &servers;
    while (*end)
        end = &(*end)->next;
    *end = self;
    return self;
}

void http_server_destroy (http_server_t **self_p)
{
    http_server_t *self = *self_p;
    if (!self)
        return;
    while (self->open) {
        http_request_t *request = self->open;
        if (world_alive (self->loop))
            answer_problem (request->answer, PROBLEM_STOPPING, "The answer was still to come.");
        request_leave (request);
    }
    for (http_server_t **link = &servers; *link; link = &(*link)->next) {
        if (*link == self) {
            *link = self->next;
            break;
        }
    }
    free (self->endpoint);
    free (self);
    *self_p = NULL;
}

int http_server_port (const http_server_t *self)
{
    return self->port;
}

size_t http_server_open (const http_server_t *self)
{
    size_t n = 0;
    for (const http_request_t *request = self->open; request; request = request->next)
        n++;
    return n;
}

void http_server_drain (http_server_t *self)
{
    self->draining = true;
}

const char *http_method (const http_request_t *self)
{
    return self->method;
}

const char *http_path (const http_request_t *self)
{
    return self->path;
}

const char *http_query (const http_request_t *self, const char *name)
{
    for (size_t i = 0; i < self->queries_n; i++) {
        if (strcmp (self->queries[i].name, name) == 0)
            return self->queries[i].value;
    }
    return NULL;
}

const char *http_header (const http_request_t *self, const char *name)
{
    return header_in (self->headers, self->headers_n, name);
}

const void *http_body (const http_request_t *self, size_t *size)
{
    *size = self->size;
    return self->body;
}

const http_header_t *http_queries (const http_request_t *self, size_t *n)
{
    *n = self->queries_n;
    return self->queries;
}

const char *http_peer (const http_request_t *self, char peer[HTTP_PEER_SIZE])
{
    (void)self;
    snprintf (peer, HTTP_PEER_SIZE, "127.0.0.1");
    return peer;
}

fake_answer_t *request_take_answer (http_request_t **self_p)
{
    http_request_t *self = *self_p;
    *self_p = NULL;
    fake_answer_t *answer = self->server ? self->answer : NULL;
    if (answer) {
        answer->refs++;
        request_leave (self);
    }
    request_release (self);
    return answer;
}

void http_respond (http_request_t **self_p, int status, const char *content_type, const void *body, size_t size,
                   const http_header_t *headers)
{
    http_request_t *self = *self_p;
    *self_p = NULL;
    if (self->server) {
        answer_fill (self->answer, status, content_type, body, size);
        for (; headers && headers->name; headers++)
            answer_header (self->answer, headers->name, headers->value);
        request_leave (self);
    }
    request_release (self);
}
