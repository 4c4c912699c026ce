/* escalation.c - the service of deadlines: its parameters, its start and its end.
 *
 * Hears:  Due hints (a nearer deadline was armed). Asks the store for what is due, at least once a second.
 * Says:   through commits only: the hints for routing and notification go out behind them.
 * Any number of replicas may run: the lease hands each record to one of them. */
#include "escalation_private.h"

#include "log.h"
#include "option_checks.h"
#include "wire.h"
#include "xmalloc.h"

escalation_params_t escalation_params;

static const param_t params[] = {
    {"lease-ms", PARAM_NUMBER, "5000", 500, 60000, &escalation_params.lease_ms,
     "a record whose worker died is handed out again after it"},
    {"under-way-max", PARAM_NUMBER, "512", 1, 100000, &escalation_params.under_way_max, "deadlines worked on at once"},
    {"audit-every", PARAM_NUMBER, "300", 0, 86400, &escalation_params.audit_every,
     "seconds from one round of the audit to the next, if it takes no longer; 0: no audit"},
    {"audit-rate", PARAM_NUMBER, "200", 1, 1000000, &escalation_params.audit_rate,
     "keys that the audit reads a second"},
    {"deadman-url", PARAM_STRING, "", 0, 0, &escalation_params.deadman_url,
     "called (GET) after each round that found nothing, while all is well: let a watch outside alarm when the calls "
     "stop",
     option_url},
    {"late-limit", PARAM_NUMBER, "30", 0, 86400, &escalation_params.late_limit,
     "seconds: a deadline that nobody handled for so long withholds that call; 0: not looked at"},
    {"outbox-limit", PARAM_NUMBER, "600", 0, 86400, &escalation_params.outbox_limit,
     "seconds: a notice that waits for so long withholds it; 0: not looked at"},
    {NULL},
};

static void on_due (void *arg, bus_peer_t *peer, const void *bytes, size_t size)
{
    static const envelope_kind_t allowed[] = {BUCKSTOP__V1__ENVELOPE__BODY_DUE, 0};
    (void)peer;
    envelope_t *envelope = NULL;
    char why[DETAIL_SIZE];
    if (wire_unpack (bytes, size, allowed, &envelope, why) != WIRE_OK) {
        metric_add ("bad_messages", 1);
        log_fact (LOG_WARNING_, "", "bad message", "link", "due", "why", why, NULL);
        return;
    }
    lookout_hint (arg, (int)envelope->due->shard, envelope->due->at);
    buckstop__v1__envelope__free_unpacked (envelope, NULL);
}

static void on_policy (void *arg, const char *workspace, const policy_t *policy)
{
    (void)workspace;
    (void)policy;
    const escalation_params_t *own = arg;
    if (own->self && !own->self->draining)
        orphans_anew (own->self);
}

static int escalation_start (service_t *service, void *arg)
{
    escalation_params_t *own = arg;
    escalation_t *self = xcalloc (1, sizeof (*self));
    self->service = service;
    self->params = own;
    own->self = self;
    self->aside = aside_new (service);
    int rc = bus_bind (service->bus, BUS_DUE, service->due, on_due, self);
    if (rc < 0)
        return rc;
    workspaces_on_change (service->workspaces, on_policy, own);
    lookouts_start (self);
    self->auditor = auditor_new (service, own);
    return 0;
}

static void escalation_drain (service_t *service, void *arg)
{
    (void)service;
    escalation_params_t *own = arg;
    own->self->draining = true;
    lookouts_stop (own->self);
    auditor_destroy (&own->self->auditor);
}

static bool escalation_idle (service_t *service, void *arg)
{
    (void)service;
    const escalation_params_t *own = arg;
    return own->self->under_way == 0 && own->self->looking == 0 && work_open () == 0 && aside_idle (own->self->aside);
}

static void escalation_jumped (service_t *service, void *arg, int64_t ms)
{
    (void)service;
    const escalation_params_t *own = arg;
    if (!own->self->draining)
        clock_jumped (own->self, ms);
}

static void escalation_stop (service_t *service, void *arg)
{
    (void)service;
    escalation_params_t *own = arg;
    if (!own->self)
        return;
    own->self->draining = true;
    lookouts_stop (own->self);
    auditor_destroy (&own->self->auditor);
    aside_destroy (&own->self->aside);
    free (own->self);
    own->self = NULL;
}

static void escalation_metrics (service_t *service, void *arg, FILE *out)
{
    const escalation_params_t *own = arg;
    const escalation_t *self = own->self;
    if (!self)
        return;
    auditor_metrics (self->auditor, out);
    if (self->orphans.last_ended)
        tally_print (&self->orphans.last, store_now (service->store),
                     loop_now (service->loop) - self->orphans.last_ended, out);
}

const service_kind_t escalation_kind = {
    .name = "escalation",
    .summary = "when: promises break, ladders climb, offers expire, the absent are drained",
    .example = "buckstop-escalation --redis unix:/run/buckstop/redis.sock --due tcp://127.0.0.1:7413",
    .params = params,
    .start = escalation_start,
    .drain = escalation_drain,
    .idle = escalation_idle,
    .stop = escalation_stop,
    .metrics = escalation_metrics,
    .jumped = escalation_jumped,
};
