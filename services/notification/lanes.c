/* lanes.c - how many attempts are under way at once, per way, per class and per target.
 *
 * Mail and calls each have a lane; the log needs none. Who finds no place waits in the lane, the urgent in front,
 * for at most LANE_WAIT_MS: the lease must outlast waiting, attempt and commit. Then it is held, which is an
 * event, and each hold is twice as long as the one before.
 * A quarter of the places is kept for notices to people: what customers are called back on anybody may name. At most
 * half of a class's share goes to hosts that have not answered yet or no more, so that those that do answer
 * (targets.c) have the rest, however many are silent. Who waits is bounded by class and by target; together they leave
 * a quarter of OUTBOX_UNSETTLED_MAX to what passes through. */
#include "notification_private.h"

#include "guard.h"
#include "words.h"

static lane_t *lane_of (notification_t *self, way_kind_t way)
{
    switch (way) {
    case BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL:
        return &self->mail;
    case BUCKSTOP__V1__WAY_KIND__WAY_KIND_WEBHOOK:
    case BUCKSTOP__V1__WAY_KIND__WAY_KIND_SLACK:
    case BUCKSTOP__V1__WAY_KIND__WAY_KIND_CHANNEL:
        return &self->calls;
    default:
        return NULL;
    }
}

enum lane_class lanes_class (const delivery_t *delivery)
{
    return delivery->person[0] || delivery->urgent ? CLASS_PEOPLE : CLASS_CUSTOMERS;
}

static mono_ms_t mono_now (const attempt_t *attempt)
{
    return loop_now (attempt->self->service->loop);
}

static unsigned limit_of (const lane_t *lane, enum lane_class class)
{
    return class == CLASS_CUSTOMERS ? lane->limit - lane->limit / 4 : lane->limit;
}

/* Is there a place for it now? */
static bool has_place (const lane_t *lane, const attempt_t *attempt)
{
    enum lane_class class = lanes_class (&attempt->delivery);
    const lane_share_t *share = &lane->shares[class];
    unsigned limit = limit_of (lane, class);
    if (!GUARD ("f41"))
        return lane->calls == 0;
    if (lane->calls >= lane->limit || share->calls >= limit)
        return false;
    if (!target_proven (attempt->target) && share->probes >= (limit + 1) / 2)
        return false;
    return target_free (attempt->target, mono_now (attempt));
}

static bool may_wait (const lane_t *lane, const attempt_t *attempt)
{
    unsigned most = target_proven (attempt->target) ? LANE_WAITING_MAX : LANE_WAITING_MAX / 2;
    return lane->shares[lanes_class (&attempt->delivery)].waiting < most &&
           attempt->target->waiting < target_waiting_max (attempt->target);
}

static void hold (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    bool mute = target_mute (attempt->target);
    wall_ms_t now = store_now (self->service->store);
    if (!self->draining)
        attempt->delivery.holds++;
    attempt->next_due = self->draining
                            ? now + HELD_DRAINING_MS
                            : delivery_held (&attempt->delivery, mute ? HELD_FAILING_MS : HELD_SHORT_MS, now);
    snprintf (attempt->words, sizeof attempt->words, "%.180s %s", attempt->target->host,
              self->draining                     ? "waits for another sender: this one stops"
              : target_failing (attempt->target) ? "keeps failing"
              : mute                             ? "has not answered yet"
                                                 : "has as many calls under way as it may");
    attempt->forward = !self->draining;
    attempt_hold (attempt);
}

/* ---- a place, taken and given back ---- */

static void count (lane_t *lane, attempt_t *attempt, int change)
{
    lane_share_t *share = &lane->shares[lanes_class (&attempt->delivery)];
    lane->calls += (unsigned)change;
    share->calls += (unsigned)change;
    share->probes += attempt->probe ? (unsigned)change : 0;
    attempt->target->calls += (unsigned)change;
}

static void start (lane_t *lane, attempt_t *attempt)
{
    if (attempt_late (attempt))
        return;
    attempt->probe = !target_proven (attempt->target);
    count (lane, attempt, 1);
    sender_send (attempt);
}

/* ---- who waits ---- */

/* The urgent stand before the others, each in order of arrival. */
static void queue (lane_t *lane, attempt_t *attempt)
{
    attempt_t **link = &lane->first;
    while (*link && ((*link)->delivery.urgent || !attempt->delivery.urgent))
        link = &(*link)->next;
    attempt->next = *link;
    *link = attempt;
    attempt->waiting_since = mono_now (attempt);
    attempt->target->waiting++;
    lane->shares[lanes_class (&attempt->delivery)].waiting++;
}

static void unqueue (lane_t *lane, attempt_t **link)
{
    attempt_t *attempt = *link;
    *link = attempt->next;
    attempt->next = NULL;
    attempt->target->waiting--;
    lane->shares[lanes_class (&attempt->delivery)].waiting--;
}

/* Starts whoever has a place by now. An attempt that ends at once comes back here: the outer walk goes on. */
static void advance (lane_t *lane)
{
    if (lane->advancing)
        return;
    lane->advancing = true;
    attempt_t **link = &lane->first;
    while (*link && lane->calls < lane->limit) {
        attempt_t *attempt = *link;
        if (!has_place (lane, attempt)) {
            link = &attempt->next;
            continue;
        }
        unqueue (lane, link);
        start (lane, attempt);
    }
    lane->advancing = false;
}

/* ---- who is brought forward: it will want a place ---- */

static unsigned left_of (unsigned limit, unsigned taken)
{
    return limit > taken ? limit - taken : 0;
}

unsigned lanes_room (const notification_t *self, const target_t *target, enum lane_class class)
{
    const lane_t *lane = target->paced ? &self->calls : &self->mail;
    unsigned of_target =
        left_of (target->paced ? target->window : lane->limit, target->calls + target->waiting + target->coming);
    unsigned busy = 0, busy_class = 0;
    for (size_t i = 0; i < CLASSES; i++) {
        const lane_share_t *share = &lane->shares[i];
        busy += share->calls + share->waiting + share->coming;
        busy_class = i == class ? share->calls + share->waiting + share->coming : busy_class;
    }
    unsigned of_lane = left_of (lane->limit, busy);
    unsigned of_class = left_of (limit_of (lane, class), busy_class);
    unsigned least = of_lane < of_class ? of_lane : of_class;
    return of_target < least ? of_target : least;
}

void lanes_coming (notification_t *self, target_t *target, enum lane_class class, int change)
{
    lane_t *lane = target->paced ? &self->calls : &self->mail;
    lane->shares[class].coming += (unsigned)change;
    target->coming += (unsigned)change;
}

/* ---- from the outbox, back from the senders ---- */

bool lanes_admit (attempt_t *attempt)
{
    lane_t *lane = lane_of (attempt->self, attempt->delivery.way);
    if (!lane)
        return true;
    attempt->target = target_of (attempt->self, &attempt->delivery);
    if (has_place (lane, attempt) || may_wait (lane, attempt))
        return true;
    hold (attempt);
    return false;
}

void lanes_add (attempt_t *attempt)
{
    lane_t *lane = lane_of (attempt->self, attempt->delivery.way);
    if (lane && !has_place (lane, attempt))
        queue (lane, attempt);
    else if (lane)
        start (lane, attempt);
    else if (!attempt_late (attempt))
        sender_send (attempt);
}

/* It is the host that takes nothing: then what is tried again waits for the host, too. One that said when to come is
 * believed; what a mail server refuses for now concerns one mailbox. */
static bool waits_for_host (const attempt_t *attempt)
{
    const target_t *target = attempt->target;
    return attempt->result == ATTEMPT_TEMPORARY && target->fruitless >= TARGET_FAILURES &&
           (target->paced || !attempt->answered);
}

void lanes_leave (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    lane_t *lane = lane_of (self, attempt->delivery.way);
    if (!lane)
        return;
    count (lane, attempt, -1);
    if (attempt->answered)
        target_answered (attempt->target, attempt->result != ATTEMPT_TEMPORARY && attempt->result != ATTEMPT_THROTTLED,
                         mono_now (attempt));
    else if (attempt->result == ATTEMPT_TEMPORARY)
        target_failed (attempt->target, attempt->words, attempt->probe, mono_now (attempt));
    attempt->forward = waits_for_host (attempt);
    target_t *target = attempt->target;
    attempt->target = NULL;
    if (self->stopped)
        return;
    advance (lane);
    forward_look (self, target);
}

/* ---- each second, at the end ---- */

static void lane_sweep (notification_t *self, lane_t *lane, int wait_ms)
{
    mono_ms_t now = loop_now (self->service->loop);
    attempt_t **link = &lane->first;
    while (*link) {
        attempt_t *attempt = *link;
        if (now - attempt->waiting_since < wait_ms) {
            link = &attempt->next;
            continue;
        }
        unqueue (lane, link);
        hold (attempt);
    }
}

void lanes_sweep (notification_t *self)
{
    int wait_ms = self->draining ? 0 : LANE_WAIT_MS;
    lane_sweep (self, &self->mail, wait_ms);
    lane_sweep (self, &self->calls, wait_ms);
    advance (&self->calls); /* the time of a probe may have come */
    targets_sweep (self, loop_now (self->service->loop));
}

void lanes_open (notification_t *self)
{
    self->mail.limit = (unsigned)self->params->smtp_threads;
    self->calls.limit = (unsigned)self->params->calls_max;
    self->unsettled_max = OUTBOX_UNSETTLED_MAX + self->mail.limit + self->calls.limit;
}

static void lane_drop (lane_t *lane)
{
    while (lane->first) {
        attempt_t *attempt = lane->first;
        unqueue (lane, &lane->first);
        attempt_destroy (&attempt);
    }
}

void lanes_close (notification_t *self)
{
    lane_drop (&self->mail);
    lane_drop (&self->calls);
    settle_lines_close (self);
    targets_clear (self);
}
