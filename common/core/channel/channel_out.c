/* channel_out.c - what a reply becomes for the platform that the customer came by.
 *
 * Told:  a channel with its description, and what is to be said.
 * Says:  URL, secret's name and body, the same however often it is sent; the headers of one attempt.
 *
 * A text never becomes more than a text: JSON is built by jansson, forms and URLs are percent-encoded. Settings are the
 * policy's own words and stand in a URL as they are.
 * Limits: those of channel_out.h; a text is never cut: one that is longer than the platform takes is refused in words. */
#include "channel_out_private.h"

#include "address.h"
#include "ids.h"
#include "words.h"
#include "xmalloc.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

const char *const channel_out_slot_names[] = {
    "to",        "text",   "subject",   "thread",      "message_id",       "contact", "customer", "id",  "tag",
    "automatic", "person", "purpose",   "event",       "severity",         "state",   "promise",  "due", "opened",
    "at",        "until",  "workspace", "link_accept", "link_acknowledge", NULL};

enum { SET_NAME_SIZE = NAME_SIZE + 4 };

typedef enum coding { CODING_NONE, CODING_PERCENT } coding_t;

/* The slots of one template, each value as its place needs it. */
typedef struct slots {
    template_slot_t rows[OUT_SLOTS_MAX];
    size_t n;
    char names[OUT_SLOTS_MAX][SET_NAME_SIZE];
    char *owned[OUT_SLOTS_MAX + 3];
    size_t owned_n;
} slots_t;

static void slots_clear (slots_t *self)
{
    for (size_t i = 0; i < self->owned_n; i++)
        free (self->owned[i]);
}
#define SLOTS __attribute__ ((cleanup (slots_clear))) slots_t

static void put (slots_t *self, const char *name, const char *value, coding_t coding)
{
    if (self->n == OUT_SLOTS_MAX)
        return;
    if (word_empty (value))
        value = "";
    if (coding == CODING_PERCENT)
        value = self->owned[self->owned_n++] = out_percent (value, "");
    self->rows[self->n++] = (template_slot_t){name, value};
}

static void put_settings (slots_t *self, const policy_channel_t *channel)
{
    for (size_t i = 0; i < channel->settings_n && self->n < OUT_SLOTS_MAX; i++) {
        char *name = self->names[self->n];
        snprintf (name, SET_NAME_SIZE, "set.%s", channel->settings[i].name);
        put (self, name, channel->settings[i].value, CODING_NONE);
    }
}

/* What would be a mention or a link there becomes plain signs. Owned by the slots. */
static const char *escaped (slots_t *self, const channel_out_t *out, const char *text)
{
    static const char *const names[] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;"};
    if (out->escape == OUT_ESCAPE_NONE || word_empty (text))
        return text;
    char *whole = xmalloc (5 * strlen (text) + 1), *to = whole;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < sizeof names / sizeof *names && names[c])
            to = stpcpy (to, names[c]);
        else
            *to++ = *text;
    }
    *to = 0;
    self->owned[self->owned_n++] = whole;
    return whole;
}

static void put_told (slots_t *self, const channel_out_t *out, const out_told_t *told, coding_t coding)
{
    const char *const values[] = {told->to,
                                  escaped (self, out, told->text),
                                  escaped (self, out, told->subject),
                                  told->thread,
                                  told->message_id,
                                  told->contact,
                                  told->customer,
                                  told->id,
                                  told->tag,
                                  told->automatic,
                                  told->person,
                                  told->purpose,
                                  told->event,
                                  told->severity,
                                  told->state,
                                  told->promise,
                                  told->due,
                                  told->opened,
                                  told->at,
                                  told->until,
                                  told->workspace,
                                  told->link_accept,
                                  told->link_acknowledge};
    _Static_assert(sizeof values / sizeof *values + 1 == sizeof channel_out_slot_names / sizeof *channel_out_slot_names,
                   "a value for each name");
    for (size_t i = 0; channel_out_slot_names[i]; i++)
        put (self, channel_out_slot_names[i], values[i], coding);
}

static char *expand (const slots_t *self, const char *text)
{
    return template_expand (text, self->rows, self->n, 0);
}

/* A template that has slots, none of which has a value; *which is the last. */
static bool says_nothing (const slots_t *self, const char *text, const char **which)
{
    bool asks = false;
    for (size_t i = 0; i < self->n; i++) {
        char slot[SET_NAME_SIZE + 2];
        snprintf (slot, sizeof slot, "{%s}", self->rows[i].name);
        if (!strstr (text, slot))
            continue;
        asks = true;
        if (self->rows[i].value[0])
            return false;
        *which = self->rows[i].name;
    }
    return asks;
}

/* ---- bodies ---- */

static json_t *json_of (const out_node_t *node, const slots_t *slots);

static json_t *json_object_of (const out_node_t *node, const slots_t *slots)
{
    json_t *object = json_object ();
    for (size_t i = 0; i < node->kids_n; i++) {
        json_t *value = json_of (&node->kids[i], slots);
        if (value)
            json_object_set_new (object, node->kids[i].name, value);
    }
    return object;
}

static json_t *json_list_of (const out_node_t *node, const slots_t *slots)
{
    json_t *list = json_array ();
    for (size_t i = 0; i < node->kids_n; i++) {
        const out_node_t *kid = &node->kids[i];
        json_t *value = json_of (kid, slots);
        if (kid->kind == OUT_OBJECT && json_object_size (value) < kid->kids_n)
            json_decref (value); /* a name without its value */
        else if (value)
            json_array_append_new (list, value);
    }
    return list;
}

static json_t *json_text_of (const out_node_t *node, const slots_t *slots)
{
    const char *which;
    if (says_nothing (slots, node->text, &which))
        return NULL;
    char *text = expand (slots, node->text);
    json_t *value = json_string (text);
    free (text);
    return value;
}

/* NULL: it is left out. Depth is bounded by policy_tree.h. */
static json_t *json_of (const out_node_t *node, const slots_t *slots)
{
    switch (node->kind) {
    case OUT_OBJECT:
        return json_object_of (node, slots);
    case OUT_LIST:
        return json_list_of (node, slots);
    case OUT_PLAIN:
        return json_loads (node->text, JSON_DECODE_ANY, NULL);
    default:
        return json_text_of (node, slots);
    }
}

static char *json_body (const out_node_t *body, const slots_t *slots)
{
    json_t *json = json_of (body, slots);
    char *text = json ? json_dumps (json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    json_decref (json);
    return text;
}

/* application/x-www-form-urlencoded: names and values percent-encoded, which also covers what '+' stands for. */
static void form_field (FILE *to, bool *first, const char *name, const out_node_t *node, const slots_t *slots)
{
    const char *which;
    for (size_t i = 0; node->kind == OUT_LIST && i < node->kids_n; i++)
        form_field (to, first, name, &node->kids[i], slots);
    if (node->kind == OUT_LIST || says_nothing (slots, node->text, &which))
        return;
    char *value = node->kind == OUT_PLAIN ? xstrdup (node->text) : expand (slots, node->text);
    char *name_encoded = out_percent (name, ""), *encoded = out_percent (value, "");
    fprintf (to, "%s%s=%s", *first ? "" : "&", name_encoded, encoded);
    *first = false;
    free (value);
    free (encoded);
    free (name_encoded);
}

static char *form_body (const out_node_t *body, const slots_t *slots)
{
    char *text = NULL;
    size_t size = 0;
    bool first = true;
    FILE *to = open_memstream (&text, &size);
    if (!to)
        abort ();
    for (size_t i = 0; i < body->kids_n; i++)
        form_field (to, &first, body->kids[i].name, &body->kids[i], slots);
    fclose (to);
    return text;
}

/* ---- one delivery ---- */

size_t channel_out_characters (const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static bool __attribute__ ((format (printf, 2, 3))) refuse (char why[DETAIL_SIZE], const char *format, ...)
{
    va_list args;
    va_start (args, format);
    vsnprintf (why, DETAIL_SIZE, format, args);
    va_end (args);
    return false;
}

static bool render_url (const policy_channel_t *channel, const out_told_t *told, delivery_t *delivery,
                        char why[DETAIL_SIZE])
{
    SLOTS slots = {.n = 0};
    put_told (&slots, channel->out, told, CODING_PERCENT);
    put_settings (&slots, channel);
    for (size_t i = 0; i < slots.n; i++) {
        char slot[SET_NAME_SIZE + 2];
        snprintf (slot, sizeof slot, "{%s}", slots.rows[i].name);
        if (!slots.rows[i].value[0] && strstr (channel->out->url, slot))
            return refuse (why, "the channel's URL needs %s, and the contact has none", slot);
    }
    char *url = expand (&slots, channel->out->url);
    bool fits = word_fits (delivery->address, sizeof delivery->address, url) && address_is_url (url);
    bool dotted = out_url_dotted (url);
    free (url);
    if (dotted)
        return refuse (why,
                       "the channel's URL can't hold '.' or '..' for a word of the contact's: it would be another");
    return fits || refuse (why, "the channel's URL with the contact's words is no http or https URL of 256 bytes");
}

static bool render_secret (const policy_channel_t *channel, delivery_t *delivery, char why[DETAIL_SIZE])
{
    if (channel->out->auth == OUT_AUTH_NONE)
        return true;
    SLOTS slots = {.n = 0};
    put_settings (&slots, channel);
    char *secret = expand (&slots, channel->out->secret);
    bool fits = name_valid (secret) && word_fits (delivery->secret, sizeof delivery->secret, secret);
    free (secret);
    return fits || refuse (why, "the channel's secret is no name of a file: 1 to 32 of a-z A-Z 0-9 . _ -");
}

static bool render_body (const policy_channel_t *channel, const out_told_t *told, delivery_t *delivery,
                         char why[DETAIL_SIZE])
{
    SLOTS slots = {.n = 0};
    if (channel->out->auth == OUT_AUTH_BODY)
        put (&slots, "secret", slots.owned[slots.owned_n++] = out_body_mark (told->tag), CODING_NONE);
    put_told (&slots, channel->out, told, CODING_NONE);
    put_settings (&slots, channel);
    const out_node_t *body = channel->out->body;
    char *text = channel->out->content == OUT_JSON ? json_body (body, &slots) : form_body (body, &slots);
    if (!text)
        return refuse (why, "the texts are not UTF-8");
    if (strlen (text) >= OUT_BODY_MAX) {
        free (text);
        return refuse (why, "the request would be larger than %d bytes", OUT_BODY_MAX);
    }
    free (delivery->body);
    delivery->body = text;
    return true;
}

bool channel_out_render (const policy_channel_t *channel, const out_told_t *told, delivery_t *delivery,
                         char why[DETAIL_SIZE])
{
    const channel_out_t *out = channel->out;
    size_t length = channel_out_characters (told->text ? told->text : "");
    if (out->longest && length > (size_t)out->longest)
        return refuse (why,
                       "the text has %zu characters, and %s takes %d: nothing was sent; say it shorter, or in parts",
                       length, channel->name, out->longest);
    return render_url (channel, told, delivery, why) && render_secret (channel, delivery, why) &&
           render_body (channel, told, delivery, why);
}

/* ---- the headers of one attempt ---- */

static bool __attribute__ ((format (printf, 2, 3))) add (out_headers_t *self, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    int length = vsnprintf (self->lines[self->n], OUT_HEADER_SIZE, format, args);
    va_end (args);
    if (length < 0 || length >= OUT_HEADER_SIZE || !address_is_line (self->lines[self->n]))
        return false;
    self->list[self->n] = self->lines[self->n];
    self->list[++self->n] = NULL;
    return true;
}

static bool add_basic (out_headers_t *self, const slots_t *slots, const channel_out_t *out, const char *secret)
{
    enum { VARIANT = sodium_base64_VARIANT_ORIGINAL };
    char pair[OUT_SECRET_SIZE], encoded[sodium_base64_ENCODED_LEN (sizeof pair, VARIANT)];
    char *user = expand (slots, out->auth_word);
    int length = snprintf (pair, sizeof pair, "%s:%s", user, secret);
    bool fits = length > 0 && (size_t)length < sizeof pair;
    free (user);
    if (fits) {
        sodium_bin2base64 (encoded, sizeof encoded, (unsigned char *)pair, (size_t)length, VARIANT);
        fits = add (self, "Authorization: Basic %s", encoded);
    }
    sodium_memzero (pair, sizeof pair);
    sodium_memzero (encoded, sizeof encoded);
    return fits;
}

static bool add_auth (out_headers_t *self, const slots_t *slots, const channel_out_t *out, const char *secret)
{
    switch (out->auth) {
    case OUT_AUTH_BASIC:
        return add_basic (self, slots, out, secret);
    case OUT_AUTH_BEARER:
        return add (self, "Authorization: Bearer %s", secret);
    case OUT_AUTH_HEADER:
        return add (self, "%s: %s%s", out->auth_word, out->auth_prefix ? out->auth_prefix : "", secret);
    default:
        return true;
    }
}

static bool add_described (out_headers_t *self, const slots_t *slots, const channel_out_t *out)
{
    bool well = true;
    for (size_t i = 0; well && i < out->headers_n && i < OUT_HEADERS_MAX; i++) {
        char *value = expand (slots, out->headers[i].value);
        well = add (self, "%s: %s", out->headers[i].name, value);
        free (value);
    }
    return well;
}

bool channel_out_headers (const policy_channel_t *channel, const delivery_t *delivery, const char *secret,
                          out_headers_t *self, char why[DETAIL_SIZE])
{
    static const char *const types[] = {
        [OUT_JSON] = "application/json", [OUT_FORM] = "application/x-www-form-urlencoded"};
    SLOTS slots = {.n = 0};
    *self = (out_headers_t){.n = 0};
    put (&slots, "id", delivery->id, CODING_NONE);
    put_settings (&slots, channel);
    bool well = add (self, "Content-Type: %s", types[channel->out->content]) &&
                add_auth (self, &slots, channel->out, secret) && add_described (self, &slots, channel->out);
    if (!well) {
        channel_out_headers_clear (self);
        return refuse (why,
                       "a header of the channel's call does not fit: secret and settings are one line each, and "
                       "together with their name below %d bytes",
                       OUT_HEADER_SIZE);
    }
    return true;
}

void channel_out_headers_clear (out_headers_t *self)
{
    sodium_memzero (self, sizeof *self);
}
