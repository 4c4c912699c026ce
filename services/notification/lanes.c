/* lanes.c - how many attempts are under way at once, per way and per target.
 *
 * Mail and calls each have a lane; the log needs none. Who finds no place waits in the lane, the urgent in front,
 * for at most LANE_WAIT_MS: the lease must outlast waiting, attempt and commit. Then it is held, which is an
 * event. One silent host takes TARGET_CALLS_MAX places at most, and few once it keeps failing, so it holds up
 * nobody but itself. */
#include "notification_private.h"

#include "guard.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

/* Of "https://user@host:port/path": "host:port"; mail has one target, its server. */
static void s_host (const delivery_t *delivery, char host[ADDRESS_SIZE])
{
    const char *start = strstr (delivery->address, "://");
    if (delivery->way == BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL || !start) {
        word_copy (host, ADDRESS_SIZE, way_name (delivery->way));
        return;
    }
    start += 3;
    size_t size = strcspn (start, "/?#");
    snprintf (host, ADDRESS_SIZE, "%.*s", (int)size, start);
}

static target_t *s_target (notification_t *self, const delivery_t *delivery)
{
    char host[ADDRESS_SIZE];
    s_host (delivery, host);
    for (target_t *target = self->targets; target; target = target->next)
        if (strcmp (target->host, host) == 0)
            return target;
    target_t *target = xcalloc (1, sizeof *target);
    WORD_COPY (target->host, host);
    target->next = self->targets;
    self->targets = target;
    return target;
}

/* Forgets those that nobody calls. */
static void s_targets_sweep (notification_t *self, bool all)
{
    target_t **link = &self->targets;
    while (*link) {
        target_t *target = *link;
        if (!all && (target->calls || target->waiting || target->failures)) {
            link = &target->next;
            continue;
        }
        *link = target->next;
        free (target);
    }
}

static lane_t *s_lane (notification_t *self, way_kind_t way)
{
    switch (way) {
    case BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL:
        return &self->mail;
    case BUCKSTOP__V1__WAY_KIND__WAY_KIND_WEBHOOK:
    case BUCKSTOP__V1__WAY_KIND__WAY_KIND_SLACK:
        return &self->calls;
    default:
        return NULL;
    }
}

/* Is there a place for it now? */
static bool s_place (const lane_t *lane, const attempt_t *attempt)
{
    const target_t *target = attempt->target;
    if (!GUARD ("f41"))
        return lane->calls == 0;
    if (lane->calls >= lane->limit)
        return false;
    if (lane == &attempt->self->mail)
        return true;
    return target->calls < (target->failures >= TARGET_FAILURES ? TARGET_CALLS_FAILING : TARGET_CALLS_MAX);
}

static void s_hold (attempt_t *attempt)
{
    target_t *target = attempt->target;
    bool failing = target->failures >= TARGET_FAILURES;
    attempt->next_due = store_now (attempt->self->service->store) + (failing ? HELD_FAILING_MS : HELD_SHORT_MS);
    attempt->say = !attempt->delivery.held_until || attempt->delivery.version == 1;
    snprintf (attempt->words, sizeof attempt->words, "%.180s %s", target->host,
              attempt->self->draining ? "waits for another sender: this one stops"
              : failing               ? "keeps failing"
                                      : "has as many calls under way as it may");
    settle (attempt, SETTLE_HELD);
}

static void s_start (lane_t *lane, attempt_t *attempt)
{
    lane->calls++;
    attempt->target->calls++;
    sender_send (attempt);
}

/* The urgent stand before the others, each in order of arrival. */
static void s_queue (lane_t *lane, attempt_t *attempt)
{
    attempt_t **link = &lane->first;
    while (*link && ((*link)->delivery.urgent || !attempt->delivery.urgent))
        link = &(*link)->next;
    attempt->next = *link;
    *link = attempt;
    attempt->waiting_since = loop_now (attempt->self->service->loop);
    attempt->target->waiting++;
}

static void s_unqueue (attempt_t **link)
{
    attempt_t *attempt = *link;
    *link = attempt->next;
    attempt->next = NULL;
    attempt->target->waiting--;
}

/* Starts whoever has a place by now. An attempt that ends at once comes back here: the outer walk goes on. */
static void s_advance (lane_t *lane)
{
    if (lane->advancing)
        return;
    lane->advancing = true;
    attempt_t **link = &lane->first;
    while (*link && lane->calls < lane->limit) {
        attempt_t *attempt = *link;
        if (!s_place (lane, attempt)) {
            link = &attempt->next;
            continue;
        }
        s_unqueue (link);
        s_start (lane, attempt);
    }
    lane->advancing = false;
}

void lanes_add (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    lane_t *lane = s_lane (self, attempt->delivery.way);
    if (!lane) {
        sender_send (attempt);
        return;
    }
    attempt->target = s_target (self, &attempt->delivery);
    if (s_place (lane, attempt))
        s_start (lane, attempt);
    else if (attempt->target->waiting < TARGET_WAITING_MAX)
        s_queue (lane, attempt);
    else
        s_hold (attempt);
}

void lanes_leave (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    lane_t *lane = s_lane (self, attempt->delivery.way);
    if (!lane)
        return;
    bool answered = attempt->result == ATTEMPT_ACCEPTED || attempt->result == ATTEMPT_PERMANENT;
    lane->calls--;
    attempt->target->calls--;
    attempt->target->failures = answered ? 0 : attempt->target->failures + 1;
    attempt->target = NULL;
    if (!self->stopped)
        s_advance (lane);
}

static void s_lane_sweep (notification_t *self, lane_t *lane, int wait_ms)
{
    mono_ms_t now = loop_now (self->service->loop);
    attempt_t **link = &lane->first;
    while (*link) {
        attempt_t *attempt = *link;
        if (now - attempt->waiting_since < wait_ms) {
            link = &attempt->next;
            continue;
        }
        s_unqueue (link);
        s_hold (attempt);
    }
}

void lanes_sweep (notification_t *self)
{
    int wait_ms = self->draining ? 0 : LANE_WAIT_MS;
    s_lane_sweep (self, &self->mail, wait_ms);
    s_lane_sweep (self, &self->calls, wait_ms);
    s_targets_sweep (self, false);
}

void lanes_open (notification_t *self)
{
    self->mail.limit = (unsigned)self->params->smtp_threads;
    self->calls.limit = (unsigned)self->params->calls_max;
}

static void s_lane_drop (lane_t *lane)
{
    while (lane->first) {
        attempt_t *attempt = lane->first;
        s_unqueue (&lane->first);
        attempt_destroy (&attempt);
    }
}

void lanes_close (notification_t *self)
{
    s_lane_drop (&self->mail);
    s_lane_drop (&self->calls);
    s_targets_sweep (self, true);
}
