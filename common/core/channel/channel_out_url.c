/* channel_out_url.c - the URL of a call: what may stand in it, and its secret, which is put in when it is sent.
 *
 * In records, logs and words the URL keeps its {secret}. */
#include "channel_out_private.h"

#include "address.h"
#include "words.h"
#include "xmalloc.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

char *out_percent (const char *text, const char *more)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char *encoded = xmalloc (3 * strlen (text) + 1), *to = encoded;
    for (; *text; text++)
        if (strchr (plain, *text) || strchr (more, *text))
            *to++ = *text;
        else
            to += sprintf (to, "%%%02X", (unsigned)(unsigned char)*text);
    *to = 0;
    return encoded;
}

bool out_url_dotted (const char *url)
{
    const char *host = strstr (url, "://"), *at = host ? host + 3 : url;
    const char *end = at + strcspn (at, "?#");
    for (at = memchr (at, '/', (size_t)(end - at)); at; at = memchr (at, '/', (size_t)(end - at))) {
        at++;
        size_t length = (size_t)((memchr (at, '/', (size_t)(end - at)) ?: (const void *)end) - (const void *)at);
        if ((length == 1 && *at == '.') || (length == 2 && at[0] == '.' && at[1] == '.'))
            return true;
    }
    return false;
}

/* A ':' may stand in a path and in a query (RFC 3986, 3.3), and does in tokens. */
static bool put_in (const char *address, const char *encoded, char url[OUT_URL_SIZE])
{
    size_t slot = strlen (OUT_URL_SECRET), size = strlen (encoded), used = 0;
    for (const char *found; (found = strstr (address, OUT_URL_SECRET)); address = found + slot) {
        size_t before = (size_t)(found - address);
        if (used + before + size >= OUT_URL_SIZE)
            return false;
        memcpy (url + used, address, before);
        memcpy (url + used + before, encoded, size + 1);
        used += before + size;
    }
    return word_fits (url + used, OUT_URL_SIZE - used, address);
}

/* What may stand behind a URL's host (RFC 3986, 3.3 and 3.4): it is sent as it is, and leads to no other host. */
static bool is_rest (const char *text)
{
    static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?%";
    return *text && !text[strspn (text, signs)];
}

bool channel_out_url (const policy_channel_t *channel, const delivery_t *delivery, const char *secret,
                      char url[OUT_URL_SIZE], char why[DETAIL_SIZE])
{
    const channel_out_t *out = channel->out;
    bool by_url = out->auth == OUT_AUTH_URL || out->auth == OUT_AUTH_REST;
    bool asks = strstr (delivery->address, OUT_URL_SECRET);
    url[0] = 0;
    if (asks && !by_url) {
        snprintf (why, DETAIL_SIZE, "the URL needs a secret, and the channel's auth names none for it any more");
        return false;
    }
    char *encoded = out->auth == OUT_AUTH_REST ? xstrdup (secret) : out_percent (by_url ? secret : "", ":");
    bool well = (out->auth != OUT_AUTH_REST || is_rest (secret)) && put_in (delivery->address, encoded, url) &&
                !out_url_dotted (url);
    sodium_memzero (encoded, strlen (encoded));
    free (encoded);
    if (!well) {
        sodium_memzero (url, OUT_URL_SIZE);
        snprintf (why, DETAIL_SIZE, "the URL with its secret does not fit");
    }
    return well;
}
