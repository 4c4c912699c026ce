/* throttle.c - the providers' limits: who may go now, who is held until when.
 *
 * Hears: a delivery that is due. Says: nothing when it may go; else it is held until its release, and that is an event
 * that names the limit (held.c). A provider is a way, and a host when the operator gave it a row of its own. The urgent
 * go first: they do not wait behind the others, and may go into debt.
 * Limits: per replica. */
#include "notification_private.h"

#include "guard.h"
#include "log.h"

bool throttle_check (const char *text, char why[PARAM_WHY_SIZE])
{
    rates_t rates = {.n = 0};
    char what[DETAIL_SIZE] = "";
    bool fine = rates_read (&rates, text, what) == 0;
    if (!fine)
        snprintf (why, PARAM_WHY_SIZE, "%s; write it like mail=30/s, sms.example.com=5/m:2 (UNIT: s, m, h or d)", what);
    return fine;
}

int throttle_open (notification_t *self)
{
    const notification_params_t *given = self->params;
    char why[DETAIL_SIZE] = "";
    for (int way = 0; way < NOTIFICATION_WAYS; way++)
        self->buckets[way] =
            (bucket_t){.rate = (double)given->limits[way].rate, .burst = (double)given->limits[way].burst};
    if (rates_read (&self->rates, given->rates, why) == 0)
        return 0;
    log_fact (LOG_ERROR_, "", "the limits can't be read", "why", why, NULL);
    return -1;
}

static enum bucket_who who_is (const delivery_t *delivery)
{
    if (delivery->urgent && GUARD ("f38"))
        return BUCKET_URGENT;
    return delivery->held_until ? BUCKET_RETURNING : BUCKET_FRESH;
}

/* The host's limit first, then the way's. 0: it may go. */
static mono_ms_t release_of (attempt_t *attempt, mono_ms_t now, const char **limit)
{
    notification_t *self = attempt->self;
    way_kind_t way = attempt->delivery.way;
    enum bucket_who who = who_is (&attempt->delivery);
    rate_t *host = attempt->target ? rates_find (&self->rates, attempt->target->host) : NULL;
    rate_t *all = rates_find (&self->rates, way_name (way));
    mono_ms_t release = host && host != all ? bucket_take (&host->bucket, who, now) : 0;
    *limit = host ? host->name : "";
    if (release)
        return release;
    *limit = way_name (way);
    release = bucket_take (all ? &all->bucket : &self->buckets[way], who, now);
    if (release && host && host != all)
        bucket_return (&host->bucket);
    return release;
}

unsigned throttle_room (notification_t *self, const char *host, way_kind_t way)
{
    mono_ms_t now = loop_now (self->service->loop);
    rate_t *of_host = rates_find (&self->rates, host), *of_way = rates_find (&self->rates, way_name (way));
    unsigned by_way = bucket_room (of_way ? &of_way->bucket : &self->buckets[way], now);
    unsigned by_host = of_host ? bucket_room (&of_host->bucket, now) : by_way;
    return by_host < by_way ? by_host : by_way;
}

bool throttle_admit (attempt_t *attempt, wall_ms_t now)
{
    const char *limit;
    mono_ms_t mono = loop_now (attempt->self->service->loop);
    mono_ms_t release = release_of (attempt, mono, &limit);
    if (!release)
        return true;
    attempt->next_due = now + (release - mono);
    snprintf (attempt->words, sizeof attempt->words, "the limit for %.180s is reached", limit);
    attempt_hold (attempt);
    return false;
}
