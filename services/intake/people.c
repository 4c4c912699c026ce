/* people.c - who is here, and how much each holds.
 *
 * The load is read off what a person owns and is offered in their present epoch, as the commit's own check does; there
 * is no counter that could be wrong.
 *
 * Limits: PEOPLE_MAX a page; of somebody who holds more than LOAD_MAX contacts as many are counted. */
#include "ask.h"

#include "views.h"
#include "words.h"
#include "xmalloc.h"

enum { PEOPLE_MAX = 1000, LOAD_MAX = 1000 };

typedef struct holder {
    ask_t *ask;
    const policy_person_t *who;
    person_t person;
    int64_t load;
    size_t contacts;
} holder_t;

typedef struct people {
    policy_t *policy; /* a reference: names are its */
    holder_t *holders;
    size_t n, asked;
    bool more, away;
} people_t;

static void people_free (void *more)
{
    people_t *self = more;
    policy_destroy (&self->policy);
    free (self->holders);
    free (self);
}

static json_t *view_person (const holder_t *holder, wall_ms_t now)
{
    const person_t *person = &holder->person;
    bool present = person_present (person, now);
    return json_pack ("{s:o, s:o, s:b, s:o*, s:b, s:I, s:b, s:I, s:I, s:I}",                /**/
                      "person", value_text (holder->who->name),                             /**/
                      "display", value_text (holder->who->display),                         /**/
                      "present", present,                                                   /**/
                      "present_until", present ? value_time (person->present_until) : NULL, /**/
                      "leaving", person->leaving,                                           /**/
                      "epoch", (json_int_t)person->epoch,                                   /**/
                      "drained", person->drained_epoch >= person->epoch,                    /**/
                      "load", (json_int_t)holder->load,                                     /**/
                      "capacity", (json_int_t)holder->who->capacity,                        /**/
                      "contacts", (json_int_t)holder->contacts);
}

static void people_end (ask_t *ask)
{
    const people_t *self = ask->more;
    if (self->away) {
        ask_away (&ask);
        return;
    }
    wall_ms_t now = store_now (ask_store (ask));
    json_t *people = json_array ();
    for (size_t i = 0; i < self->n; i++)
        json_array_append_new (people, view_person (&self->holders[i], now));
    ask_json (&ask, json_pack ("{s:o, s:s?}", "people", people, "next",
                               self->more ? self->holders[self->n - 1].who->name : NULL));
}

static void load_read (void *arg, const store_values_t *values)
{
    holder_t *holder = arg;
    people_t *self = holder->ask->more;
    self->away |= values->away;
    for (size_t i = 0; i < values->n; i++) {
        char channel[NAME_SIZE];
        const char *slash = memchr (values->items[i].bytes, '/', values->items[i].size);
        size_t length = slash ? (size_t)(slash - values->items[i].bytes) : 0;
        if (length >= sizeof channel)
            continue;
        memcpy (channel, values->items[i].bytes, length);
        channel[length] = '\0';
        const policy_channel_t *row = policy_channel (self->policy, channel);
        holder->load += row ? row->weight : 1;
        holder->contacts++;
    }
    if (--self->asked == 0)
        people_end (holder->ask);
}

static void people_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    people_t *self = ask->more;
    char key[KEY_SIZE];
    if (values->away) {
        ask_away (&ask);
        return;
    }
    self->asked = 1; /* this one: so that the end comes after the last */
    for (size_t i = 0; i < values->n && i < self->n; i++) {
        record_head_t head;
        holder_t *holder = &self->holders[i];
        if (!values->items[i].bytes ||
            person_unpack (values->items[i].bytes, values->items[i].size, &head, &holder->person) != RECORD_OK)
            continue;
        self->asked++;
        store_range_lex (ask_store (ask),
                         key_own (key, ask_shard (ask), ask->bearer.workspace, holder->who->name, holder->person.epoch),
                         "", LOAD_MAX, load_read, holder);
    }
    if (--self->asked == 0)
        people_end (ask);
}

/* The people of the policy from behind `after` on, in its order. */
static void choose (people_t *self, ask_t *ask, const char *after)
{
    size_t first = 0;
    for (size_t i = 0; after && *after && i < self->policy->people_n; i++)
        if (strcmp (self->policy->people[i].name, after) == 0)
            first = i + 1;
    self->n = self->policy->people_n - first;
    self->more = self->n > PEOPLE_MAX;
    if (self->more)
        self->n = PEOPLE_MAX;
    self->holders = xcalloc (self->n, sizeof *self->holders);
    for (size_t i = 0; i < self->n; i++)
        self->holders[i] = (holder_t){.ask = ask, .who = &self->policy->people[first + i]};
}

void people_list (ask_t **ask_p)
{
    ask_t *ask = *ask_p;
    const policy_t *policy = ask_policy (ask_p);
    if (!policy)
        return;
    *ask_p = NULL;
    people_t *self = ask->more = xcalloc (1, sizeof *self);
    ask->free_more = people_free;
    self->policy = policy_ref (policy);
    choose (self, ask, http_query (ask->http, "after"));
    if (self->n == 0) {
        people_end (ask);
        return;
    }
    char (*keys)[KEY_SIZE] = xcalloc (self->n, sizeof *keys);
    const char **pointers = xcalloc (self->n, sizeof *pointers);
    for (size_t i = 0; i < self->n; i++)
        pointers[i] = key_person (keys[i], ask_shard (ask), ask->bearer.workspace, self->holders[i].who->name);
    store_get (ask_store (ask), pointers, self->n, people_read, ask);
    free (pointers);
    free (keys);
}
