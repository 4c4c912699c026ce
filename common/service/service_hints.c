/* service_hints.c - hints to the other services, gathered during a turn and pushed at its end.
 *
 * Hears: service_hint_due, _outbox, _route. Says: one Due and one Outbox a shard with the earliest time, one Route
 * a contact or person. A hint only makes things fast: what is dropped (no peer, a full queue) is
 * counted by the bus and found by the receiver's own look at the store, once a second.
 */
#include "service_private.h"

#include "clock.h"
#include "trace.h"
#include "wire.h"
#include "words.h"
#include "xmalloc.h"

/* The receivers look once a second: what is due later they find by themselves. */
enum { HINT_AHEAD_MS = 1500, ROUTES_COMPARED = 64, ROUTES_MAX = 4096 /* of one turn; the bus queues fewer */ };

void hints_init (service_private_t *self)
{
    for (int i = 0; i < SHARDS_MAX; i++)
        self->due[i] = self->outbox[i] = TIME_NEVER;
    self->due_any = self->outbox_any = false;
}

static void route_clear (route_hint_t *hint)
{
    free (hint->workspace);
    free (hint->contact);
    free (hint->person);
    *hint = (route_hint_t){0};
}

void hints_clear (service_private_t *self)
{
    for (size_t i = 0; i < self->routes_n; i++)
        route_clear (&self->routes[i]);
    free (self->routes);
    self->routes = NULL;
    self->routes_n = self->routes_max = 0;
    hints_init (self);
}

static void note_time (const service_t *self, wall_ms_t *earliest, bool *any, int shard, wall_ms_t at)
{
    if (shard < 0 || shard >= SHARDS_MAX || at <= 0 || at > store_now (self->store) + HINT_AHEAD_MS)
        return;
    if (at < earliest[shard])
        earliest[shard] = at;
    *any = true;
}

void service_hint_due (service_t *self, int shard, wall_ms_t at)
{
    if (self && self->private_)
        note_time (self, self->private_->due, &self->private_->due_any, shard, at);
}

void service_hint_outbox (service_t *self, int shard, wall_ms_t at)
{
    if (self && self->private_)
        note_time (self, self->private_->outbox, &self->private_->outbox_any, shard, at);
}

/* The place of a hint about the same contact or person in this turn; else a new one; NULL: there are too many. */
static route_hint_t *route_place (service_private_t *self, const char *workspace, const char *contact,
                                  const char *person)
{
    size_t first = self->routes_n > ROUTES_COMPARED ? self->routes_n - ROUTES_COMPARED : 0;
    for (size_t i = first; i < self->routes_n; i++) {
        route_hint_t *hint = &self->routes[i];
        if (strcmp (hint->contact, contact) == 0 && strcmp (hint->person, person) == 0 &&
            strcmp (hint->workspace, workspace) == 0) {
            route_clear (hint);
            return hint;
        }
    }
    if (self->routes_n == ROUTES_MAX) {
        metric_add ("hints_crowded_out", 1);
        return NULL;
    }
    if (self->routes_n == self->routes_max) {
        self->routes_max = self->routes_max ? self->routes_max * 2 : ROUTES_COMPARED;
        self->routes = xrealloc (self->routes, self->routes_max * sizeof *self->routes);
    }
    return &self->routes[self->routes_n++];
}

static route_hint_t *hint_route (service_t *self, const char *workspace, const char *contact, const char *person)
{
    if (!self || !self->private_ || !workspace)
        return NULL;
    contact = contact ? contact : "";
    person = person ? person : "";
    route_hint_t *hint = route_place (self->private_, workspace, contact, person);
    if (!hint)
        return NULL;
    *hint = (route_hint_t){.workspace = xstrdup (workspace), .contact = xstrdup (contact), .person = xstrdup (person)};
    return hint;
}

void service_hint_route (service_t *self, const char *workspace, const char *contact, const char *person)
{
    (void)hint_route (self, workspace, contact, person);
}

void service_hint_route_traced (service_t *self, const char *workspace, const char *contact, const char *trace)
{
    route_hint_t *hint = hint_route (self, workspace, contact, NULL);
    if (hint)
        word_copy (hint->trace, sizeof hint->trace, trace);
}

static void push (service_t *self, bus_link_t link, envelope_t *envelope)
{
    size_t size = 0;
    envelope->sent_at = clock_wall ();
    uint8_t *bytes = wire_pack (envelope, &size);
    if (bytes)
        (void)bus_push (self->bus, link, bytes, size); /* what is dropped is counted there */
    free (bytes);
}

static void push_due (service_t *self, uint32_t shard, wall_ms_t at)
{
    envelope_t envelope = BUCKSTOP__V1__ENVELOPE__INIT;
    Buckstop__V1__Due due = BUCKSTOP__V1__DUE__INIT;
    due.shard = shard;
    due.at = at;
    envelope.body_case = BUCKSTOP__V1__ENVELOPE__BODY_DUE;
    envelope.due = &due;
    push (self, BUS_DUE, &envelope);
}

static void push_outbox (service_t *self, uint32_t shard, wall_ms_t at)
{
    envelope_t envelope = BUCKSTOP__V1__ENVELOPE__INIT;
    Buckstop__V1__Outbox outbox = BUCKSTOP__V1__OUTBOX__INIT;
    outbox.shard = shard;
    outbox.at = at;
    envelope.body_case = BUCKSTOP__V1__ENVELOPE__BODY_OUTBOX;
    envelope.outbox = &outbox;
    push (self, BUS_OUTBOX, &envelope);
}

static void push_route (service_t *self, const route_hint_t *hint)
{
    envelope_t envelope = BUCKSTOP__V1__ENVELOPE__INIT;
    Buckstop__V1__Route route = BUCKSTOP__V1__ROUTE__INIT;
    char trace[TRACE_SIZE];
    envelope.workspace = hint->workspace;
    envelope.trace = (char *)trace_of (hint->trace, hint->contact, trace);
    route.contact = hint->contact;
    route.person = hint->person;
    envelope.body_case = BUCKSTOP__V1__ENVELOPE__BODY_ROUTE;
    envelope.route = &route;
    push (self, BUS_ROUTE, &envelope);
}

static void flush_times (service_t *self, wall_ms_t *earliest, bool *any,
                         void (*say) (service_t *, uint32_t, wall_ms_t))
{
    if (!*any)
        return;
    *any = false;
    for (uint32_t shard = 0; shard < SHARDS_MAX; shard++)
        if (earliest[shard] != TIME_NEVER) {
            say (self, shard, earliest[shard]);
            earliest[shard] = TIME_NEVER;
        }
}

void hints_flush (service_t *service)
{
    service_private_t *self = service->private_;
    flush_times (service, self->due, &self->due_any, push_due);
    flush_times (service, self->outbox, &self->outbox_any, push_outbox);
    for (size_t i = 0; i < self->routes_n; i++) {
        push_route (service, &self->routes[i]);
        route_clear (&self->routes[i]);
    }
    self->routes_n = 0;
}
