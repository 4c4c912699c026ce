/* verbs.c - a line of a scenario finds its verb: the first row whose pattern it matches. Unknown words fail. */
#include "replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t word_number (const char *word)
{
    char *end;
    int64_t number = strtoll (word, &end, 10);
    if (end == word || (*end && strcmp (end, "%") != 0))
        fail ("'%s' is no number", word);
    return number;
}

int64_t word_ms (const char *number, const char *unit)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {
        {"ms", 1}, {"second", MS_PER_SECOND}, {"minute", MS_PER_MINUTE}, {"hour", MS_PER_HOUR}, {"day", MS_PER_DAY}};
    size_t size = strlen (unit);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        bool plural = size == strlen (units[i].name) + 1 && unit[size - 1] == 's';
        if (strncmp (unit, units[i].name, strlen (units[i].name)) == 0 && (plural || size == strlen (units[i].name)))
            return word_number (number) * units[i].ms;
    }
    fail ("'%s' is no unit of time", unit);
}

static bool try_table (const verb_t *table, const line_t *line)
{
    taken_t taken;
    for (; table->pattern; table++) {
        if (pattern_matches (table->pattern, line->words, line->words_n, &taken)) {
            taken.block = line->block;
            table->fn (&taken);
            return true;
        }
    }
    return false;
}

void verb_do (const line_t *line)
{
    if (!try_table (verbs_do, line) && !try_table (verbs_channel, line) && !try_table (verbs_expect, line))
        fail ("nothing is known that reads '%s %s ...'; see replay --words", line->words[0],
              line->words_n > 1 ? line->words[1] : "");
}

void verbs_print (FILE *out)
{
    const verb_t *tables[] = {verbs_do, verbs_channel, verbs_expect};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        for (const verb_t *row = tables[i]; row->pattern; row++)
            fprintf (out, "%s\n", row->pattern);
    }
}
