/* log.c - one line a fact, on standard error: text for a person at a terminal, JSON for machines.
 *
 *     2026-03-02 09:30:05.123 notice  intake 01HV... offered to=ada why="skill fit"
 *
 * Nothing that is logged can forge a line: control characters are escaped, JSON is jansson's. A line goes out
 * in one write, and only when it does not block: when nobody reads, lines are dropped and the next one that
 * goes says how many.
 * Limits: PAIRS_MAX pairs a line; a value is cut at VALUE_MAX bytes, a line at LINE_MAX_ (what a pipe takes at once).
 */
#include "log.h"

#include "clock.h"
#include "ids.h"
#include "wire.h"
#include "xmalloc.h"

#include <jansson.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* A byte takes at most six in JSON: below CERTAINLY_FITS nothing needs to be counted. CUT_MARK: room for `cut`
 * and the number of dropped lines. */
enum { LINE_MAX_ = 4096, VALUE_MAX = 512, STAMP_MAX = 32, CERTAINLY_FITS = 500, CUT_MARK = 64, PAIRS_MAX = 32 };

typedef struct pair {
    const char *key, *value; /* key NULL: the end */
} pair_t;

static struct {
    const char *service;
    bool json;
    log_level_t level;
    unsigned long long dropped; /* lines, since the last that went out */
} settings = {"", false, LOG_INFO_, 0};

static const char *const level_names[] = {"error", "warning", "notice", "info", "debug"};
enum { LEVELS = sizeof level_names / sizeof *level_names };

bool log_level_parse (const char *word, log_level_t *level)
{
    for (size_t i = 0; i < LEVELS; i++)
        if (strcmp (word, level_names[i]) == 0) {
            *level = (log_level_t)i;
            return true;
        }
    return false;
}

void log_open (const char *service, bool json, log_level_t level)
{
    settings.service = service;
    settings.json = json;
    settings.level = level;
}

const char *log_level_word (log_level_t level)
{
    return (size_t)level < LEVELS ? level_names[level] : "?";
}

void log_set_level (log_level_t level)
{
    settings.level = level;
}

log_level_t log_get_level (void)
{
    return settings.level;
}

bool log_wants (log_level_t level)
{
    return level <= settings.level;
}

static const char *stamp (char buffer[STAMP_MAX], bool utc)
{
    wall_ms_t now = clock_wall ();
    time_t seconds = now / MS_PER_SECOND;
    struct tm parts;
    if (utc)
        gmtime_r (&seconds, &parts);
    else
        localtime_r (&seconds, &parts);
    size_t n = strftime (buffer, STAMP_MAX, utc ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &parts);
    snprintf (buffer + n, STAMP_MAX - n, ".%03d%s", (int)(now % MS_PER_SECOND), utc ? "Z" : "");
    return buffer;
}

static void write_line (const char *line, size_t size)
{
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll (&ready, 1, 0) != 1 || write (STDERR_FILENO, line, size) < 0)
        settings.dropped++;
    else
        settings.dropped = 0;
}

/* --- text -------------------------------------------------------------------------------------------- */

static bool needs_quotes (const char *value)
{
    for (const char *at = value; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == '"' || *at == '=' || *at == '\\' || *at == 0x7f)
            return true;
    return *value == 0;
}

/* Bytes above ASCII pass when the whole is UTF-8. */
static void text_value (FILE *out, const char *value)
{
    size_t size = strnlen (value, VALUE_MAX);
    bool quoted = needs_quotes (value), utf8 = utf8_valid (value, strlen (value));
    if (quoted)
        fputc ('"', out);
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)value[i];
        bool c1 = byte == 0xc2 && (unsigned char)value[i + 1] < 0xa0;
        if (c1) /* U+0080 to U+009F: a terminal may obey them */
            fprintf (out, "\\x%02x", (unsigned char)value[++i]);
        else if (byte < ' ' || byte == 0x7f || (byte >= 0x80 && !utf8))
            fprintf (out, "\\x%02x", byte);
        else if (byte == '"' || byte == '\\')
            fprintf (out, "\\%c", byte);
        else
            fputc (byte, out);
    }
    if (value[size])
        fputs ("...", out);
    if (quoted)
        fputc ('"', out);
}

static void text_line (FILE *out, log_level_t level, const char *subject, const char *fact, const pair_t *pairs)
{
    char at[STAMP_MAX];
    fprintf (out, "%s %-7s %s ", stamp (at, false), level_names[level], settings.service);
    if (subject && *subject) {
        text_value (out, subject);
        fputc (' ', out);
    }
    fputs (fact, out);
    for (; pairs->key; pairs++) {
        fprintf (out, " %s=", pairs->key);
        text_value (out, pairs->value);
    }
    if (settings.dropped)
        fprintf (out, " log_lines_dropped=%llu", settings.dropped);
}

/* --- JSON -------------------------------------------------------------------------------------------- */

/* Always a string: what is no UTF-8 has its upper bytes replaced. */
static json_t *json_value (const char *value)
{
    size_t size = strnlen (value, VALUE_MAX);
    while (value[size] && size && ((unsigned char)value[size] & 0xc0) == 0x80)
        size--; /* not in the middle of a character */
    json_t *string = json_stringn (value, size);
    if (string)
        return string;
    char copy[VALUE_MAX];
    for (size_t i = 0; i < size; i++)
        copy[i] = (unsigned char)value[i] < 0x80 ? value[i] : '?';
    return json_stringn (copy, size);
}

static void json_line (FILE *out, log_level_t level, const char *subject, const char *fact, const pair_t *pairs)
{
    char at[STAMP_MAX];
    bool contact = subject && id_valid (subject);
    json_t *line =
        json_pack ("{s:s, s:s, s:s, s:o, s:s}", "at", stamp (at, true), "level", level_names[level], "service",
                   settings.service, "subject", json_value (subject ? subject : ""), "fact", fact);
    if (contact) /* by a name of its own: a pair may be called subject, and a person or workspace is one, too */
        json_object_set_new (line, "contact", json_string (subject));
    size_t size = STAMP_MAX + strlen (fact) + (contact ? ID_SIZE : 0);
    for (; pairs->key; pairs++) {
        size += strlen (pairs->key) + strnlen (pairs->value, VALUE_MAX);
        json_object_set_new (line, pairs->key, json_value (pairs->value));
        if (size > CERTAINLY_FITS && json_dumpb (line, NULL, 0, JSON_COMPACT) > LINE_MAX_ - CUT_MARK) {
            json_object_del (line, pairs->key);
            json_object_set_new (line, "cut", json_true ());
        }
    }
    if (settings.dropped)
        json_object_set_new (line, "log_lines_dropped", json_integer ((json_int_t)settings.dropped));
    json_dumpf (line, out, JSON_COMPACT);
    json_decref (line);
}

void log_fact (log_level_t level, const char *subject, const char *fact, ...)
{
    if (!log_wants (level))
        return;
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream (&line, &size);
    if (!out)
        abort ();
    pair_t pairs[PAIRS_MAX + 1];
    size_t n = 0;
    va_list list;
    va_start (list, fact);
    for (const char *key; n < PAIRS_MAX && (key = va_arg (list, const char *)); n++) {
        const char *value = va_arg (list, const char *);
        pairs[n] = (pair_t){key, value ? value : ""};
    }
    va_end (list);
    pairs[n] = (pair_t){NULL, NULL};
    if (settings.json)
        json_line (out, level, subject, fact, pairs);
    else
        text_line (out, level, subject, fact, pairs);
    fputc ('\n', out);
    fclose (out);
    if (size > LINE_MAX_) {
        size = LINE_MAX_;
        line[size - 1] = '\n';
    }
    write_line (line, size);
    free (line);
}
