/* http_server_stream.c - an answer that goes on: parts that many clients share, and a queue of them for each.
 *
 * libmicrohttpd asks for bytes (on_read). When there are none its connection is suspended, and resumed by the next
 * http_stream_send: a reader that says "nothing yet" without that would spin. A client that has nothing to take is not
 * timed; from a part's coming on it has the server's slow_ms to take all that waits (http_server_slow.c).
 * What goes to all goes to AWAKE_MAX of them a run, and once a turn lasts TURN_US whoever has more to take waits, suspended
 * in a queue, for the next one: two hundred who are to be told much would take one turn for long.
 * Two hold a stream: the handler, and libmicrohttpd's response. Whoever lets go last frees it.
 * Limits: `room` bytes wait for a client, and one part more if it alone is larger. A peer that vanished without a word is
 * noticed by the system when it does not acknowledge for slow_ms.
 */
#include "http_server_private.h"
#include "xmalloc.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { BLOCK = 32 * 1024, PARTS_MIN = 8, AWAKE_MAX = 16, TURN_US = 4000, RUN_LEAST = 4 * BLOCK };

struct http_bytes {
    size_t shares, size;
    char bytes[];
};

struct http_stream {
    http_server_t *server;
    struct MHD_Connection *connection; /* NULL: the client is gone */
    http_bytes_t **parts;              /* a ring */
    size_t first, n, places;
    size_t taken;         /* of the first part */
    size_t waiting, room; /* bytes */
    bool held;            /* by the handler */
    bool suspended, waking;
    bool halted;                    /* suspended with something to take: its client is timed on */
    http_stream_t *previous, *next; /* in the server's list, while the client is there */
    http_stream_t *after;           /* waking: behind it */
};

/* --- bytes ------------------------------------------------------------------------------------------- */

http_bytes_t *http_bytes_new (const void *bytes, size_t size)
{
    http_bytes_t *self = xmalloc (sizeof *self + size);
    self->shares = 1;
    self->size = size;
    if (size)
        memcpy (self->bytes, bytes, size);
    return self;
}

void http_bytes_destroy (http_bytes_t **self_p)
{
    http_bytes_t *self = *self_p;
    *self_p = NULL;
    if (self && --self->shares == 0)
        free (self);
}

/* --- the queue --------------------------------------------------------------------------------------- */

static void put (http_stream_t *self, http_bytes_t *part)
{
    if (self->n == self->places) {
        size_t places = self->places ? 2 * self->places : PARTS_MIN;
        http_bytes_t **parts = xcalloc (places, sizeof *parts);
        for (size_t i = 0; i < self->n; i++)
            parts[i] = self->parts[(self->first + i) % self->places];
        free (self->parts);
        self->parts = parts;
        self->places = places;
        self->first = 0;
    }
    self->parts[(self->first + self->n++) % self->places] = part;
    part->shares++;
    self->waiting += part->size;
}

static void drop_first (http_stream_t *self)
{
    self->waiting -= self->parts[self->first]->size - self->taken;
    http_bytes_destroy (&self->parts[self->first]);
    self->first = (self->first + 1) % self->places;
    self->n--;
    self->taken = 0;
}

static void drop_all (http_stream_t *self)
{
    while (self->n)
        drop_first (self);
    free (self->parts);
    self->parts = NULL;
    self->places = self->first = 0;
}

static size_t take (http_stream_t *self, char *to, size_t max)
{
    size_t done = 0;
    while (self->n && done < max) {
        const http_bytes_t *part = self->parts[self->first];
        size_t left = part->size - self->taken, some = left < max - done ? left : max - done;
        memcpy (to + done, part->bytes + self->taken, some);
        done += some;
        self->taken += some;
        self->waiting -= some;
        if (self->taken == part->size)
            drop_first (self);
    }
    return done;
}

/* --- what libmicrohttpd calls ------------------------------------------------------------------------ */

/* However late it is, some go on in each run: where all else takes long they
 * would never. */
bool http_streams_late (const http_server_t *server)
{
    return server->streamed >= RUN_LEAST && loop_turn_us (server->loop) > TURN_US;
}

/* Resumed when its turn comes. */
static void line_up (http_stream_t *self)
{
    http_server_t *server = self->server;
    self->waking = true;
    self->after = NULL;
    if (server->waking)
        server->waking_last->after = self;
    else
        server->waking = self;
    server->waking_last = self;
}

static ssize_t on_read (void *arg, uint64_t position, char *to, size_t max)
{
    http_stream_t *self = arg;
    (void)position;
    self->halted = self->n && http_streams_late (self->server);
    size_t taken = self->halted ? 0 : take (self, to, max);
    self->server->streamed += taken;
    if (taken)
        return (ssize_t)taken;
    if (!self->n && !self->held)
        return MHD_CONTENT_READER_END_OF_STREAM;
    self->suspended = true;
    if (self->halted)
        line_up (self);
    else
        http_client_served (http_connection_of (self->connection));
    MHD_suspend_connection (self->connection);
    return 0;
}

static void on_gone (void *arg)
{
    http_stream_t *self = arg;
    if (self->previous)
        self->previous->next = self->next;
    else
        self->server->streams = self->next;
    if (self->next)
        self->next->previous = self->previous;
    self->connection = NULL;
    drop_all (self);
    if (!self->held)
        free (self);
}

/* --- its life ---------------------------------------------------------------------------------------- */

static void resume (http_stream_t *self)
{
    if (!self->halted)
        http_client_awaited (http_connection_of (self->connection), true);
    self->suspended = self->waking = self->halted = false;
    MHD_resume_connection (self->connection);
}

static void wake (http_stream_t *self)
{
    http_server_t *server = self->server;
    if (!self->suspended || self->waking)
        return;
    line_up (self);
    server->run_due = true;
    loop_again (server->loop);
}

void http_streams_wake (http_server_t *server)
{
    for (int n = 0; server->waking && n < AWAKE_MAX && (n == 0 || loop_turn_us (server->loop) <= TURN_US); n++) {
        http_stream_t *self = server->waking;
        server->waking = self->after;
        resume (self);
    }
}

static void list (http_stream_t *self)
{
    self->next = self->server->streams;
    if (self->next)
        self->next->previous = self;
    self->server->streams = self;
}

static void notice_the_vanished (const http_stream_t *self)
{
    int fd = MHD_get_connection_info (self->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    unsigned ms = (unsigned)self->server->slow_ms;
    setsockopt (fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

static void answer (http_stream_t *self, http_request_t *request, const char *content_type,
                    const http_header_t *headers)
{
    struct MHD_Response *response = MHD_create_response_from_callback (MHD_SIZE_UNKNOWN, BLOCK, on_read, self, on_gone);
    if (!response)
        abort (); /* memory */
    MHD_add_response_header (response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    for (; headers && headers->name; headers++)
        MHD_add_response_header (response, headers->name, headers->value);
    self->connection = request->connection;
    list (self);
    notice_the_vanished (self);
    http_request_give (request, MHD_HTTP_OK, response);
}

http_stream_t *http_stream_new (http_request_t **request_p, const char *content_type, const http_header_t *headers,
                                size_t room)
{
    http_request_t *request = *request_p;
    *request_p = NULL;
    http_stream_t *self = xcalloc (1, sizeof *self);
    *self = (http_stream_t){.server = request->server, .room = room, .held = true};
    request->held = false;
    if (!request->answered && request->connection)
        answer (self, request, content_type, headers);
    http_request_release (request);
    return self;
}

bool http_stream_send (http_stream_t *self, http_bytes_t *bytes)
{
    if (!self->connection)
        return false;
    if (self->n && self->waiting + bytes->size > self->room) {
        http_client_hang_up (http_connection_of (self->connection));
        drop_all (self);
        wake (self);
        return false;
    }
    if (bytes->size)
        put (self, bytes);
    if (self->n)
        wake (self);
    return true;
}

size_t http_stream_waiting (const http_stream_t *self)
{
    return self->waiting;
}

void http_stream_destroy (http_stream_t **self_p)
{
    http_stream_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    self->held = false;
    if (self->connection)
        wake (self);
    else
        free (self);
}

void http_streams_end (http_server_t *server)
{
    for (http_stream_t *self = server->streams, *next; self; self = next) {
        next = self->next;
        drop_all (self);
        self->held = false; /* whoever held it must not come back: http_server.h */
        if (self->suspended)
            resume (self);
    }
    server->waking = NULL;
}
