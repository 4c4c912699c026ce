/* targets.c - what is known about each far side: how many calls at once it has earned, and whether it keeps failing.
 *
 * A host begins with TARGET_CALLS_NEW calls at once; each answer doubles that, each refusal for now (5xx, 429) and
 * each silence halves it. Silent before it ever answered, it has one. One that was silent TARGET_FAILURES times in a
 * row gets one probe at a time, further and further apart, until it answers. Calls that were under way together are one
 * silence: what they tell once the host counts as failing puts the next probe no further away. Said in the log when it
 * begins and when it is over. Mail has one target, its server, which is not paced: what it refuses for now concerns one
 * mailbox.
 * Limits: known for TARGET_IDLE_MS after its last call; above TARGETS_MAX who is idle is forgotten at once. */
#include "notification_private.h"

#include "log.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

/* Of "https://user@Host/path": "host:443". What is no such URL is one target together: it is never called. */
static void host_of (const delivery_t *delivery, char host[ADDRESS_SIZE])
{
    if (delivery->way == BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL ||
        !http_client_host (delivery->address, host, ADDRESS_SIZE))
        word_copy (host, ADDRESS_SIZE, way_name (delivery->way));
}

static target_t **slot_of (targets_t *self, const char *host)
{
    return &self->slots[word_hash (WORD_HASH, host) % TARGET_SLOTS];
}

target_t *target_of (notification_t *service, const delivery_t *delivery)
{
    char host[ADDRESS_SIZE];
    host_of (delivery, host);
    target_t **slot = slot_of (&service->targets, host);
    for (target_t *target = *slot; target; target = target->next)
        if (strcmp (target->host, host) == 0)
            return target;
    target_t *target = xcalloc (1, sizeof *target);
    WORD_COPY (target->host, host);
    target->paced = delivery->way != BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL;
    target->window = TARGET_CALLS_NEW;
    target->used_at = loop_now (service->service->loop);
    target->next = *slot;
    *slot = target;
    service->targets.n++;
    return target;
}

bool target_failing (const target_t *self)
{
    return self->failures >= TARGET_FAILURES;
}

bool target_mute (const target_t *self)
{
    return self->failures && !self->answered;
}

bool target_proven (const target_t *self)
{
    return !self->paced || self->answered;
}

bool target_free (const target_t *self, mono_ms_t now)
{
    if (!self->paced)
        return true;
    if (target_failing (self))
        return !self->calls && now >= self->probe_at;
    return self->calls < self->window;
}

/* Nobody waits for one that fails: who waits there keeps a place from others. */
unsigned target_waiting_max (const target_t *self)
{
    if (!self->paced)
        return LANE_WAITING_MAX;
    if (target_mute (self))
        return target_failing (self) ? 0 : 1;
    return self->answered ? TARGET_WAITING_MAX : TARGET_WAITING_NEW;
}

void target_answered (target_t *self, bool willing, mono_ms_t now)
{
    if (target_failing (self))
        log_fact (LOG_NOTICE_, "", "target answers again", "host", self->host, NULL);
    self->failures = 0;
    self->used_at = now;
    self->answered = true;
    self->fruitless = willing ? 0 : self->fruitless + 1;
    if (willing)
        self->window = 2 * self->window < TARGET_CALLS_MAX ? 2 * self->window : TARGET_CALLS_MAX;
    else
        self->window = self->window > 2 * TARGET_CALLS_NEW ? self->window / 2 : TARGET_CALLS_NEW;
}

void target_failed (target_t *self, const char *why, bool probe, mono_ms_t now)
{
    self->used_at = now;
    self->fruitless++;
    if (target_failing (self) && !probe)
        return;
    self->failures++;
    self->window = self->answered && self->window > 1 ? self->window / 2 : 1;
    if (!target_failing (self))
        return;
    if (self->failures == TARGET_FAILURES)
        log_fact (LOG_WARNING_, "", "target keeps failing", "host", self->host, "why", why, NULL);
    self->window = 1;
    self->answered = false;
    int64_t wait = PROBE_FIRST_MS;
    for (unsigned i = TARGET_FAILURES; i < self->failures && wait < PROBE_MAX_MS; i++)
        wait *= 2;
    self->probe_at = now + (wait < PROBE_MAX_MS ? wait : PROBE_MAX_MS);
}

static bool forgotten (const targets_t *self, const target_t *target, mono_ms_t now)
{
    return !target->calls && !target->waiting && !target->on_way &&
           (now - target->used_at >= TARGET_IDLE_MS || (self->n > TARGETS_MAX && !target->answered));
}

static void sweep (notification_t *service, bool all, mono_ms_t now)
{
    targets_t *self = &service->targets;
    for (size_t i = 0; i < TARGET_SLOTS; i++) {
        target_t **link = &self->slots[i];
        while (*link) {
            target_t *target = *link;
            if (!all && !forgotten (self, target, now)) {
                link = &target->next;
                continue;
            }
            *link = target->next;
            forward_forget (service, target);
            free (target);
            self->n--;
        }
    }
}

void targets_sweep (notification_t *self, mono_ms_t now)
{
    sweep (self, false, now);
}

void targets_clear (notification_t *self)
{
    sweep (self, true, 0);
}

target_t *targets_next (targets_t *self, const target_t *after)
{
    if (after && after->next)
        return after->next;
    target_t **slot = after ? slot_of (self, after->host) + 1 : self->slots;
    while (slot < self->slots + TARGET_SLOTS && !*slot)
        slot++;
    return slot < self->slots + TARGET_SLOTS ? *slot : NULL;
}

size_t targets_failing (const targets_t *self)
{
    size_t n = 0;
    for (size_t i = 0; i < TARGET_SLOTS; i++)
        for (const target_t *target = self->slots[i]; target; target = target->next)
            n += target_failing (target);
    return n;
}
