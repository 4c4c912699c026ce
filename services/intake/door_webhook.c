/* door_webhook.c - POST and GET /v1/channels/{}/webhook: is it the platform, and what does it say?
 *
 * hears: requests without a token: the channel's own description says how they are signed. says: 401 to whoever is not
 * the platform (which check failed stands in our log alone), 404, 405, 415, 400, 422; the platform's questions at set-up
 * are answered here; what is left goes to door_webhook_take.c.
 *
 * Limits: what may be slow (a large payload, files) is read in a thread, all else on the loop. A body is as large as
 * --body-max, where files come with it as --mail-max; how much of it is looked at, see pick.h and channel_in.h. */
#include "webhooks.h"

#include "log.h"
#include "mails.h"
#include "words.h"
#include "xmalloc.h"

#include <gmime/gmime.h>
#include <stdio.h>

enum { SAID_EVERY_US = 1000 * 1000, LARGE = 64 * 1024, BODY_MAX_DEFAULT = 1024 * 1024 };
#define PATH_BEFORE "/v1/channels/"
#define PATH_BEHIND "/webhook"

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

/* NULL: there is no such workspace, or none any more. */
static const policy_t *policy_of (workspaces_t *workspaces, const char *workspace)
{
    return workspaces_removed (workspaces, workspace) ? NULL : workspaces_policy (workspaces, workspace);
}

static const policy_channel_t *channel_of (workspaces_t *workspaces, const char *workspace, const char *name)
{
    const policy_t *policy = policy_of (workspaces, workspace);
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
    else if (named && !policy_of (workspaces, named))
        webhook_refuse (self, REFUSE_NO_CHANNEL, "there is no workspace '%.64s'", named);
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

/* The thread has copies: files are looked at again meanwhile. */
static void take_secrets (webhook_t *self)
{
    const signature_scheme_t *scheme = &self->in->verify;
    if (scheme->kind == SIGNATURE_NONE)
        return;
    self->keys_n = secrets_for (self, scheme->secret, self->keys, self->problem);
    for (size_t i = 0; i < self->keys_n; i++)
        self->keys[i].bytes = memcpy (self->key_bytes[i], self->keys[i].bytes, self->keys[i].size);
}

static void refuse_unsigned (webhook_t *self)
{
    if (self->verdict == SIGNATURE_NO_SECRET) { /* ours to mend: the platform should send it again */
        log_fact (LOG_ERROR_, "", "webhook can't be checked", "channel", self->channel->name, "why", self->problem,
                  NULL);
        webhook_refuse (self, REFUSE_NO_SECRET, "channel '%s' has no secret to check it with", self->channel->name);
        return;
    }
    say_refused (self, self->problem);
    webhook_refuse (self, REFUSE_SIGNATURE, "it is not signed as the platform of channel '%s' signs",
                    self->channel->name);
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
    } else if (row->secret && n == 0) { /* ours to mend */
        log_fact (LOG_ERROR_, "", "question of set-up can't be checked", "channel", self->channel->name, "why", why,
                  NULL);
        webhook_refuse (self, REFUSE_NO_SECRET, "channel '%s' has no secret to check it with", self->channel->name);
    } else {
        say_refused (self, "the token of the question at set-up is not ours");
        webhook_refuse (self, REFUSE_SIGNATURE, "the token is not that of channel '%s'", self->channel->name);
    }
    return true;
}

/* ----------------------------------------------------------------- reading */

static void judge (webhook_t *self)
{
    switch (self->read) {
    case WEBHOOK_UNREAD:
        webhook_refuse (self, REFUSE_DRAINING, "shutting down");
        break;
    case WEBHOOK_UNSIGNED:
        refuse_unsigned (self);
        break;
    case WEBHOOK_WRONG:
        webhook_refuse (self, self->fault == IN_MEDIA ? REFUSE_MEDIA : REFUSE_MALFORMED, "%s", self->problem);
        break;
    case WEBHOOK_QUESTION:
        is_challenge (self);
        break;
    case WEBHOOK_UNKEPT:
        log_fact (LOG_ERROR_, "", "files not kept", "why", strerror (-self->error), NULL);
        webhook_refuse (self, REFUSE_SPOOL, "%s", strerror (-self->error));
        break;
    case WEBHOOK_FOUND:
        webhook_take (self);
        break;
    }
}

static void was_read (void *arg)
{
    webhook_t *self = arg;
    if (!self->ask->intake->mails) /* the end: it is sent again */
        self->read = WEBHOOK_UNREAD;
    judge (self);
}

/* It takes long, or writes files. */
static bool is_slow (const webhook_t *self)
{
    const char *type = http_header (self->ask->http, "Content-Type");
    static const char parts[] = "multipart/";
    return self->request.size > LARGE || (type && g_ascii_strncasecmp (type, parts, sizeof parts - 1) == 0) ||
           (self->spool && self->in->attachments.content.n);
}

static void heard (webhook_t *self)
{
    intake_t *intake = self->ask->intake;
    if (strcmp (self->request.method, "GET") == 0) {
        if (is_challenge (self))
            return;
        if (!(self->in->content & IN_QUERY)) {
            webhook_refuse (self, REFUSE_NO_CHALLENGE, "this GET is no question that channel '%s' knows",
                            self->channel->name);
            return;
        }
    }
    take_secrets (self);
    self->now = store_now (ask_store (self->ask));
    self->spool = mails_spool (intake->mails);
    if (is_slow (self)) {
        workers_do (mails_workers (intake->mails), webhook_read, was_read, self);
        return;
    }
    webhook_read (self);
    judge (self);
}

/* -------------------------------------------------------------------- size */

static size_t body_max (const intake_t *intake, const channel_in_t *in)
{
    int64_t most = intake->params->body_max ? intake->params->body_max : BODY_MAX_DEFAULT;
    int64_t mail = intake->params->mail_max;
    return (size_t)(channel_has_files (in) && mail > most ? mail : most);
}

/* Before the body is read nothing is known but the path: the largest of all workspaces' channels of that name. */
size_t webhooks_limit (void *arg, const char *path)
{
    intake_t *intake = arg;
    workspaces_t *workspaces = intake->service->workspaces;
    char name[NAME_SIZE];
    const char *at = path + sizeof PATH_BEFORE - 1;
    if (strncmp (path, PATH_BEFORE, sizeof PATH_BEFORE - 1) != 0)
        return 0;
    size_t length = strcspn (at, "/"), most = 0;
    if (length >= sizeof name || strcmp (at + length, PATH_BEHIND) != 0)
        return 0;
    memcpy (name, at, length);
    name[length] = '\0';
    const char *workspace;
    for (size_t i = 0; (workspace = workspaces_name (workspaces, i)); i++) {
        const policy_channel_t *channel = channel_of (workspaces, workspace, name);
        size_t own = channel ? body_max (intake, channel->in) : 0;
        most = own > most ? own : most;
    }
    return most;
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
    if (self->request.size > body_max (ask->intake, self->in))
        webhook_refuse (self, REFUSE_TOO_LARGE, "channel '%s' takes %zu bytes", self->channel->name,
                        body_max (ask->intake, self->in));
    else
        heard (self);
}
