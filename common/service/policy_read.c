/* policy_read.c - reads a policy and the files that it uses.
 *
 * Hears: a path. Says: one text that is whole, as it is stored, or which file can't be read. What is wrong with its words
 * is said by who parses it.
 *
 * Limits: files are read on the spot: they are small, local, and read only when a person asks for it. */
#include "policy_read.h"

#include "policy.h"
#include "xmalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

char *policy_read_file (const char *path, size_t *size, char why[PARAM_WHY_SIZE])
{
    bool standard = strcmp (path, "-") == 0;
    FILE *file = standard ? stdin : fopen (path, "re");
    if (!file) {
        snprintf (why, PARAM_WHY_SIZE, "%.200s: %s", path, strerror (errno));
        return NULL;
    }
    char *text = xmalloc (POLICY_FILE_MAX + 2);
    errno = 0;
    *size = fread (text, 1, POLICY_FILE_MAX + 1, file);
    int error = ferror (file) ? errno ? errno : EIO : 0; /* EISDIR, for one */
    if (!standard)
        fclose (file);
    text[*size] = '\0';
    if (!error && *size <= POLICY_FILE_MAX)
        return text;
    if (error)
        snprintf (why, PARAM_WHY_SIZE, "%.200s: it can't be read: %s", path, strerror (error));
    else
        snprintf (why, PARAM_WHY_SIZE, "%.200s: larger than %d bytes", path, (int)POLICY_FILE_MAX);
    free (text);
    return NULL;
}

/* Relative to the policy's directory. */
static char *path_of (const char *policy, const char *file)
{
    const char *slash = strcmp (policy, "-") == 0 ? NULL : strrchr (policy, '/');
    size_t length = *file == '/' || !slash ? 0 : (size_t)(slash - policy) + 1, size = length + strlen (file) + 1;
    char *path = xmalloc (size);
    snprintf (path, size, "%.*s%s", (int)length, policy, file);
    return path;
}

/* The text with that file behind it; takes the text. Without it, and one more error, if it can't be read. */
static char *append (char *text, size_t *size, const char *policy, const char *name, policy_errors_t *missing)
{
    char *path = path_of (policy, name), *whole = text, no[PARAM_WHY_SIZE];
    size_t used_size;
    char *used = policy_read_file (path, &used_size, no);
    if (used) {
        whole = policy_append_used (text, *size, name, used, used_size, size);
        free (text);
    } else
        policy_uses_fail (text, *size, name, no, missing);
    free (used);
    free (path);
    return whole;
}

static char *append_all (const char *path, char *text, size_t *size, policy_errors_t *missing)
{
    char **names = text ? policy_uses (text, *size) : NULL;
    for (size_t i = 0; names && names[i]; i++) {
        text = append (text, size, path, names[i], missing);
        free (names[i]);
    }
    free (names);
    return text;
}

char *policy_read_used (const char *path, char *text, size_t *size, char why[PARAM_WHY_SIZE])
{
    policy_errors_t missing = {0};
    text = append_all (path, text, size, &missing);
    if (missing.n) {
        const policy_error_t *first = &missing.items[0];
        snprintf (why, PARAM_WHY_SIZE, "%.200s:%d:%d: %s", path, first->line, first->column, first->what);
        free (text);
        text = NULL;
    }
    policy_errors_clear (&missing);
    return text;
}

char *policy_read (const char *path, size_t *size, char why[PARAM_WHY_SIZE])
{
    return policy_read_used (path, policy_read_file (path, size, why), size, why);
}

char *policy_read_parts (const char *path, size_t *size, policy_errors_t *missing, char why[PARAM_WHY_SIZE])
{
    return append_all (path, policy_read_file (path, size, why), size, missing);
}

const char *policy_place_words (const char *path, const char *text, size_t size, const policy_error_t *error,
                                char words[POLICY_PLACE_SIZE])
{
    char file[ADDRESS_SIZE];
    int line;
    if (policy_place (text, size, error->line, file, &line))
        snprintf (words, POLICY_PLACE_SIZE, "%s:%d:%d", file, line, error->column);
    else
        snprintf (words, POLICY_PLACE_SIZE, "%.500s:%d:%d", path, error->line, error->column);
    return words;
}

const policy_error_t *policy_read_known (const policy_errors_t *missing, const policy_error_t *place)
{
    for (size_t i = 0; i < missing->n; i++)
        if (missing->items[i].line == place->line && missing->items[i].column == place->column)
            return &missing->items[i];
    return place;
}
