/* hold.c - the sending of a workspace is held (hold.h): what is due waits for a word, and it is said.
 *
 * Told: rows that a lease handed out, with what stands in key_hold, read behind the lease: nothing is sent on what was read
 * before. Says: of each, once, that it waits, and for whom; in the log and in /metrics that sending is held.
 * A word is one of an operator's: it goes in spite of that, it is dropped, or nothing is held any more (cmd_held.c). It
 * brings the row forward; without one it is looked at again, and waits on.
 * What is dropped is only settled: an answer to a customer as one that failed for good, so that whoever wrote it is told and
 * it is owed again; all else as moot. */
#include "notification_private.h"

#include "hold.h"
#include "log.h"
#include "words.h"

#include <string.h>

enum { JITTER_SHARE = 8 };

/* ---- the keys of a batch */

size_t hold_keys (attempt_t *const *attempts, size_t n, int shard, char keys[][KEY_SIZE])
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        char key[KEY_SIZE];
        size_t at = 0;
        key_hold (key, shard, attempts[i]->delivery.workspace);
        while (at < found && strcmp (keys[at], key) != 0)
            at++;
        if (at == found)
            memcpy (keys[found++], key, sizeof key);
    }
    return found;
}

/* The workspaces come in the order in which hold_keys met them. */
bool hold_known (attempt_t *const *attempts, size_t n, const store_value_t *values)
{
    const char *met[STORE_LEASE_MAX];
    size_t found = 0;
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        const char *workspace = attempts[i]->delivery.workspace;
        while (at < found && strcmp (met[at], workspace) != 0)
            at++;
        if (at == found)
            met[found++] = workspace;
        attempts[i]->on_hold = values[at].bytes != NULL;
        if (attempts[i]->on_hold) {
            hold_t hold = hold_read (values[at].bytes, values[at].size);
            hold_words (&hold, attempts[i]->words);
            any = true;
        }
    }
    return any;
}

/* ---- one row */

static bool is_reply (const delivery_t *delivery)
{
    return delivery->purpose == BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_REPLY;
}

bool hold_drops (attempt_t *attempt)
{
    const delivery_t *delivery = &attempt->delivery;
    if (!*delivery->dropped || delivery->dead)
        return false;
    WORD_COPY (attempt->words, delivery->dropped);
    metric_add ("deliveries_dropped", 1);
    settle (attempt, is_reply (delivery) ? SETTLE_DEAD : SETTLE_MOOT);
    return true;
}

/* Not all of them in one moment. */
static int64_t again_in (const attempt_t *attempt)
{
    return HOLD_LOOK_MS + (int64_t)(word_hash (WORD_HASH, attempt->delivery.id) % (HOLD_LOOK_MS / JITTER_SHARE));
}

bool hold_stops (attempt_t *attempt, wall_ms_t now)
{
    delivery_t *delivery = &attempt->delivery;
    bool said = delivery->on_hold;
    delivery->on_hold = attempt->on_hold && !*delivery->released;
    if (said && !delivery->on_hold)
        delivery->held_since = 0; /* from now on a far side can make it late */
    if (!delivery->on_hold)
        return false;
    attempt->next_due = now + again_in (attempt);
    if (!delivery->held_since)
        delivery->held_since = delivery->due;
    attempt->say = !said;
    settle (attempt, SETTLE_HELD);
    return true;
}

/* ---- is it held at all: said, and counted */

static void say_change (const feed_t *feed, const store_value_t *value)
{
    char words[DETAIL_SIZE] = "";
    if (feed->on_hold) {
        hold_t hold = hold_read (value->bytes, value->size);
        hold_words (&hold, words);
    }
    log_fact (LOG_WARNING_, "", feed->on_hold ? "sending is held" : "sending is not held any more", "workspace",
              feed->workspace, feed->on_hold ? "why" : NULL, words, NULL);
}

static void on_looked (void *arg, const store_values_t *values)
{
    feed_t *feed = arg;
    feed->hold_asked = false;
    if (!notification_release (feed->self) || values->away || !values->n)
        return;
    bool was = feed->on_hold;
    feed->on_hold = values->items[0].bytes != NULL;
    if (was != feed->on_hold)
        say_change (feed, &values->items[0]);
}

void hold_look (feed_t *feed)
{
    char key[KEY_SIZE];
    store_t *store = feed->self->service->store;
    mono_ms_t now = loop_now (feed->self->service->loop);
    if (feed->hold_asked || now < feed->hold_look)
        return;
    feed->hold_look = now + HOLD_SAID_MS;
    feed->hold_asked = true;
    const char *keys[] = {key_hold (key, store_shard (store, feed->workspace), feed->workspace)};
    notification_hold (feed->self);
    store_get (store, keys, 1, on_looked, feed);
}

size_t hold_count (const notification_t *self)
{
    size_t n = 0;
    for (const feed_t *feed = self->feeds; feed; feed = feed->next)
        n += feed->on_hold;
    return n;
}

void hold_remark (const notification_t *self, FILE *out)
{
    size_t n = 0;
    for (const feed_t *feed = self->feeds; feed; feed = feed->next)
        if (feed->on_hold)
            fprintf (out, "%s%s",
                     n++ ? ", " : "sending is held, nothing goes out ('buckstop held'): ", feed->workspace);
    if (n)
        fputc ('\n', out);
}
