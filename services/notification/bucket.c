/* bucket.c - a token bucket that says when to come again, so that nobody has to poll it.
 *
 * Each release is one interval behind the one before: who comes at that time finds a token, unless urgent ones
 * took it. Limits: it lives in one process; n replicas together reach n times the rate. */
#include "bucket.h"

#include <limits.h>

static void refill (bucket_t *self, mono_ms_t now)
{
    if (!self->seen)
        self->tokens = self->burst;
    else if (now > self->seen)
        self->tokens += self->rate * (double)(now - self->seen) / (double)MS_PER_SECOND;
    if (self->tokens > self->burst)
        self->tokens = self->burst;
    if (now > self->seen)
        self->seen = now;
}

static bool may_take (const bucket_t *self, enum bucket_who who, mono_ms_t now)
{
    switch (who) {
    case BUCKET_URGENT:
        return self->tokens > -self->burst;
    case BUCKET_RETURNING:
        return self->tokens >= 1 - 1e-6;
    default:
        return self->tokens >= 1 - 1e-6 && self->line <= now;
    }
}

mono_ms_t bucket_take (bucket_t *self, enum bucket_who who, mono_ms_t now)
{
    if (self->rate <= 0)
        return 0;
    refill (self, now);
    if (may_take (self, who, now)) {
        self->tokens -= 1;
        return 0;
    }
    double interval = (double)MS_PER_SECOND / self->rate;
    double missing = 1 - self->tokens;
    mono_ms_t free_at = now + (mono_ms_t)(missing * interval) + 1;
    mono_ms_t next = self->line + (mono_ms_t)interval + 1;
    mono_ms_t release = next > free_at ? next : free_at;
    if (who != BUCKET_URGENT)
        self->line = release;
    return who == BUCKET_URGENT ? free_at : release;
}

unsigned bucket_room (bucket_t *self, mono_ms_t now)
{
    if (self->rate <= 0)
        return UINT_MAX;
    refill (self, now);
    return self->line > now || self->tokens < 1 ? 0 : (unsigned)self->tokens;
}

void bucket_return (bucket_t *self)
{
    self->tokens = self->tokens + 1 < self->burst ? self->tokens + 1 : self->burst;
}
