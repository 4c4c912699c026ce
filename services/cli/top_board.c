/* top_board.c - what `buckstop top` shows.
 *
 * Hears: events of the console's stream. Says: rows in the order of what breaks next, people, teams, counts, the last
 * lines of what happened. A board replaces all; a change replaces what it names.
 */
#include "top_board.h"

#include "lines.h"
#include "meant.h"
#include "xmalloc.h"

#include <string.h>

/* ---- rows */

wall_ms_t top_row_due (const json_t *row)
{
    const json_t *next = json_object_get (row, "next");
    return json_is_object (next) ? json_number (next, "due") : TIME_NEVER;
}

bool top_row_broken (const json_t *row)
{
    return json_is_true (json_object_get (json_object_get (row, "next"), "broken"));
}

const char *top_row_next (const json_t *row, wall_ms_t *due)
{
    const json_t *next = json_object_get (row, "next"), *answered = json_object_get (row, "answered");
    bool on_its_way = !json_is_object (next) && json_is_object (answered);
    *due = on_its_way ? json_number (answered, "due") : top_row_due (row);
    return on_its_way ? "on its way" : json_text (next, "kind");
}

/* Broken first, then by what is due next, then by age. */
static int by_need (const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    bool broken_x = top_row_broken (x), broken_y = top_row_broken (y);
    wall_ms_t due_x = top_row_due (x), due_y = top_row_due (y);
    if (broken_x != broken_y)
        return broken_y - broken_x;
    if (due_x != due_y)
        return due_x < due_y ? -1 : 1;
    return strcmp (json_text (x, "id"), json_text (y, "id"));
}

static void sort_rows (top_board_t *self)
{
    const char *id;
    json_t *row;
    self->rows_n = 0;
    self->rows = xrealloc (self->rows, (json_object_size (self->by_id) + 1) * sizeof *self->rows);
    json_object_foreach (self->by_id, id, row)
    {
        self->rows[self->rows_n++] = row;
    }
    qsort (self->rows, self->rows_n, sizeof *self->rows, by_need);
}

static void put_rows (top_board_t *self, const json_t *rows)
{
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row)
    {
        const char *id = json_text (row, "id"), *state = json_text (row, "state");
        if (strcmp (state, "closed") == 0)
            json_object_del (self->by_id, id);
        else
            json_object_set (self->by_id, id, row);
    }
}

static void drop_rows (top_board_t *self, const json_t *ids)
{
    size_t index;
    json_t *id;
    json_array_foreach (ids, index, id)
    {
        json_object_del (self->by_id, json_string_value (id) ? json_string_value (id) : "");
    }
}

/* ---- people and teams: by name */

static void put_named (json_t *list, const json_t *changes)
{
    size_t index, place;
    json_t *change, *known;
    json_array_foreach (changes, index, change)
    {
        bool found = false;
        json_array_foreach (list, place, known)
        {
            if (!found && strcmp (json_text (known, "name"), json_text (change, "name")) == 0) {
                json_array_set (list, place, change);
                found = true;
            }
        }
        if (!found)
            json_array_append (list, change);
    }
}

static void replace (json_t **member, json_t *value)
{
    json_decref (*member);
    *member = json_is_array (value) ? json_incref (value) : json_array ();
}

/* ---- the events */

static void take_board (top_board_t *self, json_t *board)
{
    json_decref (self->board);
    json_decref (self->by_id);
    self->board = json_incref (board);
    self->by_id = json_object ();
    put_rows (self, json_object_get (board, "contacts"));
    replace (&self->people, json_object_get (board, "people"));
    replace (&self->teams, json_object_get (board, "teams"));
    sort_rows (self);
}

static void take_change (top_board_t *self, json_t *change)
{
    static const char *const members[] = {"number", "counts", "promises"};
    if (!self->board)
        return;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (json_object_get (change, members[i]))
            json_object_set (self->board, members[i], json_object_get (change, members[i]));
    put_rows (self, json_object_get (change, "contacts"));
    drop_rows (self, json_object_get (change, "gone"));
    put_named (self->people, json_object_get (change, "people"));
    put_named (self->teams, json_object_get (change, "teams"));
    sort_rows (self);
}

static void keep_line (top_board_t *self, const char *line, size_t size)
{
    char *copy = xcalloc (size + 1, 1);
    memcpy (copy, line, size);
    if (self->feed_n == TOP_FEED_MAX) {
        free (self->feed[0]);
        memmove (self->feed, self->feed + 1, (TOP_FEED_MAX - 1) * sizeof *self->feed);
        self->feed_n--;
    }
    self->feed[self->feed_n++] = copy;
}

static void take_feed (top_board_t *self, json_t *feed)
{
    static const line_style_t style = {.contact = true};
    char *text = NULL;
    size_t size = 0, index;
    json_t *event;
    FILE *out = xcheck (open_memstream (&text, &size));
    json_array_foreach (json_object_get (feed, "events"), index, event)
    {
        lines_print (event, &style, out);
    }
    fclose (out);
    for (const char *at = text; *at; at += strcspn (at, "\n"), at += *at == '\n')
        keep_line (self, at, strcspn (at, "\n"));
    free (text);
}

static void take_pulse (top_board_t *self, json_t *pulse)
{
    json_decref (self->pulse);
    self->pulse = json_incref (pulse);
}

void top_board_take (top_board_t *self, const char *event, const char *data, size_t size, mono_ms_t at)
{
    static const struct {
        const char *event;
        void (*take) (top_board_t *self, json_t *value);
    } rows[] = {{"board", take_board}, {"change", take_change}, {"feed", take_feed}, {"pulse", take_pulse}};
    json_error_t error;
    json_t *value = json_loadb (data, size, 0, &error);
    for (size_t i = 0; value && i < sizeof rows / sizeof *rows; i++)
        if (strcmp (rows[i].event, event) == 0)
            rows[i].take (self, value);
    if (json_number (value, "now") > 0) {
        self->now = json_number (value, "now");
        self->now_at = at;
    }
    json_decref (value);
}

wall_ms_t top_board_now (const top_board_t *self, mono_ms_t at)
{
    return self->now ? self->now + (at - self->now_at) : 0;
}

void top_board_clear (top_board_t *self)
{
    json_decref (self->board);
    json_decref (self->by_id);
    json_decref (self->people);
    json_decref (self->teams);
    json_decref (self->pulse);
    for (size_t i = 0; i < self->feed_n; i++)
        free (self->feed[i]);
    free (self->rows);
    *self = (top_board_t){.board = NULL};
}

const char *top_board_nearest (const top_board_t *self, const char *word)
{
    size_t n = json_array_size (self->people);
    const char **names = xcalloc (n + 1, sizeof *names);
    for (size_t i = 0; i < n; i++)
        names[i] = json_text (json_array_get (self->people, i), "name");
    const char *near = word_nearest (word, names, n, sizeof *names);
    free (names);
    return near;
}
