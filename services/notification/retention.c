/* retention.c - trims events that are older than the policy keeps them; counts the dead letters for /metrics.
 *
 * Numbers are dense and times do not fall, so the first entry to keep is found by halving: some twenty small reads
 * a minute and workspace, however many there are. The newest entry always stays.
 * As many dead letters as were counted are there if the last of them is and none behind it: one small read each few
 * seconds, and a count only where that fails.
 * They are trimmed TRIM_STEP at a time, so that Redis does something else in between: each has a page of its own to free.
 * Where a workspace has archives nothing is trimmed that one of them does not have (archive_cursor.h); what should have
 * been trimmed and waits for that is counted.
 * Limits: every replica does it; the second finds nothing left to do. */
#include "notification_private.h"

#include "archive_cursor.h"
#include "keys.h"

enum { TRIM_STEP = 2000, TRIM_STEPS = 50 };

static void probe (feed_t *feed);
static void trim_step (feed_t *feed);

static const char *key_of (const feed_t *feed, char key[KEY_SIZE])
{
    return key_events (key, store_shard (feed->self->service->store, feed->workspace), feed->workspace);
}

/* When the entry was committed; TIME_NEVER when it can't be read: it is kept. */
static wall_ms_t time_of (const store_value_t *value)
{
    Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, value->size, (const uint8_t *)value->bytes);
    wall_ms_t at = event ? event->at : TIME_NEVER;
    if (event)
        buckstop__v1__event__free_unpacked (event, NULL);
    return at;
}

/* Ours again, with an answer? Else this round is over. */
static bool answered (feed_t *feed, const store_values_t *values)
{
    bool answered = !values->away && values->n;
    feed->trimming = answered;
    return notification_release (feed->self) && answered;
}

static void trimmed (void *arg, const store_values_t *values)
{
    feed_t *feed = arg;
    feed->trimming = !values->away && !values->wrong_type && feed->first < feed->high;
    if (!notification_release (feed->self) || !feed->trimming)
        return;
    if (++feed->steps < TRIM_STEPS) {
        trim_step (feed);
        return;
    }
    feed->trimming = false; /* an archive may have come meanwhile, or the policy keeps more: all is looked at anew */
    retention_begin (feed);
}

static void trim_step (feed_t *feed)
{
    char key[KEY_SIZE];
    feed->first = feed->first + TRIM_STEP < feed->high ? feed->first + TRIM_STEP : feed->high;
    notification_hold (feed->self);
    store_trim_events (feed->self->service->store, key_of (feed, key), feed->first, trimmed, feed);
}

static void trim (feed_t *feed)
{
    feed->blocked = feed->high > feed->bound;
    if (feed->blocked)
        feed->high = feed->bound;
    if (!feed->high) {
        feed->trimming = false;
        return;
    }
    trim_step (feed);
}

static void probed (void *arg, const store_values_t *values)
{
    feed_t *feed = arg;
    if (!answered (feed, values))
        return;
    if (time_of (&values->items[0]) < feed->cutoff)
        feed->low = feed->probe;
    else
        feed->high = feed->probe;
    probe (feed);
}

static void probe (feed_t *feed)
{
    if (feed->high - feed->low <= 1) {
        trim (feed);
        return;
    }
    char key[KEY_SIZE];
    feed->probe = feed->low + (feed->high - feed->low) / 2;
    notification_hold (feed->self);
    store_events (feed->self->service->store, key_of (feed, key), feed->probe - 1, 1, probed, feed);
}

static void on_last (void *arg, const store_values_t *values)
{
    feed_t *feed = arg;
    if (!answered (feed, values))
        return;
    feed->high = (uint64_t)values->items[0].score;
    if (feed->high > feed->low)
        probe (feed);
    else
        feed->trimming = false;
}

static void on_first (void *arg, const store_values_t *values)
{
    feed_t *feed = arg;
    if (!answered (feed, values))
        return;
    if (time_of (&values->items[0]) >= feed->cutoff) {
        feed->trimming = feed->blocked = false;
        return;
    }
    char key[KEY_SIZE];
    feed->steps = 0;
    feed->first = feed->low = (uint64_t)values->items[0].score;
    notification_hold (feed->self);
    store_events_last (feed->self->service->store, key_of (feed, key), on_last, feed);
}

static void on_archives (void *arg, const store_values_t *values)
{
    feed_t *feed = arg;
    char key[KEY_SIZE];
    feed->trimming = !values->away && !values->wrong_type;
    if (!notification_release (feed->self) || !feed->trimming)
        return;
    feed->bound = archive_bound (values->n, values->n ? (uint64_t)values->items[0].score : 0, feed->archive_required);
    notification_hold (feed->self);
    store_events_first (feed->self->service->store, key_of (feed, key), on_first, feed);
}

void retention_begin (feed_t *feed)
{
    service_t *service = feed->self->service;
    const policy_t *policy = workspaces_policy (service->workspaces, feed->workspace);
    if (feed->trimming || !policy || policy->keep_events_ms <= 0 || !store_ready (service->store))
        return;
    char key[KEY_SIZE];
    feed->trimming = true;
    feed->archive_required = policy->archive_required;
    feed->cutoff = store_now (service->store) - policy->keep_events_ms;
    notification_hold (feed->self);
    key_archives (key, store_shard (service->store, feed->workspace), feed->workspace);
    store_range (service->store, key, 0, INT64_MAX, 0, 1, on_archives, feed);
}

size_t retention_blocked (const notification_t *self)
{
    size_t n = 0;
    for (const feed_t *feed = self->feeds; feed; feed = feed->next)
        n += feed->blocked;
    return n;
}

/* ---- dead letters */

static void read_dead (feed_t *feed, size_t from, size_t most, store_values_fn *fn)
{
    char key[KEY_SIZE];
    store_t *store = feed->self->service->store;
    key_dead (key, store_shard (store, feed->workspace), feed->workspace);
    feed->counting = true;
    notification_hold (feed->self);
    store_range (store, key, 0, INT64_MAX, (int64_t)from, (int64_t)most, fn, feed);
}

static void dead_counted (void *arg, const store_values_t *values)
{
    feed_t *feed = arg;
    feed->counting = false;
    if (!values->away)
        feed->dead = values->n;
    notification_release (feed->self);
}

/* Not the one, or more than the one: others came, or went. */
static void dead_looked (void *arg, const store_values_t *values)
{
    feed_t *feed = arg;
    feed->counting = false;
    bool same = values->away || values->n == (feed->dead ? 1 : 0);
    if (notification_release (feed->self) && !same)
        read_dead (feed, 0, DEAD_COUNTED_MAX, dead_counted);
}

/* Are there as many as were counted: the last of them, and none behind it? */
void retention_look_dead (feed_t *feed)
{
    mono_ms_t now = loop_now (feed->self->service->loop);
    if (feed->counting || now < feed->dead_look)
        return;
    feed->dead_look = now + DEAD_LOOK_MS;
    read_dead (feed, feed->dead ? feed->dead - 1 : 0, feed->dead == DEAD_COUNTED_MAX ? 1 : 2, dead_looked);
}
