/* http_server_slow.c - the connections that wait for their client: one list, longest first, one timer.
 *
 * libmicrohttpd's own time-out begins anew with every byte, so a client that sends or reads one now and then would
 * hold a connection for ever, and enough of them all that there are. Here a client has slow_ms for each of three
 * things: to send a head (being idle before it included), to send its body, to take the answer. While the handler
 * works nobody waits for the client. All have the same time, so the list stays in order by moving to its end whoever
 * begins with the next.
 */
#include "http_server_private.h"
#include "xmalloc.h"

#include <sys/socket.h>

static void on_slow (void *arg);

static void watch_longest (http_server_t *self)
{
    if (!self->slow && self->longest)
        self->slow = loop_at (self->loop, self->longest->since + self->slow_ms, on_slow, self);
}

static void unlist (http_connection_t *connection)
{
    http_server_t *self = connection->server;
    if (!connection->listed)
        return;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        self->longest = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    else
        self->latest = connection->previous;
    connection->previous = connection->next = NULL;
    connection->listed = false;
}

static void list (http_connection_t *connection)
{
    http_server_t *self = connection->server;
    connection->since = loop_now (self->loop);
    connection->previous = self->latest;
    if (self->latest)
        self->latest->next = connection;
    else
        self->longest = connection;
    self->latest = connection;
    connection->listed = true;
}

/* libmicrohttpd sees the end of the socket as if the client had hung up; what the client did not take is dropped. */
void http_client_hang_up (const http_connection_t *self)
{
    static const struct linger at_once = {.l_onoff = 1};
    int fd = MHD_get_connection_info (self->mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    if (self->answering)
        setsockopt (fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    shutdown (fd, SHUT_RDWR);
}

static void on_slow (void *arg)
{
    http_server_t *self = arg;
    mono_ms_t now = loop_now (self->loop);
    self->slow = NULL;
    while (self->longest && self->longest->since + self->slow_ms <= now) {
        http_connection_t *connection = self->longest;
        unlist (connection);
        http_client_hang_up (connection);
        self->run_due = true;
    }
    watch_longest (self);
}

void http_client_awaited (http_connection_t *connection, bool answering)
{
    connection->answering = answering;
    unlist (connection);
    list (connection);
    watch_longest (connection->server);
}

void http_client_served (http_connection_t *connection)
{
    unlist (connection);
}

http_connection_t *http_connection_of (struct MHD_Connection *mhd)
{
    return MHD_get_connection_info (mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void http_connection_notify (void *arg, struct MHD_Connection *mhd, void **connection_p,
                             enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        http_connection_t *connection = *connection_p = xcalloc (1, sizeof *connection);
        connection->server = arg;
        connection->mhd = mhd;
        http_client_awaited (connection, false);
    } else if (*connection_p) {
        unlist (*connection_p);
        free (*connection_p);
        *connection_p = NULL;
    }
}
