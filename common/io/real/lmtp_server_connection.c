/* lmtp_server_connection.c - one client: bytes to the conversation (core/mail/lmtp.h) and its replies back.
 *
 * hears: bytes; the answers about a mail. says: replies; mails.
 *
 * Limits: OUT_MAX bytes of replies that the client does not read, then nothing is read from it; IN_MAX bytes that came while
 * a mail waits for its answers; READS_MAX reads a turn. Who is silent for timeout_ms hears 421. */
#include "lmtp_server_private.h"

#include "xmalloc.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_MAX = 64 * 1024, OUT_MAX = 64 * 1024, READS_MAX = 4 };

/* ---------------------------------------------------------------- its memory */

static void recount (lmtp_connection_t *self)
{
    size_t held = lmtp_holds (self->lmtp) + self->mail.size;
    self->server->held += held - self->held;
    self->held = held;
}

static void count_held (lmtp_connection_t *self)
{
    recount (self);
    if (self->server->held > self->server->held_max) {
        lmtp_drop (self->lmtp);
        recount (self);
    }
    lmtp_crowded (self->lmtp, self->server->held >= self->server->held_max);
}

static void hang_up (lmtp_connection_t *self)
{
    if (self->fd < 0)
        return;
    loop_unwatch (self->server->loop, &self->watch);
    loop_cancel (self->server->loop, &self->timer);
    close (self->fd);
    self->fd = -1;
    self->server->open--;
    free (self->in);
    self->in = NULL;
    self->in_size = 0;
}

void lmtp_connection_end (lmtp_connection_t *self)
{
    lmtp_server_t *server = self->server;
    hang_up (self);
    server->held -= self->held;
    if (self->next)
        self->next->previous = self->previous;
    if (self->previous)
        self->previous->next = self->next;
    else
        server->connections = self->next;
    lmtp_destroy (&self->lmtp);
    free (self->mail.bytes);
    free (self);
}

/* The client has gone; what waits for answers stays until they are there. */
static void gone (lmtp_connection_t *self)
{
    hang_up (self);
    if (!self->mail.answers && !self->feeding)
        lmtp_connection_end (self);
    else
        self->ended = true;
}

/* ------------------------------------------------------------------ replies */

static void set_interest (lmtp_connection_t *self, uint32_t interest)
{
    if (self->fd < 0 || self->interest == interest)
        return;
    self->interest = interest;
    loop_watch_change (self->server->loop, self->watch, interest);
}

/* False: the client has gone, and perhaps the connection. */
static bool send_replies (lmtp_connection_t *self)
{
    size_t size;
    const char *bytes;
    while ((bytes = lmtp_says (self->lmtp, &size)), size) {
        ssize_t n = send (self->fd, bytes, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN) {
            gone (self);
            return false;
        }
        if (n < 0)
            break;
        lmtp_sent (self->lmtp, (size_t)n);
    }
    bool full = size > OUT_MAX || self->in_size == IN_MAX;
    set_interest (self, (size ? (uint32_t)EPOLLOUT : 0) | (full ? 0 : (uint32_t)EPOLLIN));
    return true;
}

/* -------------------------------------------------------------------- bytes */

static void ask_recipient (lmtp_connection_t *self)
{
    lmtp_verdict_t verdict = {.code = 451, .words = "4.3.0 not decided"};
    self->server->recipient (self->server->arg, lmtp_recipient (self->lmtp), &verdict);
    lmtp_answer_recipient (self->lmtp, verdict.code, verdict.words);
}

static void give_mail (lmtp_connection_t *self)
{
    self->mail.bytes = lmtp_take (self->lmtp, &self->mail.size);
    self->mail.answers = lmtp_recipients (self->lmtp);
    count_held (self);
    self->server->message (self->server->arg, &self->mail);
}

/* Through all events, until bytes are missing or an answer. What is not used is kept. Returns the last event. */
static lmtp_event_t feed (lmtp_connection_t *self, const char *bytes, size_t size)
{
    size_t at = 0, used;
    lmtp_event_t event;
    self->feeding = true;
    do {
        event = lmtp_feed (self->lmtp, bytes + at, size - at, &used);
        at += used;
        if (event == LMTP_RECIPIENT)
            ask_recipient (self);
        else if (event == LMTP_MESSAGE)
            give_mail (self);
    } while (event == LMTP_RECIPIENT || event == LMTP_MESSAGE);
    self->feeding = false;
    size_t left = event == LMTP_CLOSE ? 0 : size - at;
    if (left && !self->in)
        self->in = xmalloc (IN_MAX);
    if (left)
        memmove (self->in, bytes + at, left);
    self->in_size = left;
    count_held (self);
    return event;
}

/* What follows a feed. False: the connection may be gone. */
static bool settle (lmtp_connection_t *self, lmtp_event_t event)
{
    if (self->ended) {
        gone (self);
        return false;
    }
    if (!send_replies (self))
        return false;
    size_t size;
    lmtp_says (self->lmtp, &size);
    if (event != LMTP_CLOSE || size)
        return true;
    gone (self);
    return false;
}

/* Bytes that came before are the first. False: the connection may be gone. */
static bool read_more (lmtp_connection_t *self, bool *again)
{
    char room[IN_MAX];
    char *to = self->in_size ? self->in : room;
    ssize_t n = recv (self->fd, to + self->in_size, IN_MAX - self->in_size, 0);
    *again = n > 0;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0) {
        gone (self);
        return false;
    }
    self->heard = loop_now (self->server->loop);
    return settle (self, feed (self, to, self->in_size + (size_t)n));
}

static void on_socket (void *arg, uint32_t events)
{
    lmtp_connection_t *self = arg;
    size_t size;
    bool again = true;
    if (events & (EPOLLHUP | EPOLLERR) && !(events & EPOLLIN)) {
        gone (self);
        return;
    }
    if (events & EPOLLOUT && !settle (self, lmtp_feed (self->lmtp, "", 0, &size)))
        return;
    for (int i = 0; i < READS_MAX && again && self->interest & EPOLLIN && events & EPOLLIN; i++)
        if (!read_more (self, &again))
            return;
}

/* --------------------------------------------------------------------- time */

static void on_time (void *arg)
{
    lmtp_connection_t *self = arg;
    loop_t *loop = self->server->loop;
    mono_ms_t now = loop_now (loop);
    self->timer = NULL;
    if (self->mail.answers)
        self->heard = now; /* it is our turn */
    if (self->heard + self->server->timeout_ms > now) {
        self->timer = loop_at (loop, self->heard + self->server->timeout_ms, on_time, self);
        return;
    }
    lmtp_break (self->lmtp, "4.4.2 nothing was heard for too long");
    if (send_replies (self))
        gone (self);
}

/* ----------------------------------------------------------------- its life */

void lmtp_connection_open (lmtp_server_t *server, int fd)
{
    lmtp_connection_t *self = xcalloc (1, sizeof *self);
    *self = (lmtp_connection_t){.server = server, .fd = fd, .next = server->connections};
    self->lmtp = lmtp_new (server->host, server->message_max);
    if (self->next)
        self->next->previous = self;
    server->connections = self;
    server->open++;
    self->heard = loop_now (server->loop);
    self->interest = EPOLLIN;
    self->watch = loop_watch (server->loop, fd, EPOLLIN, on_socket, self);
    if (!self->watch) {
        gone (self);
        return;
    }
    self->timer = loop_at (server->loop, self->heard + server->timeout_ms, on_time, self);
    count_held (self);
    send_replies (self);
}

void lmtp_connection_leave (lmtp_connection_t *self, const char *words)
{
    if (self->fd < 0)
        return;
    lmtp_leave (self->lmtp, words);
    if (send_replies (self) && !lmtp_busy (self->lmtp))
        gone (self);
}

/* --------------------------------------------------------------------- mail */

static lmtp_connection_t *connection_of (const lmtp_mail_t *mail)
{
    return (lmtp_connection_t *)mail;
}

const void *lmtp_mail_bytes (const lmtp_mail_t *self, size_t *size)
{
    *size = self->size;
    return self->bytes;
}

const char *lmtp_mail_sender (const lmtp_mail_t *self)
{
    return lmtp_sender (connection_of (self)->lmtp);
}

size_t lmtp_mail_recipients (const lmtp_mail_t *self)
{
    return lmtp_recipients (connection_of (self)->lmtp);
}

const char *lmtp_mail_recipient (const lmtp_mail_t *self, size_t index)
{
    return lmtp_recipient_at (connection_of (self)->lmtp, index);
}

static void forget_mail (lmtp_connection_t *self)
{
    free (self->mail.bytes);
    self->mail = (lmtp_mail_t){.bytes = NULL};
    count_held (self);
}

void lmtp_mail_answer (lmtp_mail_t *mail, size_t index, int code, const char *words)
{
    lmtp_connection_t *self = connection_of (mail);
    lmtp_answer (self->lmtp, index, code, words);
    if (--mail->answers)
        return;
    forget_mail (self);
    if (self->feeding) /* it goes on by itself */
        return;
    self->heard = loop_now (self->server->loop);
    settle (self, feed (self, self->in ? self->in : "", self->in_size));
}
