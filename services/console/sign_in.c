/* sign_in.c - sessions: a token is shown once, and stands sealed in a cookie from then on.
 *
 * The cookie is for our own pages only (SameSite=Strict, HttpOnly), and for TLS only, but where the page itself is on the
 * loopback. Limits: a session ends after --session-hours, when its holder signs out, with its token, or with
 * the key. */
#include "room.h"

#include "clock.h"
#include "log.h"
#include "values.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>
#include <strings.h>

enum { COOKIE_LINE_SIZE = SESSION_COOKIE_SIZE + 128 };

static void tell_session (visit_t **self_p, const http_header_t *more)
{
    visit_t *self = *self_p;
    size_t size;
    char *text = value_dump (json_pack ("{s:o, s:o?, s:s, s:s, s:b}",                     /**/
                                        "workspace", value_text (self->bearer.workspace), /**/
                                        "person", value_some (self->bearer.person),       /**/
                                        "scope", scope_name (self->bearer.scope),         /**/
                                        "csrf", self->csrf,                               /**/
                                        "proxied", self->proxied),
                             &size);
    visit_json (self_p, 200, text, size, more);
    free (text);
}

/* Browsers keep a Secure cookie from http only for the loopback, and not all of them do. */
static bool on_loopback (const visit_t *self)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};
    const char *host = http_header (self->http, "Host"), *proto = http_header (self->http, "X-Forwarded-Proto");
    for (size_t i = 0; host && i < sizeof hosts / sizeof *hosts; i++) {
        size_t size = strlen (hosts[i]);
        if (strncasecmp (host, hosts[i], size) == 0 && (!host[size] || host[size] == ':'))
            return !proto || strcasecmp (proto, "https") != 0;
    }
    return false;
}

static void cookie_line (const visit_t *self, const char *value, int64_t seconds, char line[COOKIE_LINE_SIZE])
{
    snprintf (line, COOKIE_LINE_SIZE, COOKIE "=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s", value,
              (long long)seconds, on_loopback (self) ? "" : "; Secure");
}

static void begin (visit_t **self_p)
{
    visit_t *self = *self_p;
    uint8_t nonce[SESSION_NONCE_SIZE];
    char cookie[SESSION_COOKIE_SIZE], line[COOKIE_LINE_SIZE];
    int64_t length = self->console->params->session_hours * MS_PER_HOUR;
    clock_random (nonce, sizeof nonce);
    session_seal (self->console->keys, self->token, store_now (self->console->service->store) + length, nonce, cookie);
    session_csrf (self->console->keys, "session", cookie, self->csrf);
    cookie_line (self, cookie, length / MS_PER_SECOND, line);
    log_fact (LOG_NOTICE_, *self->bearer.person ? self->bearer.person : self->bearer.id, "signed in", "workspace",
              self->bearer.workspace, "scope", scope_name (self->bearer.scope), NULL);
    const http_header_t more[] = {{"Set-Cookie", line}, {NULL, NULL}};
    tell_session (self_p, more);
}

static void checked (void *arg, tokens_verdict_t verdict, const bearer_t *bearer)
{
    visit_t *self = arg;
    console_t *console = self->console;
    if (bearer)
        self->bearer = *bearer;
    if (verdict == TOKENS_AWAY)
        visit_refuse (&self, REFUSED_AWAY, "who you are could not be looked up");
    else if (verdict != TOKENS_GOOD)
        visit_refuse (&self, REFUSED_TOKEN, "the token is not known, or was revoked");
    else if (self->bearer.scope != SCOPE_PERSON && self->bearer.scope != SCOPE_OPERATOR)
        visit_refuse (&self, REFUSED_SCOPE, "the token's scope is %s", scope_name (self->bearer.scope));
    else
        begin (&self);
    console_release (console);
}

/* A page of another site can send no such content type without asking first, and we never say yes. */
static bool is_json (const char *type)
{
    static const char json[] = "application/json";
    return type && strncasecmp (type, json, sizeof json - 1) == 0 && strchr ("; ", type[sizeof json - 1]);
}

void session_post (visit_t **self_p)
{
    visit_t *self = *self_p;
    size_t size;
    const char *bytes = http_body (self->http, &size), *token = NULL;
    if (!visit_own_page (self_p))
        return;
    json_t *body = is_json (http_header (self->http, "Content-Type")) ? json_loadb (bytes, size, 0, NULL) : NULL;
    bool fits = json_unpack (body, "{s:s}", "token", &token) == 0 && word_fits (self->token, sizeof self->token, token);
    json_decref (body);
    if (!fits) {
        visit_refuse (self_p, REFUSED_BODY, "there is no token in the body");
        return;
    }
    console_hold (self->console);
    *self_p = NULL;
    bearer_t bearer;
    tokens_verdict_t verdict = tokens_check (self->console->tokens, self->token, &bearer, checked, self);
    if (verdict != TOKENS_ASKED)
        checked (self, verdict, verdict == TOKENS_GOOD ? &bearer : NULL);
}

void session_get (visit_t **self_p)
{
    tell_session (self_p, NULL);
}

static void say_goodbye (visit_t **self_p)
{
    char line[COOKIE_LINE_SIZE];
    cookie_line (*self_p, "", 0, line);
    const http_header_t more[] = {{"Set-Cookie", line}, {NULL, NULL}};
    visit_json (self_p, 200, "{}", 2, more);
}

static void ended (void *arg, ended_verdict_t verdict)
{
    visit_t *self = arg;
    console_t *console = self->console;
    for (room_t *room = console->rooms; room && verdict == ENDED_YES; room = room->next)
        room_end_session (room, self->session.id);
    if (verdict == ENDED_YES)
        say_goodbye (&self);
    else
        visit_refuse (&self, REFUSED_AWAY, "the session may go on: sign out again");
    console_release (console);
}

/* Who came with a token, or by a proxy, has no session that could end. */
void session_delete (visit_t **self_p)
{
    visit_t *self = *self_p;
    if (!visit_own_page (self_p))
        return;
    if (!*self->session.id) {
        say_goodbye (self_p);
        return;
    }
    *self_p = NULL;
    console_hold (self->console);
    ended_add (self->console->ended, &self->session, ended, self);
}
