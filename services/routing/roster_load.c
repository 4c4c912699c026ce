/* roster_load.c - people from the store into a roster.
 *
 * Hears: the store's answers. Says: who can take more, and when all is read. Records are read in slices; what
 * a person holds is read for those who are present. An answer is for a name, since the roster may have got
 * another policy while it was under way. Whose record or load can't be read counts as away: an offer to them could not
 * be committed, or would be to somebody of whom nothing is known. */
#include "roster_load.h"

#include "keys.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

enum { SLICE = 64 };

typedef struct load {
    roster_load_t order;
    char workspace[NAME_SIZE];
    int shard;
    size_t open; /* calls not answered */
    bool away;
} load_t;

/* One call: the people whose records, or the person whose contacts were asked for. */
typedef struct slice {
    load_t *load;
    size_t n;
    uint32_t epoch;
    bool better;
    char names[SLICE][NAME_SIZE];
} slice_t;

static void answered (load_t *self, bool away)
{
    self->away |= away;
    if (--self->open > 0)
        return;
    self->order.done (self->order.arg, self->away);
    free (self);
}

static slice_t *slice_new (load_t *load)
{
    slice_t *slice = xcalloc (1, sizeof *slice);
    slice->load = load;
    load->open++;
    return slice;
}

static void slice_add (slice_t *slice, const char *name)
{
    word_copy (slice->names[slice->n], NAME_SIZE, name);
    slice->n++;
}

static void tell_better (const load_t *self, int index)
{
    if (self->order.better)
        self->order.better (self->order.arg, index);
}

static void tell_broken (const load_t *self, int index, const char *key)
{
    roster_away (self->order.roster, index);
    if (self->order.broken)
        self->order.broken (self->order.arg, roster_person (self->order.roster, index)->facts->name, key);
}

static void on_held (void *arg, const store_values_t *values)
{
    char key[KEY_SIZE];
    slice_t *slice = arg;
    load_t *self = slice->load;
    roster_t *roster = self->order.roster;
    int index = roster_find (roster, slice->names[0]);
    bool away = values->away;
    if (values->wrong_type && index >= 0)
        tell_broken (self, index, key_own (key, self->shard, self->workspace, slice->names[0], slice->epoch));
    else if (!away && index >= 0) {
        route_held_t *items = xcalloc (values->n, sizeof *items);
        size_t n = 0;
        for (size_t i = 0; i < values->n; i++)
            if (roster_held_parse (roster, values->items[i].bytes, values->items[i].size, &items[n]) == 0)
                n++;
        bool more = roster_held_set (roster, index, slice->epoch, items, n);
        free (items);
        if (more || slice->better)
            tell_better (self, index);
    }
    free (slice);
    answered (self, away);
}

static void read_held (load_t *self, const person_t *person, bool better)
{
    char key[KEY_SIZE];
    slice_t *slice = slice_new (self);
    WORD_COPY (slice->names[0], person->name);
    slice->epoch = person->epoch;
    slice->better = better;
    store_range_lex (self->order.store, key_own (key, self->shard, self->workspace, person->name, person->epoch), "",
                     ROSTER_HELD_MAX, on_held, slice);
}

static void read_person (load_t *self, const char *name, const store_value_t *value)
{
    record_head_t head;
    person_t person;
    int index = roster_find (self->order.roster, name);
    if (index < 0 || !value->bytes)
        return;
    if (person_unpack (value->bytes, value->size, &head, &person) != RECORD_OK) {
        tell_broken (self, index, NULL);
        return;
    }
    bool better = roster_seen (self->order.roster, index, &person);
    if (person.present)
        read_held (self, &person, better);
}

static void on_people (void *arg, const store_values_t *values)
{
    slice_t *slice = arg;
    load_t *self = slice->load;
    bool away = values->away;
    for (size_t i = 0; !away && i < values->n && i < slice->n; i++)
        read_person (self, slice->names[i], &values->items[i]);
    free (slice);
    answered (self, away);
}

static void read_slice (load_t *self, slice_t *slice)
{
    char keys[SLICE][KEY_SIZE];
    const char *list[SLICE];
    for (size_t i = 0; i < slice->n; i++)
        list[i] = key_person (keys[i], self->shard, self->workspace, slice->names[i]);
    store_get (self->order.store, list, slice->n, on_people, slice);
}

static void on_idle (void *arg, const store_values_t *values)
{
    load_t *self = arg;
    for (size_t i = 0; !values->away && i < values->n; i++) {
        char name[NAME_SIZE] = "";
        if (values->items[i].size < sizeof name)
            memcpy (name, values->items[i].bytes, values->items[i].size);
        roster_given (self->order.roster, roster_find (self->order.roster, name), values->items[i].score);
    }
    answered (self, values->away);
}

static void read_idle (load_t *self)
{
    char key[KEY_SIZE];
    wall_ms_t end = store_now (self->order.store) + MS_PER_DAY;
    int64_t most = 2 * (int64_t)roster_size (self->order.roster) + SLICE; /* who left the policy stands there too */
    self->open++;
    store_range (self->order.store, key_idle (key, self->shard, self->workspace), 0, end, 0, most, on_idle, self);
}

static void read_all (load_t *self)
{
    const roster_t *roster = self->order.roster;
    size_t n = roster_size (roster);
    for (size_t at = 0; at < n; at += SLICE) {
        slice_t *slice = slice_new (self);
        for (size_t i = at; i < n && i < at + SLICE; i++)
            slice_add (slice, roster_person (roster, (int)i)->facts->name);
        read_slice (self, slice);
    }
    read_idle (self);
}

void roster_load (const roster_load_t *order)
{
    load_t *self = xcalloc (1, sizeof *self);
    self->order = *order;
    WORD_COPY (self->workspace, order->workspace);
    self->order.workspace = self->workspace;
    self->shard = store_shard (order->store, self->workspace);
    if (!order->person) {
        read_all (self);
        return;
    }
    slice_t *slice = slice_new (self);
    slice_add (slice, order->person);
    self->order.person = NULL;
    read_slice (self, slice);
}
