/* assets.c - the page and its files: from memory, with a strong entity tag, compressed where that saves a tenth.
 *
 * A file is asked for again each time and answered 304 while it is the same: after an upgrade nobody has half of the old
 * page. */
#include "assets.h"

#include "console_private.h"
#include "ids.h"

#include <stdio.h>
#include <string.h>

enum { TAG_SIZE = HASH_HEX_SIZE + 8 };

static const char *type_of (const char *name)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".wav", "audio/wav"},
        {".mp3", "audio/mpeg"},
        {".ogg", "audio/ogg"},
        {".txt", "text/plain; charset=utf-8"},
    };
    const char *dot = strrchr (name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcmp (dot, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

static const asset_t *find (const char *name)
{
    for (const asset_t *asset = console_assets; asset->name; asset++)
        if (strcmp (asset->name, name) == 0)
            return asset;
    return NULL;
}

/* Does the list of If-None-Match name it? Tags have no commas and no quotes inside. */
static bool is_known (const char *header, const char *tag)
{
    return header && (strcmp (header, "*") == 0 || strstr (header, tag));
}

void assets_answer (visit_t **self_p, const char *name)
{
    visit_t *self = *self_p;
    const asset_t *asset = find (name);
    const char *accept = http_header (self->http, "Accept-Encoding");
    if (!asset) {
        visit_refuse (self_p, REFUSED_PATH, "no such file: %.200s", name);
        return;
    }
    bool packed = accept && strstr (accept, "gzip") && asset->gzip_size < asset->size - asset->size / 10;
    char hash[HASH_HEX_SIZE], tag[TAG_SIZE];
    hash_hex (asset->bytes, asset->size, hash);
    snprintf (tag, sizeof tag, "\"%s%s\"", hash, packed ? "-gz" : "");
    const http_header_t more[] = {{"ETag", tag},
                                  {"Cache-Control", "no-cache"},
                                  {"Vary", "Accept-Encoding"},
                                  {packed ? "Content-Encoding" : NULL, "gzip"},
                                  {NULL, NULL}};
    http_header_t all[ANSWER_HEADERS_MAX];
    answer_headers_with (all, more);
    if (is_known (http_header (self->http, "If-None-Match"), tag))
        http_respond (&self->http, 304, NULL, "", 0, all);
    else
        http_respond (&self->http, 200, type_of (name), packed ? asset->gzip : asset->bytes,
                      packed ? asset->gzip_size : asset->size, all);
    visit_end (self_p);
}
