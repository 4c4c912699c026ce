/* visit.c - who asks: by an Authorization header, by the word of a trusted proxy, or by the session's cookie.
 *
 * Whoever it is, it is a token in the end, and it is checked as intake does (tokens.h): a revoked one ends sessions
 * within seconds; so does who signs out (ended.h). What changes something must come from our own page, where the browser
 * adds who it is by itself (cookie, proxy): it carries the session's word, which no other site can read. */
#include "console_private.h"

#include "words.h"
#include "xmalloc.h"

#include <sodium.h>
#include <strings.h>

#define BEARER "Bearer "

visit_t *visit_new (console_t *console, http_request_t *request)
{
    visit_t *self = xcalloc (1, sizeof *self);
    self->console = console;
    self->http = request;
    self->session.end = TIME_NEVER;
    return self;
}

/* ------------------------------------------------ whom a proxy has named */

/* By name, or by the address of a mailbox that is one person's alone. */
static const policy_person_t *person_called (const policy_t *policy, const char *who)
{
    const policy_person_t *found = policy_person (policy, who);
    for (size_t i = 0; !found && i < policy->people_n; i++)
        for (size_t way = 0; way < policy->people[i].ways_n; way++) {
            const policy_way_t *at = &policy->people[i].ways[way];
            if (at->kind != BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL || strcasecmp (at->address, who) != 0)
                continue;
            if (found && found != &policy->people[i])
                return NULL;
            found = &policy->people[i];
        }
    return found;
}

/* The header of a proxy that we trust; NULL: none. */
static const char *proxy_says (const visit_t *self)
{
    char peer[HTTP_PEER_SIZE];
    const console_params_t *given = self->console->params;
    if (word_empty (given->trusted_proxy) || word_empty (given->proxy_header) || !*self->console->proxy_token)
        return NULL;
    const char *who = http_header (self->http, given->proxy_header);
    return !word_empty (who) && address_listed (given->trusted_proxy, http_peer (self->http, peer)) ? who : NULL;
}

static void take_proxied (visit_t **self_p)
{
    visit_t *self = *self_p;
    const char *who = proxy_says (self);
    const policy_t *policy = workspaces_policy (self->console->service->workspaces, self->bearer.workspace);
    const policy_person_t *person = policy && who ? person_called (policy, who) : NULL;
    if (!person) {
        visit_refuse (self_p, REFUSED_NOT_YOU, "the policy of workspace '%s' knows nobody called '%.200s'",
                      self->bearer.workspace, who ? who : "");
        return;
    }
    WORD_COPY (self->bearer.person, person->name);
    self->bearer.scope = SCOPE_PERSON;
    session_csrf (self->console->keys, "proxy", person->name, self->csrf);
    self->fn (self_p);
}

/* ------------------------------------------------------- what the token says */

static void let_in (visit_t *self)
{
    if (self->proxied)
        take_proxied (&self);
    else
        self->fn (&self);
}

static void judge_session (visit_t *self, ended_verdict_t verdict)
{
    if (verdict == ENDED_AWAY)
        visit_refuse (&self, REFUSED_AWAY, "whether the session was ended could not be looked up");
    else if (verdict == ENDED_YES)
        visit_refuse (&self, REFUSED_NO_SESSION, "the session was ended");
    else
        let_in (self);
}

static void session_checked (void *arg, ended_verdict_t verdict)
{
    visit_t *self = arg;
    console_t *console = self->console;
    judge_session (self, verdict);
    console_release (console);
}

static void check_session (visit_t *self)
{
    console_t *console = self->console;
    WORD_COPY (self->session.token, self->bearer.id);
    console_hold (console);
    ended_verdict_t verdict = ended_check (console->ended, &self->session, session_checked, self);
    if (verdict == ENDED_ASKED)
        return;
    judge_session (self, verdict);
    console_release (console);
}

static void decide (visit_t *self, tokens_verdict_t verdict)
{
    if (verdict == TOKENS_AWAY)
        visit_refuse (&self, REFUSED_AWAY, "who you are could not be looked up");
    else if (verdict != TOKENS_GOOD)
        visit_refuse (&self, REFUSED_TOKEN, "the token is not known, or was revoked");
    else if (self->bearer.scope != SCOPE_PERSON && self->bearer.scope != SCOPE_OPERATOR)
        visit_refuse (&self, REFUSED_SCOPE, "the token's scope is %s", scope_name (self->bearer.scope));
    else if (*self->session.id)
        check_session (self);
    else
        let_in (self);
}

static void token_checked (void *arg, tokens_verdict_t verdict, const bearer_t *bearer)
{
    visit_t *self = arg;
    console_t *console = self->console;
    if (bearer)
        self->bearer = *bearer;
    decide (self, verdict);
    console_release (console);
}

static void check_token (visit_t *self)
{
    console_hold (self->console);
    console_t *console = self->console;
    tokens_verdict_t verdict = tokens_check (console->tokens, self->token, &self->bearer, token_checked, self);
    if (verdict == TOKENS_ASKED)
        return;
    decide (self, verdict);
    console_release (console);
}

/* -------------------------------------------------------- where it stands */

static bool by_header (visit_t *self)
{
    const char *header = http_header (self->http, "Authorization");
    if (!header || strncasecmp (header, BEARER, sizeof BEARER - 1) != 0)
        return false;
    header += sizeof BEARER - 1;
    return word_fits (self->token, sizeof self->token, header + strspn (header, " "));
}

static bool by_proxy (visit_t *self)
{
    self->proxied = proxy_says (self) != NULL;
    if (self->proxied)
        WORD_COPY (self->token, self->console->proxy_token);
    return self->proxied;
}

static bool by_cookie (visit_t *self)
{
    char cookie[SESSION_COOKIE_SIZE];
    wall_ms_t now = store_now (self->console->service->store);
    if (!session_cookie (http_header (self->http, "Cookie"), COOKIE, cookie) ||
        !session_open (self->console->keys, cookie, now, self->token, &self->session.end))
        return false;
    session_id (cookie, self->session.id);
    session_csrf (self->console->keys, "session", cookie, self->csrf);
    return true;
}

void visit_recognise (visit_t **self_p, visit_fn *fn)
{
    visit_t *self = *self_p;
    self->fn = fn;
    if (by_header (self) || by_proxy (self) || by_cookie (self)) {
        *self_p = NULL;
        check_token (self);
    } else
        visit_refuse (self_p, REFUSED_NO_SESSION, "there is no session, or it is over");
}

/* ------------------------------------------------------------ our own page */

/* What a browser says of itself where it does (Fetch Metadata); and, with a session, its word. */
bool visit_own_page (visit_t **self_p)
{
    const visit_t *self = *self_p;
    const char *site = http_header (self->http, "Sec-Fetch-Site"), *word = http_header (self->http, "Buckstop-CSRF");
    bool same = !site || strcmp (site, "same-origin") == 0 || strcmp (site, "none") == 0;
    bool right = !*self->csrf || (word && strlen (word) == strlen (self->csrf) &&
                                  sodium_memcmp (word, self->csrf, strlen (self->csrf)) == 0);
    if (same && right)
        return true;
    visit_refuse (self_p, REFUSED_CSRF,
                  same ? "the header Buckstop-CSRF is missing or not this session's"
                       : "the browser says that another site asks");
    return false;
}
