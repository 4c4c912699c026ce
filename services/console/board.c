/* board.c - what operators see of a workspace: fed by records and events, told as a whole or as what changed. */
#include "board_private.h"
#include "calendar.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>

#define STATE(name) BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name
#define FACT(name)  BUCKSTOP__V1__FACT_KIND__FACT_KIND_##name

/* ------------------------------------------------------------ its life */

static void join (who_t *self, int team)
{
    if (self->teams_n && self->teams[self->teams_n - 1] == team)
        return;
    self->teams = xrealloc (self->teams, (self->teams_n + 1) * sizeof *self->teams);
    self->teams[self->teams_n++] = team;
}

/* Its members are people of the policy: numbers are theirs, in that order. */
static void take_members (board_t *self, size_t team, const int *numbers)
{
    crew_t *crew = &self->crews[team];
    crew->facts = policy_team (self->policy, self->teams.items[team]);
    crew->members_n = crew->facts ? crew->facts->members_n : 0;
    crew->members = xrealloc (crew->members, crew->members_n * sizeof *crew->members);
    for (size_t i = 0; i < crew->members_n; i++) {
        crew->members[i] = numbers[crew->facts->members[i] - self->policy->people];
        join (&self->who[crew->members[i]], (int)team);
    }
}

static void take_person (board_t *self, size_t number)
{
    const policy_person_t *person = policy_person (self->policy, self->people.items[number]);
    who_t *who = &self->who[number];
    who->named = person != NULL;
    who->capacity = person ? person->capacity : 0;
    who->teams_n = 0;
    free (who->display);
    who->display = person ? text_quoted (person->display) : NULL;
}

void board_adopt (board_t *self, const policy_t *policy)
{
    int *numbers = xcalloc (policy->people_n, sizeof *numbers);
    policy_t *before = self->policy;
    self->policy = policy_ref (policy);
    policy_destroy (&before);
    self->stirred = true;
    for (size_t i = 0; i < policy->channels_n; i++)
        names_put (&self->channels, policy->channels[i].name);
    for (size_t i = 0; i < policy->teams_n; i++)
        names_put (&self->teams, policy->teams[i].name);
    for (size_t i = 0; i < policy->people_n; i++)
        numbers[i] = names_put (&self->people, policy->people[i].name);
    board_grow (self);
    for (size_t i = 0; i < self->weights_n; i++) {
        const policy_channel_t *channel = policy_channel (policy, self->channels.items[i]);
        self->weights[i] = channel ? channel->weight : 0;
    }
    for (size_t i = 0; i < self->who_n; i++)
        take_person (self, i);
    for (size_t i = 0; i < self->crews_n; i++)
        take_members (self, i, numbers);
    free (numbers);
}

board_t *board_new (const policy_t *policy, size_t contacts_max)
{
    board_t *self = xcalloc (1, sizeof *self);
    self->contacts_max = contacts_max;
    board_adopt (self, policy);
    return self;
}

void board_destroy (board_t **self_p)
{
    board_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    for (size_t i = 0; i < self->who_n; i++) {
        free (self->who[i].load);
        free (self->who[i].display);
        free (self->who[i].teams);
    }
    for (size_t i = 0; i < self->crews_n; i++)
        free (self->crews[i].members);
    rows_clear (&self->rows);
    names_clear (&self->channels);
    names_clear (&self->teams);
    names_clear (&self->people);
    policy_destroy (&self->policy);
    free (self->who);
    free (self->crews);
    free (self->weights);
    free (self->gone);
    free (self);
}

const policy_t *board_policy (const board_t *self)
{
    return self->policy;
}

size_t board_contacts (const board_t *self)
{
    return self->rows.n;
}

uint64_t board_version (const board_t *self, const char *id)
{
    const row_t *row = rows_find (&self->rows, id);
    return row ? row->version : 0;
}

/* ------------------------------------------------------ what it is fed */

void board_gone (board_t *self, const char *id)
{
    const row_t *row = rows_find (&self->rows, id);
    if (!row)
        return;
    self->changed -= row->changed;
    rows_remove (&self->rows, id);
    if (self->gone_n == self->gone_room) {
        self->gone_room = self->gone_room ? 2 * self->gone_room : 16;
        self->gone = xrealloc (self->gone, self->gone_room * sizeof *self->gone);
    }
    WORD_COPY (self->gone[self->gone_n], id);
    self->gone_n++;
    self->stirred = true;
}

bool board_contact (board_t *self, const contact_t *contact)
{
    row_t *row = rows_find (&self->rows, contact->id);
    if (contact->state == STATE (CLOSED)) {
        board_gone (self, contact->id);
        return true;
    }
    if (row && contact->version <= row->version)
        return true;
    if (!row && self->rows.n >= self->contacts_max)
        return false;
    row = row ? row : rows_put (&self->rows, contact->id);
    row->seen = self->walk;
    row_fill (self, row, contact);
    self->changed += !row->changed;
    row->changed = true;
    self->stirred = true;
    return true;
}

void board_person (board_t *self, const person_t *person)
{
    int index = names_put (&self->people, person->name);
    board_grow (self);
    who_t *who = board_who (self, index);
    if (!who)
        return;
    if (who->known && who->present && !person->present)
        who->away_since = who->away_since ? who->away_since : person->present_until;
    who->known = true;
    who->present = person->present;
    who->leaving = person->leaving;
    who->epoch = person->epoch;
    who->present_until = person->present_until;
    if (person->present)
        who->away_since = 0;
    self->stirred = true;
}

static void count_promise (board_t *self, const Buckstop__V1__Fact *fact)
{
    int64_t step = fact->at / BOARD_TREND_MS;
    bucket_t *bucket = &self->buckets[step % BUCKETS];
    if (fact->at <= 0 || step < bucket->step)
        return;
    if (step > bucket->step)
        *bucket = (bucket_t){.step = step};
    bucket->opened += fact->kind == FACT (PROMISE_OPENED);
    bucket->kept += fact->kind == FACT (PROMISE_KEPT);
    bucket->broken += fact->kind == FACT (PROMISE_BROKEN);
    bucket->released += fact->kind == FACT (PROMISE_RELEASED);
    bucket->changed = true;
    self->stirred = true;
}

void board_event (board_t *self, const Buckstop__V1__Event *event)
{
    for (size_t i = 0; i < event->n_facts; i++) {
        const Buckstop__V1__Fact *fact = event->facts[i];
        if (fact->kind >= FACT (PROMISE_OPENED) && fact->kind <= FACT (PROMISE_RELEASED))
            count_promise (self, fact);
        else if (fact->kind == FACT (AWAY) && *event->person) {
            who_t *who = board_who (self, names_find (&self->people, event->person));
            if (who)
                who->away_since = fact->at;
        }
    }
}

/* A day of steps; the day that the policy's zone calls today may have begun an hour earlier still. */
wall_ms_t board_since (const board_t *self, wall_ms_t now)
{
    wall_ms_t midnight = calendar_midnight (self->policy->hours_n ? self->policy->hours[0].calendar : NULL, now);
    wall_ms_t day = (now / BOARD_TREND_MS - BOARD_TREND_STEPS + 1) * BOARD_TREND_MS;
    return midnight < day ? midnight : day;
}

/* ---------------------------------------------------------- the walk */

void board_walk_begin (board_t *self)
{
    self->walk++;
    self->walked = 0;
}

void board_walk_see (board_t *self, const char *id)
{
    row_t *row = rows_find (&self->rows, id);
    if (row)
        row->seen = self->walk;
    self->walked++;
}

void board_walk_end (board_t *self, board_unseen_fn *fn, void *arg)
{
    for (size_t i = 0; i < self->rows.n; i++)
        if (self->rows.items[i].seen != self->walk)
            fn (arg, self->rows.items[i].id);
    self->left_out =
        self->rows.n >= self->contacts_max && self->walked > self->rows.n ? self->walked - self->rows.n : 0;
}
