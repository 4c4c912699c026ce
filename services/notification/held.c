/* held.c - deliveries that could not go when they were due: said once each, and never silently endless.
 *
 * Says: the first time one is held, in its timeline; the age of the oldest, in /metrics. What is held comes back after
 * at most DELIVERY_HELD_MAX_MS, so two times of that length are remembered.
 * Limits: the age of one that has gone meanwhile is shown for as long. */
#include "notification_private.h"

void held_turn (notification_t *self)
{
    mono_ms_t now = loop_now (self->service->loop);
    if (now - self->held_turned < DELIVERY_HELD_MAX_MS + 2 * OUTBOX_POLL_MS)
        return;
    self->held_oldest[1] = self->held_oldest[0];
    self->held_oldest[0] = 0;
    self->held_turned = now;
}

int64_t held_age_ms (const notification_t *self)
{
    wall_ms_t oldest = self->held_oldest[0];
    if (self->held_oldest[1] && (!oldest || self->held_oldest[1] < oldest))
        oldest = self->held_oldest[1];
    int64_t age = oldest ? store_now (self->service->store) - oldest : 0;
    return age > 0 ? age : 0;
}

void held_note (attempt_t *attempt)
{
    wall_ms_t *oldest = &attempt->self->held_oldest[0];
    delivery_t *delivery = &attempt->delivery;
    if (!delivery->held_since)
        delivery->held_since = delivery->due;
    if (!*oldest || delivery->held_since < *oldest)
        *oldest = delivery->held_since;
}

void attempt_hold (attempt_t *attempt)
{
    attempt->say = !attempt->delivery.held_since;
    held_note (attempt);
    settle (attempt, SETTLE_HELD);
}
