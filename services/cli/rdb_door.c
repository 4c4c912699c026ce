/* rdb_door.c - the primary's side of Redis's replication, as far as a full copy needs it.
 *
 * Hears: PING, AUTH, REPLCONF, PSYNC; later the acknowledgements of a replica. Says: +PONG, +OK, +FULLRESYNC and the
 * snapshot with its length, as the reference of Redis's replication protocol describes it; then commands.
 * The copy is for that Redis alone: it asks to go on from the replication id that it had as a primary, which nobody knows who
 * may not ask it. Whoever comes with another gets nothing (rdb_greeting.h).
 * Limits: one Redis; a step takes at most STEP_MS, the greeting of whoever comes GREET_MS. */
#include "rdb_door.h"

#include "clock.h"
#include "rdb_greeting.h"
#include "xmalloc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STEP_MS = 60000, GREET_MS = 5000, KEEP_MS = 5000 };

/* ---- the socket */

static int listen_at (const struct addrinfo *where)
{
    int fd = socket (where->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind (fd, where->ai_addr, where->ai_addrlen) == 0 && listen (fd, 8) == 0)
        return fd;
    if (fd >= 0)
        close (fd);
    return -1;
}

static int port_of (int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } name = {.six = {.sin6_family = AF_UNSPEC}};
    socklen_t size = sizeof name;
    if (getsockname (fd, &name.any, &size) != 0)
        return 0;
    return ntohs (name.any.sa_family == AF_INET6 ? name.six.sin6_port : name.four.sin_port);
}

int rdb_door_open (rdb_door_t *self, const char *address, const char *path, uint64_t size, const char *id)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    *self =
        (rdb_door_t){.listening = -1, .peer = -1, .file = open (path, O_RDONLY | O_CLOEXEC), .size = size, .id = id};
    int rc = getaddrinfo (address, "0", &hints, &found);
    if (rc == 0)
        self->listening = listen_at (found);
    if (found)
        freeaddrinfo (found);
    if (self->file < 0)
        return cli_fail (CLI_NO, "%s: %s", path, strerror (errno));
    if (self->listening < 0)
        return cli_fail (CLI_USAGE, "--listen %s: %s", address, rc ? gai_strerror (rc) : strerror (errno));
    self->port = port_of (self->listening);
    return CLI_GO;
}

void rdb_door_close (rdb_door_t *self)
{
    int *const fds[] = {&self->listening, &self->peer, &self->file};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (*fds[i] >= 0) {
            close (*fds[i]);
            *fds[i] = -1;
        }
}

static bool ready (int fd, short events, int ms)
{
    return backup_ready (fd, events, ms, "redis to take the copy");
}

static bool send_some (const rdb_door_t *self, const char *bytes, size_t size, int ms)
{
    while (size > 0) {
        ssize_t n = ready (self->peer, POLLOUT, ms) ? send (self->peer, bytes, size, MSG_NOSIGNAL) : -1;
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

static int put (const rdb_door_t *self, const char *bytes, size_t size)
{
    if (send_some (self, bytes, size, STEP_MS))
        return CLI_GO;
    return cli_fail (CLI_UNREACHABLE, "redis takes no more of the copy: its log says why");
}

static int put_text (const rdb_door_t *self, const char *text)
{
    return put (self, text, strlen (text));
}

/* ---- the snapshot */

static int put_snapshot (const rdb_door_t *self)
{
    char head[64], *block = xmalloc (BACKUP_BLOCK);
    backup_progress_t progress = {.what = "sending to redis"};
    snprintf (head, sizeof head, "$%" PRIu64 "\r\n", self->size);
    int rc = put_text (self, head);
    uint64_t done = 0;
    for (ssize_t n = 1; rc == CLI_GO && done < self->size; done += (uint64_t)n) {
        n = read (self->file, block, BACKUP_BLOCK);
        rc = n > 0 ? put (self, block, (size_t)n) : cli_fail (CLI_NO, "the copy can't be read to its end");
        n = n > 0 ? n : 0;
        backup_progress (&progress, done, self->size);
    }
    free (block);
    return rc;
}

/* NULL: it takes the copy. Else why not. */
static const char *greet (const rdb_door_t *self)
{
    static const char gone[] = "redis went away before it took the copy";
    char bytes[4096], line[RDB_LINE_SIZE];
    const char *why = NULL;
    rdb_greeted_t greeted = RDB_MORE;
    rdb_greeting_t *greeting = rdb_greeting_new (self->id);
    for (mono_ms_t ends = clock_mono () + GREET_MS; !why && greeted != RDB_BEGINS;) {
        greeted = rdb_greeting_next (greeting, line);
        mono_ms_t left = ends - clock_mono ();
        if (greeted == RDB_NOISE)
            why = "what connected is no redis, or one with tls-replication yes: that takes no copy from here";
        else if (greeted == RDB_STRANGER)
            why = "whoever came for the copy was not that redis";
        else if (left <= 0)
            why = gone;
        else if (greeted != RDB_MORE)
            why = send_some (self, line, strlen (line), (int)left) ? NULL : gone;
        else {
            ssize_t n = ready (self->peer, POLLIN, (int)left) ? read (self->peer, bytes, sizeof bytes) : -1;
            why = n > 0 ? NULL : gone;
            rdb_greeting_feed (greeting, bytes, n > 0 ? (size_t)n : 0);
        }
    }
    rdb_greeting_destroy (&greeting);
    return why;
}

int rdb_door_send (rdb_door_t *self)
{
    const char *why = "redis does not come for the copy: it must reach this machine (--listen, --reach)";
    for (mono_ms_t now = clock_mono (), ends = now + STEP_MS; now < ends; now = clock_mono ()) {
        if (!ready (self->listening, POLLIN, (int)(ends - now)))
            break;
        self->peer = accept4 (self->listening, NULL, NULL, SOCK_CLOEXEC);
        if (self->peer < 0)
            continue;
        why = greet (self);
        if (!why)
            return put_snapshot (self);
        close (self->peer);
        self->peer = -1;
    }
    return cli_fail (CLI_UNREACHABLE, "%s; the log of redis says more", why);
}

/* ---- behind it */

int rdb_door_command (rdb_door_t *self, const char *const *words, const size_t *sizes, size_t n)
{
    char head[32];
    snprintf (head, sizeof head, "*%zu\r\n", n);
    int rc = put_text (self, head);
    for (size_t i = 0; rc == CLI_GO && i < n; i++) {
        snprintf (head, sizeof head, "$%zu\r\n", sizes[i]);
        rc = put_text (self, head);
        rc = rc == CLI_GO ? put (self, words[i], sizes[i]) : rc;
        rc = rc == CLI_GO ? put_text (self, "\r\n") : rc;
    }
    return rc;
}

void rdb_door_keep (rdb_door_t *self)
{
    static mono_ms_t said; /* of the one door that there is */
    char bytes[4096];
    while (ready (self->peer, POLLIN, 0) && recv (self->peer, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
    if (clock_mono () - said < KEEP_MS)
        return;
    said = clock_mono ();
    rdb_door_command (self, (const char *const[]){"PING"}, (const size_t[]){4}, 1);
}
