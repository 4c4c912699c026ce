/* well.c - are deadlines handled when they are due, and do notices go out? By the store alone: whichever replica, of whichever
 * service, should have done it.
 *
 * Asks: each shard's timers of each kind for one that is long overdue; each workspace's outbox for what waits (held ones, too:
 * who holds sending knows why the calls stop). The first that is found is the answer; a store that does not answer is one.
 * Limits: outbox_waiting.h. */
#include "well.h"

#include "keys.h"
#include "outbox_waiting.h"
#include "words.h"
#include "xmalloc.h"

static const char kinds[] = {KIND_CONTACT, KIND_PERSON, KIND_DELIVERY};
static const char *const kind_words[] = {"contacts", "people", "notices"};
enum { KINDS = sizeof kinds };

struct well {
    service_t *service;
    well_limits_t limits;
    well_fn *fn;
    void *arg;
    bool cancelled;
    loop_timer_t *start;    /* it has asked nothing yet */
    size_t workspace, kind; /* that is looked at */
    bool shards[SHARDS_MAX];
    char name[NAME_SIZE];
};

static void next (well_t *self);

static void end (well_t *self, const char *why)
{
    if (!self->cancelled)
        self->fn (self->arg, why);
    free (self);
}

/* ---- the outbox of a workspace */

static void on_waiting (void *arg, const outbox_waiting_t *waiting)
{
    well_t *self = arg;
    char why[DETAIL_SIZE];
    int64_t ms = waiting->since ? store_now (self->service->store) - waiting->since : 0;
    if (self->cancelled) {
        free (self);
        return;
    }
    if (waiting->away || waiting->wrong_type) {
        end (self, waiting->away ? "the store does not answer" : "an outbox can't be read");
        return;
    }
    if (ms > self->limits.outbox_ms) {
        snprintf (why, sizeof why, "a notice of workspace %s waits for %lld s: %s", self->name,
                  (long long)(ms / MS_PER_SECOND), *waiting->why ? WORD_CUT (waiting->why, 120) : "nobody sends it");
        end (self, why);
        return;
    }
    self->workspace++;
    self->kind = 0;
    next (self);
}

/* ---- the timers of its shard */

static void on_overdue (void *arg, const store_values_t *values)
{
    well_t *self = arg;
    char why[DETAIL_SIZE];
    if (self->cancelled) {
        free (self);
        return;
    }
    if (values->away || values->wrong_type) {
        end (self, values->away ? "the store does not answer" : "timers can't be read");
        return;
    }
    if (values->n) {
        snprintf (why, sizeof why, "a timer of %s is overdue for %lld s: %.*s", kind_words[self->kind],
                  (long long)((store_now (self->service->store) - values->items[0].score) / MS_PER_SECOND),
                  (int)values->items[0].size, values->items[0].bytes);
        end (self, why);
        return;
    }
    self->kind++;
    next (self);
}

static void next (well_t *self)
{
    char key[KEY_SIZE];
    const char *workspace = workspaces_name (self->service->workspaces, self->workspace);
    if (!workspace) {
        end (self, "");
        return;
    }
    store_t *store = self->service->store;
    int shard = store_shard (store, workspace);
    WORD_COPY (self->name, workspace);
    if (self->kind == KINDS || self->shards[shard] || !self->limits.late_ms) {
        self->shards[shard] = true;
        outbox_waiting (store, self->name, on_waiting, self);
        return;
    }
    store_range (store, key_due (key, shard, kinds[self->kind]), 0, store_now (store) - self->limits.late_ms, 0, 1,
                 on_overdue, self);
}

static void on_start (void *arg)
{
    well_t *self = arg;
    self->start = NULL;
    next (self);
}

well_t *well_ask (service_t *service, well_limits_t limits, well_fn *fn, void *arg)
{
    well_t *self = xcalloc (1, sizeof *self);
    *self = (well_t){.service = service, .limits = limits, .fn = fn, .arg = arg};
    if (!limits.outbox_ms)
        self->limits.outbox_ms = INT64_MAX;
    self->start = loop_at (service->loop, loop_now (service->loop), on_start, self);
    return self;
}

void well_cancel (well_t **self_p)
{
    well_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    self->cancelled = true; /* its answer frees it */
    if (!self->start)
        return;
    loop_cancel (self->service->loop, &self->start);
    free (self);
}
