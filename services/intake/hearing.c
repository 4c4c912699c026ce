/* hearing.c - while the door is open and the store answers, people can be heard: that is said once a second.
 *
 * hears: the store: when it was said last, by any intake.
 * says: b:{s}:heard of each shard that has a workspace; a gap is recorded and logged by whoever is the first to hear
 * again. Others prolong presence and offers by it (hearing.h).
 *
 * While the clock has just jumped (store_still) it is said by the time before: only a jump that stays is a gap.
 *
 * A read and a write without a check between them: of two replicas that say it at the same time either is right, and
 * who wrote last may make a gap longer by as much as lay between, never lose it. Beside others that say it an intake
 * only reads. */
#include "ask.h"

#include "keys.h"
#include "log.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct beats {
    service_t *service;
    size_t calls; /* not answered */
    bool closed;  /* freed with the last answer */
    struct beat {
        struct beats *beats;
        int shard;
        bool open;
        hearing_t after;
        hearing_outcome_t outcome;
    } shards[SHARDS_MAX];
} beats_t;

/* An answer came. False: nobody hears any more. */
static bool answered (struct beat *beat)
{
    beats_t *self = beat->beats;
    self->calls--;
    beat->open = false;
    if (!self->closed)
        return true;
    if (self->calls == 0)
        free (self);
    return false;
}

static void say_gap (const hearing_t *hearing)
{
    char length[24];
    const hearing_gap_t *gap = &hearing->gaps[hearing->gaps_n - 1];
    snprintf (length, sizeof length, "%" PRId64, gap->to - gap->from);
    log_fact (LOG_WARNING_, "", "nobody could be heard: presence and offers are prolonged", "ms", length, NULL);
    metric_add ("hearing_gaps", 1);
}

static void on_said (void *arg, const store_values_t *values)
{
    struct beat *beat = arg;
    if (answered (beat) && !values->away && beat->outcome == HEARING_GAP)
        say_gap (&beat->after);
}

static void on_read (void *arg, const store_values_t *values)
{
    struct beat *beat = arg;
    char key[KEY_SIZE], text[HEARING_SIZE];
    hearing_t before = {0};
    if (!answered (beat) || values->away)
        return;
    store_t *store = beat->beats->service->store;
    if (values->n == 1)
        hearing_parse (values->items[0].bytes, values->items[0].size, &before); /* else it begins anew */
    beat->outcome = hearing_beat (&before, store_now (store), &beat->after);
    if (beat->outcome == HEARING_SAID)
        return;
    beat->open = true;
    beat->beats->calls++;
    size_t size = hearing_pack (&beat->after, text);
    store_put (store, key_heard (key, beat->shard), text, size, on_said, beat);
}

static void begin (struct beat *beat)
{
    char key[KEY_SIZE];
    const char *keys[] = {key_heard (key, beat->shard)};
    if (beat->open)
        return;
    beat->open = true;
    beat->beats->calls++;
    store_get (beat->beats->service->store, keys, 1, on_read, beat);
}

static void on_beat (void *arg)
{
    intake_t *self = arg;
    service_t *service = self->service;
    const char *workspace;
    self->beat = loop_at (service->loop, loop_now (service->loop) + HEARING_BEAT_MS, on_beat, self);
    if (!store_ready (service->store))
        return;
    for (size_t i = 0; (workspace = workspaces_name (service->workspaces, i)); i++)
        begin (&self->beats->shards[store_shard (service->store, workspace)]);
}

void hearing_open (intake_t *self)
{
    self->beats = xcalloc (1, sizeof *self->beats);
    self->beats->service = self->service;
    for (int shard = 0; shard < SHARDS_MAX; shard++) {
        self->beats->shards[shard].beats = self->beats;
        self->beats->shards[shard].shard = shard;
    }
    on_beat (self);
}

void hearing_close (intake_t *self)
{
    beats_t *beats = self->beats;
    loop_cancel (self->service->loop, &self->beat);
    self->beats = NULL;
    if (!beats)
        return;
    beats->closed = true;
    if (beats->calls == 0)
        free (beats);
}
