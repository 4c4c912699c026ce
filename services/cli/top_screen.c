/* top_screen.c - `buckstop top` on a terminal: head, list, what happened last, and the keys.
 *
 * Hears: the view, the size of the terminal. Says: the whole screen, of which ncurses sends what changed. What is broken is
 * told by a mark as well as by its colour. Texts of others are shown as they are, but for what would be a command to the
 * terminal. 80x24 is enough; what is wider is cut, and "…" says so.
 */
#include "top_screen.h"

#include "lines.h"
#include "xmalloc.h"

#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <string.h>
#include <wchar.h>

enum { HEAD_LINES = 5, LINES_MIN = 8, FEED_MIN = 3, FEED_SHARE = 5, PUT_MAX = 512, SOON_SHOWN_MS = 60 * 1000 };
enum { LOOK_PLAIN, LOOK_BROKEN, LOOK_SOON, LOOK_GOOD, LOOK_DIM, LOOK_BAR, LOOK_HEAD };

static bool colours;

static attr_t look_of (int look)
{
    static const attr_t plain[] = {A_NORMAL, A_BOLD, A_BOLD, A_NORMAL, A_DIM, A_REVERSE, A_UNDERLINE};
    static const short pairs[] = {0, 1, 2, 3, 0, 0, 0};
    return plain[look] | (colours ? COLOR_PAIR (pairs[look]) : 0);
}

bool top_screen_open (void)
{
    static const short inks[] = {COLOR_RED, COLOR_YELLOW, COLOR_CYAN};
    setlocale (LC_ALL, "");
    if (strcmp (nl_langinfo (CODESET), "UTF-8") != 0)
        setlocale (LC_CTYPE, "C.UTF-8");
    if (!top_terminal_known () || !newterm (NULL, stdout, stdin))
        return false;
    raw (); /* Ctrl-C is a key: the terminal is given back as it was */
    noecho ();
    nonl ();
    keypad (stdscr, TRUE);
    nodelay (stdscr, TRUE);
    curs_set (0);
    set_escdelay (50);
    colours = has_colors () && !getenv ("NO_COLOR");
    if (colours) {
        start_color ();
        use_default_colors ();
        for (short i = 0; i < (short)(sizeof inks / sizeof *inks); i++)
            init_pair ((short)(i + 1), inks[i], -1);
    }
    return true;
}

void top_screen_close (void)
{
    endwin ();
}

int top_screen_key (void)
{
    return getch ();
}

/* ---- texts */

/* At most so many columns; the rest of them is blank. */
static void put (int y, int x, int width, int look, const char *text)
{
    wchar_t wide[PUT_MAX];
    int columns = 0, n = 0;
    mbstate_t state = {0};
    size_t left = strlen (text);
    width = width > PUT_MAX - 2 ? PUT_MAX - 2 : width;
    if (y < 0 || y >= LINES || x >= COLS || width <= 0)
        return;
    while (left > 0 && n < PUT_MAX - 2) {
        wchar_t c;
        size_t size = mbrtowc (&c, text, left, &state);
        bool broken = size == 0 || size > left;
        int takes = broken ? -1 : wcwidth (c);
        if (broken)
            state = (mbstate_t){0};
        c = takes < 0 ? L'?' : c;
        takes = takes < 0 ? 1 : takes;
        if (columns + takes > width) {
            if (n > 0)
                wide[n - 1] = L'…';
            break;
        }
        wide[n++] = c;
        columns += takes;
        text += broken ? 1 : size;
        left -= broken ? 1 : size;
    }
    for (; columns < width && n < PUT_MAX - 1; columns++)
        wide[n++] = L' ';
    attrset (look_of (look));
    mvaddnwstr (y, x, wide, n);
    attrset (A_NORMAL);
}

static void put_line (int y, int look, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
static void put_line (int y, int look, const char *format, ...)
{
    char text[PUT_MAX];
    va_list list;
    va_start (list, format);
    vsnprintf (text, sizeof text, format, list);
    va_end (list);
    put (y, 0, COLS, look, text);
}

static int feed_height (void)
{
    int height = LINES / FEED_SHARE;
    return LINES < 2 * LINES_MIN ? 0 : height < FEED_MIN ? FEED_MIN : height;
}

size_t top_screen_list_height (void)
{
    int height = LINES - HEAD_LINES - 1 - feed_height () - 1; /* the list's head, the keys */
    return height > 1 ? (size_t)height : 1;
}

/* ---- the head */

static long long number (const json_t *object, const char *key)
{
    return (long long)json_number (object, key);
}

static void draw_counts (const top_board_t *board, int y)
{
    const json_t *counts = json_object_get (board->board, "counts");
    put_line (y, number (counts, "broken") ? LOOK_BROKEN : LOOK_PLAIN,
              "%lld open   BROKEN %lld   at risk %lld   queued %lld   offered %lld   owned %lld   waiting %lld",
              number (counts, "open"), number (counts, "broken"), number (counts, "at_risk"), number (counts, "queued"),
              number (counts, "offered"), number (counts, "owned"), number (counts, "waiting"));
}

/* How many were broken in each step of the last hours. */
static void spark (const json_t *trend, size_t steps, char *text, size_t size)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    enum { BARS = sizeof bars / sizeof *bars };
    size_t n = json_array_size (trend), from = n > steps ? n - steps : 0;
    int64_t most = 1;
    size_t used = 0;
    *text = '\0';
    for (size_t i = from; i < n; i++) {
        int64_t broken = json_number (json_array_get (trend, i), "broken");
        most = broken > most ? broken : most;
    }
    for (size_t i = from; i < n && used < size; i++) {
        int64_t broken = json_number (json_array_get (trend, i), "broken");
        used += (size_t)snprintf (text + used, size - used, "%s", bars[broken * (BARS - 1) / most]);
    }
}

static void draw_promises (const top_board_t *board, int y)
{
    enum { STEPS = 24, BAR_BYTES = 3 };
    char bars[STEPS * BAR_BYTES + 1];
    const json_t *promises = json_object_get (board->board, "promises");
    spark (json_object_get (board->board, "trend"), STEPS, bars, sizeof bars);
    put_line (y, LOOK_PLAIN, "today: %lld promised, %lld kept, %lld broken, %lld released   %s%s",
              number (promises, "opened"), number (promises, "kept"), number (promises, "broken"),
              number (promises, "released"), *bars ? "2 h " : "", bars);
}

static void draw_system (const top_board_t *board, int y)
{
    char behind[64] = "";
    const json_t *outbox = json_object_get (board->pulse, "outbox");
    const char *store = json_text (board->pulse, "store");
    bool well = strcmp (store, "ready") == 0;
    long long behind_ms = number (board->pulse, "behind_ms");
    if (behind_ms > MS_PER_SECOND)
        snprintf (behind, sizeof behind, "   BEHIND %lld s", behind_ms / MS_PER_SECOND);
    if (!board->pulse)
        put_line (y, LOOK_DIM, "system: nothing was said yet");
    else
        put_line (y, well && !*behind ? LOOK_DIM : LOOK_BROKEN,
                  "store %s   lateness %lld ms   outbox %lld waiting, oldest %lld s, %lld dead%s", store,
                  number (board->pulse, "lateness_ms"), number (outbox, "waiting"), number (outbox, "oldest_s"),
                  number (outbox, "dead"), behind);
}

static void draw_head (const top_view_t *view, wall_ms_t now)
{
    char at[CLI_TIME_SIZE];
    const char *workspace = json_text (view->board->board, "workspace");
    bool well = !*view->trouble;
    put_line (0, LOOK_BAR, " buckstop top   %s   %s   %s", *workspace ? workspace : view->console, cli_time (now, at),
              !well                ? view->trouble
              : view->board->board ? "live"
                                   : "connecting");
    if (!view->board->board)
        return;
    draw_counts (view->board, 1);
    draw_promises (view->board, 2);
    draw_system (view->board, 3);
}

/* ---- lists */

typedef struct column {
    const char *name;
    int width; /* 0: the rest */
} column_t;

static void put_columns (int y, int look, const column_t *columns, const char *const *cells, size_t n)
{
    int x = 0;
    for (size_t i = 0; i < n && x < COLS; i++) {
        int width = columns[i].width ? columns[i].width : COLS - x;
        put (y, x, width < COLS - x ? width : COLS - x, look, cells[i]);
        x += width;
        if (columns[i].width && x < COLS)
            put (y, x, 1, look, " ");
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

/* The cursor stays on its contact, or where it was; and on the page. */
static void follow_cursor (top_view_t *view, size_t n)
{
    size_t height = top_screen_list_height ();
    for (size_t i = 0; view->page == TOP_CONTACTS && *view->chosen && i < n; i++)
        if (strcmp (json_text (view->board->rows[i], "id"), view->chosen) == 0)
            view->cursor = i;
    if (view->cursor >= n)
        view->cursor = n ? n - 1 : 0;
    if (view->page == TOP_CONTACTS)
        snprintf (view->chosen, sizeof view->chosen, "%s", n ? json_text (view->board->rows[view->cursor], "id") : "");
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
    wall_ms_t due = top_row_due (row);
    bool broken = top_row_broken (row), soon = !broken && due != TIME_NEVER && due - now < SOON_SHOWN_MS;
    const json_t *next = json_object_get (row, "next");
    const char *const cells[] = {broken                                ? "!!"
                                 : soon                                ? "!"
                                 : *json_text (row, "acknowledged_by") ? "ok"
                                                                       : "",
                                 short_id (json_text (row, "id")),
                                 json_text (row, "state"),
                                 whose (row),
                                 json_text (row, "team"),
                                 json_text (next, "kind"),
                                 in_short (due, now, in),
                                 json_text (row, "subject")};
    bool done = strcmp (json_text (row, "state"), "resolved") == 0;
    put_columns (y,
                 cursor   ? LOOK_BAR
                 : broken ? LOOK_BROKEN
                 : soon   ? LOOK_SOON
                 : done   ? LOOK_DIM
                          : LOOK_PLAIN,
                 columns, cells, n);
}

static void draw_contacts (top_view_t *view, wall_ms_t now)
{
    static const column_t columns[] = {{"", 2},     {"CONTACT", 7}, {"STATE", 8}, {"WITH", 8},
                                       {"TEAM", 8}, {"NEXT", 14},   {"DUE", 11},  {"SUBJECT", 0}};
    enum { N = sizeof columns / sizeof *columns };
    const top_board_t *board = view->board;
    size_t height = top_screen_list_height ();
    follow_cursor (view, board->rows_n);
    put_heads (HEAD_LINES, columns, N);
    for (size_t i = 0; i < height; i++) {
        int y = HEAD_LINES + 1 + (int)i;
        if (view->top + i < board->rows_n)
            draw_contact (y, columns, N, board->rows[view->top + i], now, view->top + i == view->cursor);
        else
            put_line (y, LOOK_DIM, "%s", i == 0 && board->board ? "nothing is open" : "");
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
    snprintf (room, sizeof room, "%lld", number (person, "room"));
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
    snprintf (present, sizeof present, "%lld of %lld", number (team, "present"), number (team, "people"));
    snprintf (words, sizeof words, "%lld waiting; lead %s", number (team, "waiting"), json_text (team, "lead"));
    const char *const cells[] = {json_text (team, "name"),
                                 "team",
                                 "",
                                 present,
                                 in_short (json_number (team, "oldest_waiting"), now, oldest),
                                 words};
    put_columns (y, cursor ? LOOK_BAR : number (team, "waiting") ? LOOK_SOON : LOOK_PLAIN, columns, cells, n);
}

static void draw_people (top_view_t *view, wall_ms_t now)
{
    static const column_t columns[] = {{"WHO", 16}, {"", 8}, {"UNTIL", 10}, {"ROOM", 8}, {"OLDEST", 11}, {"LOAD", 0}};
    enum { N = sizeof columns / sizeof *columns };
    const top_board_t *board = view->board;
    size_t teams = json_array_size (board->teams), n = teams + json_array_size (board->people);
    follow_cursor (view, n);
    put_heads (HEAD_LINES, columns, N);
    for (size_t i = 0; i < top_screen_list_height (); i++) {
        size_t at = view->top + i;
        int y = HEAD_LINES + 1 + (int)i;
        if (at < teams)
            draw_team (y, columns, N, json_array_get (board->teams, at), now, at == view->cursor);
        else if (at < n)
            draw_person (y, columns, N, json_array_get (board->people, at - teams), now, at == view->cursor);
        else
            put_line (y, LOOK_PLAIN, "%s", "");
    }
}

/* ---- the rest */

static void draw_feed (const top_board_t *board)
{
    int height = feed_height (), y = LINES - 1 - height;
    for (int i = 0; i < height; i++) {
        size_t back = (size_t)(height - i);
        put_line (y + i, LOOK_DIM, "%s", back <= board->feed_n ? board->feed[board->feed_n - back] : "");
    }
}

static void draw_story (top_view_t *view)
{
    int height = LINES - 2;
    if (view->line + (size_t)height > view->lines_n)
        view->line = view->lines_n > (size_t)height ? view->lines_n - (size_t)height : 0;
    for (int i = 0; i < height; i++) {
        size_t at = view->line + (size_t)i;
        put_line (1 + i, LOOK_PLAIN, "%s", at < view->lines_n ? view->lines[at] : "");
    }
}

static void draw_keys (void)
{
    static const char *const lines[] = {"",
                                        "  up down k j       one line",
                                        "  PgUp PgDn space   one page;  Home End: the first, the last",
                                        "  Enter             the contact's story",
                                        "  a                 acknowledge: its escalation holds for a while",
                                        "  t                 take it: accept what you are asked for",
                                        "  p                 people and teams, and back",
                                        "  r                 read the story again",
                                        "  q                 back; from the list: leave;  Esc back",
                                        "",
                                        "  !!  a promise is broken    !  due within a minute    ok  acknowledged",
                                        "",
                                        "  An operator's token acts for whom --person names."};
    for (int i = 0; i < LINES - 2; i++)
        put_line (1 + i, LOOK_PLAIN, "%s", (size_t)i < sizeof lines / sizeof *lines ? lines[i] : "");
}

static void draw_foot (const top_view_t *view)
{
    static const char *const keys[] = {
        [TOP_CONTACTS] = " q quit  Enter story  a acknowledge  t take  p people  ? keys",
        [TOP_PEOPLE] = " p contacts  q back  ? keys",
        [TOP_STORY] = " q back  a acknowledge  t take  r read again",
        [TOP_KEYS] = " any key: back",
    };
    put_line (LINES - 1, LOOK_BAR, "%s%s", *view->message ? " " : "",
              *view->message ? view->message : keys[view->page]);
}

void top_screen_draw (top_view_t *view, mono_ms_t at)
{
    wall_ms_t now = top_board_now (view->board, at);
    erase ();
    draw_head (view, now);
    if (view->page == TOP_STORY)
        draw_story (view);
    else if (view->page == TOP_KEYS)
        draw_keys ();
    else {
        if (view->page == TOP_CONTACTS)
            draw_contacts (view, now);
        else
            draw_people (view, now);
        draw_feed (view->board);
    }
    draw_foot (view);
    refresh ();
}
