/* text.c - scenario files: words and "quoted words", # comments, blocks between << and >>. */
#include "replay.h"

#include "xmalloc.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

static char *read_file (const char *path)
{
    FILE *file = fopen (path, "r");
    if (!file) {
        fprintf (stderr, "%s: %s\n", path, strerror (errno));
        exit (2);
    }
    char *text = NULL;
    size_t size = 0;
    if (getdelim (&text, &size, 0, file) < 0)
        text[0] = 0;
    fclose (file);
    return text;
}

/* One word from *at on, without its quotes; NULL: the line is over. */
static char *next_word (const char **at, const char *path, int number)
{
    const char *c = *at + strspn (*at, " \t");
    if (!*c || *c == '#')
        return NULL;
    char *word = xcalloc (strlen (c) + 1, 1), *to = word;
    bool quoted = false;
    for (; *c && (quoted || !isspace ((unsigned char)*c)); c++) {
        if (*c == '"')
            quoted = !quoted;
        else if (*c == '\\' && c[1] == 'n')
            *to++ = '\n', c++;
        else
            *to++ = *c;
    }
    if (quoted) {
        fprintf (stderr, "%s:%d: a quote is left open\n", path, number);
        exit (2);
    }
    *at = c;
    return word;
}

static void split (line_t *line, const char *text, const char *path)
{
    for (char *word; (word = next_word (&text, path, line->number));) {
        if (line->words_n == WORDS_MAX) {
            fprintf (stderr, "%s:%d: too many words\n", path, line->number);
            exit (2);
        }
        line->words[line->words_n++] = word;
    }
}

/* The lines up to ">>", joined. */
static char *read_block (char **rest, int *number)
{
    char *block = xstrdup ("");
    for (char *text; (text = strsep (rest, "\n"));) {
        ++*number;
        if (strcmp (text, ">>") == 0)
            break;
        char *longer = NULL;
        if (asprintf (&longer, "%s%s\n", block, text) < 0)
            abort ();
        free (block);
        block = longer;
    }
    return block;
}

static void add_line (script_t *self, line_t line, char **rest, int *number)
{
    if (strcmp (line.words[line.words_n - 1], "<<") == 0) {
        free (line.words[--line.words_n]);
        line.block = read_block (rest, number);
    }
    self->lines = xrealloc (self->lines, (self->n + 1) * sizeof *self->lines);
    self->lines[self->n++] = line;
}

script_t *script_read (const char *path)
{
    script_t *self = xcalloc (1, sizeof *self);
    self->path = xstrdup (path);
    char *all = read_file (path), *rest = all;
    int number = 0;
    for (char *text; (text = strsep (&rest, "\n"));) {
        number++;
        line_t line = {.number = number};
        split (&line, text, path);
        if (line.words_n == 2 && strcmp (line.words[0], "guard") == 0) {
            snprintf (self->guard, sizeof self->guard, "%s", line.words[1]);
            free (line.words[0]);
            free (line.words[1]);
        } else if (line.words_n)
            add_line (self, line, &rest, &number);
    }
    free (all);
    return self;
}

void script_destroy (script_t **self_p)
{
    script_t *self = *self_p;
    for (size_t i = 0; self && i < self->n; i++) {
        for (size_t w = 0; w < self->lines[i].words_n; w++)
            free (self->lines[i].words[w]);
        free (self->lines[i].block);
    }
    if (self) {
        free (self->lines);
        free (self->path);
        free (self);
    }
    *self_p = NULL;
}

static bool is_option (const char *word)
{
    size_t size = strspn (word, "abcdefghijklmnopqrstuvwxyz_");
    return size && word[size] == '=';
}

bool pattern_matches (const char *pattern, char *const *words, size_t n, taken_t *taken)
{
    *taken = (taken_t){.n = 0};
    size_t at = 0;
    while (*pattern) {
        size_t size = strcspn (pattern, " ");
        if (strncmp (pattern, "...", 3) == 0) {
            for (; at < n; at++) {
                if (!is_option (words[at]) || taken->options_n == OPTIONS_MAX)
                    return false;
                taken->options[taken->options_n++] = words[at];
            }
        } else if (at == n)
            return false;
        else if (isupper ((unsigned char)*pattern))
            taken->words[taken->n++] = words[at++];
        else if (strlen (words[at]) != size || strncmp (words[at++], pattern, size) != 0)
            return false;
        pattern += size + (pattern[size] == ' ');
    }
    return at == n;
}

const char *option_of (const taken_t *taken, const char *key)
{
    size_t size = strlen (key);
    for (size_t i = 0; i < taken->options_n; i++) {
        if (strncmp (taken->options[i], key, size) == 0 && taken->options[i][size] == '=')
            return taken->options[i] + size + 1;
    }
    return NULL;
}
