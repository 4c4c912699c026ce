/* watch_print.c - the events that `buckstop watch` prints.
 *
 * Hears: events that are wanted, one after the other. Says: JSON, an event a line; or lines that people read, with the
 * day where it changes, and the like of a minute folded. Colours on a terminal that has them.
 */
#include "watch_print.h"

#include "clock.h"

#include <stdlib.h>
#include <unistd.h>

void watch_print_begin (watch_print_t *self, bool json, bool each)
{
    self->json = json;
    self->each = each;
    self->style = (line_style_t){.contact = true, .color = isatty (STDOUT_FILENO) && !getenv ("NO_COLOR")};
    lines_today (self->day);
}

void watch_print_event (watch_print_t *self, const json_t *event)
{
    if (self->json) {
        json_dumpf (event, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        fputc ('\n', stdout);
        return;
    }
    const char *day = lines_new_day (event, self->day);
    if (day)
        printf ("%s\n", day);
    if (self->each || !watch_fold_take (&self->fold, event, clock_mono (), &self->style, stdout))
        lines_print (event, &self->style, stdout);
}

void watch_print_counted (watch_print_t *self, bool all)
{
    watch_fold_print (&self->fold, clock_mono (), all, &self->style, stdout);
}
