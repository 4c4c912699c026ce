/* top_lists.c - the lists of `buckstop top`: contacts by what breaks next, teams and people.
 *
 * Hears: the board, where the cursor is. Says: the rows of a page of it. */
#include "top_draw.h"

#include "lines.h"

#include <ncurses.h>
#include <string.h>

enum { SOON_SHOWN_MS = 60 * 1000 };

typedef struct column {
    const char *name;
    int width; /* 0: the rest */
} column_t;

static void put_columns (int y, int look, const column_t *columns, const char *const *cells, size_t n)
{
    int x = 0;
    for (size_t i = 0; i < n && x < COLS; i++) {
        int width = columns[i].width ? columns[i].width : COLS - x;
        top_put (y, x, width < COLS - x ? width : COLS - x, look, cells[i]);
        x += width;
        if (columns[i].width && x < COLS)
            top_put (y, x, 1, look, " ");
        x++;
    }
}

static void put_heads (int y, const column_t *columns, size_t n)
{
    const char *cells[16];
    for (size_t i = 0; i < n; i++)
        cells[i] = columns[i].name;
    put_columns (y, LOOK_HEAD, columns, cells, n);
}

size_t top_view_rows (const top_view_t *view)
{
    const top_board_t *board = view->board;
    return view->page == TOP_PEOPLE  ? json_array_size (board->teams) + json_array_size (board->people)
           : view->page == TOP_FOUND ? json_array_size (view->found)
                                     : board->rows_n;
}

const json_t *top_view_row (const top_view_t *view, size_t index)
{
    if (view->page != TOP_FOUND)
        return view->board->rows[index];
    const json_t *row = json_array_get (view->found, index),
                 *now = json_object_get (view->board->by_id, json_text (row, "id"));
    return now ? now : row;
}

void top_view_choose (top_view_t *view)
{
    size_t n = top_view_rows (view);
    if (view->cursor >= n)
        view->cursor = n ? n - 1 : 0;
    if (view->page != TOP_PEOPLE)
        snprintf (view->chosen, sizeof view->chosen, "%s",
                  n ? json_text (top_view_row (view, view->cursor), "id") : "");
}

void top_view_follow (top_view_t *view)
{
    size_t n = top_view_rows (view);
    for (size_t i = 0; view->page != TOP_PEOPLE && *view->chosen && i < n; i++)
        if (strcmp (json_text (top_view_row (view, i), "id"), view->chosen) == 0)
            view->cursor = i;
    top_view_choose (view);
}

/* And on the page. */
static void follow_cursor (top_view_t *view)
{
    size_t height = top_screen_list_height ();
    top_view_follow (view);
    if (view->cursor < view->top)
        view->top = view->cursor;
    if (view->cursor >= view->top + height)
        view->top = view->cursor - height + 1;
}

/* "in 23 h 05 min" in a narrow column: the larger unit tells enough. */
static const char *in_short (wall_ms_t at, wall_ms_t now, char text[CLI_TIME_SIZE])
{
    cli_in (at, now, text);
    char *hours = strstr (text, " h ");
    if (hours)
        snprintf (hours + 2, CLI_TIME_SIZE - (size_t)(hours + 2 - text), "%s", at < now ? " ago" : "");
    return text;
}

static const char *whose (const json_t *row)
{
    const char *owner = json_text (row, "owner"), *offered = json_text (row, "offered_to");
    return *owner ? owner : *offered ? offered : json_text (row, "accountable");
}

static void draw_contact (int y, const column_t *columns, size_t n, const json_t *row, wall_ms_t now, bool cursor)
{
    char in[CLI_TIME_SIZE];
    wall_ms_t due;
    const char *next = top_row_next (row, &due);
    bool broken = top_row_broken (row), soon = !broken && due != TIME_NEVER && due - now < SOON_SHOWN_MS;
    const char *const cells[] = {broken                                ? "!!"
                                 : soon                                ? "!"
                                 : *json_text (row, "acknowledged_by") ? "ok"
                                                                       : "",
                                 short_id (json_text (row, "id")),
                                 json_text (row, "state"),
                                 whose (row),
                                 json_text (row, "team"),
                                 next,
                                 in_short (due, now, in),
                                 lines_subject (row)};
    bool done = strcmp (json_text (row, "state"), "resolved") == 0;
    put_columns (y,
                 cursor   ? LOOK_BAR
                 : broken ? LOOK_BROKEN
                 : soon   ? LOOK_SOON
                 : done   ? LOOK_DIM
                          : LOOK_PLAIN,
                 columns, cells, n);
}

void top_draw_contacts (top_view_t *view, wall_ms_t now)
{
    static const column_t columns[] = {{"", 2},     {"CONTACT", 7}, {"STATE", 8}, {"WITH", 8},
                                       {"TEAM", 8}, {"NEXT", 14},   {"DUE", 11},  {"SUBJECT", 0}};
    enum { N = sizeof columns / sizeof *columns };
    const char *none = view->page == TOP_FOUND ? "nothing open or kept has these words; a closed contact: its whole id"
                       : view->board->board    ? "nothing is open"
                                               : "";
    size_t height = top_screen_list_height ();
    follow_cursor (view);
    if (view->page == TOP_FOUND)
        top_put_line (HEAD_LINES - 1, LOOK_GOOD, "%s", view->found_words);
    put_heads (HEAD_LINES, columns, N);
    for (size_t i = 0; i < height; i++) {
        int y = HEAD_LINES + 1 + (int)i;
        if (view->top + i < top_view_rows (view))
            draw_contact (y, columns, N, top_view_row (view, view->top + i), now, view->top + i == view->cursor);
        else
            top_put_line (y, LOOK_DIM, "%s", i == 0 ? none : "");
    }
}

static void load_words (const json_t *load, char *text, size_t size)
{
    const char *channel;
    json_t *n;
    size_t used = 0;
    *text = '\0';
    json_object_foreach ((json_t *)load, channel, n)
    {
        if (used < size)
            used += (size_t)snprintf (text + used, size - used, "%s%s %lld", used ? ", " : "", channel,
                                      (long long)json_integer_value (n));
    }
}

static void draw_person (int y, const column_t *columns, size_t n, const json_t *person, wall_ms_t now, bool cursor)
{
    char load[PUT_MAX / 4], room[32], oldest[CLI_TIME_SIZE], until[CLI_TIME_SIZE];
    bool present = json_is_true (json_object_get (person, "present"));
    load_words (json_object_get (person, "load"), load, sizeof load);
    snprintf (room, sizeof room, "%lld", top_number (person, "room"));
    const char *const cells[] = {json_text (person, "name"),
                                 present ? "present" : "away",
                                 present ? in_short (json_number (person, "present_until"), now, until) : "",
                                 room,
                                 in_short (json_number (person, "oldest"), now, oldest),
                                 load};
    put_columns (y, cursor ? LOOK_BAR : present ? LOOK_GOOD : LOOK_DIM, columns, cells, n);
}

static void draw_team (int y, const column_t *columns, size_t n, const json_t *team, wall_ms_t now, bool cursor)
{
    char words[PUT_MAX / 4], present[64], oldest[CLI_TIME_SIZE];
    snprintf (present, sizeof present, "%lld of %lld", top_number (team, "present"), top_number (team, "people"));
    snprintf (words, sizeof words, "%lld waiting; lead %s", top_number (team, "waiting"), json_text (team, "lead"));
    const char *const cells[] = {json_text (team, "name"),
                                 "team",
                                 "",
                                 present,
                                 in_short (json_number (team, "oldest_waiting"), now, oldest),
                                 words};
    put_columns (y, cursor ? LOOK_BAR : top_number (team, "waiting") ? LOOK_SOON : LOOK_PLAIN, columns, cells, n);
}

void top_draw_people (top_view_t *view, wall_ms_t now)
{
    static const column_t columns[] = {{"WHO", 16}, {"PRESENCE", 8}, {"UNTIL", 10},
                                       {"ROOM", 8}, {"OLDEST", 11},  {"LOAD", 0}};
    enum { N = sizeof columns / sizeof *columns };
    const top_board_t *board = view->board;
    size_t teams = json_array_size (board->teams), n = top_view_rows (view);
    follow_cursor (view);
    put_heads (HEAD_LINES, columns, N);
    for (size_t i = 0; i < top_screen_list_height (); i++) {
        size_t at = view->top + i;
        int y = HEAD_LINES + 1 + (int)i;
        if (at < teams)
            draw_team (y, columns, N, json_array_get (board->teams, at), now, at == view->cursor);
        else if (at < n)
            draw_person (y, columns, N, json_array_get (board->people, at - teams), now, at == view->cursor);
        else
            top_put_line (y, LOOK_PLAIN, "%s", "");
    }
}
