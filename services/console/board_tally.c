/* board_tally.c - all that is counted, counted anew from the rows: nothing is added up on the way that could drift.
 *
 * Who holds a contact: its owner while it is owned or waits on the customer, and whoever it is offered to; in the
 * person's epoch of now, as the store's own sets have it (common/core/contact/plan.c). */
#include "board_private.h"
#include "calendar.h"
#include "xmalloc.h"

enum { AGAIN_MS = 1000 }; /* contacts come to be at risk by time alone */
#define STATE(name) BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name

static void forget (board_t *self)
{
    self->tallies = (tallies_t){.open = 0};
    for (size_t i = 0; i < self->who_n; i++) {
        self->who[i].used = 0;
        self->who[i].oldest = TIME_NEVER;
        memset (self->who[i].load, 0, self->weights_n * sizeof (unsigned));
    }
    for (size_t i = 0; i < self->crews_n; i++) {
        self->crews[i].waiting = self->crews[i].present = 0;
        self->crews[i].oldest = TIME_NEVER;
    }
}

static void add_load (board_t *self, int person, uint32_t epoch, const row_t *row)
{
    who_t *who = board_who (self, person);
    if (!who || who->epoch != epoch || row->channel < 0)
        return;
    who->load[row->channel]++;
    who->used += self->weights[row->channel];
    if (row->opened_at < who->oldest)
        who->oldest = row->opened_at;
}

static void add_waiting (board_t *self, const row_t *row)
{
    crew_t *crew = board_crew (self, row->team);
    bool waits = row->state == STATE (RECEIVED) || row->state == STATE (OFFERED) || row->state == STATE (QUEUED);
    if (!crew || !waits)
        return;
    crew->waiting++;
    wall_ms_t since = row->waiting_since ? row->waiting_since : row->opened_at;
    if (since < crew->oldest)
        crew->oldest = since;
}

static void add_row (board_t *self, const row_t *row, wall_ms_t now)
{
    tallies_t *tallies = &self->tallies;
    tallies->states[row->state]++;
    tallies->open += row->state != STATE (RESOLVED);
    tallies->at_risk += row->risk_at < now;
    tallies->broken += row->broken;
    add_load (self, row->owner, row->owner_epoch, row);
    if (row->asked != row->owner)
        add_load (self, row->asked, row->asked_epoch, row);
    add_waiting (self, row);
}

static void add_present (board_t *self)
{
    for (crew_t *crew = self->crews; crew < self->crews + self->crews_n; crew++)
        for (size_t i = 0; i < crew->members_n; i++)
            crew->present += self->who[crew->members[i]].present;
}

static void add_promises (board_t *self, wall_ms_t now)
{
    int64_t first = board_since (self, now) / BOARD_TREND_MS;
    int64_t midnight = calendar_midnight (self->policy->hours_n ? self->policy->hours[0].calendar : NULL, now);
    for (size_t i = 0; i < BUCKETS; i++) {
        const bucket_t *bucket = &self->buckets[i];
        if (bucket->step < first || bucket->step < midnight / BOARD_TREND_MS)
            continue;
        self->tallies.opened += bucket->opened;
        self->tallies.kept += bucket->kept;
        self->tallies.broke += bucket->broken;
        self->tallies.released += bucket->released;
    }
}

void board_tally (board_t *self, wall_ms_t now)
{
    if (!self->stirred && now < self->tallied_at + AGAIN_MS && now >= self->tallied_at)
        return;
    self->stirred = false;
    self->tallied_at = now;
    forget (self);
    for (size_t i = 0; i < self->rows.n; i++)
        add_row (self, &self->rows.items[i], now);
    add_present (self);
    add_promises (self, now);
}
