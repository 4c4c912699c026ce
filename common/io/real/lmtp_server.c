/* lmtp_server.c - mail in: accepts connections, and ends with them.
 *
 * hears: who connects. says: 421 to one more than connections_max, so that the mail server comes again.
 *
 * Limits: where no descriptor is to be had, it accepts nothing for PAUSE_MS. */
#include "lmtp_server_private.h"

#include "xmalloc.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS_MAX = 16, PAUSE_MS = 100 };

static void on_client (void *arg, uint32_t events);

static void on_pause_over (void *arg)
{
    lmtp_server_t *self = arg;
    self->pause = NULL;
    if (self->fd >= 0)
        self->watch = loop_watch (self->loop, self->fd, EPOLLIN, on_client, self);
}

static void pause_a_while (lmtp_server_t *self)
{
    loop_unwatch (self->loop, &self->watch);
    self->pause = loop_at (self->loop, loop_now (self->loop) + PAUSE_MS, on_pause_over, self);
}

static void turn_away (const lmtp_server_t *self, int fd)
{
    char line[LMTP_WORDS_SIZE];
    int size =
        snprintf (line, sizeof line, "421 4.3.2 %.255s has too many connections; come again later\r\n", self->host);
    if (write (fd, line, (size_t)size) < 0) { /* it goes away in any case */
    }
    close (fd);
}

static void on_client (void *arg, uint32_t events)
{
    lmtp_server_t *self = arg;
    (void)events;
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        int fd = accept4 (self->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0 && self->open >= self->connections_max)
            turn_away (self, fd);
        else if (fd >= 0)
            lmtp_connection_open (self, fd);
        else if (errno == EAGAIN)
            return;
        else if (errno != ECONNABORTED && errno != EINTR) {
            pause_a_while (self);
            return;
        }
    }
}

static lmtp_server_t *refused (const lmtp_server_config_t *config, int error, const char *why)
{
    if (config->why)
        snprintf (config->why, LMTP_WHY_SIZE, "%s", why);
    errno = error;
    return NULL;
}

lmtp_server_t *lmtp_server_new (loop_t *loop, const lmtp_server_config_t *config, lmtp_recipient_fn *recipient,
                                lmtp_mail_fn *mail, void *arg)
{
    int port;
    char *path;
    const char *why = "";
    int fd = lmtp_listen (config->endpoint, &port, &path, &why);
    if (fd < 0)
        return refused (config, -fd, why);
    lmtp_server_t *self = xcalloc (1, sizeof *self);
    *self = (lmtp_server_t){.loop = loop, .fd = fd, .port = port, .path = path};
    self->host = xstrdup (config->host);
    self->message_max = config->message_max;
    self->held_max = config->held_max;
    self->connections_max = config->connections_max;
    self->timeout_ms = config->timeout_ms ? config->timeout_ms : LMTP_TIMEOUT_MS;
    self->recipient = recipient;
    self->message = mail;
    self->arg = arg;
    self->watch = loop_watch (loop, fd, EPOLLIN, on_client, self);
    return self;
}

static void stop_listening (lmtp_server_t *self)
{
    if (self->watch)
        loop_unwatch (self->loop, &self->watch);
    loop_cancel (self->loop, &self->pause);
    if (self->fd < 0)
        return;
    if (self->path)
        unlink (self->path);
    close (self->fd);
    self->fd = -1;
}

void lmtp_server_drain (lmtp_server_t *self)
{
    self->draining = true;
    stop_listening (self);
    for (lmtp_connection_t *connection = self->connections, *next; connection; connection = next) {
        next = connection->next;
        lmtp_connection_leave (connection, "4.3.2 shutting down");
    }
}

void lmtp_server_destroy (lmtp_server_t **self_p)
{
    lmtp_server_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    stop_listening (self);
    while (self->connections)
        lmtp_connection_end (self->connections);
    free (self->host);
    free (self->path);
    free (self);
}

int lmtp_server_port (const lmtp_server_t *self)
{
    return self->port;
}

size_t lmtp_server_open (const lmtp_server_t *self)
{
    return self->open;
}

size_t lmtp_server_held (const lmtp_server_t *self)
{
    return self->held;
}
