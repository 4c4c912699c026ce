/* lookout.c - when to ask the store for what is due: at the time that the last lease told, at a hint's time, and
 * at least once a second. No record has a timer of its own here.
 *
 * A lease takes no more rows than were done in the last quarter of a lease, so that a slow worker does
 * not hold what others could do; and nothing is leased while too much is under way, nor before it is known when
 * people could be heard: after an outage of ours that decides who is still present (hearing.h). */
#include "escalation_private.h"

#include "guard.h"
#include "lease_back.h"

#include <stdio.h>

#define LIST_TOLD_MAX 16 /* last resorts, of a bad list of workspaces */

static const char kinds[KINDS_LOOKED_AT] = {KIND_CONTACT, KIND_PERSON};

static void look (lookout_t *self);

static void on_timer (void *arg)
{
    lookout_t *self = arg;
    self->timer = NULL;
    look (self);
}

static void plan_look (lookout_t *self, wall_ms_t at)
{
    service_t *service = self->self->service;
    if (self->timer && self->at <= at)
        return;
    loop_cancel (service->loop, &self->timer);
    self->at = at;
    int64_t wait = at - store_now (service->store);
    if (wait < 0)
        wait = 0;
    if (wait > LOOK_MS)
        wait = LOOK_MS;
    self->timer = loop_at (service->loop, loop_now (service->loop) + wait, on_timer, self);
}

static int allowance (lookout_t *self)
{
    escalation_t *escalation = self->self;
    mono_ms_t now = loop_now (escalation->service->loop);
    if (now - self->quarter >= escalation->params->lease_ms / 4) {
        self->done_before = self->done;
        self->done = 0;
        self->quarter = now;
    }
    int most = self->done > self->done_before ? self->done : self->done_before;
    int64_t room = escalation->params->under_way_max - (int64_t)escalation->under_way;
    int64_t n = most < LEASE_MIN ? LEASE_MIN : most > STORE_LEASE_MAX ? STORE_LEASE_MAX : most;
    return (int)(n < room ? n : room);
}

/* Its shard stands still until it is mended; the last resorts of its workspaces are told. */
static void say_due_broken (lookout_t *self)
{
    char key[KEY_SIZE];
    const char *workspace;
    service_t *service = self->self->service;
    key_due (key, self->shard, self->kind);
    for (size_t i = 0; (workspace = workspaces_name (service->workspaces, i)); i++)
        if (store_shard (service->store, workspace) == self->shard)
            aside_add (self->self->aside,
                       &(aside_subject_t){KIND_SHARED, workspace, key, "the timers of a shard can't be read"});
}

static void on_leased (void *arg, const store_leased_t *leased)
{
    static void (*const handlers[KINDS_LOOKED_AT]) (lookout_t *, const store_row_t *, wall_ms_t) = {contact_is_due,
                                                                                                    person_is_due};
    lookout_t *self = arg;
    escalation_t *escalation = self->self;
    escalation->under_way--;
    self->asked = false;
    if (leased->broken)
        say_due_broken (self);
    if (leased->away) {
        if (!escalation->draining)
            plan_look (self, store_now (escalation->service->store) + LOOK_MS);
        return;
    }
    if (store_still (escalation->service->store)) { /* it was this answer that told of the jump */
        lease_back_all (escalation->service->store, self->shard, self->kind, leased);
        if (!escalation->draining)
            plan_look (self, store_now (escalation->service->store) + LOOK_MS);
        return;
    }
    if (leased->rows_n)
        kill_point ("escalation.leased");
    for (size_t i = 0; i < leased->rows_n; i++)
        handlers[self->kind == KIND_PERSON](self, &leased->rows[i], leased->now);
    if (escalation->draining)
        return;
    bool more = self->again || leased->next_due <= leased->now;
    self->again = false;
    plan_look (self, more && allowance (self) > 0 ? leased->now : leased->next_due);
}

static void look (lookout_t *self)
{
    escalation_t *escalation = self->self;
    service_t *service = escalation->service;
    if (self->asked) {
        self->again = true;
        return;
    }
    if (!workspaces_hearing_known (service->workspaces, self->shard)) {
        plan_look (self, store_now (service->store) + HEARING_LOOK_MS);
        return;
    }
    int max = allowance (self);
    if (max <= 0 || store_still (service->store)) {
        plan_look (self, store_now (service->store) + (max <= 0 ? 1 : LOOK_MS));
        return;
    }
    self->asked = true;
    escalation->under_way++;
    store_lease (service->store, self->shard, self->kind, max, (int)escalation->params->lease_ms, on_leased, self);
}

void lookout_hint (escalation_t *self, int shard, wall_ms_t at)
{
    if (shard < 0 || shard >= store_shards (self->service->store) || self->draining)
        return;
    for (int k = 0; k < KINDS_LOOKED_AT; k++) {
        lookout_t *lookout = &self->lookouts[shard][k];
        lookout->again |= lookout->asked;
        plan_look (lookout, at);
    }
}

void lookout_done (lookout_t *self)
{
    self->done++;
    self->self->under_way--;
}

/* The policy in force is still known: its last resort is told. Of a list that names nobody any more, the first of them. */
static void say_broken (escalation_t *self, const char *workspace, size_t index)
{
    if (index < LIST_TOLD_MAX && workspaces_missing (self->service->workspaces, workspace))
        aside_add (self->aside, &(aside_subject_t){KIND_SHARED, workspace, KEY_WORKSPACES,
                                                   "it does not name the workspace: what starts now does not know it"});
    if (workspaces_broken (self->service->workspaces, workspace))
        aside_add (self->aside, &(aside_subject_t){KIND_WORKSPACE, workspace, workspace, "its record can't be read"});
}

/* Once a second: every shard that has a workspace is looked at, whatever was missed. */
static void on_tick (void *arg)
{
    escalation_t *self = arg;
    service_t *service = self->service;
    mono_ms_t now = loop_now (service->loop);
    const char *workspace;
    for (size_t i = 0; (workspace = workspaces_name (service->workspaces, i)); i++) {
        int shard = store_shard (service->store, workspace);
        say_broken (self, workspace, i);
        for (int k = 0; k < KINDS_LOOKED_AT; k++)
            if (!self->lookouts[shard][k].timer && !self->lookouts[shard][k].asked)
                plan_look (&self->lookouts[shard][k], store_now (service->store));
    }
    rearm_look (self);
    orphans_look (self);
    if (now >= self->promises_at) {
        self->promises_at = now + PROMISES_MS;
        promises_look (self);
    }
    if (now >= self->retention_at) {
        self->retention_at = now + RETENTION_MS;
        retention_look (self);
    }
    self->tick = loop_at (service->loop, now + LOOK_MS, on_tick, self);
}

void lookouts_start (escalation_t *self)
{
    for (int shard = 0; shard < SHARDS_MAX; shard++)
        for (int k = 0; k < KINDS_LOOKED_AT; k++)
            self->lookouts[shard][k] = (lookout_t){.self = self, .shard = shard, .kind = kinds[k]};
    on_tick (self);
}

void lookouts_stop (escalation_t *self)
{
    loop_t *loop = self->service->loop;
    loop_cancel (loop, &self->tick);
    for (int shard = 0; shard < SHARDS_MAX; shard++)
        for (int k = 0; k < KINDS_LOOKED_AT; k++)
            loop_cancel (loop, &self->lookouts[shard][k].timer);
}
