/* answer.c - what is answered, and how it is refused: one table of reasons; headers that keep a browser strict. */
#include "console_private.h"

#include "problem.h"
#include "values.h"
#include "xmalloc.h"

#include <stdarg.h>
#include <stdio.h>

const http_header_t answer_headers[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; media-src "
     "'self'; "
     "manifest-src 'self'; font-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {NULL, NULL},
};
static const http_header_t no_store = {"Cache-Control", "no-store"};

static const problem_t problems[REFUSED_KINDS] = {
    [REFUSED_QUERY] = {400, "bad-query", "A query parameter is not usable", "see proto/console.yaml"},
    [REFUSED_BODY] = {400, "bad-body", "The body is not what is expected",
                      "send {\"token\": \"bs_...\"} as application/json"},
    [REFUSED_NO_SESSION] = {401, "no-session", "Nobody is signed in",
                            "POST /session with a token, or send it as 'Authorization: Bearer TOKEN'"},
    [REFUSED_TOKEN] = {401, "bad-token", "The token is not known",
                       "it may be revoked; ask for another: buckstop token issue --scope person --person NAME"},
    [REFUSED_SCOPE] = {403, "wrong-scope", "The token may not do this", "use a token of scope person or operator"},
    [REFUSED_CSRF] = {403, "not-our-page", "The request does not come from this console's own page",
                      "send the header Buckstop-CSRF with what GET /session says as csrf"},
    [REFUSED_NOT_YOU] = {403, "not-you", "Only for yourself", "somebody whom the proxy named acts for nobody else"},
    [REFUSED_PATH] = {404, "no-such-path", "There is nothing at this path", "see proto/console.yaml"},
    [REFUSED_METHOD] = {405, "no-such-method", "The path does not know this method", "see the Allow header"},
    [REFUSED_WORKSPACE] = {404, "no-such-workspace", "The workspace is not known",
                           "apply a policy for it: buckstop policy apply FILE"},
    [REFUSED_AWAY] = {503, "store-away", "The store can't be asked", "try again in a moment"},
    [REFUSED_STOPPING] = {503, "stopping", "This console is stopping", "try again in a moment: another one answers"},
    [REFUSED_READING] = {503, "reading", "The board is still being read", "try again in a moment"},
    [REFUSED_CROWDED] = {503, "too-many-watch", "Too many watch already",
                         "start another console, or raise --connections"},
    [REFUSED_INTAKE] =
        {503, "intake-away", "Intake can't be reached",
         "try again in a moment; nothing was changed, or an answer is missing: repeat with the same Idempotency-Key"},
    [REFUSED_ANSWER] = {502, "answer-too-large", "Intake's answer is larger than is handed on", "ask for less at once"},
};

void answer_headers_with (http_header_t all[ANSWER_HEADERS_MAX], const http_header_t *more)
{
    size_t n = 0;
    for (const http_header_t *header = answer_headers; header->name; header++)
        all[n++] = *header;
    for (; more && more->name && n + 1 < ANSWER_HEADERS_MAX; more++)
        all[n++] = *more;
    all[n] = (http_header_t){NULL, NULL};
}

void visit_end (visit_t **self_p)
{
    visit_t *self = *self_p;
    *self_p = NULL;
    free (self);
}

void visit_json (visit_t **self_p, int status, const char *text, size_t size, const http_header_t *more)
{
    http_header_t some[ANSWER_HEADERS_MAX], all[ANSWER_HEADERS_MAX];
    size_t n = 0;
    some[n++] = no_store;
    for (; more && more->name && n + 1 < ANSWER_HEADERS_MAX; more++)
        some[n++] = *more;
    some[n] = (http_header_t){NULL, NULL};
    answer_headers_with (all, some);
    http_respond (&(*self_p)->http, status, status < 400 ? "application/json" : "application/problem+json", text, size,
                  all);
    visit_end (self_p);
}

void visit_refuse (visit_t **self_p, refused_t kind, const char *format, ...)
{
    char detail[512];
    va_list words;
    va_start (words, format);
    vsnprintf (detail, sizeof detail, format, words);
    va_end (words);
    text_repair (detail);
    const problem_t *problem = &problems[kind];
    const http_header_t later = {"Retry-After", "1"}, allow = {"Allow", (*self_p)->allow}, none = {NULL, NULL};
    const http_header_t more[] = {problem->status == 503 ? later : kind == REFUSED_METHOD ? allow : none, none};
    size_t size;
    char *text = value_dump (problem_json (problem, detail), &size);
    visit_json (self_p, (int)problem->status, text, size, more);
    free (text);
}
