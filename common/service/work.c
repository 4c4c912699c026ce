/* work.c - the five steps for a contact: load, decide, commit, send.
 *
 * Somebody may be faster: a refused commit leads to reload and decide again, under the same event id, at
 * most WORK_TRIES_MAX times. A caller that has just read the record from the store may bring it along; the commit
 * checks its version and nothing else of it, so it must never come from a message. When it leads to a refusal the
 * store is asked again. */
#include "work.h"

#include "keys.h"
#include "log.h"
#include "there.h"
#include "trace.h"
#include "words.h"
#include "work_copy.h"
#include "xmalloc.h"

#include <stdio.h>

struct work {
    work_order_t order;
    work_copy_t copy;
    char workspace[NAME_SIZE], contact[ID_SIZE];
    int shard;
    unsigned tries;
    bool fresh; /* the record came from the store */
    uint8_t *record;
    size_t record_size;
    plan_t plan;
    work_result_t result; /* for finish_later */
    loop_timer_t *later;
    record_head_t head;
    contact_t before;
    /* from here on nothing is read before a decision wrote it, and it is large: not cleared */
    contact_t after;
    effects_t effects;
};

static size_t work_n = 0;

size_t work_open (void)
{
    return work_n;
}

static void work_destroy (work_t *self)
{
    plan_clear (&self->plan);
    work_copy_clear (&self->copy);
    free (self->record);
    free (self);
    work_n--;
}

static void finish (work_t *self, const work_result_t *result)
{
    if (self->order.done)
        self->order.done (self->order.arg, result);
    work_destroy (self);
}

static void on_later (void *arg)
{
    work_t *self = arg;
    self->later = NULL;
    finish (self, &self->result);
}

/* `done` never comes from within work_begin. */
static void finish_later (work_t *self, work_outcome_t outcome)
{
    self->result = (work_result_t){.outcome = outcome};
    loop_t *loop = self->order.service->loop;
    self->later = loop_at (loop, loop_now (loop), on_later, self);
}

static void pass (const work_t *self, const char *step)
{
    char name[64];
    snprintf (name, sizeof (name), "%s.%s", self->order.service->name, step);
    kill_point (name);
}

static void load (work_t *self);
static void decide (work_t *self);

static void send_hints (work_t *self)
{
    service_t *service = self->order.service;
    const plan_t *plan = &self->plan;
    if (plan->due)
        service_hint_due (service, self->shard, plan->due);
    if (plan->send_at)
        service_hint_outbox (service, self->shard, plan->send_at);
    if (plan->route)
        service_hint_route_traced (service, self->workspace, self->contact, self->after.trace);
    for (size_t i = 0; i < 2 && *plan->room_for[i]; i++)
        service_hint_route (service, self->workspace, "", plan->room_for[i]);
}

/* With --log-level debug, or for a while by `buckstop log-level`: each step of each contact, in whichever service. */
static void say_step (const work_t *self, const commit_answer_t *answer)
{
    char trace[TRACE_ID_SIZE], version[24], number[24];
    if (!log_wants (LOG_DEBUG_))
        return;
    snprintf (version, sizeof version, "%llu", (unsigned long long)self->after.version);
    snprintf (number, sizeof number, "%llu", (unsigned long long)answer->event_number);
    log_fact (LOG_DEBUG_, self->contact, "committed", "event", event_kind_name (self->order.event.kind), "state",
              contact_state_name (self->after.state), "version", version, "number", number, "workspace",
              self->workspace, "trace", trace_id_of (self->after.trace, self->contact, trace), NULL);
}

static void on_done (work_t *self, const commit_answer_t *answer)
{
    static const record_head_t absent = {.version = 0};
    record_head_t was = self->order.event.kind == EVENT_OPEN ? absent : self->head;
    self->after.version = was.version + 1;
    say_step (self, answer);
    pass (self, "after-commit");
    send_hints (self);
    pass (self, "after-send");
    finish (self, &(work_result_t){.outcome = WORK_DONE,
                                   .contact = &self->after,
                                   .answer = answer,
                                   .effects = &self->effects,
                                   .at = answer->at});
}

static void on_refreshed (void *arg)
{
    work_t *self = arg;
    if (workspaces_broken (self->order.service->workspaces, self->workspace))
        finish (self, &(work_result_t){.outcome = WORK_STUCK, .why = "the workspace's record can't be read"});
    else if (self->order.event.kind == EVENT_OPEN)
        decide (self);
    else
        load (self);
}

static void on_refused (work_t *self, const commit_answer_t *answer)
{
    bool policy = answer->failed_op == OP_HEAD && answer->failed == self->plan.policy_check;
    bool conflict =
        answer->failed_op == OP_RECORD && answer->failed == 0; /* the contact's own: others are the caller's */
    if (!conflict && !policy) {
        bool room = answer->failed_op == OP_HEAD || answer->failed_op == OP_ROOM;
        finish (self,
                &(work_result_t){.outcome = room ? WORK_ROOM : WORK_CHECK, .contact = &self->before, .answer = answer});
        return;
    }
    if (++self->tries >= WORK_TRIES_MAX) {
        finish (self, &(work_result_t){.outcome = WORK_CONFLICT, .contact = &self->before, .answer = answer});
        return;
    }
    metric_add ("commit_conflicts", 1);
    if (policy)
        workspaces_refresh (self->order.service->workspaces, self->workspace, on_refreshed, self);
    else
        load (self);
}

static void on_commit (void *arg, const commit_answer_t *answer)
{
    work_t *self = arg;
    switch (answer->outcome) {
    case COMMIT_DONE:
        on_done (self, answer);
        return;
    case COMMIT_REFUSED:
        on_refused (self, answer);
        return;
    case COMMIT_ALREADY:
        finish (self, &(work_result_t){.outcome = WORK_ALREADY, .contact = &self->after, .answer = answer});
        return;
    case COMMIT_INVALID:
        finish (self, &(work_result_t){.outcome = WORK_STUCK, .why = "a key can't be written", .answer = answer});
        return;
    case COMMIT_AWAY:
        break;
    }
    finish (self, &(work_result_t){.outcome = WORK_AWAY, .answer = answer});
}

static void commit_decision (work_t *self, const policy_t *policy, wall_ms_t now)
{
    bool opens = self->order.event.kind == EVENT_OPEN;
    const contact_event_t *event = &self->copy.event;
    plan_clear (&self->plan);
    self->plan.by_routing = event->kind == EVENT_OFFER;
    plan_contact (&self->plan, self->shard, &self->head, opens ? NULL : &self->before, &self->after, &self->effects,
                  policy, event->id, now);
    if (self->order.extra)
        self->order.extra (self->order.arg, self->plan.commit, &self->after);
    pass (self, "before-commit");
    store_commit (self->order.service->store, &self->plan.commit, self->order.timeout_ms, on_commit, self);
}

/* A refusal that rests on a hint's record, or was decided at a lease's time, is looked at again. */
static void refuse (work_t *self, apply_outcome_t apply, const char *why)
{
    if (!self->fresh && self->order.event.kind != EVENT_OPEN) {
        load (self);
        return;
    }
    finish (self, &(work_result_t){.outcome = WORK_REFUSED, .apply = apply, .why = why, .contact = &self->before});
}

static void decide (work_t *self)
{
    const policy_t *policy = workspaces_policy (self->order.service->workspaces, self->workspace);
    char why[DETAIL_SIZE] = "";
    if (!policy) {
        finish (self, &(work_result_t){.outcome = WORK_MISSING, .why = "no such workspace"});
        return;
    }
    if (record_has_event (&self->head, self->copy.event.id)) {
        finish (self, &(work_result_t){.outcome = WORK_ALREADY, .contact = &self->before});
        return;
    }
    wall_ms_t now = self->order.now && self->tries == 0 ? self->order.now : store_now (self->order.service->store);
    if (self->order.decide && !self->order.decide (self->order.arg, &self->before, now, policy, &self->copy.event)) {
        refuse (self, APPLY_STALE, "there is nothing to do any more");
        return;
    }
    self->copy.event.hearing = workspaces_hearing (self->order.service->workspaces, self->workspace);
    apply_outcome_t apply =
        contact_apply (&self->before, &self->copy.event, now, policy, &self->after, &self->effects, why);
    if (apply != APPLY_DONE)
        refuse (self, apply, why);
    else
        commit_decision (self, policy, now);
}

static void read_record (work_t *self, const void *bytes, size_t size)
{
    record_fault_t fault = contact_unpack (bytes, size, &self->head, &self->before);
    if (fault == RECORD_OK)
        decide (self);
    else
        finish (self, &(work_result_t){.outcome = WORK_BROKEN,
                                       .why = fault == RECORD_NEWER ? "written by a newer version" : "can't be read"});
}

static void on_there (void *arg, there_t there)
{
    static const work_result_t results[] = {
        [THERE_NOT] = {.outcome = WORK_MISSING, .why = "no such contact"},
        [THERE_SOMETHING] = {.outcome = WORK_BROKEN, .why = "what is stored is no record"},
        [THERE_AWAY] = {.outcome = WORK_AWAY},
    };
    finish (arg, &results[there]);
}

static void ask_whether_there (work_t *self)
{
    char key[KEY_SIZE];
    there_ask (self->order.service->store, key_contact (key, self->shard, self->workspace, self->contact), on_there,
               self);
}

static void on_loaded (void *arg, const store_values_t *values)
{
    work_t *self = arg;
    self->fresh = true;
    if (values->away)
        finish (self, &(work_result_t){.outcome = WORK_AWAY});
    else if (values->n == 0 || !values->items[0].bytes)
        ask_whether_there (self);
    else
        read_record (self, values->items[0].bytes, values->items[0].size);
}

static void load (work_t *self)
{
    char key[KEY_SIZE];
    const char *keys[] = {key_contact (key, self->shard, self->workspace, self->contact)};
    pass (self, "before-load");
    store_get (self->order.service->store, keys, 1, on_loaded, self);
}

/* Deciding may finish at once, so it waits for the loop where nothing else does. */
static void on_begin (void *arg)
{
    work_t *self = arg;
    self->later = NULL;
    if (self->order.event.kind == EVENT_OPEN)
        decide (self);
    else
        read_record (self, self->record, self->record_size);
}

void work_begin (const work_order_t *order)
{
    work_t *self = xmalloc (sizeof (*self));
    memset (self, 0, offsetof (work_t, after));
    work_n++;
    self->order = *order;
    work_copy_make (&self->copy, &order->event);
    WORD_COPY (self->workspace, order->workspace);
    WORD_COPY (self->contact, order->contact);
    self->shard = store_shard (order->service->store, self->workspace);
    if (!workspaces_policy (order->service->workspaces, self->workspace)) {
        finish_later (self, WORK_MISSING);
        return;
    }
    if (order->record && order->event.kind != EVENT_OPEN) {
        self->record = xmemdup (order->record, order->record_size);
        self->record_size = order->record_size;
    }
    loop_t *loop = order->service->loop;
    if (self->record || order->event.kind == EVENT_OPEN)
        self->later = loop_at (loop, loop_now (loop), on_begin, self);
    else
        load (self);
}
