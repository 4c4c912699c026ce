/* options_meant.c - an option that is none: which of the program's was perhaps meant.
 *
 * Hears: the tables, what was given. Says: "did you mean --to-person, --to-team? ", to put behind a refusal; nothing when
 * none begins so, and none is near. */
#include "options.h"
#include "policy_yaml.h"

#include <string.h>

enum { NAMES_MAX = 96 };

void options_meant (const options_t *self, const char *given, FILE *out)
{
    const char *names[NAMES_MAX], *before = "did you mean --";
    char word[OPTIONS_NAME_SIZE];
    size_t n = 0, length;
    given += strspn (given, "-");
    snprintf (word, sizeof word, "%.*s", (int)strcspn (given, "="), given);
    length = strlen (word);
    for (const param_t *row; length && n < NAMES_MAX && (row = options_row (self, n)); n++) {
        names[n] = row->name;
        if (strncmp (row->name, word, length) != 0)
            continue;
        fprintf (out, "%s%s", before, row->name);
        before = ", --";
    }
    const char *near = *before == 'd' ? yaml_nearest (word, names, n, sizeof *names) : NULL;
    if (near)
        fprintf (out, "%s%s", before, near);
    if (near || *before == ',')
        fputs ("? ", out);
}
