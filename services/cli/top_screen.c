/* top_screen.c - `buckstop top` on a terminal: head, list, what happened last, and the keys.
 *
 * Hears: the view, the size of the terminal. Says: the whole screen, of which ncurses sends what changed. What is broken is
 * told by a mark as well as by its colour. Texts of others are shown as they are, but for what would be a command to the
 * terminal. 80x24 is enough; what is wider is cut, and "…" says so.
 */
#include "top_screen.h"

#include "lines.h"
#include "top_draw.h"
#include "xmalloc.h"

#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <string.h>
#include <wchar.h>

enum { LINES_MIN = 8, FEED_MIN = 3, FEED_SHARE = 5 };

static bool colours;

static attr_t look_of (int look)
{
    static const attr_t plain[] = {A_NORMAL, A_BOLD, A_BOLD, A_NORMAL, A_DIM, A_REVERSE, A_UNDERLINE};
    static const short pairs[] = {0, 1, 2, 3, 0, 0, 0};
    return plain[look] | (colours ? COLOR_PAIR (pairs[look]) : 0);
}

/* A terminal that knows how puts these around what is pasted; another passes over the request. */
static void tell_pastes (void)
{
    define_key ("\033[200~", TOP_KEY_PASTE);
    define_key ("\033[201~", TOP_KEY_PASTED);
    fputs ("\033[?2004h", stdout);
    fflush (stdout);
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
    meta (stdscr, TRUE); /* bytes of UTF-8 have eight bits */
    set_escdelay (50);
    tell_pastes ();
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
    fputs ("\033[?2004l", stdout);
    fflush (stdout);
}

int top_screen_key (void)
{
    return getch ();
}

bool top_screen_waits (void)
{
    int key = getch ();
    return key != ERR && ungetch (key) == OK;
}

/* ---- texts */

/* At most so many columns; the rest of them is blank. */
void top_put (int y, int x, int width, int look, const char *text)
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

void top_put_line (int y, int look, const char *format, ...)
{
    char text[PUT_MAX];
    va_list list;
    va_start (list, format);
    vsnprintf (text, sizeof text, format, list);
    va_end (list);
    top_put (y, 0, COLS, look, text);
}

static int feed_height (void)
{
    int height = LINES / FEED_SHARE;
    return LINES < 2 * LINES_MIN ? 0 : height < FEED_MIN ? FEED_MIN : height;
}

size_t top_screen_width (void)
{
    return (size_t)COLS;
}

size_t top_screen_list_height (void)
{
    int height = LINES - HEAD_LINES - 1 - feed_height () - 1; /* the list's head, the keys */
    return height > 1 ? (size_t)height : 1;
}

/* ---- the head */

long long top_number (const json_t *object, const char *key)
{
    return (long long)json_number (object, key);
}

static void draw_counts (const top_board_t *board, int y)
{
    const json_t *counts = json_object_get (board->board, "counts");
    top_put_line (y, top_number (counts, "broken") ? LOOK_BROKEN : LOOK_PLAIN,
                  "%lld open   BROKEN %lld   at risk %lld   queued %lld   offered %lld   owned %lld   waiting %lld",
                  top_number (counts, "open"), top_number (counts, "broken"), top_number (counts, "at_risk"),
                  top_number (counts, "queued"), top_number (counts, "offered"), top_number (counts, "owned"),
                  top_number (counts, "waiting"));
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
        double share = broken > 0 ? (double)broken / (double)most : 0;
        used += (size_t)snprintf (text + used, size - used, "%s", bars[(int)(share * (BARS - 1))]);
    }
}

static void draw_promises (const top_board_t *board, int y)
{
    enum { STEPS = 24, BAR_BYTES = 3 };
    char bars[STEPS * BAR_BYTES + 1];
    const json_t *promises = json_object_get (board->board, "promises");
    spark (json_object_get (board->board, "trend"), STEPS, bars, sizeof bars);
    top_put_line (y, LOOK_PLAIN, "today: %lld promised, %lld kept, %lld broken, %lld released   %s%s",
                  top_number (promises, "opened"), top_number (promises, "kept"), top_number (promises, "broken"),
                  top_number (promises, "released"), *bars ? "2 h " : "", bars);
}

static void draw_system (const top_board_t *board, int y)
{
    char behind[64] = "";
    const json_t *outbox = json_object_get (board->pulse, "outbox");
    const char *store = json_text (board->pulse, "store");
    bool well = strcmp (store, "ready") == 0;
    long long behind_ms = top_number (board->pulse, "behind_ms");
    if (behind_ms > MS_PER_SECOND)
        snprintf (behind, sizeof behind, "   BEHIND %lld s", behind_ms / MS_PER_SECOND);
    if (!board->pulse)
        top_put_line (y, LOOK_DIM, "system: nothing was said yet");
    else
        top_put_line (y, well && !*behind ? LOOK_DIM : LOOK_BROKEN,
                      "store %s   lateness %lld ms   outbox %lld waiting, oldest %lld s, %lld dead%s", store,
                      top_number (board->pulse, "lateness_ms"), top_number (outbox, "waiting"),
                      top_number (outbox, "oldest_s"), top_number (outbox, "dead"), behind);
}

static void draw_head (const top_view_t *view, wall_ms_t now)
{
    char at[CLI_TIME_SIZE];
    const char *workspace = json_text (view->board->board, "workspace");
    bool well = !*view->trouble;
    top_put_line (0, LOOK_BAR, " buckstop top   %s   %s   %s", *workspace ? workspace : view->console,
                  cli_time (now, at),
                  !well                ? view->trouble
                  : view->board->board ? "live"
                                       : "connecting");
    if (!view->board->board)
        return;
    draw_counts (view->board, 1);
    draw_promises (view->board, 2);
    draw_system (view->board, 3);
}

/* ---- the rest */

static void draw_feed (const top_board_t *board)
{
    int height = feed_height (), y = LINES - 1 - height;
    for (int i = 0; i < height; i++) {
        size_t back = (size_t)(height - i);
        top_put_line (y + i, LOOK_DIM, "%s", back <= board->feed_n ? board->feed[board->feed_n - back] : "");
    }
}

size_t top_screen_text_height (void)
{
    return LINES > 2 ? (size_t)LINES - 2 : 0;
}

static void draw_text (top_view_t *view)
{
    size_t height = top_screen_text_height ();
    if (view->line + height > view->lines_n)
        view->line = view->lines_n > height ? view->lines_n - height : 0;
    for (size_t i = 0; i < height; i++) {
        size_t at = view->line + i;
        top_put_line (1 + (int)i, LOOK_PLAIN, "%s", at < view->lines_n ? view->lines[at] : "");
    }
}

void top_screen_draw (top_view_t *view, mono_ms_t at)
{
    wall_ms_t now = top_board_now (view->board, at);
    erase ();
    draw_head (view, now);
    if (view->page == TOP_STORY || view->page == TOP_KEYS)
        draw_text (view);
    else {
        if (view->page == TOP_PEOPLE)
            top_draw_people (view, now);
        else
            top_draw_contacts (view, now);
        draw_feed (view->board);
    }
    top_draw_foot (view);
    refresh ();
}
