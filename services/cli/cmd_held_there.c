/* cmd_held_there.c - which names there are, for a filter of `buckstop held` that fits no notice.
 *
 * Hears: the notices that wait. Says: of each filter whose name none of them has: which they have, and which was meant. */
#include "cmd_held.h"

#include "meant.h"
#include "xmalloc.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 20 };

static const char *const words[HELD_FILTERS] = {
    [HELD_PERSON] = "person", [HELD_WAY] = "way", [HELD_PURPOSE] = "purpose", [HELD_CHANNEL] = "channel"};

static const char *wanted (const held_command_t *self, held_filter_t filter)
{
    const char *const all[HELD_FILTERS] = {self->person, self->way, self->purpose, self->channel};
    return all[filter];
}

void held_there_add (held_command_t *self, const delivery_t *delivery)
{
    const char *const names[HELD_FILTERS] = {delivery->person, way_name (delivery->way),
                                             purpose_name (delivery->purpose), delivery->channel};
    for (int i = 0; i < HELD_FILTERS; i++) {
        self->there[i] = self->there[i] ? self->there[i] : json_object ();
        if (*names[i])
            json_object_set_new (self->there[i], names[i], json_true ());
    }
}

static void say (const char *what, const char *name, json_t *there)
{
    const char **rows = xcalloc (json_object_size (there) + 1, sizeof *rows), *key;
    char meant[WORD_MEANT_SIZE];
    size_t n = 0;
    json_t *value;
    json_object_foreach (there, key, value)
    {
        rows[n++] = key;
    }
    qsort (rows, n, sizeof *rows, row_by_name);
    const char *near = word_nearest (name, rows, n, sizeof *rows);
    fprintf (stderr, "-- no notice here has the %s '%s'%s\n", what, name, word_meant (near, meant));
    for (size_t i = 0; i < n && i < SHOWN_MAX; i++)
        fprintf (stderr, "%s%s", i ? ", " : "   there are: ", rows[i]);
    if (n > SHOWN_MAX)
        fprintf (stderr, " and %zu more", n - SHOWN_MAX);
    fputs (n ? "\n" : "", stderr);
    free (rows);
}

void held_there_say (const held_command_t *self)
{
    for (int i = 0; i < HELD_FILTERS; i++) {
        const char *name = wanted (self, (held_filter_t)i);
        if (name && self->there[i] && !json_object_get (self->there[i], name))
            say (words[i], name, self->there[i]);
    }
}

void held_there_clear (held_command_t *self)
{
    for (int i = 0; i < HELD_FILTERS; i++) {
        json_decref (self->there[i]);
        self->there[i] = NULL;
    }
}
