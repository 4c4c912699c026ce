/* stream.c - every event of every workspace, published as it is committed.
 *
 * Hears:  the workspaces' event streams, from their end at start. Says: Envelopes with topic "WORKSPACE.fact".
 *
 * Once a second the newest number is compared with what was published: where it is lower, the store has lost some
 * (fail-over, flush), and the feed begins anew and says so.
 *
 * Each replica publishes every event: subscribers drop numbers that they have seen and ask for a range that they
 * missed. The number is the stream entry's own: it was drawn by the commit that made it.
 *
 * Nobody is waited for. What a subscriber's queue does not hold is dropped, and one that does not read at all is
 * disconnected (bus.c). Once it subscribes again, the newest event of each workspace is published again: by its number it
 * knows at once from where to ask. */
#include "notification_private.h"

#include "keys.h"
#include "log.h"
#include "plan.h"
#include "wire.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

static void publish (feed_t *feed, const store_value_t *value)
{
    Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, value->size, (const uint8_t *)value->bytes);
    if (!event) {
        log_fact (LOG_ERROR_, "", "event can't be read", "workspace", feed->workspace, NULL);
        return;
    }
    char trace[TRACE_SIZE];
    event->number = (uint64_t)value->score;
    envelope_t envelope = BUCKSTOP__V1__ENVELOPE__INIT;
    envelope.workspace = feed->workspace;
    envelope.trace = (char *)event_trace (event, trace);
    envelope.sent_at = store_now (feed->self->service->store);
    envelope.body_case = BUCKSTOP__V1__ENVELOPE__BODY_EVENT;
    envelope.event = event;
    free (feed->newest);
    feed->newest = wire_pack (&envelope, &feed->newest_size);
    snprintf (feed->topic, sizeof feed->topic, "%s.%s", feed->workspace,
              event->n_facts ? fact_kind_name (event->facts[0]->kind) : "event");
    bus_publish (feed->self->service->bus, feed->topic, feed->newest, feed->newest_size);
    feed->self->published++;
    buckstop__v1__event__free_unpacked (event, NULL);
}

static void on_subscribe (void *arg)
{
    notification_t *self = arg;
    self->subscribed = true;
}

/* At most once a second, however often somebody comes. */
static void tell_newest (notification_t *self)
{
    for (const feed_t *feed = self->feeds; self->subscribed && feed; feed = feed->next)
        if (feed->newest)
            bus_publish (self->service->bus, feed->topic, feed->newest, feed->newest_size);
    self->subscribed = false;
}

static void followed (void *arg, const store_values_t *values)
{
    feed_t *feed = arg;
    if (values->n)
        feed->seen = (uint64_t)values->items[values->n - 1].score;
    for (size_t i = 0; i < values->n; i++)
        publish (feed, &values->items[i]);
}

static void found_end (void *arg, const store_values_t *values)
{
    feed_t *feed = arg;
    notification_t *self = feed->self;
    feed->opening = false;
    if (!notification_release (self) || values->away)
        return;
    char key[KEY_SIZE];
    store_t *store = self->service->store;
    uint64_t end = values->n ? (uint64_t)values->items[0].score : 0;
    if (values->n)
        publish (feed, &values->items[0]);
    key_events (key, store_shard (store, feed->workspace), feed->workspace);
    feed->seen = end;
    feed->follow = store_follow (store, key, end, followed, feed);
}

/* ---- after a fail-over or a flush the numbers may go on below those that were published ---- */

/* From a little before its newest: what came since the last look is among it, and twice told does no harm. */
static void begin_anew (feed_t *feed, uint64_t newest)
{
    char key[KEY_SIZE], was[24], is[24];
    store_t *store = feed->self->service->store;
    snprintf (was, sizeof was, "%llu", (unsigned long long)feed->seen);
    snprintf (is, sizeof is, "%llu", (unsigned long long)newest);
    log_fact (LOG_WARNING_, "", "event stream goes on below what was published", "workspace", feed->workspace,
              "published", was, "newest", is, NULL);
    metric_add ("events_anew", 1);
    store_unfollow (&feed->follow);
    feed->seen = newest > STREAM_AGAIN ? newest - STREAM_AGAIN : 0;
    key_events (key, store_shard (store, feed->workspace), feed->workspace);
    feed->follow = store_follow (store, key, feed->seen, followed, feed);
}

static void compared (void *arg, const store_values_t *values)
{
    feed_t *feed = arg;
    feed->looking = false;
    if (!notification_release (feed->self) || values->away || values->wrong_type || !feed->follow)
        return;
    uint64_t newest = values->n ? (uint64_t)values->items[0].score : 0;
    if (newest < feed->seen_then)
        begin_anew (feed, newest);
}

static void compare (feed_t *feed)
{
    char key[KEY_SIZE];
    store_t *store = feed->self->service->store;
    if (feed->looking)
        return;
    feed->looking = true;
    feed->seen_then = feed->seen; /* what is published while the answer is on its way is newer */
    notification_hold (feed->self);
    store_events_last (store, key_events (key, store_shard (store, feed->workspace), feed->workspace), compared, feed);
}

static void open_feed (feed_t *feed)
{
    if (feed->follow)
        compare (feed);
    if (feed->follow || feed->opening)
        return;
    char key[KEY_SIZE];
    store_t *store = feed->self->service->store;
    feed->opening = true;
    notification_hold (feed->self);
    store_events_last (store, key_events (key, store_shard (store, feed->workspace), feed->workspace), found_end, feed);
}

static feed_t *feed_of (notification_t *self, const char *workspace)
{
    for (feed_t *feed = self->feeds; feed; feed = feed->next)
        if (strcmp (feed->workspace, workspace) == 0)
            return feed;
    feed_t *feed = xcalloc (1, sizeof *feed);
    feed->self = self;
    WORD_COPY (feed->workspace, workspace);
    feed->next = self->feeds;
    self->feeds = feed;
    return feed;
}

void stream_look (notification_t *self)
{
    const char *name;
    if (self->stopped)
        return;
    tell_newest (self);
    if (!store_ready (self->service->store))
        return;
    for (size_t i = 0; (name = workspaces_name (self->service->workspaces, i)); i++) {
        feed_t *feed = feed_of (self, name);
        open_feed (feed);
        retention_look_dead (feed);
        hold_look (feed);
        held_look (feed);
    }
}

static void on_minute (void *arg)
{
    notification_t *self = arg;
    for (feed_t *feed = self->feeds; feed; feed = feed->next)
        retention_begin (feed);
    self->minute = loop_at (self->service->loop, loop_now (self->service->loop) + MS_PER_MINUTE, on_minute, self);
}

void stream_open (notification_t *self)
{
    bus_peers_max (self->service->bus, BUS_STREAM, (size_t)self->params->subscribers_max);
    bus_on_subscribe (self->service->bus, on_subscribe, self);
    stream_look (self);
    self->minute = loop_at (self->service->loop, loop_now (self->service->loop), on_minute, self);
}

/* Feeds themselves stay until nothing in the store refers to them (notification_release). */
void stream_close (notification_t *self)
{
    bus_on_subscribe (self->service->bus, NULL, NULL);
    for (feed_t *feed = self->feeds; feed; feed = feed->next)
        if (feed->follow)
            store_unfollow (&feed->follow);
}
