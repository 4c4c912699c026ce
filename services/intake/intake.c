/* intake.c - the service: parameters, doors, drain.
 *
 * hears: HTTP (routes.c), LMTP (door_lmtp.c), Submit, Action and EventsAsk on the submit socket, SIGHUP (the policy file).
 * says: receipts once a commit is durable, refusals, views; hints to the other services (work.c).
 * owns: nothing but open requests; all of value is in the store, so any number of intakes may run. */
#include "intake.h"

#include "ask.h"
#include "log.h"
#include "mails.h"
#include "metrics.h"
#include "option_checks.h"
#include "policy_file.h"
#include "webhooks.h"
#include "xmalloc.h"

#include <errno.h>
#include <stdio.h>

enum { BODY_MAX_DEFAULT = 1024 * 1024, BODY_MAX_MAX = WIRE_MAX - 64 * 1024, CONNECTIONS_DEFAULT = 4096 };
enum {
    MAIL_MAX_DEFAULT = 25 * 1024 * 1024,
    MAIL_MAX_MAX = 256 * 1024 * 1024,
    MAIL_THREADS_DEFAULT = 2,
    LMTP_CONNECTIONS_DEFAULT = 100,
    LMTP_TIMEOUT_DEFAULT = 300,
};

intake_params_t intake_params;

static const param_t params[] = {
    {"listen", PARAM_STRING, "127.0.0.1:7400", 0, 0, &intake_params.listen, "address and port of HTTP; port 0: any",
     option_listen},
    {"policy", PARAM_STRING, "", 0, 0, &intake_params.policy,
     "file that is applied at SIGHUP; --check looks at it as 'buckstop policy check' does",
     .look_through = policy_file_look},
    {"body-max", PARAM_NUMBER, "1048576", 1024, BODY_MAX_MAX, &intake_params.body_max,
     "bytes of a request's body; more is answered 413"},
    {"connections", PARAM_NUMBER, "4096", 1, 65536, &intake_params.connections, "HTTP connections at once"},
    {"asks-max", PARAM_NUMBER, "1024", 1, 65536, &intake_params.asks_max,
     "requests under way at once; more are answered 503"},
    {"peers-max", PARAM_NUMBER, "64", 1, 10000, &intake_params.peers_max,
     "ZeroMQ connections at once; one more is closed"},
    {"token-rate", PARAM_NUMBER, "0", 0, 1000000, &intake_params.token_rate,
     "messages, actions and heartbeats a second by one token, at this intake; more are answered 429; 0: no limit"},
    {"token-burst", PARAM_NUMBER, "100", 1, 1000000, &intake_params.token_burst, "at once, by one token"},
    {"secrets", PARAM_STRING, "/etc/buckstop/secrets", 0, 0, &intake_params.secrets,
     "directory of the secrets that channels' webhooks are signed with: NAME, and NAME.next while one is changed"},
    {"lmtp", PARAM_STRING, "", 0, 0, &intake_params.lmtp,
     "where a mail server hands over by LMTP: unix:/run/buckstop/lmtp.sock or 127.0.0.1:2424; no TLS, no password",
     option_lmtp},
    {"mail-max", PARAM_NUMBER, "26214400", 1024, MAIL_MAX_MAX, &intake_params.mail_max,
     "bytes of a mail; more is refused with 552 (LMTP), 413 (HTTP)"},
    {"mail-threads", PARAM_NUMBER, "2", 1, 64, &intake_params.mail_threads, "threads that read mails"},
    {"lmtp-connections", PARAM_NUMBER, "100", 1, 10000, &intake_params.lmtp_connections,
     "LMTP connections at once; one more is told 421"},
    {"lmtp-timeout", PARAM_NUMBER, "300", 1, 3600, &intake_params.lmtp_timeout,
     "seconds of silence after which an LMTP connection is closed"},
    {"spool", PARAM_STRING, "", 0, 0, &intake_params.spool,
     "directory for the files that come with mails; without one they are listed and not kept", option_spool},
    {"console", PARAM_STRING, "", 0, 0, &intake_params.console,
     "URL of the console, as people open it: the pages behind links in notices lead on to it", option_url},
    {"languages", PARAM_STRING, LANGUAGES_DIRECTORY, 0, 0, &intake_params.languages,
     "directory of libexttextcat's data, by which a message's language is recognised; \"\": none is"},
    {NULL},
};

static intake_params_t *params_of (void *arg)
{
    return arg ? arg : &intake_params;
}

/* Programs that run an intake without a command line leave out what they do not need. */
static void fill_mail_params (intake_params_t *given)
{
    given->mail_max = given->mail_max ? given->mail_max : MAIL_MAX_DEFAULT;
    given->mail_threads = given->mail_threads ? given->mail_threads : MAIL_THREADS_DEFAULT;
    given->lmtp_connections = given->lmtp_connections ? given->lmtp_connections : LMTP_CONNECTIONS_DEFAULT;
    given->lmtp_timeout = given->lmtp_timeout ? given->lmtp_timeout : LMTP_TIMEOUT_DEFAULT;
}

static int open_mail (intake_t *self)
{
    fill_mail_params (self->params);
    self->mails = mails_new (self);
    if (!self->mails)
        return -ECANCELED;
    if (!self->params->lmtp || !*self->params->lmtp)
        return 0;
    self->lmtp = door_lmtp_open (self);
    return self->lmtp ? 0 : -ECANCELED;
}

/* Without it a rule that asks for a language sees what channels say, and nothing else. */
static void open_languages (intake_t *self)
{
    const char *directory = self->params->languages;
    if (!directory || !*directory)
        return;
    self->languages = languages_load (directory);
    if (!self->languages)
        log_fact (LOG_WARNING_, "", "languages are not recognised", "directory", directory, "hint",
                  "Debian: libexttextcat-data", NULL);
}

static int open_http (intake_t *self)
{
    const intake_params_t *given = self->params;
    self->limits[0] = (http_limit_t){"/v1/mail", (size_t)given->mail_max};
    char why[HTTP_WHY_SIZE] = "";
    http_server_config_t config = {
        .endpoint = given->listen,
        .body_max = (size_t)(given->body_max ? given->body_max : BODY_MAX_DEFAULT),
        .limits = self->limits,
        .limit_fn = webhooks_limit,
        .timeout_ms = INTAKE_ANSWER_MS,
        .connections_max = (unsigned)(given->connections ? given->connections : CONNECTIONS_DEFAULT),
        .why = why,
    };
    self->http = http_server_new (self->service->loop, &config, intake_http, self);
    if (!self->http) {
        log_fact (LOG_ERROR_, "", "can't listen", "endpoint", given->listen, "why", why, NULL);
        return -ECANCELED;
    }
    char port[12];
    snprintf (port, sizeof port, "%d", http_server_port (self->http));
    log_fact (LOG_NOTICE_, "", "listening", "http", given->listen, "port", port, NULL);
    return 0;
}

static void intake_stop (service_t *service, void *arg)
{
    (void)service;
    intake_params_t *given = params_of (arg);
    intake_t *self = given->running;
    if (!self)
        return;
    given->running = NULL;
    hearing_close (self);
    aside_destroy (&self->aside);
    mails_destroy (&self->mails);
    door_lmtp_close (&self->lmtp);
    http_server_destroy (&self->http);
    webhooks_destroy (&self->webhooks);
    tokens_destroy (&self->tokens);
    recogniser_destroy (&self->languages);
    free (self);
}

static int intake_start (service_t *service, void *arg)
{
    intake_t *self = xcalloc (1, sizeof *self);
    self->service = service;
    self->params = params_of (arg);
    self->params->running = self;
    self->random_used = sizeof self->random;
    self->admit.max = (size_t)self->params->asks_max;
    self->admit.rate = self->params->token_rate;
    self->admit.burst = self->params->token_burst;
    self->aside = aside_new (service);
    self->tokens = tokens_new (service->loop, service->store);
    self->webhooks = webhooks_new (self);
    self->params->secrets_look = (secrets_look_t){self->params->secrets, READER_INTAKE};
    secrets_look_open (&self->params->secrets_look, service->workspaces);
    bus_peers_max (service->bus, BUS_SUBMIT, (size_t)self->params->peers_max);
    open_languages (self);
    int rc = bus_bind (service->bus, BUS_SUBMIT, service->submit, intake_bus, self);
    if (rc == 0)
        rc = open_mail (self);
    if (rc == 0)
        rc = open_http (self);
    if (rc == 0)
        hearing_open (self);
    if (rc == 0)
        policy_file_follow (service, self->params->policy);
    if (rc != 0)
        intake_stop (service, arg);
    return rc;
}

static void intake_drain (service_t *service, void *arg)
{
    (void)service;
    intake_t *self = params_of (arg)->running;
    if (!self)
        return;
    self->draining = true;
    hearing_close (self);
    door_lmtp_drain (self->lmtp);
    http_server_drain (self->http);
}

static bool intake_idle (service_t *service, void *arg)
{
    (void)service;
    const intake_t *self = params_of (arg)->running;
    return !self || (self->asks == 0 && http_server_open (self->http) == 0 && mails_busy (self->mails) == 0 &&
                     door_lmtp_idle (self->lmtp) && aside_idle (self->aside));
}

static void intake_metrics (service_t *service, void *arg, FILE *out)
{
    (void)service;
    const intake_t *self = params_of (arg)->running;
    if (!self)
        return;
    metric_print (out, "intake_requests_open", (double)self->asks);
    mails_metrics (self->mails, out);
    door_lmtp_metrics (self->lmtp, out);
}

int intake_port (const intake_params_t *given)
{
    return given->running ? http_server_port (given->running->http) : 0;
}

const service_kind_t intake_kind = {
    .name = "intake",
    .summary = "takes what comes in: customers' messages, people's actions, operators' questions",
    .example = "buckstop-intake --redis unix:/run/buckstop/redis.sock --listen 127.0.0.1:7400",
    .params = params,
    .start = intake_start,
    .drain = intake_drain,
    .idle = intake_idle,
    .stop = intake_stop,
    .metrics = intake_metrics,
};
