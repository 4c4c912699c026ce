/* load_mail.c - a mail server with much to hand over: LMTP on several connections, closed loop.
 *
 * usage: load_mail SOCKET SECONDS WARMUP CONNECTIONS ADDRESS SIZE
 *   each connection has one message under way: its text goes out with the next one's MAIL, RCPT and DATA behind it
 *   (PIPELINING), so that a message is one round trip. SIZE: bytes of a message, head and text.
 * prints JSON as load does */
#include "clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_MAX = 8192, CONNECTIONS_MAX = 1024, LATENCIES_MAX = 20000000, SIZE_MAX_HERE = 1024 * 1024 };

typedef struct client {
    int fd;
    int64_t due;
    bool texted; /* a text is under way: the next final line but 354 that counts is its answer */
    size_t got;
    char answer[ANSWER_MAX];
} client_t;

typedef struct load {
    const char *path, *address;
    int epoll, connections;
    size_t size;
    int64_t measured_from, ends;
    uint64_t sent, answered, refused, counted;
    unsigned open;
    uint32_t *latencies;
    client_t *clients;
} load_t;

static int fail (const char *what)
{
    fprintf (stderr, "load_mail: %s: %s\n", what, strerror (errno));
    return 1;
}

static int say (const client_t *client, const char *bytes, size_t size)
{
    return send (client->fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size ? 0 : -1;
}

static int say_envelope (const load_t *self, const client_t *client)
{
    char text[512];
    int n = snprintf (text, sizeof text, "MAIL FROM:<load@example.com>\r\nRCPT TO:<%s>\r\nDATA\r\n", self->address);
    return say (client, text, (size_t)n);
}

static int open_client (load_t *self, client_t *client)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    snprintf (to.sun_path, sizeof to.sun_path, "%s", self->path);
    client->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect (client->fd, (struct sockaddr *)&to, sizeof to) ||
        epoll_ctl (self->epoll, EPOLL_CTL_ADD, client->fd, &event))
        return -1;
    self->open++;
    return say (client, "LHLO load\r\n", 11) || say_envelope (self, client);
}

/* A text of `size` bytes, the end of it, and the next envelope, in one piece. */
static int say_text (load_t *self, client_t *client, int64_t now)
{
    static char text[SIZE_MAX_HERE + 1024];
    bool last = now >= self->ends;
    unsigned long long number = self->sent++;
    int head =
        snprintf (text, sizeof text,
                  "From: Customer <customer%llu@example.com>\r\nTo: %s\r\nSubject: Where is my card, number %llu?\r\n"
                  "Message-ID: <load-%d-%llu@example.com>\r\nDate: Sun, 22 Nov 2026 08:00:00 +0000\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n\r\n",
                  number % 9973, self->address, number, (int)getpid (), number);
    size_t at = (size_t)head;
    static const char line[] = "I ordered it two weeks ago and it has not come. Can you tell me where it is?\r\n";
    while (at + sizeof line - 1 <= self->size) {
        memcpy (text + at, line, sizeof line - 1);
        at += sizeof line - 1;
    }
    at += (size_t)snprintf (text + at, sizeof text - at, ".\r\n%s", last ? "QUIT\r\n" : "");
    if (!last)
        at += (size_t)snprintf (text + at, sizeof text - at, "MAIL FROM:<load@example.com>\r\nRCPT TO:<%s>\r\nDATA\r\n",
                                self->address);
    client->due = now;
    client->texted = true;
    return say (client, text, at);
}

static void count (load_t *self, client_t *client, bool accepted, int64_t now)
{
    client->texted = false;
    self->answered += accepted;
    self->refused += !accepted;
    if (client->due < self->measured_from || !accepted || self->counted == LATENCIES_MAX)
        return;
    int64_t took = now - client->due;
    self->latencies[self->counted++] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
}

/* Behind a text the first final line is its answer; 354 wants the next text. */
static int hear_line (load_t *self, client_t *client, const char *line, int64_t now)
{
    if (line[3] == '-')
        return 0;
    if (client->texted)
        count (self, client, line[0] == '2', now);
    else if (strncmp (line, "354", 3) == 0)
        return say_text (self, client, now);
    else if (line[0] != '2')
        return errno = EPROTO, -1;
    return 0;
}

static int hear (load_t *self, client_t *client)
{
    ssize_t n = read (client->fd, client->answer + client->got, ANSWER_MAX - 1 - client->got);
    if (n == 0 && !client->texted) {
        close (client->fd);
        self->open--;
        return 0;
    }
    if (n <= 0)
        return -1;
    client->got += (size_t)n;
    client->answer[client->got] = '\0';
    int64_t now = clock_mono_us ();
    char *at = client->answer, *end;
    while ((end = strstr (at, "\r\n"))) {
        if (hear_line (self, client, at, now))
            return -1;
        at = end + 2;
    }
    client->got -= (size_t)(at - client->answer);
    memmove (client->answer, at, client->got);
    return 0;
}

static int run (load_t *self)
{
    struct epoll_event events[256];
    int64_t last = self->ends + 5000000;
    for (int i = 0; i < self->connections; i++)
        if (open_client (self, &self->clients[i]))
            return fail ("connect");
    while (self->open && clock_mono_us () < last) {
        int n = epoll_wait (self->epoll, events, 256, 100);
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
    if (argc < 7)
        return fprintf (stderr, "usage: load_mail SOCKET SECONDS WARMUP CONNECTIONS ADDRESS SIZE\n"), 2;
    load_t self = {.path = argv[1], .connections = atoi (argv[4]), .address = argv[5], .epoll = epoll_create1 (0)};
    self.size = (size_t)atol (argv[6]);
    if (self.connections < 1 || self.connections > CONNECTIONS_MAX || self.size > SIZE_MAX_HERE)
        return fprintf (stderr, "load_mail: 1 to %d connections, at most %d bytes\n", CONNECTIONS_MAX, SIZE_MAX_HERE),
               2;
    self.latencies = malloc (sizeof (uint32_t) * LATENCIES_MAX);
    self.clients = calloc ((size_t)self.connections, sizeof (client_t));
    self.measured_from = clock_mono_us () + (int64_t)(atof (argv[3]) * 1e6);
    self.ends = self.measured_from + (int64_t)(atof (argv[2]) * 1e6);
    if (run (&self))
        return 1;
    qsort (self.latencies, self.counted, sizeof (uint32_t), by_size);
    printf ("{\"sent\": %llu, \"accepted\": %llu, \"refused\": %llu, \"measured\": %llu, \"per_second\": %.1f, "
            "\"p50_us\": %u, \"p99_us\": %u, \"max_us\": %u}\n",
            (unsigned long long)self.sent, (unsigned long long)self.answered, (unsigned long long)self.refused,
            (unsigned long long)self.counted, (double)self.counted / atof (argv[2]), quantile (&self, 0.5),
            quantile (&self, 0.99), quantile (&self, 1));
    free (self.clients);
    free (self.latencies);
    close (self.epoll);
    return 0;
}
