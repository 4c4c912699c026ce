/* log.c (fake) - keeps every line for the test to read: "notice CONTACT offered to=ada". */
#include "log.h"
#include "world.h"

#include "xmalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static char **lines;
static size_t lines_n;
static bool echo, mute;
static log_level_t set = LOG_NOTICE_;
static const char *const levels[] = {"error", "warning", "notice", "info", "debug"};

void world_reset_log (void)
{
    for (size_t i = 0; i < lines_n; i++)
        free (lines[i]);
    free (lines);
    lines = NULL;
    lines_n = 0;
}

size_t fake_log_lines (void)
{
    return lines_n;
}

const char *fake_log_line (size_t index)
{
    return index < lines_n ? lines[index] : NULL;
}

size_t fake_log_count (const char *words)
{
    size_t n = 0;
    for (size_t i = 0; i < lines_n; i++)
        n += strstr (lines[i], words) != NULL;
    return n;
}

void fake_log_echo (bool on)
{
    echo = on;
}

void fake_log_mute (bool on)
{
    mute = on;
}

void log_open (const char *service, bool json, log_level_t level)
{
    (void)service, (void)json, (void)level;
}

/* Lines that are made only when somebody wants them: nobody here. */
bool log_wants (log_level_t level)
{
    return level <= LOG_NOTICE_;
}

const char *log_level_word (log_level_t level)
{
    return levels[level];
}

void log_set_level (log_level_t level)
{
    set = level;
}

log_level_t log_get_level (void)
{
    return set;
}

void log_fact (log_level_t level, const char *subject, const char *fact, ...)
{
    char *line = NULL;
    size_t size = 0;
    if (mute && !echo)
        return;
    FILE *out = open_memstream (&line, &size);
    if (!out)
        abort ();
    fprintf (out, "%s %s %s", levels[level], subject ? subject : "", fact);
    va_list pairs;
    va_start (pairs, fact);
    for (const char *key = va_arg (pairs, const char *); key; key = va_arg (pairs, const char *)) {
        const char *value = va_arg (pairs, const char *);
        fprintf (out, " %s=%s", key, value ? value : "");
    }
    va_end (pairs);
    fclose (out);
    if (echo)
        fprintf (stderr, "%10.3f %s\n", (double)world_mono () / 1000, line);
    lines = xrealloc (lines, (lines_n + 1) * sizeof *lines);
    lines[lines_n++] = line;
}

bool log_level_parse (const char *word, log_level_t *level)
{
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (strcasecmp (word, levels[i]) == 0) {
            *level = (log_level_t)i;
            return true;
        }
    }
    return false;
}
