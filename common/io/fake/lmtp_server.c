/* lmtp_server.c (fake) - the conversation of the real one without sockets: the test speaks, and reads the replies. */
#include "lmtp_server.h"
#include "world.h"

#include "xmalloc.h"

struct lmtp_mail {
    char *bytes;
    size_t size, answers;
};

typedef struct connection {
    lmtp_mail_t mail;      /* the first member */
    lmtp_server_t *server; /* NULL: it has ended */
    fake_lmtp_t *client;   /* NULL: it has gone */
    lmtp_t *lmtp;
    char *in; /* said, and not yet used */
    size_t in_size;
    bool feeding;
    struct connection *next;
} connection_t;

struct fake_lmtp {
    connection_t *connection; /* NULL: closed */
    char *heard;
    size_t heard_size;
};

struct lmtp_server {
    loop_t *loop;
    char *endpoint, *host;
    size_t message_max;
    bool draining;
    lmtp_recipient_fn *recipient;
    lmtp_mail_fn *message;
    void *arg;
    connection_t *connections;
    lmtp_server_t *next;
};

static lmtp_server_t *servers;

void world_reset_lmtp (void)
{
    servers = NULL; /* their memory is their makers' */
}

/* --------------------------------------------------------------- a connection */

static void drop (connection_t *self)
{
    connection_t **link = &self->server->connections;
    while (*link != self)
        link = &(*link)->next;
    *link = self->next;
    if (self->client)
        self->client->connection = NULL;
    lmtp_destroy (&self->lmtp);
    free (self->mail.bytes);
    free (self->in);
    free (self);
}

static void tell_client (connection_t *self)
{
    size_t size;
    const char *bytes = lmtp_says (self->lmtp, &size);
    fake_lmtp_t *client = self->client;
    if (client && size) {
        client->heard = xrealloc (client->heard, client->heard_size + size + 1);
        memcpy (client->heard + client->heard_size, bytes, size);
        client->heard_size += size;
        client->heard[client->heard_size] = '\0';
    }
    if (size)
        lmtp_sent (self->lmtp, size);
}

static void ask_recipient (connection_t *self)
{
    lmtp_verdict_t verdict = {.code = 451, .words = "4.3.0 not decided"};
    self->server->recipient (self->server->arg, lmtp_recipient (self->lmtp), &verdict);
    lmtp_answer_recipient (self->lmtp, verdict.code, verdict.words);
}

static void give_mail (connection_t *self)
{
    self->mail.bytes = lmtp_take (self->lmtp, &self->mail.size);
    self->mail.answers = lmtp_recipients (self->lmtp);
    self->server->message (self->server->arg, &self->mail);
}

static void feed (connection_t *self)
{
    lmtp_event_t event;
    self->feeding = true;
    do {
        size_t used;
        event = lmtp_feed (self->lmtp, self->in ? self->in : "", self->in_size, &used);
        self->in_size -= used;
        if (self->in)
            memmove (self->in, self->in + used, self->in_size);
        if (event == LMTP_RECIPIENT)
            ask_recipient (self);
        else if (event == LMTP_MESSAGE)
            give_mail (self);
    } while (event == LMTP_RECIPIENT || event == LMTP_MESSAGE);
    self->feeding = false;
    tell_client (self);
    if ((event == LMTP_CLOSE || !self->client) && !self->mail.answers)
        drop (self);
}

typedef struct said {
    fake_lmtp_t *client;
    char *bytes;
    size_t size;
} said_t;

static void hear (void *arg)
{
    said_t *said = arg;
    connection_t *self = said->client->connection;
    if (!self)
        return;
    self->in = xrealloc (self->in, self->in_size + said->size + 1);
    memcpy (self->in + self->in_size, said->bytes, said->size);
    self->in_size += said->size;
    feed (self);
}

static void forget (void *arg)
{
    said_t *said = arg;
    free (said->bytes);
    free (said);
}

/* ------------------------------------------------------------------ the test's */

fake_lmtp_t *fake_lmtp_connect (const char *endpoint)
{
    lmtp_server_t *server = servers;
    while (server &&
           (!world_alive (server->loop) || server->draining || (endpoint && strcmp (server->endpoint, endpoint) != 0)))
        server = server->next;
    if (!server)
        return NULL;
    fake_lmtp_t *client = xcalloc (1, sizeof *client);
    connection_t *self = client->connection = xcalloc (1, sizeof *self);
    *self = (connection_t){.server = server, .client = client, .next = server->connections};
    self->lmtp = lmtp_new (server->host, server->message_max);
    server->connections = self;
    tell_client (self);
    return client;
}

void fake_lmtp_say (fake_lmtp_t *self, const void *bytes, size_t size)
{
    if (!self->connection)
        return;
    said_t *said = xcalloc (1, sizeof *said);
    *said = (said_t){self, xmemdup (bytes, size), size};
    world_post (self->connection->server->loop, 0, hear, said, forget);
}

const char *fake_lmtp_heard (const fake_lmtp_t *self, bool *closed)
{
    if (closed)
        *closed = !self->connection || !world_alive (self->connection->server->loop);
    return self->heard ? self->heard : "";
}

void fake_lmtp_close (fake_lmtp_t **self_p)
{
    fake_lmtp_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    connection_t *connection = self->connection;
    if (connection) {
        connection->client = NULL;
        if (!connection->mail.answers)
            drop (connection);
    }
    free (self->heard);
    free (self);
}

/* ---------------------------------------------------------------- the server's */

lmtp_server_t *lmtp_server_new (loop_t *loop, const lmtp_server_config_t *config, lmtp_recipient_fn *recipient,
                                lmtp_mail_fn *mail, void *arg)
{
    lmtp_server_t *self = xcalloc (1, sizeof *self);
    *self = (lmtp_server_t){.loop = loop, .endpoint = xstrdup (config->endpoint), .host = xstrdup (config->host)};
    self->message_max = config->message_max;
    self->recipient = recipient;
    self->message = mail;
    self->arg = arg;
    self->next = servers;
    servers = self;
    return self;
}

void lmtp_server_drain (lmtp_server_t *self)
{
    self->draining = true;
    for (connection_t *connection = self->connections, *next; connection; connection = next) {
        next = connection->next;
        lmtp_leave (connection->lmtp, "4.3.2 shutting down");
        tell_client (connection);
        if (!lmtp_busy (connection->lmtp))
            drop (connection);
    }
}

void lmtp_server_destroy (lmtp_server_t **self_p)
{
    lmtp_server_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    lmtp_server_t **link = &servers;
    while (*link && *link != self)
        link = &(*link)->next;
    if (*link)
        *link = self->next;
    while (self->connections)
        drop (self->connections);
    free (self->endpoint);
    free (self->host);
    free (self);
}

int lmtp_server_port (const lmtp_server_t *self)
{
    (void)self;
    return 0;
}

size_t lmtp_server_open (const lmtp_server_t *self)
{
    size_t n = 0;
    for (const connection_t *connection = self->connections; connection; connection = connection->next)
        n++;
    return n;
}

size_t lmtp_server_held (const lmtp_server_t *self)
{
    size_t held = 0;
    for (const connection_t *connection = self->connections; connection; connection = connection->next)
        held += lmtp_holds (connection->lmtp) + connection->mail.size;
    return held;
}

const void *lmtp_mail_bytes (const lmtp_mail_t *self, size_t *size)
{
    *size = self->size;
    return self->bytes;
}

const char *lmtp_mail_sender (const lmtp_mail_t *self)
{
    return lmtp_sender (((const connection_t *)self)->lmtp);
}

size_t lmtp_mail_recipients (const lmtp_mail_t *self)
{
    return lmtp_recipients (((const connection_t *)self)->lmtp);
}

const char *lmtp_mail_recipient (const lmtp_mail_t *self, size_t index)
{
    return lmtp_recipient_at (((const connection_t *)self)->lmtp, index);
}

void lmtp_mail_answer (lmtp_mail_t *mail, size_t index, int code, const char *words)
{
    connection_t *self = (connection_t *)mail;
    lmtp_answer (self->lmtp, index, code, words);
    if (--mail->answers)
        return;
    free (mail->bytes);
    *mail = (lmtp_mail_t){.bytes = NULL};
    if (!self->feeding)
        feed (self);
}
