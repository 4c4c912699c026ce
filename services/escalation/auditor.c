/* auditor.c - the audit that never stops, and the calls that tell a watch outside that it does not.
 *
 * Hears: rounds over all that the store holds (common/audit), one after the other, slowly. Says: gauges; each finding
 * in the log, once a round, and in the gauge at once; after each whole round without a finding, when deadlines are handled
 * in time and the outbox empties (well.h), it calls the dead-man's URL. Whoever waits there for calls alarms when they stop:
 * the audit is off, this service or another is dead, the store is away, sending is held, or something is wrong. Nobody in
 * here has to notice.
 * Every replica audits for itself and calls for itself. The URL may hold a secret: only its host is ever said.
 * Limits: FINDINGS_SAID findings of a round are said, all are counted. */
#include "auditor.h"

#include "audit.h"
#include "guard.h"
#include "http_client.h"
#include "log.h"
#include "metrics.h"
#include "well.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>

enum {
    FIRST_ROUND_MS = 5000, /* after the start: others have more to do then */
    SETTLE_MAX_MS = 10000, /* what is under way (somebody went, their work is being moved) gets time to end */
    FINDINGS_SAID = 20,
    CALL_TIMEOUT_MS = 10000,
    CALL_AGAIN_MS = 10000,
    CALL_TRIES_MAX = 3,
};

struct auditor {
    service_t *service;
    const escalation_params_t *params;
    audit_round_t *round;
    loop_timer_t *timer; /* until the next round */
    mono_ms_t began;     /* this round, or the last */
    mono_ms_t whole_at;  /* when a round was whole; before the first: when we started */
    uint64_t found;      /* in this round */
    uint64_t found_last; /* in the last whole one */
    http_client_t *http; /* NULL: no URL is given */
    loop_timer_t *call_timer;
    int call_tries;
    bool calling, call_fails, stopped;
    well_t *well;  /* being asked */
    bool was_well; /* as was said last */
};

static void begin_round (auditor_t *self);
static void call (auditor_t *self);

static mono_ms_t now_of (const auditor_t *self)
{
    return loop_now (self->service->loop);
}

static const char *number_word (char text[24], uint64_t number)
{
    snprintf (text, 24, "%" PRIu64, number);
    return text;
}

/* ---------------------------------------------------------- the dead-man's switch */

static void on_call_again (void *arg)
{
    auditor_t *self = arg;
    self->call_timer = NULL;
    call (self);
}

/* Once when it begins to fail, once when it is over. */
static void say_call (auditor_t *self, bool failed, const http_answer_t *answer)
{
    char host[ADDRESS_SIZE], status[24];
    if (failed == self->call_fails)
        return;
    self->call_fails = failed;
    http_client_host (self->params->deadman_url, host, sizeof host);
    log_fact (failed ? LOG_ERROR_ : LOG_NOTICE_, "",
              failed ? "the dead-man's call is not answered" : "the dead-man's call is answered again", "host", host,
              "status", number_word (status, (uint64_t)answer->status), "why", failed ? answer->error : "", NULL);
}

static void on_call_answered (void *arg, const http_answer_t *answer)
{
    auditor_t *self = arg;
    bool failed = answer->status < 200 || answer->status > 299;
    if (self->stopped)
        return;
    self->calling = false;
    metric_add (failed ? "deadman_failures" : "deadman_calls", 1);
    say_call (self, failed, answer);
    if (failed && ++self->call_tries < CALL_TRIES_MAX)
        self->call_timer = loop_at (self->service->loop, now_of (self) + CALL_AGAIN_MS, on_call_again, self);
}

static void call (auditor_t *self)
{
    self->calling = true;
    http_client_call (
        self->http,
        &(http_call_t){
            .method = "GET", .url = self->params->deadman_url, .timeout_ms = CALL_TIMEOUT_MS, .private_allowed = true},
        on_call_answered, self);
}

/* Once when it begins, once when it is over. */
static void say_well (auditor_t *self, const char *why)
{
    bool well = !*why;
    metric_set ("well", well);
    if (well == self->was_well)
        return;
    self->was_well = well;
    log_fact (well ? LOG_NOTICE_ : LOG_ERROR_, "", well ? "all is well again" : "not all is well", "why",
              well ? "deadlines are handled, notices go out" : why, NULL);
}

static void on_well (void *arg, const char *why)
{
    auditor_t *self = arg;
    self->well = NULL;
    say_well (self, why);
    if (*why)
        metric_add ("deadman_withheld", 1);
    if (*why || !self->http || self->calling)
        return;
    loop_cancel (self->service->loop, &self->call_timer);
    self->call_tries = 0;
    call (self);
}

/* The audit found nothing. */
static void ask_whether_well (auditor_t *self)
{
    if (!self->well)
        self->well = well_ask (self->service,
                               (well_limits_t){.late_ms = self->params->late_limit * MS_PER_SECOND,
                                               .outbox_ms = self->params->outbox_limit * MS_PER_SECOND},
                               on_well, self);
}

/* ------------------------------------------------------------------------- rounds */

static void on_round_due (void *arg)
{
    auditor_t *self = arg;
    self->timer = NULL;
    begin_round (self);
}

static void plan_round (auditor_t *self, mono_ms_t at)
{
    self->timer = loop_at (self->service->loop, at, on_round_due, self);
}

static void on_found (void *arg, const audit_finding_t *finding)
{
    auditor_t *self = arg;
    if (self->found++ < FINDINGS_SAID)
        log_fact (LOG_ERROR_, "", "audit", "fault", audit_fault_name (finding->fault), "subject", finding->subject,
                  "what", finding->detail, *finding->workspace ? "workspace" : NULL, finding->workspace, NULL);
    metric_set ("audit_violations", (double)(self->found > self->found_last ? self->found : self->found_last));
    well_cancel (&self->well); /* that all was well is no news any more */
    loop_cancel (self->service->loop, &self->call_timer);
}

static void on_round_done (void *arg, const audit_result_t *result)
{
    auditor_t *self = arg;
    char text[24];
    mono_ms_t next = self->began + self->params->audit_every * MS_PER_SECOND, now = now_of (self);
    if (result->findings > FINDINGS_SAID)
        log_fact (LOG_ERROR_, "", "audit: more findings than are said here", "all",
                  number_word (text, result->findings), NULL);
    self->found_last = result->findings;
    metric_set ("audit_violations", (double)result->findings);
    metric_set ("audit_unsettled", (double)result->unsettled);
    metric_set ("audit_newer", (double)result->counts.newer);
    metric_set ("audit_contacts", (double)result->counts.contacts);
    metric_set ("audit_round_seconds", (double)(now - self->began) / (double)MS_PER_SECOND);
    metric_add ("audit_rounds", 1);
    self->whole_at = now;
    audit_end (&self->round);
    if (result->findings == 0 || !GUARD ("f20"))
        ask_whether_well (self);
    plan_round (self, next > now ? next : now);
}

static void begin_round (auditor_t *self)
{
    const service_t *service = self->service;
    int64_t half = self->params->audit_every * MS_PER_SECOND / 2;
    self->began = now_of (self);
    self->found = 0;
    self->round = audit_begin (&(audit_order_t){.loop = service->loop,
                                                .store = service->store,
                                                .workspaces = service->workspaces,
                                                .rate = self->params->audit_rate,
                                                .settle_ms = half < SETTLE_MAX_MS ? half : SETTLE_MAX_MS,
                                                .found = on_found,
                                                .done = on_round_done,
                                                .arg = self});
}

/* -------------------------------------------------------------------- start and end */

auditor_t *auditor_new (service_t *service, const escalation_params_t *params)
{
    auditor_t *self = xcalloc (1, sizeof *self);
    *self = (auditor_t){.service = service, .params = params, .whole_at = loop_now (service->loop), .was_well = true};
    static const char *const counters[] = {"audit_rounds", "deadman_calls", "deadman_failures", "deadman_withheld"};
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        metric_add (counters[i], 0);
    if (!params->audit_every) {
        log_fact (LOG_WARNING_, "", "the audit is switched off", NULL);
        return self;
    }
    if (word_empty (params->deadman_url))
        log_fact (LOG_NOTICE_, "", "nobody watches the watcher: no --deadman-url is given", NULL);
    else
        self->http = http_client_new (service->loop);
    plan_round (self, now_of (self) + FIRST_ROUND_MS);
    return self;
}

void auditor_destroy (auditor_t **self_p)
{
    auditor_t *self = *self_p;
    if (!self)
        return;
    self->stopped = true;
    loop_cancel (self->service->loop, &self->timer);
    loop_cancel (self->service->loop, &self->call_timer);
    well_cancel (&self->well);
    audit_end (&self->round);
    http_client_destroy (&self->http);
    free (self);
    *self_p = NULL;
}

/* The age goes on growing when no round ends. */
void auditor_metrics (const auditor_t *self, FILE *out)
{
    if (!self)
        return;
    metric_print (out, "audit_age_seconds", (double)(now_of (self) - self->whole_at) / (double)MS_PER_SECOND);
}
