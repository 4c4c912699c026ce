/* routes.c - the paths of the HTTP door.
 *
 * Limits: no percent-decoding in paths: ids, names and link tokens are URL-safe, so a '%' can't be part of one. */
#include "routes.h"

#include "ask.h"

#include <stdio.h>
#include <string.h>

static const route_t routes[] = {
    {"POST", "/v1/contacts", submit_open, FOR_CHANNELS},
    {"GET", "/v1/contacts", contacts_list, FOR_PEOPLE},
    {"GET", "/v1/contacts/{}", contact_show, FOR_PEOPLE},
    {"POST", "/v1/contacts/{}/messages", submit_append, FOR_CHANNELS},
    {"POST", "/v1/contacts/{}/actions", action_take, FOR_PEOPLE},
    {"GET", "/v1/customers/{}", customer_show, FOR_PEOPLE},
    {"POST", "/v1/mail", mail_post, FOR_CHANNELS, .late = true},
    {"POST", "/v1/channels/{}/webhook", webhook_hear, FOR_ANYBODY},
    {"GET", "/v1/channels/{}/webhook", webhook_hear, FOR_ANYBODY},
    {"GET", "/v1/people", people_list, FOR_PEOPLE},
    {"PUT", "/v1/people/{}/presence", presence_put, FOR_PEOPLE},
    {"DELETE", "/v1/people/{}/presence", presence_delete, FOR_PEOPLE},
    {"GET", "/v1/events", events_list, FOR_PEOPLE},
    {"GET", "/l/{}", link_show, FOR_ANYBODY, true},
    {"POST", "/l/{}", link_take, FOR_ANYBODY, true},
    {"GET", "/healthz", health_live, FOR_ANYBODY},
    {"GET", "/readyz", health_ready, FOR_ANYBODY},
};
enum { ROUTES = sizeof routes / sizeof *routes };

const route_t *route_row (size_t index)
{
    return index < ROUTES ? &routes[index] : NULL;
}

/* One '/' or the end after each segment; "{}" takes one that is not empty. */
static bool path_matches (const char *pattern, const char *path, char id[ROUTE_ID_SIZE])
{
    const char *hole = strstr (pattern, "{}");
    if (!hole)
        return strcmp (pattern, path) == 0;
    size_t before = (size_t)(hole - pattern);
    if (strncmp (pattern, path, before) != 0)
        return false;
    size_t length = strcspn (path + before, "/");
    if (length == 0 || length >= ROUTE_ID_SIZE || strcmp (hole + 2, path + before + length) != 0)
        return false;
    memcpy (id, path + before, length);
    id[length] = '\0';
    return true;
}

route_outcome_t route_find (const char *method, const char *path, const route_t **route, char id[ROUTE_ID_SIZE],
                            char allow[ROUTE_ALLOW_SIZE])
{
    size_t used = 0;
    id[0] = allow[0] = '\0';
    for (const route_t *row = routes; row < routes + ROUTES; row++) {
        if (!path_matches (row->path, path, id))
            continue;
        if (strcmp (row->method, method) == 0) {
            *route = row;
            return ROUTE_FOUND;
        }
        used += (size_t)snprintf (allow + used, ROUTE_ALLOW_SIZE - used, "%s%s", used ? ", " : "", row->method);
    }
    return used ? ROUTE_NO_METHOD : ROUTE_NO_PATH;
}

const char *scopes_name (unsigned scopes, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (scope_t scope = SCOPE_CHANNEL; scope <= SCOPE_OPERATOR; scope++)
        if (scopes & SCOPE_BIT (scope) && used < size)
            used += (size_t)snprintf (buffer + used, size - used, "%s%s", used ? " or " : "", scope_name (scope));
    return buffer;
}
