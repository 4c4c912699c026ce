/* ask_answer.c - what a request ended in, rendered for the door that it came by.
 *
 * HTTP: JSON, or the bare message where Accept asks for protobuf; a refusal is a problem document; where a person
 * looks (signed links) it is a page. ZeroMQ: an envelope, with the trace of the question. */
#include "ask.h"

#include "ids.h"
#include "views.h"
#include "wire.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

#define TYPE_JSON     "application/json"
#define TYPE_PROBLEM  "application/problem+json"
#define TYPE_PROTOBUF "application/x-protobuf"
#define TYPE_PAGE     "text/html; charset=utf-8"

enum { HEADERS_MAX = 6, JSON_SMALL = 1024 };

typedef struct headers {
    http_header_t rows[HEADERS_MAX + 1];
    size_t n;
} headers_t;

static void add_header (headers_t *self, const char *name, const char *value)
{
    if (self->n < HEADERS_MAX)
        self->rows[self->n++] = (http_header_t){name, value};
}

static void answered (ask_t *self, const char *metric)
{
    self->answered = true;
    metric_add (metric, 1);
    metric_observe ("intake_answer_seconds",
                    (double)(loop_now_us (self->intake->service->loop) - self->begun_us) / 1000.0);
}

/* ------------------------------------------------------------------- HTTP */

/* These two take the value. The first is for what is nearly always small: it then needs no memory of its own. */
static void http_json (ask_t *self, int status, const char *type, json_t *value, const headers_t *headers)
{
    char small[JSON_SMALL], *large = NULL;
    size_t size = json_dumpb (xcheck (value), small, sizeof small, JSON_COMPACT);
    if (size > sizeof small)
        large = value_dump (json_incref (value), &size);
    json_decref (value);
    http_respond (&self->http, status, type, large ? large : small, size, headers->rows);
    free (large);
}

static void http_view (ask_t *self, json_t *value)
{
    size_t size;
    char *text = value_dump (value, &size);
    http_respond (&self->http, 200, TYPE_JSON, text, size, NULL);
    free (text);
}

static void http_message (ask_t *self, int status, const ProtobufCMessage *message, const headers_t *headers)
{
    size_t size = protobuf_c_message_get_packed_size (message);
    uint8_t *bytes = xmalloc (size);
    protobuf_c_message_pack (message, bytes);
    http_respond (&self->http, status, TYPE_PROTOBUF, bytes, size, headers ? headers->rows : NULL);
    free (bytes);
}

/* What a page may do: nothing but be read, and send its one form back. */
static void page_headers (headers_t *headers)
{
    add_header (headers, "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
                "frame-ancestors 'none'");
    add_header (headers, "Referrer-Policy", "no-referrer");
    add_header (headers, "Cache-Control", "no-store");
    add_header (headers, "X-Robots-Tag", "noindex");
}

static void http_page (ask_t *self, int status, const char *html, size_t size)
{
    headers_t headers = {.n = 0};
    page_headers (&headers);
    http_respond (&self->http, status, TYPE_PAGE, html, size, headers.rows);
}

/* ----------------------------------------------------------------- ZeroMQ */

static void peer_answer (ask_t *self, envelope_kind_t kind, void *body)
{
    envelope_t envelope = BUCKSTOP__V1__ENVELOPE__INIT;
    envelope.workspace = self->bearer.workspace;
    envelope.trace = self->body.envelope ? self->body.envelope->trace : self->trace; /* as it came: they look for it */
    envelope.sent_at = store_now (ask_store (self));
    envelope.body_case = kind;
    envelope.receipt = body; /* all members of the oneof are pointers */
    size_t size;
    uint8_t *bytes = wire_pack (&envelope, &size);
    bus_answer (self->intake->service->bus, &self->peer, bytes, size);
    free (bytes);
}

/* ---------------------------------------------------------------- receipts */

typedef struct receipt_answer {
    ask_t *ask;
    int status;
    const headers_t *headers;
} receipt_answer_t;

static void receipt_to_http (void *arg, Buckstop__V1__Receipt *message)
{
    receipt_answer_t *self = arg;
    http_message (self->ask, self->status, &message->base, self->headers);
}

static void receipt_to_peer (void *arg, Buckstop__V1__Receipt *message)
{
    receipt_answer_t *self = arg;
    peer_answer (self->ask, BUCKSTOP__V1__ENVELOPE__BODY_RECEIPT, message);
}

page_place_t ask_place (const ask_t *self)
{
    return (page_place_t){.policy = workspaces_policy (self->intake->service->workspaces, self->bearer.workspace),
                          .console = self->intake->params->console};
}

static void receipt_to_page (ask_t *self, const receipt_t *receipt)
{
    page_place_t place = ask_place (self);
    char *html = page_of_receipt (&place, receipt);
    http_page (self, 200, html, strlen (html));
    free (html);
}

static void receipt_by_http (ask_t *self, const receipt_t *receipt, bool replay)
{
    /* what a message leads to is still to come, an action is done */
    int status = receipt->disposition == BUCKSTOP__V1__DISPOSITION__DISPOSITION_DONE ? 200 : 202;
    headers_t headers = {.n = 0};
    if (replay)
        add_header (&headers, "Idempotent-Replay", "true");
    if (self->protobuf) {
        receipt_answer_t answer = {self, status, &headers};
        receipt_message (receipt, receipt_to_http, &answer);
        return;
    }
    http_json (self, status, TYPE_JSON, receipt_json (receipt), &headers);
}

void ask_answer_receipt (ask_t *self, const receipt_t *receipt, bool replay)
{
    if (self->answered)
        return;
    answered (self, replay ? "intake_replayed" : "intake_done");
    if (self->inner) {
        self->inner (self->inner_arg, receipt, NULL);
    } else if (self->peer) {
        receipt_answer_t answer = {.ask = self};
        receipt_message (receipt, receipt_to_peer, &answer);
    } else if (self->route->page) {
        receipt_to_page (self, receipt);
    } else {
        receipt_by_http (self, receipt, replay);
    }
    kill_point ("intake.answered");
}

/* ---------------------------------------------------------------- refusals */

static void refusal_to_message (const refusal_t *refusal, Buckstop__V1__Refusal *message)
{
    const refusal_row_t *row = refusal_row (refusal->kind);
    buckstop__v1__refusal__init (message);
    message->status = row->problem.status;
    message->code = (char *)row->problem.code;
    message->title = (char *)row->problem.title;
    message->detail = (char *)refusal->detail;
    message->hint = (char *)row->problem.hint;
    message->retry_after_s = row->retry_after_s;
}

/* RFC 6750, section 3. */
static const char *challenge_of (refusal_kind_t kind)
{
    switch (kind) {
    case REFUSE_NO_TOKEN:
        return "Bearer realm=\"buckstop\"";
    case REFUSE_BAD_TOKEN:
        return "Bearer realm=\"buckstop\", error=\"invalid_token\"";
    case REFUSE_SCOPE:
        return "Bearer realm=\"buckstop\", error=\"insufficient_scope\"";
    default:
        return NULL;
    }
}

static void refusal_by_http (ask_t *self, const refusal_t *refusal)
{
    const refusal_row_t *row = refusal_row (refusal->kind);
    headers_t headers = {.n = 0};
    char retry[12];
    if (challenge_of (refusal->kind))
        add_header (&headers, "WWW-Authenticate", challenge_of (refusal->kind));
    if (refusal->allow)
        add_header (&headers, "Allow", refusal->allow);
    if (row->retry_after_s) {
        snprintf (retry, sizeof retry, "%u", row->retry_after_s);
        add_header (&headers, "Retry-After", retry);
    }
    if (self->protobuf) {
        Buckstop__V1__Refusal message;
        refusal_to_message (refusal, &message);
        http_message (self, (int)row->problem.status, &message.base, &headers);
        return;
    }
    http_json (self, (int)row->problem.status, TYPE_PROBLEM, refusal_json (refusal), &headers);
}

/* Once the link is known to be ours, the path's id is that of its contact. */
static void refusal_to_page (ask_t *self, const refusal_t *refusal)
{
    page_place_t place = ask_place (self);
    char *html = page_of_refusal (&place, id_valid (self->id) ? self->id : "", refusal);
    http_page (self, (int)refusal_row (refusal->kind)->problem.status, html, strlen (html));
    free (html);
}

void ask_refuse_early (ask_t *self, const refusal_t *refusal)
{
    if (self->answered)
        return;
    answered (self, "intake_refused");
    if (self->inner) {
        self->inner (self->inner_arg, NULL, refusal);
    } else if (self->peer) {
        Buckstop__V1__Refusal message;
        refusal_to_message (refusal, &message);
        peer_answer (self, BUCKSTOP__V1__ENVELOPE__BODY_REFUSAL, &message);
    } else if (self->route && self->route->page) {
        refusal_to_page (self, refusal);
    } else {
        refusal_by_http (self, refusal);
    }
}

/* ------------------------------------------------------------------- views */

void ask_json (ask_t **self_p, json_t *value)
{
    if (!(*self_p)->answered) {
        answered (*self_p, "intake_shown");
        http_view (*self_p, json_incref (value));
    }
    json_decref (value);
    ask_destroy (self_p);
}

void ask_page (ask_t **self_p, int status, const char *html, size_t size)
{
    if (!(*self_p)->answered) {
        answered (*self_p, "intake_shown");
        http_page (*self_p, status, html, size);
    }
    ask_destroy (self_p);
}

void ask_events (ask_t **self_p, Buckstop__V1__EventsPage *page)
{
    ask_t *self = *self_p;
    if (self->answered) {
        ask_destroy (self_p);
        return;
    }
    if (!self->peer && !self->protobuf) {
        ask_json (self_p, view_events (page));
        return;
    }
    answered (self, "intake_shown");
    if (self->peer)
        peer_answer (self, BUCKSTOP__V1__ENVELOPE__BODY_EVENTS_PAGE, page);
    else
        http_message (self, 200, &page->base, NULL);
    ask_destroy (self_p);
}
