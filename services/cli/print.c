/* print.c - output for people: times in words, tables whose columns are aligned.
 *
 * Widths count characters, not bytes, so that names in other scripts do not shift a column (double-width ones do).
 */
#include "cli.h"

#include "values.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { CELL_MAX = 76, LAST_LEAST = 16 /* before more is left out */, LAST_MIN = 4 };
#define HIDDEN SIZE_MAX

void cli_print_json (const json_t *value)
{
    json_dumpf (value, stdout, JSON_INDENT (2) | JSON_PRESERVE_ORDER);
    fputc ('\n', stdout);
}

const char *cli_time (wall_ms_t at, char text[CLI_TIME_SIZE])
{
    struct tm parts;
    time_t seconds = (time_t)(at / MS_PER_SECOND);
    if (at <= 0 || at == TIME_NEVER || !localtime_r (&seconds, &parts) ||
        !strftime (text, CLI_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &parts))
        snprintf (text, CLI_TIME_SIZE, "-");
    return text;
}

const char *cli_span (int64_t ms, char text[CLI_TIME_SIZE])
{
    if (ms < 10 * MS_PER_SECOND)
        snprintf (text, CLI_TIME_SIZE, "%.1f s", (double)ms / MS_PER_SECOND);
    else if (ms < 2 * MS_PER_MINUTE)
        snprintf (text, CLI_TIME_SIZE, "%" PRId64 " s", (int64_t)(ms / MS_PER_SECOND));
    else if (ms < 2 * MS_PER_HOUR)
        snprintf (text, CLI_TIME_SIZE, "%" PRId64 " min", (int64_t)(ms / MS_PER_MINUTE));
    else if (ms < 2 * MS_PER_DAY)
        snprintf (text, CLI_TIME_SIZE, "%" PRId64 " h %02d min", (int64_t)(ms / MS_PER_HOUR),
                  (int)(ms / MS_PER_MINUTE % 60));
    else
        snprintf (text, CLI_TIME_SIZE, "%" PRId64 " days", (int64_t)(ms / MS_PER_DAY));
    return text;
}

const char *cli_in (wall_ms_t at, wall_ms_t now, char text[CLI_TIME_SIZE])
{
    char span[CLI_TIME_SIZE];
    if (at <= 0 || at == TIME_NEVER)
        snprintf (text, CLI_TIME_SIZE, "-");
    else if (at >= now)
        snprintf (text, CLI_TIME_SIZE, "in %.20s", cli_span (at - now, span));
    else
        snprintf (text, CLI_TIME_SIZE, "%.20s ago", cli_span (now - at, span));
    return text;
}

size_t cli_width (void)
{
    struct winsize size;
    return isatty (STDOUT_FILENO) && ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

wall_ms_t cli_time_parse (const char *rfc3339)
{
    struct tm parts = {0};
    const char *rest = rfc3339 ? strptime (rfc3339, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;
    if (!rest)
        return 0;
    int64_t ms = 0;
    for (int unit = 100, i = 1; *rest == '.' && unit > 0 && rest[i] >= '0' && rest[i] <= '9'; unit /= 10, i++)
        ms += (int64_t)unit * (rest[i] - '0');
    return (wall_ms_t)timegm (&parts) * MS_PER_SECOND + ms;
}

int64_t cli_duration_parse (const char *text)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1},          {"s", MS_PER_SECOND}, {"m", MS_PER_MINUTE}, {"min", MS_PER_MINUTE},
                 {"h", MS_PER_HOUR}, {"d", MS_PER_DAY}};
    char *end = NULL;
    long long number = strtoll (text, &end, 10);
    if (end == text || number < 0 || number > 1000000)
        return -1;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp (units[i].unit, end) == 0)
            return number * units[i].ms;
    return -1;
}

struct table {
    const char *const *heads;
    size_t columns;
    char **cells; /* row by row */
    size_t rows;
    size_t whole_from; /* columns */
    size_t width;      /* table_fit; 0: any */
    const size_t *spare;
    size_t spare_n;
};

table_t *table_new (const char *const *heads)
{
    table_t *self = xcalloc (1, sizeof *self);
    self->heads = heads;
    while (heads[self->columns])
        self->columns++;
    self->whole_from = self->columns;
    return self;
}

static size_t width_of (const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

void table_fit (table_t *self, size_t width, const size_t *spare, size_t spare_n)
{
    self->width = width;
    self->spare = spare;
    self->spare_n = spare_n;
}

void table_whole_from (table_t *self, size_t column)
{
    self->whole_from = column;
}

/* U+0080 to U+009F: commands to a terminal, too. */
static bool is_c1 (const char *text)
{
    unsigned char lead = (unsigned char)text[0], next = (unsigned char)text[1];
    return lead == 0xc2 && next >= 0x80 && next < 0xa0;
}

/* One line, at most `most` characters: line ends become spaces, what is no UTF-8 '?'; the cut is shown. */
static char *cell_of (const char *text, size_t most)
{
    char *cell = xcalloc (strlen (text) + sizeof "…", 1);
    size_t used = 0, width = 0;
    for (; *text; text++) {
        bool begins = ((unsigned char)*text & 0xc0) != 0x80;
        if (begins && ++width > most) {
            memcpy (cell + used, "…", sizeof "…");
            break;
        }
        bool c1 = is_c1 (text);
        cell[used++] = c1 || (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text;
        text += c1;
    }
    text_repair (cell);
    return cell;
}

void table_row (table_t *self, ...)
{
    va_list list;
    va_start (list, self);
    self->cells = xrealloc (self->cells, (self->rows + 1) * self->columns * sizeof *self->cells);
    bool ended = false;
    for (size_t i = 0; i < self->columns; i++) {
        const char *text = ended ? NULL : va_arg (list, const char *);
        ended = !text;
        bool whole = i >= self->whole_from;
        self->cells[self->rows * self->columns + i] = cell_of (text ? text : "", whole ? SIZE_MAX : CELL_MAX);
    }
    self->rows++;
    va_end (list);
}

static void print_cell (FILE *out, const char *text, size_t width, bool last)
{
    char *cut = width_of (text) > width ? cell_of (text, width - 1) : NULL;
    fputs (cut ? cut : text, out);
    free (cut);
    if (last)
        return;
    for (size_t n = width_of (text); n < width + 2; n++)
        fputc (' ', out);
}

/* Of all columns that are shown but the last, with the space between. */
static size_t width_before_last (const table_t *self, const size_t *widths)
{
    size_t sum = 0;
    for (size_t i = 0; i + 1 < self->columns; i++)
        sum += widths[i] == HIDDEN ? 0 : widths[i] + 2;
    return sum;
}

/* Leaves out what is spare until the last column has its least; then that one is cut. */
static void fit (const table_t *self, size_t *widths)
{
    size_t *last = &widths[self->columns - 1], least = *last < LAST_LEAST ? *last : LAST_LEAST;
    if (!self->width)
        return;
    for (size_t i = 0; i < self->spare_n && width_before_last (self, widths) + least > self->width; i++)
        widths[self->spare[i]] = HIDDEN;
    size_t before = width_before_last (self, widths);
    size_t room = before + LAST_MIN < self->width ? self->width - before : LAST_MIN;
    *last = *last < room ? *last : room;
}

void table_print (table_t *self, FILE *out)
{
    size_t *widths = xcalloc (self->columns, sizeof *widths);
    for (size_t i = 0; i < self->columns; i++) {
        widths[i] = width_of (self->heads[i]);
        for (size_t row = 0; row < self->rows; row++) {
            size_t width = width_of (self->cells[row * self->columns + i]);
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
    fit (self, widths);
    for (size_t row = 0; self->rows > 0 && row <= self->rows; row++) {
        for (size_t i = 0; i < self->columns; i++)
            if (widths[i] != HIDDEN)
                print_cell (out, row == 0 ? self->heads[i] : self->cells[(row - 1) * self->columns + i], widths[i],
                            i + 1 == self->columns);
        fputc ('\n', out);
    }
    free (widths);
}

void table_destroy (table_t **self_p)
{
    table_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    for (size_t i = 0; i < self->rows * self->columns; i++)
        free (self->cells[i]);
    free (self->cells);
    free (self);
}
