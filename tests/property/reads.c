/* reads.c - the plain reads and small writes of the property test, and how answers are printed. */
#include "driver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRINT_MAX = 48 };

void print_bytes (const char *bytes, size_t size)
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

/* --- reads and small writes ------------------------------------------------------------------------ */

void print_value (const store_value_t *value)
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

void op_get (driver_t *self)
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

void op_range (driver_t *self)
{
    char key[KEY_SIZE];
    int64_t min = (int64_t)draw_below (&self->draw, 60), offset = (int64_t)draw_below (&self->draw, 3);
    int64_t limit = 1 + (int64_t)draw_below (&self->draw, 5);
    printf ("from %" PRId64 " offset %" PRId64 " limit %" PRId64 " ", min, offset, limit);
    store_range (self->store, key_for (self, key, "range", DRAW_ZSET), min, 80, offset, limit, on_values, self);
}

void op_range_lex (driver_t *self)
{
    char key[KEY_SIZE], after[32] = "";
    if (draw_below (&self->draw, 2))
        draw_own (&self->draw, after, sizeof after);
    printf ("after %s ", after);
    store_range_lex (self->store, key_for (self, key, "lex", DRAW_OWN), after, 4, on_values, self);
}

void op_count_lex (driver_t *self)
{
    char key[KEY_SIZE];
    const char *channel = draw_below (&self->draw, 4) ? draw_channel (&self->draw) : ""; /* "": all */
    printf ("%s ", channel);
    store_count_lex (self->store, key_for (self, key, "count", DRAW_OWN), channel, on_values, self);
}

void op_list (driver_t *self)
{
    char key[KEY_SIZE];
    int64_t first = (int64_t)draw_below (&self->draw, 8) - 4, last = (int64_t)draw_below (&self->draw, 8) - 4;
    printf ("%" PRId64 " to %" PRId64 " ", first, last);
    store_list (self->store, key_for (self, key, "list", DRAW_LIST), first, last, on_values, self);
}

void op_events (driver_t *self)
{
    char key[KEY_SIZE];
    uint64_t after = draw_below (&self->draw, 20);
    printf ("after %" PRIu64 " ", after);
    store_events (self->store, key_for (self, key, "events", DRAW_STREAM), after, 5, on_values, self);
}

void op_events_last (driver_t *self)
{
    char key[KEY_SIZE];
    store_events_last (self->store, key_for (self, key, "last event", DRAW_STREAM), on_values, self);
}

void op_events_first (driver_t *self)
{
    char key[KEY_SIZE];
    store_events_first (self->store, key_for (self, key, "first event", DRAW_STREAM), on_values, self);
}

void op_trim (driver_t *self)
{
    char key[KEY_SIZE];
    uint64_t oldest = draw_below (&self->draw, 12);
    printf ("before %" PRIu64 " ", oldest);
    store_trim_events (self->store, key_for (self, key, "trim", DRAW_STREAM), oldest, on_written, self);
}

void op_together (driver_t *self)
{
    char key[KEY_SIZE];
    store_events_together (self->store, key_for (self, key, "together", DRAW_STREAM), on_values, self);
}

void op_drop (driver_t *self)
{
    char key[KEY_SIZE];
    uint64_t numbers[] = {draw_below (&self->draw, 20), draw_below (&self->draw, 20)};
    printf ("%" PRIu64 " and %" PRIu64 " ", numbers[0], numbers[1]);
    store_drop_events (self->store, key_for (self, key, "drop", DRAW_STREAM), numbers, 2, on_written, self);
}

void op_hash (driver_t *self)
{
    char key[KEY_SIZE];
    store_hash (self->store, key_for (self, key, "hash", DRAW_HASH), on_hash, self);
}

void op_set (driver_t *self)
{
    char key[KEY_SIZE];
    store_set (self->store, key_for (self, key, "set", DRAW_SET), on_set, self);
}

void op_set_add (driver_t *self)
{
    char key[KEY_SIZE], member[32];
    draw_own (&self->draw, member, sizeof member);
    printf ("%s ", member);
    store_set_add (self->store, key_for (self, key, "add", DRAW_SET), member, on_written, self);
}

void op_put (driver_t *self)
{
    char key[KEY_SIZE];
    store_put (self->store, key_for (self, key, "put", DRAW_STRING), "a\0b", 3, on_written, self);
}

void op_delete (driver_t *self)
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

void op_scan (driver_t *self)
{
    printf ("scan\n");
    store_scan (self->store, 0, "b:{1}:nothing*", on_scan, self);
}
