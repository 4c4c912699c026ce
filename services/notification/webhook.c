/* webhook.c - the request that a webhook gets, signed.
 *
 *   POST, a JSON body that is the same for every attempt, and
 *   Buckstop-Id, Idempotency-Key   the delivery's id: a receiver that has seen it may answer 200 and do nothing
 *   Buckstop-Timestamp             seconds since the epoch, of this attempt
 *   Buckstop-Signature             "v1=" hex (HMAC-SHA-256 (key, timestamp "." body)), RFC 2104
 *
 * Keys are files NAME in the secrets directory, read for each request so that a change needs no restart. While a
 * key is rotated NAME.next stands beside it and the header carries a second signature behind a comma; a receiver
 * accepts either. A key that is missing here is our own fault: it is said which file, and the delivery waits.
 * The Slack-shaped webhook has no signature: its address is its secret. */
#include "senders_private.h"

#include "guard.h"
#include "sign.h"
#include "xmalloc.h"

#include <jansson.h>
#include <string.h>

static void __attribute__ ((format (printf, 2, 3))) add_header (webhook_t *self, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    vsnprintf (self->headers[self->headers_n], WEBHOOK_HEADER_SIZE, format, args);
    va_end (args);
    self->list[self->headers_n] = self->headers[self->headers_n];
    self->headers_n++;
    self->list[self->headers_n] = NULL;
}

static webhook_outcome_t add_signature (webhook_t *self, const char *name, const char *secrets, const char *timestamp,
                                        char why[DETAIL_SIZE])
{
    static const webhook_outcome_t outcomes[] = {
        [SIGN_MADE] = WEBHOOK_MADE, [SIGN_BROKEN] = WEBHOOK_BROKEN, [SIGN_NO_KEY] = WEBHOOK_NO_KEY};
    char header[SIGN_HEADER_SIZE];
    sign_outcome_t outcome = sign_header (secrets, name, timestamp, self->body, header, why);
    if (outcome == SIGN_MADE)
        add_header (self, "%s", header);
    return outcomes[outcome];
}

/* The same bytes for every attempt: nothing in it depends on when it is sent. */
static char *body_of (const delivery_t *delivery)
{
    json_t *json = json_pack (
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:s}", "id", delivery->id, "workspace", delivery->workspace,
        "contact", delivery->contact, "purpose", purpose_name (delivery->purpose), "person", delivery->person,
        "subject", delivery->subject, "body", delivery->body, "promise",
        delivery->promise ? promise_kind_name (delivery->promise) : "", "created_at", (json_int_t)delivery->created_at,
        "urgent", (int)delivery->urgent, "in_reply_to", delivery->in_reply_to);
    char *body = json ? json_dumps (json, JSON_COMPACT) : NULL;
    json_decref (json);
    return body;
}

webhook_outcome_t webhook_make (webhook_t *self, const delivery_t *delivery, const char *secrets, wall_ms_t now,
                                char why[DETAIL_SIZE])
{
    *self = (webhook_t){.body = body_of (delivery)};
    if (!self->body) {
        snprintf (why, DETAIL_SIZE, "the texts are not UTF-8");
        return WEBHOOK_BROKEN;
    }
    char timestamp[24];
    snprintf (timestamp, sizeof timestamp, "%lld", (long long)(now / MS_PER_SECOND));
    add_header (self, "Content-Type: application/json");
    add_header (self, "Buckstop-Id: %s", delivery->id);
    add_header (self, "Idempotency-Key: %s", delivery->id);
    add_header (self, "Buckstop-Timestamp: %s", timestamp);
    return GUARD ("f42") ? add_signature (self, delivery->secret, secrets, timestamp, why) : WEBHOOK_MADE;
}

/* What Slack reads as markup (mentions, links) must come from nobody's text. Freed by the caller. */
static char *slack_escape (const char *text)
{
    static const char *const names[] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;"};
    char *escaped = xcalloc (5 * strlen (text) + 1, 1), *to = escaped;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < sizeof names / sizeof *names && names[c])
            to = stpcpy (to, names[c]);
        else
            *to++ = *text;
    }
    return escaped;
}

void webhook_slack (webhook_t *self, const delivery_t *delivery)
{
    *self = (webhook_t){0};
    char *subject = slack_escape (delivery->subject), *body = slack_escape (delivery->body);
    json_t *json = json_pack ("{s:o}", "text", json_sprintf ("*%s*\n%s", subject, body));
    free (subject);
    free (body);
    self->body = json ? json_dumps (json, JSON_COMPACT) : NULL;
    json_decref (json);
    add_header (self, "Content-Type: application/json");
    add_header (self, "Idempotency-Key: %s", delivery->id);
}

void webhook_clear (webhook_t *self)
{
    free (self->body);
    self->body = NULL;
}
