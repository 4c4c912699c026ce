/* settle_line.c - outcomes that concern one contact (replies, above all) are committed one after the other.
 *
 * Told: such an attempt that is over. Each outcome is an event of the same record: side by side all but one would be
 * refused, and load and decide again, round after round, until the last ones are put back. In line each costs one commit.
 * While the store does not answer nobody waits for another. Who would wait until its lease is about to end is put back.
 * Limits: of one process; what another replica commits meanwhile is met as ever, by reload. */
#include "settle_private.h"

#include "words.h"

static attempt_t **slot_of (const attempt_t *attempt)
{
    return &attempt->self->settling[word_hash (WORD_HASH, attempt->delivery.contact) % SETTLE_SLOTS];
}

static bool same_contact (const attempt_t *a, const attempt_t *b)
{
    return word_same (a->delivery.contact, b->delivery.contact) &&
           word_same (a->delivery.workspace, b->delivery.workspace);
}

static void unlink_from (attempt_t **link)
{
    attempt_t *attempt = *link;
    *link = attempt->next;
    attempt->next = NULL;
    attempt->turn = false;
}

bool settle_line_enter (attempt_t *attempt)
{
    attempt_t **link = slot_of (attempt);
    attempt->turn = true;
    for (; *link; link = &(*link)->next)
        if (same_contact (*link, attempt))
            attempt->turn = false;
    *link = attempt;
    return attempt->turn;
}

void settle_line_leave (attempt_t *attempt, bool all)
{
    attempt_t **link = slot_of (attempt);
    while (*link != attempt)
        link = &(*link)->next;
    unlink_from (link);
    for (attempt_t *next = *slot_of (attempt); next; next = next->next) { /* settling ends in a later turn */
        if (next->turn || !same_contact (next, attempt))
            continue;
        next->turn = true;
        settle_reply (next);
        if (!all)
            return;
    }
}

void settle_lines_sweep (notification_t *self)
{
    wall_ms_t soon = store_now (self->service->store) + SETTLE_SPARE_MS;
    for (size_t i = 0; i < SETTLE_SLOTS; i++) {
        attempt_t **link = &self->settling[i];
        while (*link) {
            attempt_t *attempt = *link;
            if (attempt->turn || attempt->lease_ends > soon) {
                link = &attempt->next;
                continue;
            }
            unlink_from (link);
            settle_back (attempt);
        }
    }
}

void settle_lines_close (notification_t *self)
{
    for (size_t i = 0; i < SETTLE_SLOTS; i++)
        while (self->settling[i]) {
            attempt_t *attempt = self->settling[i];
            bool asked = attempt->turn;
            unlink_from (&self->settling[i]);
            if (!asked) /* else the answer ends it */
                attempt_destroy (&attempt);
        }
}
