/* http_client_host.c - which far side a URL means, as libcurl reads it, so that two spellings are one target.
 *
 * Pure: the fake client is built with it too. */
#include "http_client.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static bool plain_part (CURLU *parsed, CURLUPart part, unsigned flags, char *to, size_t size)
{
    char *text = NULL;
    bool got = curl_url_get (parsed, part, &text, flags) == CURLUE_OK && strlen (text) < size;
    if (got)
        snprintf (to, size, "%s", text);
    curl_free (text);
    return got;
}

bool http_client_host (const char *url, char *host, size_t size)
{
    char scheme[8] = "", port[8] = "", name[256] = "";
    CURLU *parsed = curl_url ();
    bool good = parsed && curl_url_set (parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
                plain_part (parsed, CURLUPART_SCHEME, 0, scheme, sizeof scheme) &&
                (strcmp (scheme, "http") == 0 || strcmp (scheme, "https") == 0) &&
                plain_part (parsed, CURLUPART_HOST, 0, name, sizeof name) &&
                plain_part (parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof port);
    curl_url_cleanup (parsed);
    size_t end = strlen (name);
    if (end && name[end - 1] == '.') /* the same name, spelt in full */
        name[end - 1] = '\0';
    for (char *at = name; *at; at++)
        *at = (char)tolower ((unsigned char)*at);
    snprintf (host, size, "%s%s%s", good ? name : "", good ? ":" : "", good ? port : "");
    return good;
}
