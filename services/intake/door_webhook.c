/* door_webhook.c - POST and GET /v1/channels/{}/webhook: is it the platform, and what does it say?
 *
 * hears: requests without a token: the channel's own description says how they are signed. says: 401 to whoever is not
 * the platform (which check failed stands in our log alone), 404, 405, 415, 400, 422; the platform's questions at set-up
 * are answered here; what is left goes to door_webhook_take.c.
 *
 * Limits: a large payload is parsed in one turn of the loop and looked at in the next. The body is the server's --body-max; how much of it is looked at, see pick.h and channel_in.h. */
#include "webhooks.h"

#include "log.h"
#include "words.h"
#include "xmalloc.h"

#include <gmime/gmime.h>
#include <stdio.h>

enum { SAID_EVERY_US = 1000 * 1000, LARGE = 128 * 1024 };

webhooks_t *webhooks_new (intake_t *intake)
{
    webhooks_t *self = xcalloc (1, sizeof *self);
    g_mime_init ();
    self->secrets = secrets_new (intake->params->secrets ? intake->params->secrets : "");
    return self;
}

void webhooks_destroy (webhooks_t **self_p)
{
    if (*self_p)
        secrets_destroy (&(*self_p)->secrets);
    free (*self_p);
    *self_p = NULL;
}

/* ------------------------------------------------------------- its channel */

static const policy_channel_t *channel_of (workspaces_t *workspaces, const char *workspace, const char *name)
{
    const policy_t *policy = workspaces_policy (workspaces, workspace);
    const policy_channel_t *channel = policy ? policy_channel (policy, name) : NULL;
    return channel && channel->in ? channel : NULL;
}

/* Named by the query; else the only one that has such a channel. False: refused, and the ask is gone. */
static bool find_channel (webhook_t *self)
{
    ask_t *ask = self->ask;
    workspaces_t *workspaces = ask->intake->service->workspaces;
    const char *named = http_query (ask->http, "workspace");
    size_t found = 0;
    if (named)
        WORD_COPY (self->workspace, named);
    for (size_t i = 0; !named && found < 2; i++) {
        const char *name = workspaces_name (workspaces, i);
        if (!name)
            break;
        if (channel_of (workspaces, name, ask->id) && found++ == 0)
            WORD_COPY (self->workspace, name);
    }
    self->channel = found < 2 ? channel_of (workspaces, self->workspace, ask->id) : NULL;
    if (self->channel) {
        self->policy = policy_ref (workspaces_policy (workspaces, self->workspace));
        self->in = self->channel->in;
        return true;
    }
    if (!workspaces_loaded (workspaces))
        webhook_refuse (self, REFUSE_NO_POLICY, "the policies are not loaded yet");
    else
        webhook_refuse (self, REFUSE_NO_CHANNEL,
                        found > 1 ? "several workspaces have a channel '%.64s': name one with ?workspace="
                                  : "no channel '%.64s' that takes webhooks",
                        ask->id);
    return false;
}

/* ------------------------------------------------------------- the request */

static const char *header (const void *arg, const char *name)
{
    return http_header (arg, name);
}

static const char *query (const void *arg, const char *name)
{
    return http_query (arg, name);
}

/* As the platform called it: the description says so; or our own proxy, if it may; or the policy's public address. */
static const char *url_of (webhook_t *self)
{
    const signature_scheme_t *scheme = &self->in->verify;
    const http_request_t *http = self->ask->http;
    const char *host = http_header (http, "X-Forwarded-Host"), *proto = http_header (http, "X-Forwarded-Proto");
    const char *workspace = http_query (http, "workspace");
    if (scheme->url)
        return scheme->url;
    if (!scheme->forwarded && !self->policy->link_base)
        return NULL;
    if (scheme->forwarded && !host)
        host = http_header (http, "Host");
    bool by_proxy = scheme->forwarded && host;
    int size = snprintf (self->url, sizeof self->url, "%s%s%s%s%s%s", by_proxy ? proto ? proto : "https" : "",
                         by_proxy ? "://" : "",
                         by_proxy                  ? host
                         : self->policy->link_base ? self->policy->link_base
                                                   : "",
                         http_path (http), workspace ? "?workspace=" : "", workspace ? workspace : "");
    return size > 0 && (size_t)size < sizeof self->url ? self->url : NULL;
}

static void take_request (webhook_t *self)
{
    const http_request_t *http = self->ask->http;
    self->request = (pick_request_t){.header = header, .query = query, .arg = http, .method = http_method (http)};
    self->request.body = http_body (http, &self->request.size);
    self->request.url = url_of (self);
    self->scope.request = &self->request;
    self->scope.channel = self->channel;
}

/* ----------------------------------------------------------- who speaks */

/* Not more than once a second: whoever wants to fill our log can't. */
static void say_refused (webhook_t *self, const char *why)
{
    webhooks_t *all = self->ask->intake->webhooks;
    int64_t now = loop_now_us (self->ask->intake->service->loop);
    char more[24];
    metric_add ("intake_webhooks_unsigned", 1);
    if (all->refused_said_us && now - all->refused_said_us < SAID_EVERY_US) {
        all->refused_unsaid++;
        return;
    }
    snprintf (more, sizeof more, "%zu", all->refused_unsaid);
    log_fact (LOG_WARNING_, "", "webhook refused", "channel", self->channel->name, "workspace", self->workspace, "why",
              why, "since then", more, NULL);
    all->refused_said_us = now;
    all->refused_unsaid = 0;
}

static size_t secrets_for (webhook_t *self, const char *name, signature_secret_t list[SECRETS_PER_NAME],
                           char why[DETAIL_SIZE])
{
    intake_t *intake = self->ask->intake;
    return secrets_of (intake->webhooks->secrets, name, loop_now (intake->service->loop), list, why);
}

/* False: refused, and it is gone. */
static bool is_signed (webhook_t *self)
{
    const signature_scheme_t *scheme = &self->in->verify;
    signature_secret_t secrets[SECRETS_PER_NAME];
    char why[DETAIL_SIZE] = "", no_secret[DETAIL_SIZE] = "";
    size_t n = scheme->kind == SIGNATURE_NONE ? 0 : secrets_for (self, scheme->secret, secrets, no_secret);
    signature_verdict_t verdict =
        signature_check (scheme, &self->scope, secrets, n, store_now (ask_store (self->ask)), why);
    if (verdict == SIGNATURE_GOOD)
        return true;
    if (verdict == SIGNATURE_NO_SECRET) { /* ours to mend: the platform should send it again */
        log_fact (LOG_ERROR_, "", "webhook can't be checked", "channel", self->channel->name, "why", no_secret, NULL);
        webhook_refuse (self, REFUSE_NO_SECRET, "channel '%s' has no secret to check it with", self->channel->name);
        return false;
    }
    say_refused (self, why);
    webhook_refuse (self, REFUSE_SIGNATURE, "it is not signed as the platform of channel '%s' signs",
                    self->channel->name);
    return false;
}

/* True: it was a question of set-up, and is answered. */
static bool is_challenge (webhook_t *self)
{
    signature_secret_t secrets[SECRETS_PER_NAME];
    char why[DETAIL_SIZE] = "";
    const in_challenge_t *row = channel_challenged (self->in, &self->scope);
    size_t n = row && row->secret ? secrets_for (self, row->secret, secrets, why) : 0;
    GString *answer;
    if (!channel_challenge (self->in, &self->scope, secrets, n, &row, &answer))
        return false;
    if (answer) {
        webhook_answer (self, 200, row->type, answer->str, answer->len);
        g_string_free (answer, TRUE);
    } else {
        say_refused (self, *why ? why : "the token of the question at set-up is not ours");
        webhook_refuse (self, REFUSE_SIGNATURE, "the token is not that of channel '%s'", self->channel->name);
    }
    return true;
}

/* ------------------------------------------------------------- its payload */

/* False: refused, and it is gone. */
static bool read_payload (webhook_t *self)
{
    in_fault_t fault;
    char why[DETAIL_SIZE] = "";
    bool get = strcmp (self->request.method, "GET") == 0;
    self->payload = channel_payload_read (self->in, get ? NULL : http_header (self->ask->http, "Content-Type"),
                                          self->request.body, self->request.size, &fault, why);
    if (!self->payload) {
        webhook_refuse (self, fault == IN_MEDIA ? REFUSE_MEDIA : REFUSE_MALFORMED, "%s", why);
        return false;
    }
    self->scope.trail[0] = self->payload;
    self->scope.trail_n = 1;
    return true;
}

static void read_on (webhook_t *self)
{
    if (strcmp (self->request.method, "POST") != 0 || !is_challenge (self))
        webhook_take (self);
}

static void after_a_turn (void *arg)
{
    webhook_t *self = arg;
    self->pause = NULL;
    read_on (self);
}

static void heard (webhook_t *self)
{
    loop_t *loop = self->ask->intake->service->loop;
    bool early = signature_before_payload (&self->in->verify);
    if (strcmp (self->request.method, "GET") == 0) {
        if (is_challenge (self))
            return;
        if (!(self->in->content & IN_QUERY)) {
            webhook_refuse (self, REFUSE_NO_CHALLENGE, "this GET is no question that channel '%s' knows",
                            self->channel->name);
            return;
        }
    }
    if (early && !is_signed (self))
        return;
    if (!read_payload (self) || (!early && !is_signed (self)))
        return;
    if (self->request.size > LARGE)
        self->pause = loop_at (loop, loop_now (loop), after_a_turn, self);
    else
        read_on (self);
}

void webhook_hear (ask_t **ask_p)
{
    ask_t *ask = *ask_p;
    if (ask->crowded) {
        ask_refuse_crowded (ask_p);
        return;
    }
    *ask_p = NULL;
    webhook_t *self = xcalloc (1, sizeof *self);
    self->ask = ask;
    if (!find_channel (self))
        return;
    take_request (self);
    heard (self);
}
