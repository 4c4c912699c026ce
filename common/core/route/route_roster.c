/* route_roster.c - the people of a workspace as routing knows them.
 *
 * Hears: records of people, what the store says they hold, events. Says: rows, and whether somebody can take
 * more than before. Load is the sum of what is held, a set: hearing something twice changes nothing, and what the
 * store says replaces it.
 * Limits: a roster belongs to one policy at a time; people it does not name are not in it. */
#include "route_roster.h"
#include "calendar.h"
#include "guard.h"
#include "keys.h"
#include "route_tables.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

struct roster {
    policy_t *policy;
    route_tables_t tables;
    route_person_t *rows;
    wall_ms_t ticked, next_tick;
    hearing_t hearing;
    bool began; /* a shift did, and nobody was told yet */
};

/* A shift whose next change can't be computed is looked at again after so long. */
enum { SHIFT_LOOK_MS = 60 * 1000 };

static route_person_t *row_at (roster_t *self, int index)
{
    return index >= 0 && (size_t)index < self->tables.people_n ? &self->rows[index] : NULL;
}

static void point_rows (roster_t *self)
{
    const route_tables_t *tables = &self->tables;
    for (size_t i = 0; i < tables->people_n; i++) {
        route_person_t *row = &self->rows[i];
        row->facts = tables->people[i];
        row->shift = route_tables_shift (tables, row->facts->shift);
        row->levels = tables->levels + i * tables->skills.n;
        row->teams = tables->team_bits + i * tables->team_words;
        row->languages = row->facts->languages_n ? tables->language_bits + i * tables->language_words : NULL;
    }
}

roster_t *roster_new (const policy_t *policy)
{
    roster_t *self = xcalloc (1, sizeof *self);
    self->policy = policy_ref (policy);
    route_tables_make (&self->tables, policy);
    self->rows = xcalloc (self->tables.people_n, sizeof *self->rows);
    point_rows (self);
    return self;
}

void roster_destroy (roster_t **self_p)
{
    roster_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->tables.people_n; i++)
        held_clear (&self->rows[i].held);
    free (self->rows);
    route_tables_clear (&self->tables);
    policy_destroy (&self->policy);
    free (self);
    *self_p = NULL;
}

static int16_t channel_index (const policy_t *policy, const char *name, size_t size)
{
    for (size_t i = 0; i < policy->channels_n; i++)
        if (strncmp (policy->channels[i].name, name, size) == 0 && !policy->channels[i].name[size])
            return (int16_t)i;
    return -1;
}

static int64_t weight_of (const roster_t *self, const route_held_t *item)
{
    return item->channel >= 0 ? self->policy->channels[item->channel].weight : 0;
}

static void sum_up (const roster_t *self, route_person_t *row)
{
    row->used = 0;
    for (const route_held_t *item = NULL; (item = held_next (&row->held, item));)
        row->used += weight_of (self, item);
}

/* Moves a row to the new roster; the channels that it holds get their new numbers. */
static void move_row (const roster_t *from, route_person_t *old, roster_t *to, route_person_t *row)
{
    for (route_held_t *item = NULL; (item = held_next (&old->held, item));)
        if (item->channel >= 0) {
            const char *name = from->policy->channels[item->channel].name;
            item->channel = channel_index (to->policy, name, strlen (name));
        }
    route_person_t now = *row;
    *row = *old;
    *old = (route_person_t){0};
    row->facts = now.facts;
    row->shift = now.shift;
    row->levels = now.levels;
    row->teams = now.teams;
    row->languages = now.languages;
    sum_up (to, row);
}

void roster_adopt (roster_t *self, const policy_t *policy)
{
    roster_t *next = roster_new (policy);
    for (size_t i = 0; i < next->tables.people_n; i++) {
        int old = roster_find (self, next->rows[i].facts->name);
        if (old >= 0)
            move_row (self, &self->rows[old], next, &next->rows[i]);
    }
    next->hearing = self->hearing;
    roster_t swap = *self;
    *self = *next;
    *next = swap;
    roster_destroy (&next);
}

const policy_t *roster_policy (const roster_t *self)
{
    return self->policy;
}

size_t roster_size (const roster_t *self)
{
    return self->tables.people_n;
}

const route_person_t *roster_person (const roster_t *self, int index)
{
    return &self->rows[index];
}

int roster_find (const roster_t *self, const char *name)
{
    return name && *name ? route_tables_person (&self->tables, name) : -1;
}

int roster_team (const roster_t *self, const char *name)
{
    for (size_t i = 0; i < self->policy->teams_n; i++)
        if (strcmp (self->policy->teams[i].name, name) == 0)
            return (int)i;
    return ROUTE_UNKNOWN;
}

const int *roster_members (const roster_t *self, int team, size_t *n)
{
    *n = self->tables.teams[team].n;
    return self->tables.teams[team].members;
}

int roster_language (const roster_t *self, const char *language)
{
    int bit = route_tables_language (&self->tables, language);
    return bit < 0 ? ROUTE_UNKNOWN : bit;
}

const route_skill_t *roster_rule_skills (const roster_t *self, size_t rule, size_t *n)
{
    *n = self->tables.rules[rule].n;
    return self->tables.rules[rule].skills;
}

/* What was held in an older epoch counts as returned from the moment that the new one began. */
static void new_epoch (route_person_t *row, uint32_t epoch)
{
    row->epoch = epoch;
    held_clear (&row->held);
    row->used = 0;
}

bool roster_seen (roster_t *self, int index, const person_t *person)
{
    route_person_t *row = row_at (self, index);
    if (!row)
        return false;
    bool same = person->epoch == row->epoch; /* else they went and came, though nobody saw it */
    bool could = same && row->present && !row->leaving;
    if (!same) /* an older one too: answers come in order, so the store itself went back */
        new_epoch (row, person->epoch);
    row->present = person->present;
    row->present_until = person->present_until;
    row->leaving = person->leaving;
    return !could && row->present && !row->leaving;
}

void roster_hear (roster_t *self, const hearing_t *hearing)
{
    self->hearing = *hearing;
}

bool roster_present (const roster_t *self, int index, wall_ms_t now)
{
    const route_person_t *row = &self->rows[index];
    if (!row->present || row->present_until > now)
        return row->present;
    return hearing_presence_end (&self->hearing, now, row->present_until, self->policy->presence_ms) > now;
}

bool roster_away (roster_t *self, int index)
{
    route_person_t *row = row_at (self, index);
    bool was = row && row->present;
    if (row)
        row->present = false;
    return was;
}

bool roster_held_set (roster_t *self, int index, uint32_t epoch, const route_held_t *items, size_t n)
{
    route_person_t *row = row_at (self, index);
    if (!row || row->epoch != epoch || !GUARD ("f07"))
        return false;
    int64_t before = row->doubt ? INT64_MAX : row->used;
    held_set_t next = {0};
    for (size_t i = 0; i < n; i++)
        if (!held_find (&next, items[i].contact))
            held_add (&next, &items[i]);
    for (const route_held_t *item = NULL; (item = held_next (&row->held, item));)
        if (item->tentative && !held_find (&next, item->contact))
            held_add (&next, item);
    held_clear (&row->held);
    row->held = next;
    row->doubt = false;
    sum_up (self, row);
    return row->used < before;
}

int roster_held_parse (const roster_t *self, const char *member, size_t size, route_held_t *item)
{
    const char *slash = memchr (member, '/', size);
    if (!slash)
        return -1;
    size_t channel = (size_t)(slash - member), contact = size - channel - 1;
    if (contact == 0 || contact >= sizeof item->contact)
        return -1;
    *item = (route_held_t){.channel = channel_index (self->policy, member, channel)};
    memcpy (item->contact, slash + 1, contact);
    return 0;
}

bool roster_take (roster_t *self, int index, uint32_t epoch, const char *channel, const char *contact, bool tentative)
{
    route_person_t *row = row_at (self, index);
    if (!row || row->epoch != epoch)
        return false;
    route_held_t *has = held_find (&row->held, contact);
    if (has) {
        has->tentative = has->tentative && tentative;
        return true;
    }
    route_held_t item = {.tentative = tentative, .channel = channel_index (self->policy, channel, strlen (channel))};
    snprintf (item.contact, sizeof item.contact, "%s", contact);
    row->used += weight_of (self, held_add (&row->held, &item));
    return true;
}

bool roster_drop (roster_t *self, int index, uint32_t epoch, const char *contact)
{
    route_person_t *row = row_at (self, index);
    route_held_t *has = row && row->epoch == epoch ? held_find (&row->held, contact) : NULL;
    if (!has)
        return false;
    int64_t weight = weight_of (self, has);
    row->used -= weight;
    held_remove (&row->held, has);
    return weight > 0;
}

void roster_given (roster_t *self, int index, wall_ms_t at)
{
    route_person_t *row = row_at (self, index);
    if (row && at > row->given_at)
        row->given_at = at;
}

void roster_doubt (roster_t *self, int index)
{
    route_person_t *row = row_at (self, index);
    if (row)
        row->doubt = true;
}

/* Looks at one shift; true: it began. */
static bool shift_look (route_shift_t *shift, wall_ms_t now)
{
    bool was = shift->on;
    shift->on = calendar_open (shift->calendar, now);
    shift->until = shift->on ? calendar_closes (shift->calendar, now) : calendar_add (shift->calendar, now, 0);
    if (shift->until <= now)
        shift->until = now + SHIFT_LOOK_MS;
    return shift->on && !was;
}

void roster_look (roster_t *self, wall_ms_t now)
{
    if (now < self->next_tick && now >= self->ticked)
        return;
    bool back = now < self->ticked;
    self->ticked = now;
    self->next_tick = TIME_NEVER;
    for (size_t i = 1; i < self->tables.shifts_n; i++) {
        route_shift_t *shift = &self->tables.shifts[i];
        if (back || shift->until <= now)
            self->began |= shift_look (shift, now);
        if (shift->until < self->next_tick)
            self->next_tick = shift->until;
    }
}

bool roster_tick (roster_t *self, wall_ms_t now)
{
    roster_look (self, now);
    bool began = self->began;
    self->began = false;
    return began;
}

bool roster_on_shift (const roster_t *self, int index, wall_ms_t *until)
{
    const route_shift_t *shift = &self->tables.shifts[self->rows[index].shift];
    *until = shift->until;
    return shift->on;
}
