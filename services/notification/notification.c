/* notification.c - the service of everything that goes out: its parameters, its start and its end.
 *
 * Hears:  Outbox hints; the store, at least once a second. Says: mail, webhooks, log lines; Events on the stream.
 * Any number of replicas may run: a lease keeps two from sending the same, and an id makes it harmless if
 * they do. */
#include "notification_private.h"

#include "log.h"
#include "metrics.h"
#include "option_checks.h"
#include "password_file.h"
#include "words.h"
#include "xmalloc.h"

#include <errno.h>
#include <string.h>

#define LIMIT_ROWS(name, way)                                                                                      \
    {name "-rate",                                                                                                 \
     PARAM_NUMBER,                                                                                                 \
     "0",                                                                                                          \
     0,                                                                                                            \
     1000000,                                                                                                      \
     &notification_params.limits[way].rate,                                                                        \
     "a second, by " name ", per replica; 0: no limit"},                                                           \
    {                                                                                                              \
        name "-burst", PARAM_NUMBER, "10", 1, 1000000, &notification_params.limits[way].burst, "at once, by " name \
    }

notification_params_t notification_params;

static const param_t params[] = {
    {"smtp", PARAM_STRING, "", 0, 0, &notification_params.smtp, "mail server: smtp://host:port or smtps://host:port",
     option_mail_server},
    {"smtp-user", PARAM_STRING, NULL, 0, 0, &notification_params.smtp_user, "name to log in with there"},
    {"smtp-password-file", PARAM_STRING, NULL, 0, 0, &notification_params.smtp_password_file, "file with the password",
     option_password_file},
    {"smtp-threads", PARAM_NUMBER, "8", 1, 64, &notification_params.smtp_threads, "mails under way at once"},
    {"mail-from", PARAM_STRING, "", 0, 0, &notification_params.mail_from,
     "sender of all mail; else as each policy says", option_mail_sender},
    {"secrets", PARAM_STRING, "/etc/buckstop/secrets", 0, 0, &notification_params.secrets,
     "directory of signing keys: NAME, and NAME.next while it is rotated", .look = option_directory},
    {"private-targets", PARAM_SWITCH, "no", 0, 0, &notification_params.private_targets,
     "the policy's webhooks may go to loopback and private addresses"},
    {"private-callbacks", PARAM_SWITCH, "no", 0, 0, &notification_params.private_callbacks,
     "so may callbacks to where a submission says: whoever may submit can then reach what this host can"},
    {"calls-max", PARAM_NUMBER, "256", 1, 4096, &notification_params.calls_max, "webhook calls under way at once"},
    {"subscribers-max", PARAM_NUMBER, "64", 1, 10000, &notification_params.subscribers_max,
     "subscribers of the stream at once; one more is closed"},
    {"attempt-ms", PARAM_NUMBER, "10000", 100, 120000, &notification_params.attempt_ms, "time limit of one attempt"},
    {"limits", PARAM_STRING, "", 0, 0, &notification_params.rates,
     "of providers, per replica: \"mail=30/s, sms.example.com=5/m:2\"; way or host, how many a s, m, h or d, at once",
     throttle_check},
    LIMIT_ROWS ("log", BUCKSTOP__V1__WAY_KIND__WAY_KIND_LOG),
    LIMIT_ROWS ("mail", BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL),
    LIMIT_ROWS ("webhook", BUCKSTOP__V1__WAY_KIND__WAY_KIND_WEBHOOK),
    LIMIT_ROWS ("slack", BUCKSTOP__V1__WAY_KIND__WAY_KIND_SLACK),
    LIMIT_ROWS ("channel", BUCKSTOP__V1__WAY_KIND__WAY_KIND_CHANNEL),
    {NULL},
};

/* ---- who still holds on to the struct ---- */

void notification_unref (notification_t *self)
{
    if (!self->stopped || self->pending || self->unsettled)
        return;
    while (self->feeds) {
        feed_t *feed = self->feeds;
        self->feeds = feed->next;
        free (feed->newest);
        free (feed);
    }
    free (self);
}

void notification_hold (notification_t *self)
{
    self->pending++;
}

bool notification_release (notification_t *self)
{
    bool stopped = self->stopped;
    self->pending--;
    notification_unref (self);
    return !stopped;
}

/* ---- start ---- */

/* 0, or negative errno, said. */
static int read_password (const char *path, char password[PASSWORD_SIZE])
{
    char why[PARAM_WHY_SIZE];
    if (password_file_read (path, password, why))
        return 0;
    log_fact (LOG_ERROR_, "", "the password of the mail server can't be used", "why", why, NULL);
    return -EINVAL;
}

static void open_senders (notification_t *self, const char *password)
{
    const notification_params_t *given = self->params;
    self->http = http_client_new (self->service->loop);
    if (!word_empty (given->smtp))
        self->mail_out = mail_out_new (self->service->loop, given->smtp, given->smtp_user, *password ? password : NULL,
                                       (int)given->smtp_threads);
    lanes_open (self);
}

static void swapped (void *arg, const char *workspace, const policy_t *policy)
{
    (void)workspace, (void)policy;
    notification_params_t *given = arg;
    if (given->self)
        stream_look (given->self);
}

static int bind_sockets (notification_t *self)
{
    service_t *service = self->service;
    int rc = bus_bind (service->bus, BUS_OUTBOX, service->outbox, outbox_hint, self);
    if (rc == 0)
        rc = bus_bind (service->bus, BUS_STREAM, service->stream, NULL, NULL);
    if (rc < 0)
        log_fact (LOG_ERROR_, "", "can't listen", "outbox", service->outbox, "stream", service->stream, NULL);
    return rc;
}

static int start (service_t *service, void *arg)
{
    notification_params_t *given = arg;
    notification_t *self = xcalloc (1, sizeof *self);
    self->service = service;
    self->params = given;
    given->self = self;
    char password[PASSWORD_SIZE];
    int rc = read_password (given->smtp_password_file, password);
    if (rc == 0 && throttle_open (self) < 0)
        rc = -EINVAL;
    if (rc == 0)
        rc = bind_sockets (self);
    if (rc < 0) { /* nothing was opened that has threads: the process ends cleanly, and says why */
        given->self = NULL;
        free (self);
        return rc;
    }
    self->aside = aside_new (service);
    open_senders (self, password);
    workspaces_on_change (service->workspaces, swapped, given);
    given->secrets_look = (secrets_look_t){given->secrets, READER_NOTIFICATION};
    secrets_look_open (&given->secrets_look, service->workspaces);
    outbox_open (self);
    stream_open (self);
    return 0;
}

/* ---- the end ---- */

/* No new leases; what is under way ends, who waits for a place is left to the other replicas. */
static void drain (service_t *service, void *arg)
{
    notification_t *self = ((notification_params_t *)arg)->self;
    (void)service;
    if (!self)
        return;
    self->draining = true;
    lanes_sweep (self);
}

static bool idle (service_t *service, void *arg)
{
    notification_t *self = ((notification_params_t *)arg)->self;
    for (int i = 0; self && i < store_shards (service->store); i++)
        if (self->shards[i].leases)
            return false;
    return !self || (self->unsettled == 0 && aside_idle (self->aside));
}

static void stop (service_t *service, void *arg)
{
    notification_params_t *given = arg;
    notification_t *self = given->self;
    if (!self)
        return;
    given->self = NULL;
    self->stopped = true;
    self->pending++; /* until the last line: attempts that end here must not take the struct along */
    loop_cancel (service->loop, &self->wake);
    loop_cancel (service->loop, &self->poll);
    loop_cancel (service->loop, &self->minute);
    stream_close (self);
    aside_destroy (&self->aside);
    http_client_destroy (&self->http);
    mail_out_destroy (&self->mail_out);
    lanes_close (self);
    guests_close (self);
    held_close (self);
    notification_release (self);
}

/* ---- metrics ---- */

static void print_outbox (const notification_t *self, FILE *out)
{
    int64_t late_ms = 0, held_ms = held_age_ms (self);
    for (int i = 0; i < SHARDS_MAX; i++)
        if (self->shards[i].late_ms > late_ms)
            late_ms = self->shards[i].late_ms;
    metric_print (out, "outbox_age_seconds", (double)(held_ms > late_ms ? held_ms : late_ms) / (double)MS_PER_SECOND);
    metric_print (out, "outbox_held_age_seconds", (double)held_ms / (double)MS_PER_SECOND);
    metric_print (out, "targets_failing", (double)targets_failing (&self->targets));
    metric_print (out, "sending_held", (double)hold_count (self));
    metric_print (out, "retention_blocked", (double)retention_blocked (self));
    size_t dead = 0;
    for (const feed_t *feed = self->feeds; feed; feed = feed->next)
        dead += feed->dead;
    metric_print (out, "dead_letters", (double)dead);
    metric_print (out, "outbox_unsettled", self->unsettled);
    metric_print (out, "events_published", (double)self->published);
}

static void print_metrics (service_t *service, void *arg, FILE *out)
{
    const notification_t *self = ((notification_params_t *)arg)->self;
    (void)service;
    if (!self)
        return;
    print_outbox (self, out);
    metric_head (out, "deliveries");
    for (int way = 1; way < NOTIFICATION_WAYS; way++)
        for (int how = 0; how < SETTLES; how++)
            fprintf (out, "buckstop_deliveries_total{way=\"%s\",outcome=\"%s\"} %llu\n", way_name ((way_kind_t)way),
                     settle_name ((enum settle)how), (unsigned long long)self->outcomes[way][how]);
}

static void remark (service_t *service, void *arg, FILE *out)
{
    (void)service;
    hold_remark (((notification_params_t *)arg)->self, out);
}

const service_kind_t notification_kind = {
    .name = "notification",
    .summary = "sends what the outbox holds: mail, signed webhooks, log lines; publishes every event",
    .example = "buckstop-notification --redis unix:/run/redis.sock --smtp smtp://mail.example:25 --mail-from "
               "help@example.com",
    .params = params,
    .start = start,
    .drain = drain,
    .idle = idle,
    .stop = stop,
    .metrics = print_metrics,
    .remark = remark,
};
