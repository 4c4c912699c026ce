/* redis_link.c - a plain connection to Redis: opened where --redis leads, asked one thing after the other.
 *
 * Limits: no TLS, and it says so; a time limit of LINK_SECONDS for each answer. */
#include "redis_link.h"

#include "store_address.h"

#include <stdarg.h>
#include <string.h>

enum { LINK_SECONDS = 30 };

redisReply *link_ask (redisContext *link, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    redisReply *reply = redisvCommand (link, format, args);
    va_end (args);
    if (reply && reply->type != REDIS_REPLY_ERROR)
        return reply;
    cli_fail (CLI_UNREACHABLE, "redis says to %.*s: %s", (int)strcspn (format, " "), format,
              reply ? reply->str : link->errstr);
    freeReplyObject (reply);
    return NULL;
}

bool link_info (redisContext *link, const char *section, const char *field, char value[LINK_VALUE_SIZE])
{
    char begin[LINK_VALUE_SIZE];
    redisReply *reply = link_ask (link, "INFO %s", section);
    if (!reply)
        return false;
    snprintf (begin, sizeof begin, "\n%s:", field);
    const char *at = reply->str ? strstr (reply->str, begin) : NULL;
    at = at ? at + strlen (begin) : "";
    snprintf (value, LINK_VALUE_SIZE, "%.*s", (int)strcspn (at, "\r\n"), at);
    freeReplyObject (reply);
    return true;
}

static redisContext *connect_to (const char *path, const store_place_t *place)
{
    const struct timeval limit = {.tv_sec = LINK_SECONDS};
    redisContext *link =
        path ? redisConnectUnixWithTimeout (path, limit) : redisConnectWithTimeout (place->host, place->port, limit);
    if (link && !link->err) {
        redisSetTimeout (link, limit);
        return link;
    }
    cli_fail (CLI_UNREACHABLE, "%s: %s", path ? path : place->host, link ? link->errstr : "no memory");
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
static bool ask_sentinels (const cli_t *cli, const store_address_t *address, store_place_t *place)
{
    bool found = false;
    for (size_t i = 0; i < address->places_n && !found; i++) {
        redisContext *link = connect_to (NULL, &address->places[i]);
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

redisContext *link_open (const cli_t *cli)
{
    store_address_t address;
    char why[STORE_ADDRESS_WHY_SIZE];
    if (!store_address_parse (cli->redis, &address, why)) {
        cli_fail (CLI_USAGE, "--redis: %s", why);
        return NULL;
    }
    if (address.tls) {
        cli_fail (CLI_USAGE,
                  "this command speaks no TLS: run it beside redis, by its unix socket; a copy alone can be had "
                  "by redis-cli --tls --rdb FILE");
        return NULL;
    }
    store_place_t place = address.places[0];
    if (address.kind == STORE_SENTINEL && !ask_sentinels (cli, &address, &place))
        return NULL;
    redisContext *link = connect_to (address.kind == STORE_UNIX ? address.path : NULL, &place);
    if (link && !log_in (link, cli->redis_user, cli->password)) {
        redisFree (link);
        link = NULL;
    }
    return link;
}
