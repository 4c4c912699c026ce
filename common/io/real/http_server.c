/* http_server.c - libmicrohttpd on the loop: it runs when its epoll descriptor is ready, when an answer is, and
 * when it wants to look at idle connections.
 *
 * Hears: requests. Says: the handler's answers; of its own 400, 413 and 503 as problem documents. What libmicrohttpd can't
 * read as HTTP at all (400, since 1.0 also a head without Host; 414, 431: a head beyond CONNECTION_MEMORY) it answers with
 * a page of its own before anything of ours is called, and it has no option or hook to have another said.
 * A request waits suspended for its answer; libmicrohttpd never times those out, so the list of open ones has one timer.
 * A body that is too large is read to its end and not kept, since an answer given before is lost on a client that still
 * writes; when it is announced to be far too large, or the client asks first (Expect), the answer comes at once.
 * An answer may go on as a stream (http_server_stream.c).
 * Limits: DISCARD_MAX, slow_ms (http_server_slow.c), bodies_max (and as much of answers), CONNECTION_MEMORY for a head.
 * At connections_max new clients wait, and there are never more than leave DESCRIPTORS_KEPT of the process's descriptors:
 * health checks belong on a server of their own.
 */
#include "http_server.h"

#include "http_listen.h"
#include "http_server_private.h"
#include "xmalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    DISCARD_MAX = 16 * 1024 * 1024, /* beyond body_max: so much is read for the sake of the answer */
    SLOW_MS_DEFAULT = 30000,
    BODIES_MAX_DEFAULT = 256 * 1024 * 1024,
    CONNECTION_MEMORY = 16 * 1024, /* cleared between requests */
    CONNECTIONS_DEFAULT = 1000,
    DESCRIPTORS_KEPT = 128,
    RUNS_MAX = 8,       /* of libmicrohttpd in one turn */
    LAST_RUNS_MAX = 64, /* at the end, to get the last answers out */
    WAKE_MIN_MS = 50,
};

/* --- what libmicrohttpd calls ------------------------------------------------------------------------ */

static const char *header_of (struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value (connection, MHD_HEADER_KIND, name);
}

static void refuse_large (http_request_t *request)
{
    char detail[128];
    snprintf (detail, sizeof detail, "The body is larger than %zu bytes.", request->body_max);
    request->seen = true;
    http_request_refuse (request, PROBLEM_LARGE, detail);
}

/* Who announces too much is told before sending it, if asking first; else only when it is far too much. */
static void look_at_length (http_request_t *request)
{
    const char *length = header_of (request->connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    unsigned long long announced = length ? strtoull (length, NULL, 10) : 0;
    size_t max = request->body_max;
    if (announced > max && (announced > max + DISCARD_MAX || header_of (request->connection, MHD_HTTP_HEADER_EXPECT)))
        refuse_large (request);
}

static enum MHD_Result take_body (http_request_t *request, const char *bytes, size_t size)
{
    request->received += size;
    if (request->received > request->body_max + DISCARD_MAX)
        return MHD_NO; /* closes the connection */
    if (request->received <= request->body_max && !request->crowded)
        request->crowded = !http_request_keep (request, bytes, size);
    return MHD_YES;
}

/* NULL, or what is wrong with its head. */
static const char *malformed (http_request_t *request, const char *version)
{
    if (http_request_copy_fields (request) < 0)
        return "The query has a percent sign that is not followed by two hex digits, or a zero byte.";
    if (strcmp (version, MHD_HTTP_VERSION_1_1) == 0 && !http_header (request, MHD_HTTP_HEADER_HOST))
        return "The Host header is missing (RFC 9112, 3.2).";
    if (http_header (request, MHD_HTTP_HEADER_TRANSFER_ENCODING) &&
        http_header (request, MHD_HTTP_HEADER_CONTENT_LENGTH))
        return "Content-Length and Transfer-Encoding exclude each other (RFC 9112, 6.2).";
    return NULL;
}

static void dispatch (http_request_t *request, const char *version)
{
    http_server_t *self = request->server;
    request->seen = true;
    const char *wrong = malformed (request, version);
    if (request->received > request->body_max)
        refuse_large (request);
    else if (request->crowded)
        http_request_refuse (request, PROBLEM_CROWDED, "Nothing was done.");
    else if (wrong)
        http_request_refuse (request, PROBLEM_HEAD, wrong);
    else if (self->draining)
        http_request_refuse (request, PROBLEM_STOPPING, "Nothing was done.");
    else {
        http_server_opened (self, request);
        if (self->running)
            loop_again (self->loop);
        self->fn (self->arg, request);
    }
}

static enum MHD_Result send_answer (http_request_t *request)
{
    struct MHD_Response *response = request->response;
    request->response = NULL;
    http_client_awaited (http_connection_of (request->connection), true);
    enum MHD_Result sent = MHD_queue_response (request->connection, request->status, response);
    MHD_destroy_response (response);
    return sent;
}

/* Called with the head, with each piece of the body, at its end, and again after a resume. */
static enum MHD_Result on_request (void *arg, struct MHD_Connection *connection, const char *path, const char *method,
                                   const char *version, const char *bytes, size_t *size, void **request_p)
{
    http_request_t *request = *request_p;
    if (!request) {
        *request_p = request = http_request_new (arg, connection, method, path);
        http_client_awaited (http_connection_of (connection), false);
        look_at_length (request);
        return request->response ? send_answer (request) : MHD_YES;
    }
    if (*size) {
        enum MHD_Result taken = take_body (request, bytes, *size);
        *size = 0;
        return taken;
    }
    if (!request->seen)
        dispatch (request, version);
    if (request->response)
        return send_answer (request);
    request->suspended = true;
    http_client_served (http_connection_of (connection));
    MHD_suspend_connection (connection);
    return MHD_YES;
}

static void on_completed (void *arg, struct MHD_Connection *connection, void **request_p,
                          enum MHD_RequestTerminationCode how)
{
    http_server_t *self = arg;
    http_request_t *request = *request_p;
    (void)how;
    http_client_awaited (http_connection_of (connection), false);
    *request_p = NULL;
    if (!request)
        return;
    self->answers -= request->answer_size;
    request->answer_size = 0;
    request->connection = NULL;
    http_request_release (request);
}

/* Paths are handed out as they came; queries are decoded when copied, strictly. */
static size_t unescape_nothing (void *arg, struct MHD_Connection *connection, char *text)
{
    (void)arg;
    (void)connection;
    return strlen (text);
}

/* --- running it -------------------------------------------------------------------------------------- */

static void on_wake (void *arg);

static bool run_once (http_server_t *self, MHD_UNSIGNED_LONG_LONG *wait)
{
    self->run_due = false;
    MHD_run (self->daemon);
    return MHD_get_timeout (self->daemon, wait) == MHD_YES;
}

static void wake_in (http_server_t *self, mono_ms_t wait)
{
    mono_ms_t at = loop_now (self->loop) + wait;
    if (self->wake && self->wake_at <= at)
        return;
    loop_cancel (self->loop, &self->wake);
    self->wake = loop_at (self->loop, at, on_wake, self);
    self->wake_at = at;
}

static void run (http_server_t *self)
{
    MHD_UNSIGNED_LONG_LONG wait = 0;
    bool wants = true;
    self->running = true;
    self->streamed = 0;
    http_streams_wake (self);
    for (int i = 0; i < RUNS_MAX && (i == 0 || !http_streams_late (self)) && ((wants && !wait) || self->run_due); i++)
        wants = run_once (self, &wait);
    self->running = false;
    if (self->run_due || self->waking || (wants && !wait))
        wake_in (self, 0); /* others have their turn first */
    else if (wants)
        wake_in (self, wait < WAKE_MIN_MS ? WAKE_MIN_MS : (mono_ms_t)wait);
}

static void on_wake (void *arg)
{
    http_server_t *self = arg;
    self->wake = NULL;
    run (self);
}

static void on_ready (void *arg, uint32_t events)
{
    (void)events;
    run (arg);
}

static void on_turn (void *arg)
{
    http_server_t *self = arg;
    if (self->run_due)
        run (self);
}

/* --- its life ---------------------------------------------------------------------------------------- */

/* As many as were asked for, but the store, the log and health need descriptors too. Nothing here uses select, so the
 * process may have as many as the system gives it. */
static unsigned connections_within (unsigned wanted)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
        return wanted;
    limit.rlim_cur = limit.rlim_max;
    setrlimit (RLIMIT_NOFILE, &limit);
    rlim_t most = limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? limit.rlim_cur - DESCRIPTORS_KEPT : limit.rlim_cur / 2;
    return wanted < most ? wanted : (unsigned)most;
}

static struct MHD_Daemon *start (http_server_t *self, int fd, unsigned connections_max)
{
    return MHD_start_daemon (MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, self, /**/
                             MHD_OPTION_LISTEN_SOCKET, fd,                                              /**/
                             MHD_OPTION_CONNECTION_LIMIT, connections_max,                              /**/
                             MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,             /**/
                             MHD_OPTION_NOTIFY_COMPLETED, on_completed, self,                           /**/
                             MHD_OPTION_NOTIFY_CONNECTION, http_connection_notify, self,                /**/
                             MHD_OPTION_UNESCAPE_CALLBACK, unescape_nothing, self,                      /**/
                             MHD_OPTION_END);
}

static http_server_t *refused (const http_server_config_t *config, int error, const char *why)
{
    if (config->why)
        snprintf (config->why, HTTP_WHY_SIZE, "%s", why);
    errno = error;
    return NULL;
}

http_server_t *http_server_new (loop_t *loop, const http_server_config_t *config, http_handler_fn *fn, void *arg)
{
    int port = 0;
    const char *why = "";
    int fd = http_listen (config->endpoint, &port, &why);
    if (fd < 0)
        return refused (config, -fd, why);
    http_server_t *self = xcalloc (1, sizeof *self);
    *self = (http_server_t){.loop = loop, .fn = fn, .arg = arg, .port = port};
    self->body_max = config->body_max;
    self->limits = config->limits;
    self->limit_fn = config->limit_fn;
    self->timeout_ms = config->timeout_ms;
    self->slow_ms = config->slow_ms ? config->slow_ms : SLOW_MS_DEFAULT;
    self->bodies_max = config->bodies_max ? config->bodies_max : BODIES_MAX_DEFAULT;
    self->daemon =
        start (self, fd, connections_within (config->connections_max ? config->connections_max : CONNECTIONS_DEFAULT));
    if (!self->daemon) {
        close (fd);
        free (self);
        return refused (config, EMFILE, strerror (EMFILE)); /* all that start needs is descriptors */
    }
    int epoll = MHD_get_daemon_info (self->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    self->watch = loop_watch (loop, epoll, EPOLLIN, on_ready, self);
    loop_each_turn (loop, on_turn, self);
    self->run_due = true;
    return self;
}

void http_server_drain (http_server_t *self)
{
    if (self->draining)
        return;
    self->draining = true;
    int fd = MHD_quiesce_daemon (self->daemon);
    if (fd >= 0)
        close (fd);
    self->run_due = true;
}

/* Suspended connections must not meet the daemon's end: they are answered first. */
void http_server_destroy (http_server_t **self_p)
{
    http_server_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    http_server_drain (self);
    http_streams_end (self);
    while (self->oldest)
        http_request_refuse (self->oldest, PROBLEM_STOPPING, "The answer was still to come; it may have been done.");
    MHD_UNSIGNED_LONG_LONG wait = 0;
    for (int i = 0; i < LAST_RUNS_MAX && run_once (self, &wait) && !wait; i++)
        ;
    loop_each_turn_remove (self->loop, on_turn, self);
    loop_cancel (self->loop, &self->wake);
    loop_cancel (self->loop, &self->expire);
    loop_unwatch (self->loop, &self->watch);
    MHD_stop_daemon (self->daemon);
    loop_cancel (self->loop, &self->slow);
    free (self);
}

int http_server_port (const http_server_t *self)
{
    return self->port;
}
