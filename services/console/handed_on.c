/* handed_on.c - what people do: handed on to intake with their token, so that rights are judged in one place.
 *
 * Hears: /v1/... Says: the same to intake, and its answer. A person whom a proxy named has an operator's token behind
 * them: they read what operators read, act as themselves and nobody else, and are here or away.
 * Limits: ANSWER_MAX of an answer, CALL_MS of time. Paths with a percent sign, a '#', a '\' or a segment that begins with a
 * dot are none of intake's, and refused: curl would tidy them, and call another path than the one that was judged. */
#include "console_private.h"

#include "values.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

enum { CALL_MS = 4000, ANSWER_MAX = 8 * 1024 * 1024 };

/* ------------------------------------------------------------ what to call */

static void write_escaped (FILE *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *text; text++)
        if (strchr (plain, *text))
            fputc (*text, out);
        else
            fprintf (out, "%%%02X", (unsigned char)*text);
}

static char *url_of (const visit_t *self)
{
    char *url = NULL;
    size_t size, n;
    const http_header_t *queries = http_queries (self->http, &n);
    const char *base = self->console->params->intake;
    size_t length = strlen (base);
    FILE *out = xcheck (open_memstream (&url, &size));
    while (length && base[length - 1] == '/')
        length--;
    fprintf (out, "%.*s%s", (int)length, base, http_path (self->http));
    for (size_t i = 0; i < n; i++) {
        fputc (i ? '&' : '?', out);
        write_escaped (out, queries[i].name);
        fputc ('=', out);
        write_escaped (out, queries[i].value);
    }
    fclose (out);
    return url;
}

static void refuse_away (visit_t **self_p, const char *error)
{
    const char *at = (*self_p)->console->params->intake;
    if ((*self_p)->bearer.scope == SCOPE_OPERATOR)
        visit_refuse (self_p, REFUSED_INTAKE, "intake at %.200s: %s", at, error);
    else /* addresses of the house are the operators' */
        visit_refuse (self_p, REFUSED_INTAKE, "intake did not answer");
}

static void on_answer (void *arg, const http_answer_t *answer)
{
    visit_t *self = arg;
    console_t *console = self->console;
    char later[24];
    if (answer->status == 0)
        refuse_away (&self, answer->error);
    else if (answer->cut)
        visit_refuse (&self, REFUSED_ANSWER, "more than %d bytes", (int)ANSWER_MAX);
    else {
        snprintf (later, sizeof later, "%lld", (long long)(answer->retry_after_ms / MS_PER_SECOND));
        http_header_t more[4] = {{"Cache-Control", "no-store"}}, all[ANSWER_HEADERS_MAX];
        size_t n = 1;
        if (answer->retry_after_ms)
            more[n++] = (http_header_t){"Retry-After", later};
        if (answer->allow)
            more[n++] = (http_header_t){"Allow", answer->allow};
        answer_headers_with (all, more);
        const char *type = *answer->header ? answer->header : "application/json";
        http_respond (&self->http, answer->status, type, answer->body, answer->body_size, all);
        visit_end (&self);
    }
    console_release (console);
}

static char *line_of (const char *name, const char *before, const char *value)
{
    char *line = NULL;
    if (asprintf (&line, "%s: %s%s", name, before, value) < 0)
        abort (); /* memory */
    return line;
}

static void call (visit_t *self, const void *body, size_t size)
{
    static const char *const passed[] = {"Content-Type", "Idempotency-Key", "Accept", "traceparent"};
    enum { PASSED = sizeof passed / sizeof *passed };
    char *headers[PASSED + 2];
    size_t n = 0;
    headers[n++] = line_of ("Authorization", "Bearer ", self->token);
    for (size_t i = 0; i < PASSED; i++) {
        const char *value = http_header (self->http, passed[i]);
        if (value)
            headers[n++] = line_of (passed[i], "", value);
    }
    headers[n] = NULL;
    char *url = url_of (self);
    const http_call_t order = {.method = http_method (self->http),
                               .url = url,
                               .headers = (const char *const *)headers,
                               .body = body,
                               .body_size = size,
                               .header = "Content-Type",
                               .timeout_ms = CALL_MS,
                               .answer_max = ANSWER_MAX,
                               .private_allowed = true};
    console_hold (self->console);
    http_client_call (self->console->client, &order, on_answer, self);
    while (n)
        free (headers[--n]);
    free (url);
}

/* ------------------------------------------- somebody whom a proxy has named */

static bool is_own_presence (const visit_t *self)
{
    char path[NAME_SIZE + 32];
    snprintf (path, sizeof path, "/v1/people/%s/presence", self->bearer.person);
    return strcmp (http_path (self->http), path) == 0;
}

static bool is_action (const char *path)
{
    static const char before[] = "/v1/contacts/", behind[] = "/actions";
    size_t length = strlen (path);
    if (strncmp (path, before, sizeof before - 1) != 0 || length < sizeof before + sizeof behind)
        return false;
    const char *id = path + sizeof before - 1;
    return strcmp (path + length - (sizeof behind - 1), behind) == 0 &&
           strchr (id, '/') == path + length - (sizeof behind - 1);
}

/* The action as themselves; NULL: it names somebody else, or is no JSON. */
static char *own_action (const visit_t *self, size_t *size)
{
    const char *bytes = http_body (self->http, size), *person = NULL;
    json_t *body = json_loadb (bytes, *size, JSON_REJECT_DUPLICATES, NULL);
    char *text = NULL;
    if (json_is_object (body) && json_unpack (body, "{s?s}", "person", &person) == 0 &&
        (!person || strcmp (person, self->bearer.person) == 0)) {
        json_object_set_new (body, "person", value_text (self->bearer.person));
        text = value_dump (json_incref (body), size);
    }
    json_decref (body);
    return text;
}

static void call_as_themselves (visit_t **self_p)
{
    visit_t *self = *self_p;
    const char *method = http_method (self->http);
    size_t size;
    const void *body = http_body (self->http, &size);
    char *own = NULL;
    bool may = strcmp (method, "GET") == 0 || is_own_presence (self);
    if (!may && strcmp (method, "POST") == 0 && is_action (http_path (self->http)))
        may = (own = own_action (self, &size)) != NULL;
    if (may) {
        *self_p = NULL;
        call (self, own ? own : body, size);
    } else
        visit_refuse (self_p, REFUSED_NOT_YOU, "'%s' acts as '%s' alone, and by actions and presence",
                      self->bearer.person, self->bearer.person);
    free (own);
}

void hand_on (visit_t **self_p)
{
    visit_t *self = *self_p;
    size_t size;
    const char *method = http_method (self->http), *path = http_path (self->http);
    const void *body = http_body (self->http, &size);
    if (path[strcspn (path, "%#\\")] || strstr (path, "/.")) {
        visit_refuse (self_p, REFUSED_PATH, "no such path: %.200s", path);
        return;
    }
    if (strcmp (method, "GET") != 0 && !visit_own_page (self_p))
        return;
    if (self->proxied) {
        call_as_themselves (self_p);
        return;
    }
    *self_p = NULL;
    call (self, body, size);
}
