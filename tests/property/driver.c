/* driver.c - random operations on a store, drawn from a seed, and a transcript of what it answered.
 *
 *     driver --seed N [--ops N] [--redis unix:/path] [--user U --password P]
 *
 * Built twice, with the real store and with the fake: the same seed must give the same transcript, byte by
 * byte (tests/property/run). Times are left out or said in words: planted ones are far in the past, leases last
 * no time or an hour. Wrong types, stale versions, repeated events and broken records are drawn as well. */
#include "driver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPS_DEFAULT = 2000, STEP_MS = 2, BURST_MAX = 6, LEASE_LONG_MS = 3600000 };

/* --- commits ------------------------------------------------------------------------------------- */

typedef struct tag {
    driver_t *driver;
    int index;
} tag_t;

static void on_commit (void *arg, const commit_answer_t *answer)
{
    static const char *const words[] = {"done", "already", "refused", "invalid", "away"};
    tag_t *tag = arg;
    driver_t *self = tag->driver;
    printf ("  %d: %s", tag->index, words[answer->outcome]);
    if (answer->outcome == COMMIT_DONE)
        printf (" event=%" PRIu64, answer->event_number);
    if (answer->outcome == COMMIT_ALREADY)
        printf (" version=%" PRIu64, answer->version);
    if (answer->outcome == COMMIT_REFUSED) {
        printf (" by op %zu %c found ", answer->failed, answer->failed_op);
        print_bytes (answer->found, answer->found_size);
    }
    putchar ('\n');
    free (tag);
    if (--self->open == 0)
        step (self);
}

static void print_commit (const commit_t *commit, int index)
{
    printf ("  %d:", index);
    for (size_t i = 0; i < commit_size (commit); i++) {
        commit_op_t op = commit_op (commit, i);
        printf (" %c(", op.op);
        for (size_t a = 0; a < op.args_n; a++) {
            if (a)
                putchar (' ');
            print_bytes (op.args[a].bytes, op.args[a].size);
        }
        putchar (')');
    }
    putchar ('\n');
}

static void op_commits (driver_t *self)
{
    int shard = (int)draw_below (&self->draw, SHARDS);
    int n = draw_below (&self->draw, 3) ? 1 : 2 + (int)draw_below (&self->draw, BURST_MAX - 1);
    self->open = n;
    printf ("commit\n");
    for (int i = 0; i < n; i++) {
        commit_t *commit = draw_commit (&self->draw, shard);
        print_commit (commit, i);
        tag_t *tag = malloc (sizeof *tag);
        *tag = (tag_t){self, i};
        store_commit (self->store, &commit, 0, on_commit, tag);
    }
}

/* --- leases -------------------------------------------------------------------------------------- */

static void on_lease (void *arg, const store_leased_t *leased)
{
    for (size_t i = 0; i < leased->rows_n; i++) {
        const store_row_t *row = &leased->rows[i];
        printf ("  %.*s due ", (int)row->member_size, row->member);
        row->due < FAR_PAST ? printf ("%" PRId64, row->due) : printf ("then");
        printf (" attempts %u%s%s ", row->attempts, row->alone ? " alone" : "", row->set_aside ? " aside" : "");
        row->record ? print_bytes (row->record, row->record_size) : (void)printf ("gone");
        putchar ('\n');
    }
    bool due = leased->next_due <= leased->now;
    printf ("  next %s%s\n",
            leased->next_due == TIME_NEVER ? "never"
            : due                          ? "due"
                                           : "later",
            leased->away ? " away" : "");
    step (arg);
}

static void op_lease (driver_t *self)
{
    int shard = (int)draw_below (&self->draw, SHARDS);
    char kind = "cpd"[draw_below (&self->draw, 3)];
    int max = 1 + (int)draw_below (&self->draw, 5);
    int lease_ms = draw_below (&self->draw, 8) ? 0 : LEASE_LONG_MS;
    printf ("lease %d %c max %d for %d\n", shard, kind, max, lease_ms);
    store_lease (self->store, shard, kind, max, lease_ms, on_lease, self);
}

/* --- the run -------------------------------------------------------------------------------------- */

typedef struct row {
    unsigned weight;
    void (*fn) (driver_t *self);
} row_t;

static const row_t rows[] = {
    {40, op_commits},  {20, op_lease}, {5, op_get},    {5, op_range},       {4, op_range_lex},
    {4, op_count_lex}, {3, op_list},   {4, op_events}, {2, op_events_last}, {2, op_trim},
    {1, op_drop},      {3, op_hash},   {2, op_set},    {2, op_set_add},     {1, op_events_first},
    {1, op_put},       {2, op_delete}, {1, op_scan},   {1, op_together},
};

static void one (void *arg)
{
    driver_t *self = arg;
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        sum += rows[i].weight;
    unsigned at = (unsigned)draw_below (&self->draw, sum);
    size_t row = 0;
    while (at >= rows[row].weight)
        at -= rows[row++].weight;
    printf ("%d ", self->done);
    rows[row].fn (self);
}

static void follow_next (driver_t *self);

static void on_follow (void *arg, const store_values_t *values)
{
    driver_t *self = arg;
    for (size_t i = 0; i < values->n; i++) {
        print_value (&values->items[i]);
        self->last -= (uint64_t)values->items[i].score == self->last ? self->last : 0;
    }
    if (self->last)
        return;
    putchar ('\n');
    store_unfollow (&self->follow);
    follow_next (self);
}

static void on_last (void *arg, const store_values_t *values)
{
    driver_t *self = arg;
    if (values->wrong_type || values->n == 0) {
        printf ("  nothing\n");
        follow_next (self);
        return;
    }
    char key[KEY_SIZE];
    self->last = (uint64_t)values->items[0].score;
    self->follow = store_follow (self->store, draw_stream_key (key, self->streams - 1), 0, on_follow, self);
}

/* At the end every stream is followed from its start to its newest entry. */
static void follow_next (driver_t *self)
{
    char key[KEY_SIZE];
    if (!draw_stream_key (key, self->streams)) {
        loop_stop (self->loop);
        return;
    }
    self->streams++;
    printf ("follow %s\n", key);
    store_events_last (self->store, key, on_last, self);
}

/* The next one a moment later, so that leases of one step have one time and those of the next a later one. */
void step (driver_t *self)
{
    if (self->done++ < self->ops)
        loop_at (self->loop, loop_now (self->loop) + STEP_MS, one, self);
    else
        follow_next (self);
}

static void on_change (void *arg)
{
    driver_t *self = arg;
    if (self->begun || !store_ready (self->store)) {
        if (!self->begun)
            fprintf (stderr, "store: %s\n", store_why_not (self->store));
        return;
    }
    self->begun = true;
    step (self);
}

int main (int argc, char **argv)
{
    driver_t self = {.ops = OPS_DEFAULT};
    const char *redis = "unix:/nowhere", *user = NULL, *password = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp (argv[i], "--seed") == 0)
            self.draw.state = strtoull (argv[i + 1], NULL, 10);
        else if (strcmp (argv[i], "--ops") == 0)
            self.ops = atoi (argv[i + 1]);
        else if (strcmp (argv[i], "--redis") == 0)
            redis = argv[i + 1];
        else if (strcmp (argv[i], "--user") == 0)
            user = argv[i + 1];
        else if (strcmp (argv[i], "--password") == 0)
            password = argv[i + 1];
        else
            return 2;
    }
    self.loop = loop_new ();
    store_config_t config = {
        .address = redis, .durability = DURABLE_RELAXED, .shards = SHARDS, .user = user, .password = password};
    self.store = store_new (self.loop, &config);
    store_on_change (self.store, on_change, &self);
    if (store_ready (self.store))
        on_change (&self);
    int rc = loop_run (self.loop);
    bool whole = self.done > self.ops;
    store_destroy (&self.store);
    loop_destroy (&self.loop);
    return rc == 0 && whole ? 0 : 1;
}
