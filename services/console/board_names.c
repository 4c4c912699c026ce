/* board_names.c - names as small numbers, and what belongs to them.
 *
 * A workspace has some hundred people, some ten teams and channels: looked for one after the other where few, by a
 * comparison of the first letters that is quick enough for thousands. A name stays, also when the policy drops it, since
 * contacts that are open may name it. */
#include "board_private.h"
#include "words.h"
#include "xmalloc.h"

int names_find (const names_t *self, const char *name)
{
    if (!word_empty (name))
        for (size_t i = 0; i < self->n; i++)
            if (self->items[i][0] == name[0] && strcmp (self->items[i], name) == 0)
                return (int)i;
    return NAME_NONE;
}

int names_put (names_t *self, const char *name)
{
    int found = names_find (self, name);
    if (found != NAME_NONE || word_empty (name))
        return found;
    if (self->n == self->room) {
        self->room = self->room ? 2 * self->room : 16;
        self->items = xrealloc (self->items, self->room * sizeof *self->items);
        self->quoted = xrealloc (self->quoted, self->room * sizeof *self->quoted);
    }
    WORD_COPY (self->items[self->n], name);
    self->quoted[self->n] = text_quoted (name);
    return (int)self->n++;
}

void names_clear (names_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        free (self->quoted[i]);
    free (self->quoted);
    free (self->items);
    *self = (names_t){.n = 0};
}

static void *grown (void *items, size_t size, size_t was, size_t is)
{
    items = xrealloc (items, is * size);
    memset ((char *)items + was * size, 0, (is - was) * size);
    return items;
}

static void grow_loads (board_t *self)
{
    for (size_t i = 0; i < self->who_n; i++)
        self->who[i].load = grown (self->who[i].load, sizeof (unsigned), self->weights_n, self->channels.n);
    self->weights = grown (self->weights, sizeof *self->weights, self->weights_n, self->channels.n);
    for (size_t i = self->weights_n; i < self->channels.n; i++) {
        const policy_channel_t *channel = policy_channel (self->policy, self->channels.items[i]);
        self->weights[i] = channel ? channel->weight : 0;
    }
    self->weights_n = self->channels.n;
}

void board_grow (board_t *self)
{
    if (self->weights_n < self->channels.n)
        grow_loads (self);
    if (self->who_n < self->people.n) {
        self->who = grown (self->who, sizeof *self->who, self->who_n, self->people.n);
        for (; self->who_n < self->people.n; self->who_n++)
            self->who[self->who_n].load = xcalloc (self->weights_n, sizeof (unsigned));
    }
    if (self->crews_n < self->teams.n) {
        self->crews = grown (self->crews, sizeof *self->crews, self->crews_n, self->teams.n);
        self->crews_n = self->teams.n;
    }
}

who_t *board_who (board_t *self, int person)
{
    return person < 0 ? NULL : &self->who[person];
}

crew_t *board_crew (board_t *self, int team)
{
    return team < 0 ? NULL : &self->crews[team];
}
