/* hearing.c - gaps in what could be heard, and how they prolong what is asked of people.
 *
 * Each gap that began before an end moves it, in order of time, so that a chain of outages counts as a whole. The end of
 * presence is only compared with where a gap puts it; that of an offer is computed anew, from the one that it had when
 * it was made: so it does not matter how often, by whom, or with how many of the gaps known it was prolonged before. */
#include "hearing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add_gap (hearing_t *self, wall_ms_t from, wall_ms_t to)
{
    if (self->gaps_n == HEARING_GAPS_MAX) {
        memmove (self->gaps, self->gaps + 1, (HEARING_GAPS_MAX - 1) * sizeof (self->gaps[0]));
        self->gaps_n--;
    }
    self->gaps[self->gaps_n++] = (hearing_gap_t){from, to};
}

/* What was recorded of times that are to come again is no more. */
static void forget_ahead (hearing_t *self, wall_ms_t now)
{
    while (self->gaps_n && self->gaps[self->gaps_n - 1].from >= now)
        self->gaps_n--;
    for (size_t i = 0; i < self->gaps_n; i++)
        if (self->gaps[i].to > now)
            self->gaps[i].to = now;
}

hearing_outcome_t hearing_beat (const hearing_t *before, wall_ms_t now, hearing_t *after)
{
    *after = *before;
    int64_t since = now - before->heard;
    if (before->heard && since < -HEARING_GAP_MS) {
        forget_ahead (after, now);
        after->heard = now;
        return HEARING_BACK;
    }
    if (before->heard && since < HEARING_BEAT_MS / 2)
        return HEARING_SAID;
    after->heard = now;
    if (!before->heard || since <= HEARING_GAP_MS)
        return HEARING_BEAT;
    add_gap (after, before->heard, now);
    return HEARING_GAP;
}

/* The i-th gap, the one that is still open behind the others. */
static bool gap_at (const hearing_t *self, wall_ms_t now, size_t i, hearing_gap_t *gap)
{
    if (i < self->gaps_n) {
        *gap = self->gaps[i];
        return true;
    }
    *gap = (hearing_gap_t){self->heard, now};
    return i == self->gaps_n && self->heard && now - self->heard > HEARING_GAP_MS;
}

wall_ms_t hearing_presence_end (const hearing_t *self, wall_ms_t now, wall_ms_t end, int64_t presence_ms)
{
    hearing_gap_t gap;
    for (size_t i = 0; self && gap_at (self, now, i, &gap); i++)
        if (gap.from < end && gap.to + presence_ms > end)
            end = gap.to + presence_ms;
    return end;
}

wall_ms_t hearing_offer_end (const hearing_t *self, wall_ms_t now, wall_ms_t made, wall_ms_t end, wall_ms_t *before)
{
    hearing_gap_t gap;
    *before = end;
    for (size_t i = 0; self && gap_at (self, now, i, &gap); i++) {
        if (gap.to <= made || gap.from >= end)
            continue;
        *before = end;
        end += gap.to - (gap.from > made ? gap.from : made);
        if (i == self->gaps_n && end < now + HEARING_GAP_MS)
            end = now + HEARING_GAP_MS;
    }
    return end;
}

#define TIME_BOUND INT64_C (253402300800000) /* the year 10000: what lies behind it is no time of ours */
enum { TIME_DIGITS = 15 };

static wall_ms_t bounded (wall_ms_t time)
{
    return time < 0 ? 0 : time < TIME_BOUND ? time : TIME_BOUND - 1;
}

_Static_assert(HEARING_SIZE > (2 * HEARING_GAPS_MAX + 1) * (TIME_DIGITS + 1), "each time and what stands before it");

size_t hearing_pack (const hearing_t *self, char text[HEARING_SIZE])
{
    size_t used = (size_t)snprintf (text, HEARING_SIZE, "%" PRId64, bounded (self->heard));
    for (size_t i = 0; i < self->gaps_n; i++)
        used += (size_t)snprintf (text + used, HEARING_SIZE - used, " %" PRId64 "-%" PRId64,
                                  bounded (self->gaps[i].from), bounded (self->gaps[i].to));
    return used;
}

/* A time as we write it; what follows it, or NULL. By hand: each service reads this each second. */
static const char *parse_time (const char *at, const char *end, wall_ms_t *time)
{
    const char *first = at, *last = end - at > TIME_DIGITS ? at + TIME_DIGITS : end;
    uint64_t sum = 0;
    for (unsigned digit; at < last && (digit = (unsigned)(*at - '0')) <= 9; at++)
        sum = sum * 10 + digit;
    bool padded = at > first + 1 && *first == '0';
    *time = (wall_ms_t)sum;
    return at > first && !padded && *time < TIME_BOUND ? at : NULL;
}

static bool parse_text (const char *at, const char *end, hearing_t *self)
{
    at = parse_time (at, end, &self->heard);
    while (at && at < end) {
        hearing_gap_t gap;
        if (self->gaps_n == HEARING_GAPS_MAX || *at != ' ')
            return false;
        at = parse_time (at + 1, end, &gap.from);
        at = at && at < end && *at == '-' ? parse_time (at + 1, end, &gap.to) : NULL;
        if (!at || gap.to < gap.from)
            return false;
        self->gaps[self->gaps_n++] = gap;
    }
    return at && self->heard > 0;
}

/* Only what we write ourselves is read. */
bool hearing_parse (const char *bytes, size_t size, hearing_t *self)
{
    *self = (hearing_t){0};
    if (bytes && parse_text (bytes, bytes + size, self))
        return true;
    *self = (hearing_t){0};
    return false;
}
