/* http_client.c (fake) - calls are kept for the test to read; fake_peer says how the far side answers. */
#include "http_client.h"
#include "world.h"

#include "xmalloc.h"

#include <stdio.h>
#include <strings.h>

struct http_client {
    loop_t *loop;
    struct pending *pending;
};

/* A call under way. Held by the queue; the client's list is what http_client_destroy answers. */
typedef struct pending {
    struct pending *next;
    http_client_t *client; /* NULL: answered */
    http_answer_fn *fn;
    void *arg;
    http_answer_t answer;
    char body[FAKE_BODY_SIZE];
} pending_t;

static fake_call_t **calls;
static size_t calls_n;

size_t fake_calls (void)
{
    return calls_n;
}

const fake_call_t *fake_call (size_t index)
{
    return index < calls_n ? calls[index] : NULL;
}

const char *fake_call_header (const fake_call_t *call, const char *name)
{
    size_t size = strlen (name);
    for (size_t i = 0; call->headers[i]; i++) {
        if (strncasecmp (call->headers[i], name, size) == 0 && call->headers[i][size] == ':')
            return call->headers[i] + size + 1 + strspn (call->headers[i] + size + 1, " ");
    }
    return NULL;
}

static void call_free (fake_call_t *call)
{
    for (size_t i = 0; call->headers[i]; i++)
        free ((void *)call->headers[i]);
    free ((void *)call->headers);
    free ((void *)call->method);
    free ((void *)call->url);
    free ((void *)call->body);
    free (call);
}

void world_reset_http_client (void)
{
    for (size_t i = 0; i < calls_n; i++)
        call_free (calls[i]);
    free (calls);
    calls = NULL;
    calls_n = 0;
}

static const char **copy_headers (const char *const *headers, const char *trace)
{
    size_t n = 0;
    while (headers && headers[n])
        n++;
    const char **copy = xcalloc (n + 2, sizeof *copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = xstrdup (headers[i]);
    if (trace && *trace) {
        char line[16 + TRACE_SIZE];
        snprintf (line, sizeof line, "traceparent: %s", trace);
        copy[n] = xstrdup (line);
    }
    return copy;
}

static void record (const http_client_t *self, const http_call_t *call, bool taken)
{
    fake_call_t *kept = xcalloc (1, sizeof *kept);
    char *body = xcalloc (call->body_size + 1, 1);
    if (call->body_size)
        memcpy (body, call->body, call->body_size);
    *kept = (fake_call_t){
        .at = fake_wall (),
        .by = self->loop,
        .method = xstrdup (call->method),
        .url = xstrdup (call->url),
        .body = body,
        .body_size = call->body_size,
        .headers = copy_headers (call->headers, call->trace),
        .timeout_ms = call->timeout_ms,
        .private_allowed = call->private_allowed,
        .taken = taken,
    };
    calls = xrealloc (calls, (calls_n + 1) * sizeof *calls);
    calls[calls_n++] = kept;
}

http_client_t *http_client_new (loop_t *loop)
{
    http_client_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    return self;
}

static void answer (void *arg)
{
    pending_t *self = arg;
    if (!self->client)
        return;
    for (pending_t **link = &self->client->pending; *link; link = &(*link)->next) {
        if (*link == self) {
            *link = self->next;
            break;
        }
    }
    self->client = NULL;
    self->fn (self->arg, &self->answer);
}

/* The queue lets go; a killed process never heard the answer and still lists it. */
static void forget (void *arg)
{
    pending_t *self = arg;
    for (pending_t **link = self->client ? &self->client->pending : NULL; link && *link; link = &(*link)->next) {
        if (*link == self) {
            *link = self->next;
            break;
        }
    }
    free (self);
}

void http_client_destroy (http_client_t **self_p)
{
    http_client_t *self = *self_p;
    if (!self)
        return;
    while (self->pending) {
        pending_t *pending = self->pending;
        self->pending = pending->next;
        pending->client = NULL;
        if (world_alive (self->loop))
            pending->fn (pending->arg, &(http_answer_t){.error = "stopped"});
    }
    free (self);
    *self_p = NULL;
}

static http_answer_t answer_of (const world_peer_t *peer)
{
    static const char *const errors[] = {
        [FAKE_PEER_SILENT] = "timed out",
        [FAKE_PEER_LOST] = "connection reset",
        [FAKE_PEER_GARBAGE] = "not HTTP",
        [FAKE_PEER_DOWN] = "connection refused",
    };
    if (peer->kind != FAKE_PEER_ANSWERS)
        return (http_answer_t){.error = errors[peer->kind], .body = "", .unsent = peer->kind == FAKE_PEER_DOWN};
    http_answer_t made = {.status = peer->status ? peer->status : 200, .error = "", .body = ""};
    if (made.status == 429)
        made.retry_after_ms = peer->value;
    return made;
}

void http_client_call (http_client_t *self, const http_call_t *call, http_answer_fn *fn, void *arg)
{
    if (world_kill_here (self->loop, FAKE_KILL_BEFORE_SEND))
        return;
    world_peer_t peer = world_peer (call->url);
    pending_t *pending = xcalloc (1, sizeof *pending);
    *pending = (pending_t){.next = self->pending, .client = self, .fn = fn, .arg = arg, .answer = answer_of (&peer)};
    self->pending = pending;
    snprintf (pending->body, sizeof pending->body, "%s", peer.body);
    pending->answer.body = pending->body;
    pending->answer.body_size = strlen (pending->body);
    pending->answer.header = "";
    bool took = peer.kind == FAKE_PEER_LOST || (pending->answer.status >= 200 && pending->answer.status < 300);
    record (self, call, took);
    int64_t delay = peer.kind == FAKE_PEER_SILENT ? call->timeout_ms : pending->answer.status == 429 ? 0 : peer.value;
    world_post (self->loop, delay, answer, pending, forget);
    world_kill_here (self->loop, FAKE_KILL_AFTER_SEND);
}
