/* routing.c - the service that says who: its parameters, its start, its second, its end.
 *
 * Hears:  Route hints (a contact wants somebody, a person has room), the event stream, the store at least once
 *         a second. Says: offers, and "nobody now", as commits; the commit hints the others.
 * Any number of replicas may run: each keeps a picture of people and waiting contacts, and only the commit's
 * checks (version, epoch, room) decide who was right. */
#include "routing_private.h"

#include "log.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

enum { TICK_MS = 1000 };

routing_params_t routing_params;

static const param_t params[] = {
    {"refresh-ms", PARAM_NUMBER, "10000", 1000, 600000, &routing_params.refresh_ms,
     "people and queue are compared with the store so often"},
    {"in-flight-max", PARAM_NUMBER, "256", 1, 100000, &routing_params.in_flight_max,
     "offers begun and not answered, per workspace"},
    {"waiting-max", PARAM_NUMBER, "50000", 100, 10000000, &routing_params.waiting_max,
     "waiting contacts in memory, per workspace; of each kind the first ones, the others stay in the store"},
    {"stalled-ms", PARAM_NUMBER, "10000", 1000, 600000, &routing_params.stalled_ms,
     "waiting, eligible, and no offer for so long is an alarm"},
    {NULL},
};

mono_ms_t routing_mono (const routing_t *self)
{
    return loop_now (self->service->loop);
}

wall_ms_t routing_now (const routing_t *self)
{
    return store_now (self->service->store);
}

/* ---- who still holds on to the struct ---- */

static void unref (routing_t *self)
{
    if (!self->stopped || self->pending)
        return;
    while (self->desks) {
        desk_t *desk = self->desks;
        self->desks = desk->next;
        waiting_destroy (&desk->waiting);
        roster_destroy (&desk->roster);
        free (desk->people);
        free (desk);
    }
    free (self);
}

void routing_hold (routing_t *self)
{
    self->pending++;
}

bool routing_release (routing_t *self)
{
    bool stopped = self->stopped;
    self->pending--;
    unref (self);
    return !stopped;
}

/* ---- workspaces ---- */

static desk_t *desk_new (routing_t *self, const char *workspace, const policy_t *policy)
{
    desk_t *desk = xcalloc (1, sizeof *desk);
    desk->self = self;
    WORD_COPY (desk->workspace, workspace);
    desk->shard = store_shard (self->service->store, workspace);
    desk->roster = roster_new (policy);
    roster_hear (desk->roster, workspaces_hearing (self->service->workspaces, workspace));
    desk->waiting = waiting_new ();
    waiting_bound (desk->waiting, (size_t)self->params->waiting_max);
    desk->people = xcalloc (roster_size (desk->roster), sizeof *desk->people);
    desk->offered_at = routing_mono (self);
    desk->next = self->desks;
    self->desks = desk;
    people_refresh (desk);
    return desk;
}

desk_t *routing_desk (routing_t *self, const char *workspace)
{
    for (desk_t *desk = self->desks; desk; desk = desk->next)
        if (strcmp (desk->workspace, workspace) == 0)
            return desk;
    const policy_t *policy = workspaces_policy (self->service->workspaces, workspace);
    return policy ? desk_new (self, workspace, policy) : NULL;
}

static void on_policy (void *arg, const char *workspace, const policy_t *policy)
{
    const routing_params_t *given = arg;
    if (!given->self || given->self->draining)
        return;
    desk_t *desk = routing_desk (given->self, workspace);
    if (desk && roster_policy (desk->roster) != policy)
        people_adopt (desk, policy);
}

/* ---- each second ---- */

static void tell_metrics (const routing_t *self)
{
    size_t waiting = 0, beyond = 0, in_flight = 0, stalled = 0, present = 0, known = 0;
    for (const desk_t *desk = self->desks; desk; desk = desk->next) {
        waiting += waiting_size (desk->waiting);
        beyond += waiting_beyond (desk->waiting);
        in_flight += waiting_in_flight (desk->waiting);
        stalled += desk->stalled;
        known += roster_size (desk->roster);
        present += people_present (desk);
    }
    metric_set ("routing_waiting", (double)(waiting + beyond));
    metric_set ("routing_waiting_held", (double)waiting);
    metric_set ("routing_in_flight", (double)in_flight);
    metric_set ("routing_stalled", (double)stalled);
    metric_set ("people_known", (double)known);
    metric_set ("people_present", (double)present);
}

static void on_tick (void *arg)
{
    routing_t *self = arg;
    self->tick = loop_at (self->service->loop, routing_mono (self) + TICK_MS, on_tick, self);
    if (!store_ready (self->service->store)) {
        /* what can't be offered is not owed: the store's absence is no stalled dispatcher */
        for (desk_t *desk = self->desks; desk; desk = desk->next)
            desk->offered_at = routing_mono (self);
        return;
    }
    const char *name;
    for (size_t i = 0; (name = workspaces_name (self->service->workspaces, i)); i++)
        routing_desk (self, name);
    people_match_timers (self);
    for (desk_t *desk = self->desks; desk; desk = desk->next) {
        roster_hear (desk->roster, workspaces_hearing (self->service->workspaces, desk->workspace));
        hear_tick (desk);
        people_tick (desk);
        queue_tick (desk);
        offer_tick (desk);
    }
    tell_metrics (self);
}

/* ---- start and end ---- */

static int start (service_t *service, void *arg)
{
    routing_params_t *given = arg;
    routing_t *self = xcalloc (1, sizeof *self);
    self->service = service;
    self->params = given;
    given->self = self;
    self->aside = aside_new (service);
    int rc = bus_bind (service->bus, BUS_ROUTE, service->route, hear_route, self);
    if (rc < 0) {
        log_fact (LOG_ERROR_, "", "can't listen for hints", "endpoint", service->route, "why", strerror (-rc), NULL);
        return rc;
    }
    rc = bus_connect (service->bus, BUS_STREAM, service->stream, hear_stream, self);
    if (rc < 0) {
        log_fact (LOG_ERROR_, "", "can't follow the stream", "endpoint", service->stream, "why", strerror (-rc), NULL);
        return rc;
    }
    workspaces_on_change (service->workspaces, on_policy, given);
    on_tick (self);
    return 0;
}

static void close_desks (routing_t *self)
{
    for (desk_t *desk = self->desks; desk; desk = desk->next) {
        queue_close (desk);
        offer_close (desk);
    }
}

static void drain (service_t *service, void *arg)
{
    routing_params_t *given = arg;
    if (!given->self)
        return;
    given->self->draining = true;
    loop_cancel (service->loop, &given->self->tick);
    close_desks (given->self);
}

static bool idle (service_t *service, void *arg)
{
    (void)service;
    const routing_params_t *given = arg;
    return !given->self || (given->self->pending == 0 && aside_idle (given->self->aside));
}

static void stop (service_t *service, void *arg)
{
    routing_params_t *given = arg;
    routing_t *self = given->self;
    if (!self)
        return;
    drain (service, arg);
    given->self = NULL;
    self->stopped = true;
    aside_destroy (&self->aside);
    unref (self);
}

const service_kind_t routing_kind = {
    .name = "routing",
    .summary = "finds a person for every contact that wants somebody",
    .example = "buckstop-routing --redis unix:/run/buckstop/redis.sock",
    .params = params,
    .start = start,
    .drain = drain,
    .idle = idle,
    .stop = stop,
};
