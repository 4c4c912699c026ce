/* trail_begin.c - where a workspace's archive goes on.
 *
 * Told: that it begins, or that the stream went back. Looks at: the last line of the files, the event of that number in the
 * store, the store's cursor. If the line is about that event all goes on behind it, whatever the cursor says: between the
 * two only a crash can be. If it is not, the store is of another past than the files (restored, failed over): a new series
 * begins at the cursor, which is as old as the store. Without files the cursor alone counts. */
#include "archive_private.h"

#include "log.h"
#include "xmalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where the last line stands; 0: there is none. */
static uint64_t last_number (const trail_t *trail, unsigned *series)
{
    uint64_t number = 0;
    json_t *line = trail->shelf ? json_loads (shelf_last (trail->shelf), 0, NULL) : NULL;
    *series = 0;
    if (line && !line_place (line, series, &number))
        number = 0;
    json_decref (line);
    return number;
}

static void go_on (trail_t *trail, unsigned series, uint64_t at)
{
    trail->opened = true;
    trail->series = series;
    trail->at = trail->shelved = at;
    trail_move_cursor (trail);
}

static void begin_series (trail_t *trail, unsigned series, uint64_t number)
{
    char had[24], is[24], from[24];
    uint64_t at = trail->cursor < trail->newest ? trail->cursor : trail->newest;
    if (at >= number) /* else a crash between a line and its cursor would look alike */
        at = trail->cursor < number ? trail->cursor : 0;
    snprintf (had, sizeof had, "%" PRIu64, number);
    snprintf (is, sizeof is, "%" PRIu64, trail->newest);
    snprintf (from, sizeof from, "%" PRIu64, at + 1);
    log_fact (LOG_WARNING_, "", "the store went back behind the archive: a new series begins", "workspace",
              trail->workspace, "archived", had, "newest", is, "from", from, NULL);
    metric_add ("archive_series", 1);
    go_on (trail, series + 1, at);
}

static void on_entry (void *arg, const store_values_t *values)
{
    trail_t *trail = arg;
    unsigned series;
    uint64_t number = last_number (trail, &series);
    if (!trail_back (trail))
        return;
    if (values->away || !values->n) {
        trail_again (trail);
        return;
    }
    const store_value_t *value = &values->items[0];
    bool other =
        (uint64_t)value->score == number && !line_is (shelf_last (trail->shelf), number, value->bytes, value->size);
    if (other)
        begin_series (trail, series, number);
    else
        go_on (trail, series, number); /* one that is not there was forgotten, or trimmed */
}

static void on_newest (void *arg, const store_values_t *values)
{
    trail_t *trail = arg;
    char key[KEY_SIZE];
    unsigned series;
    if (!trail_back (trail))
        return;
    if (values->away || values->wrong_type) {
        trail_again (trail);
        return;
    }
    uint64_t number = last_number (trail, &series);
    trail->newest = values->n ? (uint64_t)values->items[0].score : 0;
    if (!number) {
        go_on (trail, 1, trail->cursor < trail->newest ? trail->cursor : trail->newest);
    } else if (number > trail->newest) {
        begin_series (trail, series, number);
    } else {
        trail->busy = true;
        key_events (key, trail->shard, trail->workspace);
        store_events (trail->self->service->store, key, number - 1, 1, on_entry, trail);
    }
}

static bool both_post (const trail_t *trail)
{
    static const size_t webhook = sizeof WHOSE_WEBHOOK - 1;
    return strncmp (trail->whose, WHOSE_WEBHOOK, webhook) == 0 &&
           strncmp (trail->self->whose, WHOSE_WEBHOOK, webhook) == 0;
}

/* A directory's name stays its own, whoever starts it. One that only posts is whoever came last: it has nothing that could be
 * told apart from what it had before it was started again; the one before ends its work there. */
static bool may_have_it (const trail_t *trail)
{
    return !*trail->whose || strcmp (trail->whose, trail->self->whose) == 0 || (both_post (trail) && !trail->was_ours);
}

/* Of two that post it is what a rolling update looks like, and nothing is wrong: the one before is about to be ended. */
static void say_whose (trail_t *trail)
{
    const char *name = trail->self->params->name;
    char why[DETAIL_SIZE];
    if (trail->was_ours && both_post (trail)) {
        snprintf (
            why, sizeof why,
            "'%s' was started anew and goes on there, as in an update; if both are to post, give each a --name of "
            "its own",
            name);
        trail_stand_by (trail, "another archive of this name took over, so this one posts nothing", why);
        return;
    }
    if (trail->was_ours)
        snprintf (why, sizeof why,
                  "'%s' was started a second time, or for another directory: each needs a --name of its own", name);
    else
        snprintf (
            why, sizeof why,
            "'%s' is that of another directory or webhook: give this one a --name of its own, or 'buckstop archive "
            "remove %s' once the other is gone for good",
            name, name);
    trail_fail (trail, "another archive has this name, so this one keeps nothing", why);
}

static void on_whose (void *arg, const store_values_t *values)
{
    trail_t *trail = arg;
    char key[KEY_SIZE];
    if (!trail_back (trail))
        return;
    if (values->away || values->wrong_type || !values->n) {
        trail_again (trail);
        return;
    }
    const store_value_t *value = &values->items[0];
    snprintf (trail->whose, sizeof trail->whose, "%.*s", value->bytes ? (int)value->size : 0,
              value->bytes ? value->bytes : "");
    if (!may_have_it (trail)) {
        say_whose (trail);
        return;
    }
    trail->busy = true;
    store_events_last (trail->self->service->store, key_events (key, trail->shard, trail->workspace), on_newest, trail);
}

static void on_cursor (void *arg, const store_values_t *values)
{
    trail_t *trail = arg;
    char key[KEY_SIZE];
    if (!trail_back (trail))
        return;
    if (values->away || values->wrong_type) {
        trail_again (trail);
        return;
    }
    trail->registered = values->n && values->items[0].bytes;
    trail->cursor = trail->registered ? (uint64_t)values->items[0].score : 0;
    trail->busy = true;
    const char *keys[] = {key_archive_whose (key, trail->shard, trail->workspace, trail->self->params->name)};
    store_get (trail->self->service->store, keys, 1, on_whose, trail);
}

static void ask_cursor (trail_t *trail)
{
    char key[KEY_SIZE];
    trail->busy = true;
    key_archives (key, trail->shard, trail->workspace);
    store_score (trail->self->service->store, key, trail->self->params->name, on_cursor, trail);
}

/* In a thread. */
static void open_work (void *arg)
{
    trail_t *trail = arg;
    const archive_params_t *params = trail->self->params;
    const shelf_limits_t limits = {.size = (uint64_t)params->file_mb * 1024 * 1024,
                                   .age_ms = params->file_age * MS_PER_SECOND};
    if (trail->shelf)
        shelf_close (&trail->shelf);
    trail->shelf = shelf_open (params->directory, trail->workspace, limits);
    trail->rc = trail->shelf ? 0 : -errno;
}

static void open_done (void *arg)
{
    trail_t *trail = arg;
    if (!trail_back (trail))
        return;
    if (trail->rc < 0)
        trail_fail (trail, "the archive's files can't be used", strerror (-trail->rc));
    else
        ask_cursor (trail);
}

void trail_begin (trail_t *trail)
{
    trail->opened = false;
    if (!*trail->self->params->directory) {
        ask_cursor (trail);
        return;
    }
    trail->busy = true;
    workers_do (trail->self->workers, open_work, open_done, trail);
}
