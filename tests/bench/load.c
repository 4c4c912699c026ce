/* load.c - customers over HTTP: POST /v1/contacts on keep-alive connections, closed loop or at a fixed rate.
 *
 * usage: load PORT TOKEN SECONDS WARMUP CONNECTIONS RATE CHANNEL [RETURN-TO [SIZE [CUSTOMERS]]]
 *   RATE 0: each connection sends its next when the last is answered; else open loop, RATE a second over all
 *   RETURN-TO: a URL for callbacks, or "mail": answered by mail; SIZE: bytes of a body, filled up with text
 *   CUSTOMERS: who writes; "mixed" (as it is without): each third has one contact open, the others have none;
 *   "new": nobody has; a number: so many, one after the other, with ever more that is open
 * prints JSON: what was asked and answered after the warm-up, latencies in microseconds from when a request was due
 * (not from when it could be sent: waiting for a free connection counts) */
#include "clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ANSWER_MAX = 8192,
    BODY_MAX = 64 * 1024,
    REQUEST_MAX = BODY_MAX + 1024,
    CONNECTIONS_MAX = 1024,
    LATENCIES_MAX = 20000000
};

typedef struct client {
    int fd;
    bool busy;
    int64_t due; /* when this request should have gone out */
    size_t got;
    char answer[ANSWER_MAX];
} client_t;

typedef struct load {
    int port, epoll, connections;
    const char *token, *channel, *return_to;
    double rate;
    int size; /* of a body; 0: as it is */
    const char *customers;
    int64_t began, measured_from, ends;
    uint64_t sent, answered, refused, counted;
    int64_t next_due;
    uint32_t *latencies;
    client_t *clients;
} load_t;

static int fail (const char *what)
{
    fprintf (stderr, "load: %s: %s\n", what, strerror (errno));
    return 1;
}

static int dial (int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons ((uint16_t)port)};
    to.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof (on));
    return connect (fd, (struct sockaddr *)&to, sizeof (to)) ? -1 : fd;
}

/* A server may close a connection that was idle for long: it is dialled again when it is needed. */
static int connect_client (load_t *self, client_t *client)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    client->fd = dial (self->port);
    return client->fd < 0 ? -1 : epoll_ctl (self->epoll, EPOLL_CTL_ADD, client->fd, &event);
}

/* The customer of the nth contact: of the mixed, each third wrote a moment before, when it was its first. */
static uint64_t customer_of (const load_t *self, uint64_t n)
{
    enum { BEFORE = 3001 };
    _Static_assert(BEFORE % 3 == 1, "whose turn that was is no third");
    uint64_t many = strtoull (self->customers, NULL, 10);
    if (many)
        return n % many;
    return strcmp (self->customers, "mixed") == 0 && n % 3 == 2 && n > BEFORE ? n - BEFORE : n;
}

static int ask (load_t *self, client_t *client, int64_t due)
{
    if (client->fd < 0 && connect_client (self, client))
        return -1;
    static char body[BODY_MAX], request[REQUEST_MAX], more[BODY_MAX];
    char back[256] = "";
    if (self->return_to && strcmp (self->return_to, "mail") == 0)
        snprintf (back, sizeof (back), ",\"return_way\":\"mail\"");
    else if (self->return_to && *self->return_to)
        snprintf (back, sizeof (back), ",\"return_way\":\"callback\",\"return_to\":\"%s\"", self->return_to);
    int size = snprintf (
        body, sizeof (body),
        "{\"channel\":\"%s\",\"subject\":\"Where is my card, number %llu?\",\"customer\":"
        "\"customer%llu@example.com\",\"text\":\"I ordered it two weeks ago and it has not come. Can you "
        "tell me where it is, and when I will have it? I need it for a journey on Monday.%s\"%s}",
        self->channel, (unsigned long long)self->sent, (unsigned long long)customer_of (self, self->sent), more, back);
    if (size < self->size && !*more) { /* the first time */
        memset (more, '.', (size_t)(self->size - size));
        return ask (self, client, due);
    }
    int n = snprintf (request, sizeof (request),
                      "POST /v1/contacts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                      "Content-Type: application/json\r\nIdempotency-Key: load-%d-%llu\r\nContent-Length: %d\r\n\r\n%s",
                      self->token, (int)getpid (), (unsigned long long)self->sent, size, body);
    client->busy = true;
    client->due = due;
    client->got = 0;
    self->sent++;
    return write (client->fd, request, (size_t)n) == n ? 0 : -1;
}

static void count (load_t *self, const client_t *client, int64_t now)
{
    bool accepted = strncmp (client->answer, "HTTP/1.1 202", 12) == 0;
    self->answered += accepted;
    self->refused += !accepted;
    if (client->due < self->measured_from || !accepted || self->counted == LATENCIES_MAX)
        return;
    int64_t took = now - client->due;
    self->latencies[self->counted++] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
}

/* Is the answer whole? Its length stands in the header. */
static bool is_whole (const client_t *client)
{
    const char *end = strstr (client->answer, "\r\n\r\n"), *length = strcasestr (client->answer, "Content-Length:");
    return end && length && client->got >= (size_t)(end + 4 - client->answer) + (size_t)atol (length + 15);
}

static int hear (load_t *self, client_t *client)
{
    ssize_t n = read (client->fd, client->answer + client->got, ANSWER_MAX - 1 - client->got);
    if (n == 0 && !client->busy) {
        close (client->fd);
        client->fd = -1;
        return 0;
    }
    if (n <= 0)
        return -1;
    client->got += (size_t)n;
    client->answer[client->got] = '\0';
    if (!is_whole (client))
        return 0;
    int64_t now = clock_mono_us ();
    client->busy = false;
    count (self, client, now);
    return self->rate > 0 || now >= self->ends ? 0 : ask (self, client, now);
}

/* Open loop: whatever is due goes out on a free connection; what finds none stays due. */
static int send_due (load_t *self, int64_t now)
{
    for (int i = 0; i < self->connections && self->next_due <= now && self->next_due < self->ends; i++) {
        if (self->clients[i].busy)
            continue;
        if (ask (self, &self->clients[i], self->next_due))
            return -1;
        self->next_due = self->began + (int64_t)((double)self->sent * 1e6 / self->rate);
    }
    return 0;
}

static bool any_busy (const load_t *self)
{
    for (int i = 0; i < self->connections; i++)
        if (self->clients[i].busy)
            return true;
    return false;
}

static int run (load_t *self)
{
    struct epoll_event events[256];
    int64_t now = clock_mono_us (), last = self->ends + 5000000;
    for (int i = 0; i < self->connections; i++) {
        if (connect_client (self, &self->clients[i]))
            return fail ("connect");
        if (self->rate <= 0 && ask (self, &self->clients[i], now))
            return fail ("write");
    }
    while ((now = clock_mono_us ()) < last && (now < self->ends || any_busy (self))) {
        if (self->rate > 0 && send_due (self, now))
            return fail ("write");
        int n = epoll_wait (self->epoll, events, 256, self->rate > 0 ? 1 : 100);
        for (int i = 0; i < n; i++)
            if (hear (self, events[i].data.ptr))
                return fail ("read");
    }
    return 0;
}

static int by_size (const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t quantile (const load_t *self, double q)
{
    return self->counted ? self->latencies[(size_t)((double)(self->counted - 1) * q)] : 0;
}

int main (int argc, char **argv)
{
    if (argc < 8)
        return fprintf (
                   stderr,
                   "usage: load PORT TOKEN SECONDS WARMUP CONNECTIONS RATE CHANNEL [RETURN-TO [SIZE [CUSTOMERS]]]\n"),
               2;
    load_t self = {.port = atoi (argv[1]),
                   .token = argv[2],
                   .connections = atoi (argv[5]),
                   .rate = atof (argv[6]),
                   .channel = argv[7],
                   .return_to = argc > 8 ? argv[8] : NULL,
                   .customers = argc > 10 ? argv[10] : "mixed",
                   .size = argc > 9 && atoi (argv[9]) < BODY_MAX - 1024 ? atoi (argv[9]) : 0,
                   .epoll = epoll_create1 (0)};
    if (self.connections < 1 || self.connections > CONNECTIONS_MAX)
        return fprintf (stderr, "load: 1 to %d connections\n", CONNECTIONS_MAX), 2;
    self.latencies = malloc (sizeof (uint32_t) * LATENCIES_MAX);
    self.clients = calloc ((size_t)self.connections, sizeof (client_t));
    self.began = self.next_due = clock_mono_us ();
    self.measured_from = self.began + (int64_t)(atof (argv[4]) * 1e6);
    self.ends = self.measured_from + (int64_t)(atof (argv[3]) * 1e6);
    if (run (&self))
        return 1;
    double seconds = atof (argv[3]);
    qsort (self.latencies, self.counted, sizeof (uint32_t), by_size);
    printf ("{\"sent\": %llu, \"accepted\": %llu, \"refused\": %llu, \"measured\": %llu, \"per_second\": %.1f, "
            "\"p50_us\": %u, \"p99_us\": %u, \"max_us\": %u}\n",
            (unsigned long long)self.sent, (unsigned long long)self.answered, (unsigned long long)self.refused,
            (unsigned long long)self.counted, (double)self.counted / seconds, quantile (&self, 0.5),
            quantile (&self, 0.99), quantile (&self, 1));
    free (self.clients);
    free (self.latencies);
    close (self.epoll);
    return 0;
}
