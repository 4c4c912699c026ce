/* door_http.c - the HTTP door: path, method, token, scope; then the row's handler.
 *
 * hears: complete requests from the server. Each check that fails has a refusal of its own; a handler is reached only
 * by requests that may. What a token says is known at once while it is cached (tokens.h).
 *
 * Limits: the server itself answers what is too large (413) and what was not answered in time (503). */
#include "ask.h"

#include "trace.h"
#include "words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BEARER "Bearer "

static bool accepts_protobuf (const char *accept)
{
    return accept && strstr (accept, "application/x-protobuf");
}

/* Whoever says which one they mean is told when the token means another: else they would act in the wrong one. */
static bool is_meant (const ask_t *self, const char **meant)
{
    *meant = http_header (self->http, "Buckstop-Workspace");
    return !*meant || !**meant || strcmp (*meant, self->bearer.workspace) == 0;
}

static void let_in (ask_t *self)
{
    char wanted[48];
    const char *meant;
    if (!is_meant (self, &meant)) {
        ask_refuse_as (&self, REFUSE_WORKSPACE, "it is good for workspace '%s', not for '%.60s'",
                       self->bearer.workspace, meant);
        return;
    }
    if (!(self->route->scopes & SCOPE_BIT (self->bearer.scope))) {
        ask_refuse_as (&self, REFUSE_SCOPE, "this needs the scope %s; the token's is %s",
                       scopes_name (self->route->scopes, wanted, sizeof wanted), scope_name (self->bearer.scope));
        return;
    }
    if (strcmp (self->route->method, "GET") == 0 || self->route->late || ask_admit (&self))
        self->route->fn (&self);
}

static void decide (ask_t *self, tokens_verdict_t verdict)
{
    if (verdict == TOKENS_GOOD)
        let_in (self);
    else if (verdict == TOKENS_AWAY)
        ask_away (&self);
    else
        ask_refuse_as (&self, REFUSE_BAD_TOKEN, "the token in the Authorization header is not known");
}

static void token_checked (void *arg, tokens_verdict_t verdict, const bearer_t *bearer)
{
    ask_t *self = arg;
    if (bearer)
        self->bearer = *bearer;
    decide (self, verdict);
}

static void check_token (ask_t *self)
{
    const char *header = http_header (self->http, "Authorization");
    if (!header || strncasecmp (header, BEARER, sizeof BEARER - 1) != 0) {
        ask_refuse_as (&self, REFUSE_NO_TOKEN,
                       header ? "the Authorization header is not of the form 'Bearer TOKEN'"
                              : "there is no Authorization header");
        return;
    }
    const char *token = header + sizeof BEARER - 1;
    tokens_verdict_t verdict =
        tokens_check (self->intake->tokens, token + strspn (token, " "), &self->bearer, token_checked, self);
    if (verdict != TOKENS_ASKED)
        decide (self, verdict);
}

/* False: the key can't be one, and the ask is refused. */
static bool take_key (ask_t *self)
{
    const char *key = http_header (self->http, "Idempotency-Key");
    if (!key)
        return true;
    if (*key && word_fits (self->key, sizeof self->key, key) && utf8_valid (key, strlen (key)))
        return true;
    ask_refuse_as (&self, REFUSE_MALFORMED, "the Idempotency-Key must be UTF-8 text of 1 to %zu bytes",
                   sizeof self->key - 1);
    return false;
}

static void refuse_path (ask_t *self, route_outcome_t outcome, const char *allow)
{
    refusal_t refusal;
    if (outcome == ROUTE_NO_PATH) {
        refusal = refusal_of (REFUSE_NO_PATH, "no such path: %.200s", http_path (self->http));
    } else {
        refusal = refusal_of (REFUSE_METHOD, "%.16s is not known at %.200s; known are: %s", http_method (self->http),
                              http_path (self->http), allow);
        refusal.allow = allow;
    }
    ask_refuse (&self, &refusal);
}

void intake_http (void *arg, http_request_t *request)
{
    ask_t *self = ask_new (arg);
    self->http = request;
    char allow[ROUTE_ALLOW_SIZE];
    self->protobuf = accepts_protobuf (http_header (request, "Accept"));
    route_outcome_t outcome = route_find (http_method (request), http_path (request), &self->route, self->id, allow);
    if (outcome != ROUTE_FOUND) {
        refuse_path (self, outcome, allow);
        return;
    }
    trace_take (http_header (request, "traceparent"), self->trace);
    if (self->crowded && (self->route->page || self->route->scopes != FOR_ANYBODY)) {
        ask_refuse_crowded (&self);
        return;
    }
    if (!take_key (self))
        return;
    if (self->route->scopes == FOR_ANYBODY)
        self->route->fn (&self);
    else
        check_token (self);
}

/* -------------------------------------------------------------- health */

void health_live (ask_t **self_p)
{
    static const char body[] = "{\"status\":\"alive\"}";
    ask_t *self = *self_p;
    http_respond (&self->http, 200, "application/json", body, sizeof body - 1, NULL);
    self->answered = true;
    ask_destroy (self_p);
}

void health_ready (ask_t **self_p)
{
    static const char body[] = "{\"status\":\"ready\"}";
    ask_t *self = *self_p;
    if (self->intake->draining)
        ask_refuse_as (self_p, REFUSE_DRAINING, "shutting down");
    else if (!store_ready (ask_store (self)) || store_full (ask_store (self)))
        ask_away (self_p);
    else if (!workspaces_loaded (self->intake->service->workspaces))
        ask_refuse_as (self_p, REFUSE_NO_POLICY, "the policies are not loaded yet");
    else {
        http_respond (&self->http, 200, "application/json", body, sizeof body - 1, NULL);
        self->answered = true;
        ask_destroy (self_p);
    }
}
