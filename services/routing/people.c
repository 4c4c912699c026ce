/* people.c - the roster, kept as the store has it.
 *
 * Hears: events (at once), records of people (when an event or a hint says that they changed, when a presence
 * nears its end, every refresh_ms), match timers (a person was given room and the hint may be lost).
 * Says: who can take more, to the waiting list. */
#include "routing_private.h"

#include "commit.h"
#include "keys.h"
#include "roster_load.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

enum {
    PRESENCE_AHEAD_MS = 2000, /* a heartbeat makes no event: its record is read before the known end */
    FRESH_MS = 250,           /* a picture so young is good enough to say that nobody is there */
    MISSED_MS = 1000,         /* a stream that loses much must not make us read all the time */
    REFUSED_AGAIN_MS = 1000,  /* somebody refused twice within that waits for the next second */
    MATCH_TIMERS_MAX = 256,   /* per shard and second */
};

static void on_better (void *arg, int index)
{
    desk_t *desk = arg;
    waiting_person (desk->waiting, index);
}

static void on_broken (void *arg, const char *person, const char *key)
{
    const desk_t *desk = arg;
    aside_subject_t record = {KIND_PERSON, desk->workspace, person,
                              "the person's record can't be read: counts as away"};
    aside_subject_t load = {KIND_SHARED, desk->workspace, key, "what somebody holds can't be read: they count as away"};
    aside_add (desk->self->aside, key ? &load : &record);
}

/* ---- all of them ---- */

static void on_refreshed (void *arg, bool away)
{
    desk_t *desk = arg;
    routing_t *self = desk->self;
    desk->refreshing = false;
    desk->loaded |= !away;
    if (!away)
        desk->refreshed_at = routing_mono (self);
    desk->refresh_at = routing_mono (self) + (away ? 0 : self->params->refresh_ms);
    bool again = desk->refresh_again && !away;
    desk->refresh_again = false;
    if (!routing_release (self))
        return;
    if (again)
        people_refresh (desk);
    offer_match (desk);
    queue_doubted (desk);
}

bool people_stale (desk_t *desk)
{
    bool stale = desk->refreshing || routing_mono (desk->self) - desk->refreshed_at > FRESH_MS;
    if (stale && !desk->refreshing)
        people_refresh (desk);
    return stale;
}

void people_refresh (desk_t *desk)
{
    routing_t *self = desk->self;
    if (desk->refreshing || self->draining) {
        desk->refresh_again = true;
        return;
    }
    desk->refreshing = true;
    routing_hold (self);
    roster_load (&(roster_load_t){.store = self->service->store,
                                  .workspace = desk->workspace,
                                  .roster = desk->roster,
                                  .better = on_better,
                                  .broken = on_broken,
                                  .done = on_refreshed,
                                  .arg = desk});
}

void people_missed (desk_t *desk)
{
    mono_ms_t soonest = desk->refreshed_at + MISSED_MS;
    if (routing_mono (desk->self) >= soonest)
        people_refresh (desk);
    else if (desk->refresh_at > soonest)
        desk->refresh_at = soonest;
}

void people_adopt (desk_t *desk, const policy_t *policy)
{
    roster_adopt (desk->roster, policy);
    waiting_adopt (desk->waiting, desk->roster);
    free (desk->people);
    desk->people = xcalloc (roster_size (desk->roster), sizeof *desk->people);
    people_refresh (desk);
}

/* ---- one of them ---- */

typedef struct look {
    desk_t *desk;
    char person[NAME_SIZE];
} look_t;

static void on_looked (void *arg, bool away)
{
    look_t *look = arg;
    desk_t *desk = look->desk;
    int index = roster_find (desk->roster, look->person);
    free (look);
    bool again = index >= 0 && desk->people[index].again && !away;
    if (index >= 0)
        desk->people[index].looking = desk->people[index].again = false;
    if (away)
        desk->refresh_at = 0;
    if (!routing_release (desk->self))
        return;
    if (again)
        people_look (desk, index);
    offer_match (desk);
}

static void on_looked_better (void *arg, int index)
{
    on_better (((look_t *)arg)->desk, index);
}

static void on_looked_broken (void *arg, const char *person, const char *key)
{
    on_broken (((look_t *)arg)->desk, person, key);
}

void people_look (desk_t *desk, int index)
{
    if (index < 0 || desk->self->draining)
        return;
    if (desk->people[index].looking) {
        desk->people[index].again = true;
        return;
    }
    desk->people[index].looking = true;
    look_t *look = xcalloc (1, sizeof *look);
    look->desk = desk;
    WORD_COPY (look->person, roster_person (desk->roster, index)->facts->name);
    routing_hold (desk->self);
    roster_load (&(roster_load_t){.store = desk->self->service->store,
                                  .workspace = desk->workspace,
                                  .roster = desk->roster,
                                  .person = look->person,
                                  .better = on_looked_better,
                                  .broken = on_looked_broken,
                                  .done = on_looked,
                                  .arg = look});
}

/* Whoever is refused again right after they were looked at is looked at with the next second only. */
void people_refused (desk_t *desk, int index)
{
    if (index < 0)
        return;
    mono_ms_t now = routing_mono (desk->self), last = desk->people[index].refused_at;
    roster_doubt (desk->roster, index);
    desk->people[index].refused_at = now;
    if (!last || now - last > REFUSED_AGAIN_MS)
        people_look (desk, index);
}

static bool wants_look (const desk_t *desk, int index, wall_ms_t now)
{
    const route_person_t *person = roster_person (desk->roster, index);
    return person->doubt || (person->present && person->present_until < now + PRESENCE_AHEAD_MS);
}

size_t people_present (const desk_t *desk)
{
    size_t present = 0;
    wall_ms_t now = routing_now (desk->self);
    for (size_t i = 0; i < roster_size (desk->roster); i++)
        present += roster_present (desk->roster, (int)i, now);
    return present;
}

void people_tick (desk_t *desk)
{
    routing_t *self = desk->self;
    if (routing_mono (self) >= desk->refresh_at) {
        people_refresh (desk);
        return;
    }
    wall_ms_t now = routing_now (self);
    for (size_t i = 0; i < roster_size (desk->roster); i++)
        if (wants_look (desk, (int)i, now))
            people_look (desk, (int)i);
}

/* ---- events ---- */

static void load_event (desk_t *desk, const Buckstop__V1__Event *event, const Buckstop__V1__LoadChange *load)
{
    int index = roster_find (desk->roster, load->person);
    if (index < 0)
        return;
    uint32_t epoch = roster_person (desk->roster, index)->epoch;
    if (load->epoch > epoch) {
        people_look (desk, index);
    } else if (load->change > 0) {
        const char *channel = *load->channel ? load->channel : event->channel;
        roster_take (desk->roster, index, load->epoch, channel, event->contact, false);
        roster_given (desk->roster, index, event->at);
    } else if (roster_drop (desk->roster, index, load->epoch, event->contact)) {
        on_better (desk, index);
    }
}

void people_event (desk_t *desk, const Buckstop__V1__Event *event)
{
    for (size_t i = 0; i < event->n_loads; i++)
        load_event (desk, event, event->loads[i]);
    int index = *event->contact ? -1 : roster_find (desk->roster, event->person);
    if (index < 0)
        return;
    for (size_t i = 0; i < event->n_facts; i++)
        if (event->facts[i]->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_AWAY)
            roster_away (desk->roster, index);
    people_look (desk, index);
}

/* ---- match timers ---- */

typedef struct timers {
    routing_t *self;
    int shard;
} timers_t;

/* People whose timers are being cleared. */
typedef struct cleared {
    routing_t *self;
    size_t n;
    char members[][MEMBER_SIZE];
} cleared_t;

static void look_member (routing_t *self, const char *member)
{
    char workspace[NAME_SIZE], person[NAME_SIZE];
    if (member_split (member, strlen (member), workspace, person, sizeof person) < 0)
        return;
    desk_t *desk = routing_desk (self, workspace);
    if (desk)
        people_look (desk, roster_find (desk->roster, person));
}

/* Cleared first, read then: what gives room in between arms the timer anew. A read that is sent with the clearing may
 * come before it. Not cleared: they are found again in a second. */
static void on_cleared (void *arg, const commit_answer_t *answer)
{
    cleared_t *cleared = arg;
    routing_t *self = cleared->self;
    (void)answer;
    if (routing_release (self) && !self->draining)
        for (size_t i = 0; i < cleared->n; i++)
            look_member (self, cleared->members[i]);
    free (cleared);
}

static void on_timers (void *arg, const store_values_t *values)
{
    timers_t *timers = arg;
    routing_t *self = timers->self;
    int shard = timers->shard;
    free (timers);
    if (!routing_release (self) || self->draining || values->away || values->n == 0)
        return;
    char key[KEY_SIZE];
    commit_t *commit = commit_new (shard);
    cleared_t *cleared = xcalloc (1, sizeof *cleared + values->n * sizeof *cleared->members);
    cleared->self = self;
    for (size_t i = 0; i < values->n; i++)
        if (values->items[i].size < MEMBER_SIZE) {
            char *member = cleared->members[cleared->n++];
            memcpy (member, values->items[i].bytes, values->items[i].size);
            commit_unplace (commit, key_match (key, shard), member);
        }
    routing_hold (self);
    store_commit (self->service->store, &commit, 0, on_cleared, cleared);
}

void people_match_timers (routing_t *self)
{
    uint64_t asked = 0; /* shards, as bits */
    for (const desk_t *desk = self->desks; desk; desk = desk->next) {
        if (asked >> desk->shard & 1)
            continue;
        asked |= (uint64_t)1 << desk->shard;
        char key[KEY_SIZE];
        timers_t *timers = xcalloc (1, sizeof *timers);
        *timers = (timers_t){self, desk->shard};
        routing_hold (self);
        store_range (self->service->store, key_match (key, desk->shard), 0, routing_now (self), 0, MATCH_TIMERS_MAX,
                     on_timers, timers);
    }
}
