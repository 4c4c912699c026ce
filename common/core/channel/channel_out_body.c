/* channel_out_body.c - a secret that a platform wants in the body of a call.
 *
 * Told:  a rendered body, which holds a mark in its place. Says: the body of one attempt.
 *
 * The mark has the delivery's MAC (mail_tag.h), so that no customer can write one: what stands in records, logs and dead
 * letters is the mark, and words that look like it are words. */
#include "channel_out_private.h"

#include "xmalloc.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

char *out_body_mark (const char *tag)
{
    char *mark;
    if (asprintf (&mark, "{secret:%s}", tag ? tag : "") < 0)
        abort ();
    return mark;
}

static void wipe (char **text_p)
{
    if (*text_p)
        sodium_memzero (*text_p, strlen (*text_p));
    free (*text_p);
    *text_p = NULL;
}

/* As it stands between quotes. NULL: it is not UTF-8. */
static char *as_json (const char *text)
{
    json_t *json = json_string (text);
    char *quoted = json ? json_dumps (json, JSON_ENCODE_ANY) : NULL;
    size_t size = quoted ? strlen (quoted) : 0;
    json_decref (json);
    if (!quoted)
        return NULL;
    char *bare = xmalloc (size);
    memcpy (bare, quoted + 1, size - 2);
    bare[size - 2] = 0;
    wipe (&quoted);
    return bare;
}

static char *encoded (const channel_out_t *out, const char *text)
{
    return out->content == OUT_FORM ? out_percent (text, "") : as_json (text);
}

/* Every mark of a text becomes the value; NULL: there is none. */
static char *replaced (const char *text, const char *mark, const char *value)
{
    size_t marks = 0, length = strlen (mark), size = strlen (value);
    for (const char *at = strstr (text, mark); at; at = strstr (at + length, mark))
        marks++;
    if (!marks)
        return NULL;
    char *whole = xmalloc (strlen (text) + marks * size + 1), *to = whole;
    for (const char *found; (found = strstr (text, mark)); text = found + length) {
        to = mempcpy (to, text, (size_t)(found - text));
        to = mempcpy (to, value, size);
    }
    memcpy (to, text, strlen (text) + 1);
    return whole;
}

char *channel_out_body (const policy_channel_t *channel, const delivery_t *delivery, const char *tag,
                        const char *secret, char why[DETAIL_SIZE])
{
    const channel_out_t *out = channel->out;
    if (out->auth != OUT_AUTH_BODY)
        return xstrdup (delivery->body);
    char *mark = out_body_mark (tag), *sought = encoded (out, mark), *value = encoded (out, secret);
    char *body = sought && value ? replaced (delivery->body, sought, value) : NULL;
    free (mark);
    free (sought);
    wipe (&value);
    if (!body)
        snprintf (why, DETAIL_SIZE,
                  "the secret has no place in the body: the description was another when it was decided");
    return body;
}

void channel_out_body_clear (char **body_p)
{
    wipe (body_p);
}
