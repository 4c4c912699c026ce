/* watch_fold.c - the like of one minute as one line, so that a far side that is dead does not fill the screen.
 *
 * Hears: events, one after the other; that time passes. Says: what is printed as it stands; after a minute one line that
 * says how many more there were. As long as they go on that is a line a minute; of a timeline, which is not followed, it
 * is one line until something else happens. Nothing is left out without its number.
 * Limits: FOLD_GROUPS reasons at a time, what is beyond is printed as it stands.
 */
#include "watch_fold.h"

#include "clock.h"
#include "words.h"

#include <ctype.h>
#include <string.h>

typedef struct fold_row {
    const char *fact, *words;
} fold_row_t;

static const fold_row_t rows[] = {{"delivery_retried", "a delivery is tried again"},
                                  {"delivery_held", "a notice is held"}};

static const fold_row_t *row_of (const json_t *fact)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp (rows[i].fact, json_text (fact, "fact")) == 0)
            return &rows[i];
    return NULL;
}

/* ---- what is alike */

/* "notice by mail: WHY": the purpose and the person differ, the way and why do not. NULL: somebody did it. */
static const char *reason_of (const json_t *fact)
{
    const char *by = strstr (json_text (fact, "detail"), " by ");
    return by && !*json_text (fact, "by") ? by + 1 : NULL;
}

/* "after 17 ms" is another time each time. */
static void without_ms (const char *reason, char like[DETAIL_SIZE])
{
    char *to = like;
    for (; *reason && to < like + DETAIL_SIZE - 1; reason++) {
        size_t digits = strspn (reason, "0123456789");
        if (digits && strncmp (reason + digits, " ms", 3) == 0)
            reason += digits;
        *to++ = *reason;
    }
    *to = '\0';
}

static fold_group_t *find (watch_fold_t *self, const char *fact, const char *like)
{
    for (size_t i = 0; i < FOLD_GROUPS; i++) {
        fold_group_t *group = &self->groups[i];
        if (group->fact == fact && strcmp (group->like, like) == 0)
            return group;
    }
    return NULL;
}

static fold_group_t *free_place (watch_fold_t *self)
{
    for (size_t i = 0; i < FOLD_GROUPS; i++)
        if (!self->groups[i].fact)
            return &self->groups[i];
    return NULL;
}

/* ---- lines */

static void print_group (const fold_group_t *group, bool runs, const line_style_t *style, FILE *out)
{
    char since[CLI_TIME_SIZE], line[2 * DETAIL_SIZE];
    const char *words = "";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        words = rows[i].fact == group->fact ? rows[i].words : words;
    snprintf (line, sizeof line, "%s: %u more since %s, %s (%s--all shows each)", words, group->more,
              lines_clock (group->first, since), group->reason, runs ? "show " : "");
    lines_note (group->last, line, style, out);
}

/* After a minute without any the next one is new again. */
static void end_minute (fold_group_t *group, bool runs, mono_ms_t now, const line_style_t *style, FILE *out)
{
    if (!group->more) {
        *group = (fold_group_t){NULL};
        return;
    }
    print_group (group, runs, style, out);
    group->more = 0;
    group->first = group->last;
    group->until = now + MS_PER_MINUTE;
}

static void end_minutes (watch_fold_t *self, wall_ms_t at, mono_ms_t now, const line_style_t *style, FILE *out)
{
    for (size_t i = 0; i < FOLD_GROUPS; i++) {
        fold_group_t *group = &self->groups[i];
        bool over = !self->runs && (now >= group->until || at >= group->first + MS_PER_MINUTE);
        if (group->fact && (over || at == TIME_NEVER))
            end_minute (group, self->runs, now, style, out);
    }
}

void watch_fold_print (watch_fold_t *self, mono_ms_t now, bool all, const line_style_t *style, FILE *out)
{
    end_minutes (self, all ? TIME_NEVER : clock_wall (), now, style, out);
}

bool watch_fold_take (watch_fold_t *self, const json_t *event, mono_ms_t now, const line_style_t *style, FILE *out)
{
    char like[DETAIL_SIZE];
    const json_t *facts = json_object_get (event, "facts"), *fact = json_array_get (facts, 0);
    const fold_row_t *row = json_array_size (facts) == 1 ? row_of (fact) : NULL;
    const char *reason = row ? reason_of (fact) : NULL;
    wall_ms_t at = cli_time_parse (json_text (fact, "at"));
    end_minutes (self, self->runs && !reason ? TIME_NEVER : at, now, style, out);
    if (!reason)
        return false;
    without_ms (reason, like);
    fold_group_t *group = find (self, row->fact, like);
    if (group) {
        group->more++;
        group->last = at;
        return true;
    }
    group = free_place (self);
    if (!group)
        return false;
    *group = (fold_group_t){.fact = row->fact, .first = at, .last = at, .until = now + MS_PER_MINUTE};
    memcpy (group->like, like, sizeof group->like);
    WORD_COPY (group->reason, reason);
    return false;
}
