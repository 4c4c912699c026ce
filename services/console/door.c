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
    {"GET", "/search", board_find},
    {NULL, "/v1/", hand_on},
};

static bool fits (const char *pattern, const char *path)
{
    size_t length = strlen (pattern);
    bool all_below = length > 1 && pattern[length - 1] == '/';
    return all_below ? strncmp (path, pattern, length) == 0 && path[length] : strcmp (path, pattern) == 0;
}

void console_http (void *arg, http_request_t *request)
{
    visit_t *visit = visit_new (arg, request);
    const char *method = http_method (request), *path = http_path (request);
    bool known = false;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (!fits (ways[i].path, path))
            continue;
        known = true;
        if (ways[i].method && strcmp (ways[i].method, method) != 0)
            continue;
        if (ways[i].open)
            ways[i].fn (&visit);
        else
            visit_recognise (&visit, ways[i].fn);
        return;
    }
    visit_refuse (&visit, known ? REFUSED_METHOD : REFUSED_PATH,
                  known ? "%s does not know this method" : "no such path: %.200s", path);
}
