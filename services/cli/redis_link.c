/* redis_link.c - a plain connection to Redis: opened where --redis leads, asked one thing after the other.
 *
 * TLS is that of the store's door (store_tls.h), where hiredis has it. Limits: LINK_SECONDS for each answer. */
#include "redis_link.h"

#include "backup.h"
#include "store_address.h"
#include "store_tls.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum { LINK_SECONDS = 30, SLOW_SECONDS = 2 };

/* NULL: link->errstr says why, or nothing came. */
static redisReply *answer_to_it (redisContext *link)
{
    void *reply = NULL;
    int done = 0;
    while (!done)
        if (redisBufferWrite (link, &done) != REDIS_OK)
            return NULL;
    bool came = backup_ready (link->fd, POLLIN, (int64_t)LINK_SECONDS * MS_PER_SECOND, "redis");
    return came && redisGetReply (link, &reply) == REDIS_OK ? reply : NULL;
}

redisReply *link_ask (redisContext *link, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    redisReply *reply = redisvAppendCommand (link, format, args) == REDIS_OK ? answer_to_it (link) : NULL;
    va_end (args);
    if (reply && reply->type != REDIS_REPLY_ERROR)
        return reply;
    cli_fail (CLI_UNREACHABLE, "redis says to %.*s: %s", (int)strcspn (format, " "), format,
              reply           ? reply->str
              : *link->errstr ? link->errstr
                              : "nothing, for too long");
    freeReplyObject (reply);
    return NULL;
}

void link_field (const char *info, const char *field, char value[LINK_VALUE_SIZE])
{
    char begin[LINK_VALUE_SIZE];
    snprintf (begin, sizeof begin, "\n%s:", field);
    const char *at = info ? strstr (info, begin) : NULL;
    at = at ? at + strlen (begin) : "";
    snprintf (value, LINK_VALUE_SIZE, "%.*s", (int)strcspn (at, "\r\n"), at);
}

bool link_info (redisContext *link, const char *section, const char *field, char value[LINK_VALUE_SIZE])
{
    redisReply *reply = link_ask (link, "INFO %s", section);
    if (!reply)
        return false;
    link_field (reply->str, field, value);
    freeReplyObject (reply);
    return true;
}

/* ---- bytes */

bool link_send (redisContext *link, const char *bytes, size_t size)
{
    int done = 0;
    bool fine = redisAppendFormattedCommand (link, bytes, size) == REDIS_OK;
    while (fine && !done)
        fine = redisBufferWrite (link, &done) == REDIS_OK;
    if (!fine)
        cli_fail (CLI_UNREACHABLE, "redis takes nothing: %s", link->errstr);
    return fine;
}

/* By TLS only hiredis knows how. */
static ssize_t receive (redisContext *link, char *to, size_t most)
{
#if HIREDIS_MAJOR > 0
    return link->funcs->read (link, to, most);
#else
    return read (link->fd, to, most);
#endif
}

static bool is_silence (void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

ssize_t link_receive (redisContext *link, char *to, size_t most)
{
    redisSetTimeout (link, (struct timeval){.tv_sec = SLOW_SECONDS});
    ssize_t n;
    int silent = 0;
    for (;;) { /* whoever was stopped (Ctrl-Z) goes on where it was */
        errno = 0;
        n = receive (link, to, most);
        if (n > 0)
            return n;
        if (is_silence () && (silent += SLOW_SECONDS) < LINK_SILENCE_SECONDS)
            backup_waits ("redis");
        else if (errno != EINTR)
            break;
    }
    if (is_silence ())
        cli_fail (CLI_UNREACHABLE, "redis has sent nothing for %d s", (int)LINK_SILENCE_SECONDS);
    else
        cli_fail (CLI_UNREACHABLE, "redis has closed the connection: %s; its log says why",
                  n < 0 && errno ? strerror (errno) : "it ended");
    return -1;
}

/* ---- opening */

/* tls NULL: none. */
static bool secure (redisContext *link, store_tls_t *tls, const char *host)
{
    char why[DETAIL_SIZE];
    bool fine = !tls || store_tls_begin (tls, link, host, why);
    if (!fine)
        cli_fail (CLI_UNREACHABLE, "%s: %s", host, why);
    return fine;
}

static redisContext *connect_to (const char *path, const store_place_t *place, store_tls_t *tls)
{
    const struct timeval limit = {.tv_sec = LINK_SECONDS};
    redisContext *link =
        path ? redisConnectUnixWithTimeout (path, limit) : redisConnectWithTimeout (place->host, place->port, limit);
    bool connected = link && !link->err;
    if (connected)
        redisSetTimeout (link, limit);
    else
        cli_fail (CLI_UNREACHABLE, "%s: %s", path ? path : place->host, link ? link->errstr : "no memory");
    if (connected && secure (link, tls, path ? path : place->host))
        return link;
    if (link)
        redisFree (link);
    return NULL;
}

static bool log_in (redisContext *link, const char *user, const char *password)
{
    if (!password || !*password)
        return true;
    redisReply *reply =
        user && *user ? link_ask (link, "AUTH %s %s", user, password) : link_ask (link, "AUTH %s", password);
    freeReplyObject (reply);
    return reply != NULL;
}

/* The first sentinel that knows. */
static bool ask_sentinels (const cli_t *cli, const store_address_t *address, store_tls_t *tls, store_place_t *place)
{
    bool found = false;
    for (size_t i = 0; i < address->places_n && !found; i++) {
        redisContext *link = connect_to (NULL, &address->places[i], tls);
        if (!link)
            continue;
        redisReply *reply = log_in (link, NULL, cli->sentinel_password)
                                ? link_ask (link, "SENTINEL get-master-addr-by-name %s", address->name)
                                : NULL;
        found = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2;
        if (found) {
            snprintf (place->host, sizeof place->host, "%s", reply->element[0]->str);
            place->port = (int)strtol (reply->element[1]->str, NULL, 10);
        }
        freeReplyObject (reply);
        redisFree (link);
    }
    if (!found)
        cli_fail (CLI_UNREACHABLE, "no sentinel names a primary '%s'", address->name);
    return found;
}

static redisContext *open_at (const cli_t *cli, const store_address_t *address, store_tls_t *tls)
{
    store_place_t place = address->places[0];
    if (address->kind == STORE_SENTINEL && !ask_sentinels (cli, address, tls, &place))
        return NULL;
    redisContext *link = connect_to (address->kind == STORE_UNIX ? address->path : NULL, &place, tls);
    if (link && !log_in (link, cli->redis_user, cli->password)) {
        redisFree (link);
        link = NULL;
    }
    return link;
}

int link_open (const cli_t *cli, redisContext **link)
{
    store_address_t address;
    char why[STORE_ADDRESS_WHY_SIZE], reason[DETAIL_SIZE];
    const store_config_t config = {.tls_ca = cli->redis_ca, .tls_cert = cli->redis_cert, .tls_key = cli->redis_key};
    *link = NULL;
    if (!store_address_parse (cli->redis, &address, why))
        return cli_fail (CLI_USAGE, "--redis: %s", why);
    store_tls_t *tls = address.tls ? store_tls_new (&config, reason) : NULL;
    if (address.tls && !tls)
        return cli_fail (CLI_USAGE, "--redis: %s", reason);
    *link = open_at (cli, &address, tls);
    store_tls_destroy (&tls); /* what it has begun keeps what it needs */
    return *link ? CLI_GO : CLI_UNREACHABLE;
}

bool link_is_tls (const cli_t *cli)
{
    store_address_t address;
    char why[STORE_ADDRESS_WHY_SIZE];
    return store_address_parse (cli->redis, &address, why) && address.tls;
}
