/* driver.c - random operations on a store, drawn from a seed, and a transcript of what it answered.
 *
 *     driver --seed N [--ops N] [--redis unix:/path]
 *
 * Built twice, with the real store and with the fake: the same seed must give the same transcript, byte by
 * byte (tests/property/run). Times are left out or said in words: planted ones are far in the past, leases last
 * no time or an hour. Wrong types, stale versions, repeated events and broken records are drawn as well. */
#include "draw.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPS_DEFAULT = 2000, STEP_MS = 2, PRINT_MAX = 48, BURST_MAX = 6, LEASE_LONG_MS = 3600000, FAR_PAST = 1000000 };

typedef struct driver {
    loop_t *loop;
    store_t *store;
    draw_t draw;
    int ops, done;
    int open; /* commits of a burst that are not answered */
    bool begun;
    size_t streams; /* the one that is followed at the end */
    store_follow_t *follow;
    uint64_t last;
} driver_t;

static void step (driver_t *self);

static void print_bytes (const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && i < PRINT_MAX; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c > ' ' && c < 127 && c != '\\')
            putchar (c);
        else
            printf ("\\%02x", c);
    }
    if (size > PRINT_MAX)
        printf ("...%zu", size);
}

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

/* --- reads and small writes ------------------------------------------------------------------------ */

static void print_value (const store_value_t *value)
{
    printf (" [");
    value->bytes ? print_bytes (value->bytes, value->size) : (void)printf ("-");
    if (value->score < FAR_PAST)
        printf (" %" PRId64, value->score);
    putchar (']');
}

static void on_values (void *arg, const store_values_t *values)
{
    printf ("  %s%s%zu", values->away ? "away " : "", values->wrong_type ? "wrong type " : "", values->n);
    for (size_t i = 0; i < values->n; i++)
        print_value (&values->items[i]);
    putchar ('\n');
    step (arg);
}

/* Hashes and sets have no order of their own. */
static int by_bytes (const void *a, const void *b)
{
    return strcmp (*(char *const *)a, *(char *const *)b);
}

static void print_sorted (const store_values_t *values, size_t stride)
{
    size_t n = values->n / stride;
    char **lines = calloc (n + 1, sizeof *lines);
    for (size_t i = 0; i < n; i++) {
        const store_value_t *value = &values->items[i * stride];
        if (asprintf (&lines[i], "%.*s=%s", (int)value->size, value->bytes, stride == 2 ? value[1].bytes : "") < 0)
            abort ();
    }
    qsort (lines, n, sizeof *lines, by_bytes);
    printf ("  %s%zu", values->wrong_type ? "wrong type " : "", n);
    for (size_t i = 0; i < n; i++) {
        printf (" %s", lines[i]);
        free (lines[i]);
    }
    putchar ('\n');
    free (lines);
}

static void on_hash (void *arg, const store_values_t *values)
{
    print_sorted (values, 2);
    step (arg);
}

static void on_set (void *arg, const store_values_t *values)
{
    print_sorted (values, 1);
    step (arg);
}

/* Small writes: only whether they could be done. */
static void on_written (void *arg, const store_values_t *values)
{
    printf ("  %s\n", values->away ? "away" : values->wrong_type ? "wrong type" : "written");
    step (arg);
}

static void op_get (driver_t *self)
{
    char keys[3][KEY_SIZE];
    const char *list[3] = {keys[0], keys[1], keys[2]};
    int shard = (int)draw_below (&self->draw, SHARDS);
    for (int i = 0; i < 3; i++)
        draw_key_in (&self->draw, keys[i], DRAW_RECORD, shard);
    printf ("get %s %s %s\n", keys[0], keys[1], keys[2]);
    store_get (self->store, list, 3, on_values, self);
}

static const char *key_for (driver_t *self, char key[KEY_SIZE], const char *verb, draw_shape_t shape)
{
    draw_key (&self->draw, key, shape);
    printf ("%s %s\n", verb, key);
    return key;
}

static void op_range (driver_t *self)
{
    char key[KEY_SIZE];
    int64_t min = (int64_t)draw_below (&self->draw, 60), offset = (int64_t)draw_below (&self->draw, 3);
    int64_t limit = 1 + (int64_t)draw_below (&self->draw, 5);
    printf ("from %" PRId64 " offset %" PRId64 " limit %" PRId64 " ", min, offset, limit);
    store_range (self->store, key_for (self, key, "range", DRAW_ZSET), min, 80, offset, limit, on_values, self);
}

static void op_range_lex (driver_t *self)
{
    char key[KEY_SIZE], after[32] = "";
    if (draw_below (&self->draw, 2))
        draw_own (&self->draw, after, sizeof after);
    printf ("after %s ", after);
    store_range_lex (self->store, key_for (self, key, "lex", DRAW_OWN), after, 4, on_values, self);
}

static void op_count_lex (driver_t *self)
{
    char key[KEY_SIZE];
    const char *channel = draw_channel (&self->draw);
    printf ("%s ", channel);
    store_count_lex (self->store, key_for (self, key, "count", DRAW_OWN), channel, on_values, self);
}

static void op_list (driver_t *self)
{
    char key[KEY_SIZE];
    int64_t first = (int64_t)draw_below (&self->draw, 8) - 4, last = (int64_t)draw_below (&self->draw, 8) - 4;
    printf ("%" PRId64 " to %" PRId64 " ", first, last);
    store_list (self->store, key_for (self, key, "list", DRAW_LIST), first, last, on_values, self);
}

static void op_events (driver_t *self)
{
    char key[KEY_SIZE];
    uint64_t after = draw_below (&self->draw, 20);
    printf ("after %" PRIu64 " ", after);
    store_events (self->store, key_for (self, key, "events", DRAW_STREAM), after, 5, on_values, self);
}

static void op_events_last (driver_t *self)
{
    char key[KEY_SIZE];
    store_events_last (self->store, key_for (self, key, "last event", DRAW_STREAM), on_values, self);
}

static void op_events_first (driver_t *self)
{
    char key[KEY_SIZE];
    store_events_first (self->store, key_for (self, key, "first event", DRAW_STREAM), on_values, self);
}

static void op_trim (driver_t *self)
{
    char key[KEY_SIZE];
    uint64_t oldest = draw_below (&self->draw, 12);
    printf ("before %" PRIu64 " ", oldest);
    store_trim_events (self->store, key_for (self, key, "trim", DRAW_STREAM), oldest, on_written, self);
}

static void op_hash (driver_t *self)
{
    char key[KEY_SIZE];
    store_hash (self->store, key_for (self, key, "hash", DRAW_HASH), on_hash, self);
}

static void op_set (driver_t *self)
{
    char key[KEY_SIZE];
    store_set (self->store, key_for (self, key, "set", DRAW_SET), on_set, self);
}

static void op_set_add (driver_t *self)
{
    char key[KEY_SIZE], member[32];
    draw_own (&self->draw, member, sizeof member);
    printf ("%s ", member);
    store_set_add (self->store, key_for (self, key, "add", DRAW_SET), member, on_written, self);
}

static void op_put (driver_t *self)
{
    char key[KEY_SIZE];
    store_put (self->store, key_for (self, key, "put", DRAW_STRING), "a\0b", 3, on_written, self);
}

static void op_delete (driver_t *self)
{
    char key[KEY_SIZE];
    draw_shape_t shape = (draw_shape_t)draw_below (&self->draw, DRAW_SHAPES);
    store_delete (self->store, key_for (self, key, "delete", shape), on_written, self);
}

/* A walk is no snapshot, but nothing else happens meanwhile: one page holds all. */
static void on_scan (void *arg, const store_values_t *values)
{
    driver_t *self = arg;
    if (values->cursor) { /* the pages differ from store to store: only small keyspaces are printed */
        store_scan (self->store, values->cursor, "b:{1}:nothing*", on_scan, self);
        return;
    }
    print_sorted (values, 1);
    step (self);
}

static void op_scan (driver_t *self)
{
    printf ("scan\n");
    store_scan (self->store, 0, "b:{1}:nothing*", on_scan, self);
}

/* --- the run -------------------------------------------------------------------------------------- */

typedef struct row {
    unsigned weight;
    void (*fn) (driver_t *self);
} row_t;

static const row_t rows[] = {
    {40, op_commits}, {20, op_lease},       {5, op_get},         {5, op_range},  {4, op_range_lex}, {4, op_count_lex},
    {3, op_list},     {4, op_events},       {2, op_events_last}, {2, op_trim},   {3, op_hash},      {2, op_set},
    {2, op_set_add},  {1, op_events_first}, {1, op_put},         {2, op_delete}, {1, op_scan},
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
static void step (driver_t *self)
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
    const char *redis = "unix:/nowhere";
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp (argv[i], "--seed") == 0)
            self.draw.state = strtoull (argv[i + 1], NULL, 10);
        else if (strcmp (argv[i], "--ops") == 0)
            self.ops = atoi (argv[i + 1]);
        else if (strcmp (argv[i], "--redis") == 0)
            redis = argv[i + 1];
        else
            return 2;
    }
    self.loop = loop_new ();
    store_config_t config = {.address = redis, .durability = DURABLE_RELAXED, .shards = SHARDS};
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
