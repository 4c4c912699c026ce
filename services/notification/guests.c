/* guests.c - pages that wait for their own time, and may go with another that waits for the same person on the same way.
 *
 * Told: each delivery that is put back, and each that is leased. Says: whose records are worth a look when one of them is
 * about to be tried again (rows.c), so that what failed at different moments goes as one notice (bundle.c), and an attempt
 * at a far side that is away is one attempt.
 * A guest was not leased: its record must be as it was put back, and its own time still some seconds ahead, so that nobody
 * sends it meanwhile; the commit that bundles it checks its version, and that nobody has leased it since. Where it comes to
 * no bundle it is left to its time.
 * Limits: in memory, GUESTS_MAX of them; what another replica put back comes in a notice of that replica's. */
#include "notification_private.h"

#include "bundle.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

/* Whom it is for, and by which way: two that share it by chance are told apart by bundle_together. */
static uint64_t hash_of (const delivery_t *delivery)
{
    uint64_t hash = word_hash (WORD_HASH, delivery->workspace);
    hash = word_hash (word_hash (hash, "/"), delivery->person);
    hash = word_hash (word_hash (hash, "/"), delivery->address);
    return word_hash (hash, way_name (delivery->way));
}

static void drop (guests_t *self, guest_t **link)
{
    guest_t *guest = *link;
    *link = guest->next;
    free (guest);
    self->n--;
}

/* NULL: it is none. */
static guest_t **link_of (guests_t *self, const delivery_t *delivery)
{
    uint64_t hash = hash_of (delivery);
    for (guest_t **link = &self->slots[hash % GUEST_SLOTS]; *link; link = &(*link)->next)
        if ((*link)->hash == hash && word_same ((*link)->id, delivery->id))
            return link;
    return NULL;
}

void guests_note (const attempt_t *attempt)
{
    const delivery_t *delivery = &attempt->delivery;
    guests_t *self = &attempt->self->guests;
    guests_gone (attempt);
    if (self->n >= GUESTS_MAX || delivery->on_hold || !bundle_may (delivery, attempt->next_due))
        return;
    uint64_t hash = hash_of (delivery);
    guest_t **slot = &self->slots[hash % GUEST_SLOTS], *guest = xcalloc (1, sizeof *guest);
    *guest = (guest_t){.next = *slot, .hash = hash, .due = attempt->next_due};
    WORD_COPY (guest->workspace, delivery->workspace);
    WORD_COPY (guest->id, delivery->id);
    *slot = guest;
    self->n++;
}

void guests_gone (const attempt_t *attempt)
{
    guests_t *self = &attempt->self->guests;
    guest_t **link = self->n ? link_of (self, &attempt->delivery) : NULL;
    if (link)
        drop (self, link);
}

/* Who has asked for the same already has brought them all. */
static bool asked_before (attempt_t *const *attempts, size_t i, uint64_t hash, wall_ms_t now)
{
    while (i-- > 0)
        if (bundle_may (&attempts[i]->delivery, now) && hash_of (&attempts[i]->delivery) == hash)
            return true;
    return false;
}

size_t guests_of (notification_t *self, attempt_t *const *attempts, size_t n, wall_ms_t now, guest_t *out, size_t most)
{
    size_t found = 0;
    wall_ms_t soon = now + FORWARD_SOON_MS;
    for (size_t i = 0; self->guests.n && i < n; i++) {
        uint64_t hash = hash_of (&attempts[i]->delivery);
        if (attempts[i]->set_aside || !bundle_may (&attempts[i]->delivery, now) ||
            asked_before (attempts, i, hash, now))
            continue;
        for (const guest_t *guest = self->guests.slots[hash % GUEST_SLOTS]; guest && found < most; guest = guest->next)
            if (guest->hash == hash && guest->due > soon)
                out[found++] = *guest;
    }
    return found;
}

/* Still as it was put back: then nobody has a lease of it. */
static bool waits_still (const guest_t *guest, const record_head_t *head, const delivery_t *delivery, wall_ms_t now)
{
    return !head->attempts && delivery->due == guest->due && delivery->due > now + FORWARD_SOON_MS / 2 &&
           !delivery->on_hold && bundle_may (delivery, delivery->due);
}

attempt_t *guest_attempt (notification_t *self, int shard, const guest_t *guest, const store_value_t *value)
{
    attempt_t *attempt = xcalloc (1, sizeof *attempt);
    delivery_t *delivery = &attempt->delivery;
    attempt->self = self;
    attempt->shard = shard;
    attempt->guest = true;
    if (value->bytes && delivery_unpack (value->bytes, value->size, &attempt->head, delivery) == RECORD_OK &&
        waits_still (guest, &attempt->head, delivery, store_now (self->service->store))) {
        delivery->version = attempt->head.version;
        self->unsettled++;
        return attempt;
    }
    delivery_clear (delivery);
    free (attempt);
    return NULL;
}

/* Those whose time has come are leased, here or by another replica, or are in a notice of several. */
static void sweep (guests_t *self, bool all, wall_ms_t now)
{
    for (size_t i = 0; self->n && i < GUEST_SLOTS; i++)
        for (guest_t **link = &self->slots[i]; *link;)
            if (all || (*link)->due <= now)
                drop (self, link);
            else
                link = &(*link)->next;
}

void guests_turn (notification_t *self)
{
    sweep (&self->guests, false, store_now (self->service->store));
}

void guests_close (notification_t *self)
{
    sweep (&self->guests, true, 0);
}
