/* trail.c - one workspace's events, page by page: read, kept on disk, posted, and only then the cursor moves.
 *
 * Hears: the workspace's stream. Says: lines to the shelf, in a thread; CloudEvents to the webhook; the cursor to the store,
 * behind which retention deletes. Nothing is under way twice; what fails is read and tried again, so each event is kept at
 * least once, and told apart by series and number.
 * The cursor is moved only while its name is ours: two of one name would share the events between them, and neither had all.
 * Limits: TRAIL_PAGE events in memory. A webhook that says no for good stops the trail: it is said, and seen in the lag. */
#include "archive_private.h"

#include "log.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- being there */

trail_t *trail_new (archive_t *self, const char *workspace)
{
    trail_t *trail = xcalloc (1, sizeof *trail);
    trail->self = self;
    trail->shard = store_shard (self->service->store, workspace);
    trail->caught_up = loop_now (self->service->loop);
    WORD_COPY (trail->workspace, workspace);
    return trail;
}

static void drop_page (trail_t *trail)
{
    free (trail->lines);
    free (trail->post);
    trail->lines = trail->post = NULL;
    trail->lines_size = trail->n = 0;
}

static void trail_free (trail_t *trail)
{
    shelf_close (&trail->shelf);
    drop_page (trail);
    free (trail);
}

void trail_end (trail_t *trail)
{
    loop_cancel (trail->self->service->loop, &trail->timer);
    trail->gone = true;
    if (!trail->busy)
        trail_free (trail);
}

bool trail_back (trail_t *trail)
{
    trail->busy = false;
    if (!trail->gone)
        return true;
    trail_free (trail);
    return false;
}

/* ---- when */

static void on_timer (void *arg)
{
    trail_t *trail = arg;
    trail->timer = NULL;
    if (trail->self->draining)
        return;
    if (!store_ready (trail->self->service->store))
        trail_again (trail);
    else if (trail->opened)
        trail_read (trail);
    else
        trail_begin (trail);
}

static void in_a_while (trail_t *trail, int64_t ms)
{
    loop_t *loop = trail->self->service->loop;
    loop_cancel (loop, &trail->timer);
    trail->timer = loop_at (loop, loop_now (loop) + ms, on_timer, trail);
}

void trail_again (trail_t *trail)
{
    in_a_while (trail, TRAIL_LOOK_MS);
}

static void put_off (trail_t *trail, log_level_t level, const char *what, const char *why)
{
    int64_t wait = TRAIL_AGAIN_MS;
    drop_page (trail);
    if (!trail->failures++)
        log_fact (level, "", what, "workspace", trail->workspace, "why", why, NULL);
    for (unsigned i = 1; i < trail->failures && wait < TRAIL_AGAIN_MAX; i++)
        wait *= 2;
    in_a_while (trail, wait < TRAIL_AGAIN_MAX ? wait : TRAIL_AGAIN_MAX);
}

void trail_fail (trail_t *trail, const char *what, const char *why)
{
    metric_add ("archive_failures", 1);
    put_off (trail, LOG_ERROR_, what, why);
}

void trail_stand_by (trail_t *trail, const char *what, const char *why)
{
    put_off (trail, LOG_WARNING_, what, why);
}

static void all_well (trail_t *trail)
{
    if (trail->failures)
        log_fact (LOG_NOTICE_, "", "the archive goes on", "workspace", trail->workspace, NULL);
    trail->failures = 0;
}

/* ---- the cursor */

static bool is_ours (const trail_t *trail)
{
    return strcmp (trail->whose, trail->self->whose) == 0;
}

static void on_moved (void *arg, const commit_answer_t *answer)
{
    trail_t *trail = arg;
    bool full = trail->n == TRAIL_PAGE;
    if (!trail_back (trail))
        return;
    if (answer->outcome == COMMIT_INVALID) {
        trail_fail (trail, "the archive's cursor can't be written", "its keys are not what they should be");
        return;
    }
    if (answer->outcome != COMMIT_DONE) { /* refused, or perhaps done: whose it is now is asked again */
        trail->opened = answer->outcome == COMMIT_AWAY && is_ours (trail);
        trail_again (trail);
        return;
    }
    WORD_COPY (trail->whose, trail->self->whose);
    trail->was_ours = true;
    trail->cursor = trail->at;
    trail->registered = true;
    trail->oldest = 0;
    drop_page (trail);
    all_well (trail);
    if (full && !trail->self->draining)
        trail_read (trail);
    else
        trail_again (trail);
}

void trail_move_cursor (trail_t *trail)
{
    char key[KEY_SIZE], whose[KEY_SIZE];
    commit_t *commit = commit_new (trail->shard);
    key_archive_whose (whose, trail->shard, trail->workspace, trail->self->params->name);
    commit_expect_value (commit, whose, trail->whose, strlen (trail->whose));
    if (!is_ours (trail))
        commit_put (commit, whose, trail->self->whose, strlen (trail->self->whose), 0);
    key_archives (key, trail->shard, trail->workspace);
    commit_place (commit, key, (int64_t)trail->at, trail->self->params->name);
    trail->busy = true;
    store_commit (trail->self->service->store, &commit, 0, on_moved, trail);
}

void trail_safe (trail_t *trail)
{
    metric_add ("archive_events", (int64_t)trail->n);
    trail->at = trail->last;
    trail_move_cursor (trail);
}

static void page_is_kept (trail_t *trail)
{
    if (trail->post)
        trail_post (trail);
    else
        trail_safe (trail);
}

/* ---- the files, in a thread */

static void write_work (void *arg)
{
    trail_t *trail = arg;
    uint64_t first = trail->first > trail->shelved ? trail->first : trail->shelved + 1;
    trail->rc = shelf_append (trail->shelf, trail->series, first, trail->lines, trail->lines_size);
}

static void write_done (void *arg)
{
    trail_t *trail = arg;
    if (!trail_back (trail))
        return;
    kill_point ("archive.written");
    if (trail->rc < 0) {
        trail_fail (trail, "the archive can't be written", strerror (-trail->rc));
        return;
    }
    metric_add ("archive_bytes", (int64_t)trail->lines_size);
    trail->shelved = trail->last;
    page_is_kept (trail);
}

static void shut_work (void *arg)
{
    trail_t *trail = arg;
    trail->rc = shelf_shut (trail->shelf);
}

static void shut_done (void *arg)
{
    trail_t *trail = arg;
    if (!trail_back (trail))
        return;
    if (trail->rc < 0)
        trail_fail (trail, "a file of the archive can't be compressed", strerror (-trail->rc));
    else
        trail_again (trail);
}

/* ---- a page */

static void add_line (trail_t *trail, const json_t *line)
{
    char *text = xcheck (json_dumps (line, JSON_COMPACT | JSON_PRESERVE_ORDER));
    size_t size = strlen (text);
    trail->lines = xrealloc (trail->lines, trail->lines_size + size + 1);
    memcpy (trail->lines + trail->lines_size, text, size);
    trail->lines_size += size;
    trail->lines[trail->lines_size++] = '\n';
    free (text);
}

/* When it was committed; 0: it can't be read. */
static wall_ms_t time_of (const store_value_t *value)
{
    Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, value->size, (const uint8_t *)value->bytes);
    wall_ms_t at = event ? event->at : 0;
    if (event)
        buckstop__v1__event__free_unpacked (event, NULL);
    return at;
}

static void take_page (trail_t *trail, const store_values_t *values)
{
    const archive_params_t *params = trail->self->params;
    json_t *batch = *params->webhook ? json_array () : NULL;
    drop_page (trail);
    trail->n = values->n;
    trail->first = (uint64_t)values->items[0].score;
    trail->last = (uint64_t)values->items[values->n - 1].score;
    if (!trail->oldest)
        trail->oldest = time_of (&values->items[0]);
    for (size_t i = 0; i < values->n; i++) {
        const store_value_t *value = &values->items[i];
        json_t *line = line_of (trail->workspace, trail->series, (uint64_t)value->score, value->bytes, value->size);
        if (params->without_texts)
            line_without_texts (line);
        if (trail->shelf && (uint64_t)value->score > trail->shelved)
            add_line (trail, line);
        if (batch)
            json_array_append_new (batch, line_cloud (line));
        else
            json_decref (line);
    }
    trail->post = batch ? json_dumps (batch, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    json_decref (batch);
}

static void on_newest (void *arg, const store_values_t *values)
{
    trail_t *trail = arg;
    if (!trail_back (trail))
        return;
    if (!values->away && !values->wrong_type)
        trail->newest = values->n ? (uint64_t)values->items[0].score : 0;
    if (!values->away && !values->wrong_type && trail->newest && trail->newest < trail->at)
        trail_begin (trail); /* it went back; one that is empty is of a workspace that was removed */
    else
        trail_again (trail);
}

/* Nothing is new. */
static void rest (trail_t *trail)
{
    char key[KEY_SIZE];
    service_t *service = trail->self->service;
    mono_ms_t now = loop_now (service->loop);
    trail->caught_up = now;
    trail->oldest = 0;
    if (trail->shelf && shelf_is_old (trail->shelf)) {
        trail->busy = true;
        workers_do (trail->self->workers, shut_work, shut_done, trail);
    } else if (now >= trail->newest_look) {
        trail->newest_look = now + TRAIL_NEWEST_MS;
        trail->busy = true;
        store_events_last (service->store, key_events (key, trail->shard, trail->workspace), on_newest, trail);
    } else
        trail_again (trail);
}

static void on_page (void *arg, const store_values_t *values)
{
    trail_t *trail = arg;
    if (!trail_back (trail))
        return;
    if (values->away || values->wrong_type) {
        trail_again (trail);
        return;
    }
    if (!values->n) {
        rest (trail);
        return;
    }
    take_page (trail, values);
    if (!trail->lines_size) { /* no files, or only the webhook has not taken it yet */
        page_is_kept (trail);
        return;
    }
    trail->busy = true;
    workers_do (trail->self->workers, write_work, write_done, trail);
}

void trail_read (trail_t *trail)
{
    char key[KEY_SIZE];
    trail->busy = true;
    key_events (key, trail->shard, trail->workspace);
    store_events (trail->self->service->store, key, trail->at, TRAIL_PAGE, on_page, trail);
}

/* How long the oldest event waits that is not safe; while nothing can be asked, since when. */
double trail_lag_seconds (const trail_t *trail)
{
    const service_t *service = trail->self->service;
    int64_t unasked = loop_now (service->loop) - trail->caught_up;
    int64_t waits = trail->oldest ? store_now (service->store) - trail->oldest : 0;
    if (!trail->oldest && unasked > 4 * (int64_t)TRAIL_LOOK_MS)
        waits = unasked;
    return waits > 0 ? (double)waits / (double)MS_PER_SECOND : 0;
}
