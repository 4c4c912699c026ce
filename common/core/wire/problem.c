/* problem.c - problem documents (RFC 9457), and those that an HTTP server writes by itself. */
#include "problem.h"

#include "xmalloc.h"

#define TYPE_PREFIX "urn:buckstop:problem:"

static const problem_t rows[] = {
    [PROBLEM_HEAD] = {400, "malformed", "The request's head can't be used", "Correct it and send the request again."},
    [PROBLEM_LARGE] = {413, "too-large", "The request is too large", "Send less text; keep attachments elsewhere."},
    [PROBLEM_LATE] = {503, "no-answer-in-time", "No answer could be made in time",
                      "Send the same request again, with the same Idempotency-Key: it will not be done twice."},
    [PROBLEM_STOPPING] = {503, "draining", "This server is shutting down", "Connect again and send the request again."},
    [PROBLEM_CROWDED] = {503, "crowded", "Too much is held for slow clients", "Send the same request again."},
};

const problem_t *problem_of (problem_kind_t kind)
{
    return &rows[kind];
}

json_t *problem_json (const problem_t *self, const char *detail)
{
    return xcheck (json_pack ("{s:s+, s:s, s:i, s:s, s:s, s:s}", /**/
                              "type", TYPE_PREFIX, self->code,   /**/
                              "title", self->title,              /**/
                              "status", (int)self->status,       /**/
                              "detail", detail,                  /**/
                              "code", self->code,                /**/
                              "hint", self->hint));
}
