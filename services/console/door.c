/* door.c - the console's paths: one table. */
#include "console_private.h"

#include <stdio.h>
#include <string.h>

typedef struct way {
    const char *method; /* NULL: any */
    const char *path;   /* ends with '/': what begins so */
    visit_fn *fn;
    bool open; /* for anybody, without a session */
} way_t;

static void page (visit_t **self_p)
{
    assets_answer (self_p, "index.html");
}

static void file (visit_t **self_p)
{
    assets_answer (self_p, http_path ((*self_p)->http) + strlen ("/assets/"));
}

static const way_t ways[] = {
    {"GET", "/", page, true},
    {"HEAD", "/", page, true},
    {"GET", "/assets/", file, true},
    {"HEAD", "/assets/", file, true},
    {"POST", "/session", session_post, true},
    {"GET", "/session", session_get},
    {"DELETE", "/session", session_delete},
    {"GET", "/board", board_get},
    {"GET", "/board/stream", board_stream},
    {"GET", "/board/held", board_held},
    {"GET", "/search", board_find},
    {NULL, "/v1/", hand_on},
};

static bool fits (const char *pattern, const char *path)
{
    size_t length = strlen (pattern);
    bool all_below = length > 1 && pattern[length - 1] == '/';
    return all_below ? strncmp (path, pattern, length) == 0 && path[length] : strcmp (path, pattern) == 0;
}

/* The row for the request; NULL: refused. */
static const way_t *find (visit_t **self_p)
{
    visit_t *self = *self_p;
    const char *method = http_method (self->http), *path = http_path (self->http);
    size_t used = 0;
    for (const way_t *way = ways; way < ways + sizeof ways / sizeof *ways; way++) {
        if (!fits (way->path, path))
            continue;
        if (!way->method || strcmp (way->method, method) == 0)
            return way;
        used += (size_t)snprintf (self->allow + used, sizeof self->allow - used, "%s%s", used ? ", " : "", way->method);
    }
    if (used)
        visit_refuse (self_p, REFUSED_METHOD, "%.16s is not known at %.200s; known are: %s", method, path, self->allow);
    else
        visit_refuse (self_p, REFUSED_PATH, "no such path: %.200s", path);
    return NULL;
}

void console_http (void *arg, http_request_t *request)
{
    visit_t *visit = visit_new (arg, request);
    const way_t *way = find (&visit);
    if (way && way->open)
        way->fn (&visit);
    else if (way)
        visit_recognise (&visit, way->fn);
}
