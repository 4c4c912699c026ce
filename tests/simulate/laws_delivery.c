/* laws_delivery.c - law 9 of the outbox and the far sides: one id, the same bytes to the same place; what is said to be
 * delivered was taken; what ended does not come back. */
#include "sim.h"

#include "keys.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS = 1 << 15 };

typedef struct shipment {
    char id[DELIVERY_ID_SIZE], contact[ID_SIZE];
    uint64_t version, hash; /* hash: of what is sent, and where */
    way_kind_t way;
    bool there, ended, dead;
    wall_ms_t due;
    uint64_t sent; /* hash of what the far side was shown; 0: nothing yet */
    unsigned taken;
} shipment_t;

static shipment_t *slots[SLOTS], *shipments[SLOTS / 2]; /* by id; in order of arrival */
static size_t shipments_n, mails_seen, calls_seen;

static uint64_t mix (uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 1099511628211ULL;
    return (hash ^ 0xff) * 1099511628211ULL;
}

static shipment_t *shipment_of (const char *id)
{
    size_t at = mix (1469598103934665603ULL, id) % SLOTS;
    while (slots[at] && strcmp (slots[at]->id, id) != 0)
        at = (at + 1) % SLOTS;
    if (slots[at])
        return slots[at];
    if (shipments_n == SLOTS / 2)
        broken ("simulation", NULL, "more deliveries than it can hold");
    slots[at] = shipments[shipments_n++] = xcalloc (1, sizeof *slots[at]);
    snprintf (slots[at]->id, sizeof slots[at]->id, "%s", id);
    return slots[at];
}

static void was_taken (const glance_t *glance, const shipment_t *self)
{
    bool by_far_side =
        self->way == BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL || self->way == BUCKSTOP__V1__WAY_KIND__WAY_KIND_WEBHOOK;
    EACH_FACT (glance, self->contact, fact)
    if (fact->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERED && by_far_side && !self->taken)
        broken ("9", self->contact, "delivery %s is said to have arrived, and nobody took it", self->id);
}

static void changed (shipment_t *self, const delivery_t *delivery, uint64_t version)
{
    uint64_t hash = mix (mix (mix (1469598103934665603ULL, delivery->subject), delivery->body), delivery->address);
    hash = mix (mix (hash, delivery->secret), delivery->in_reply_to) + (uint64_t)delivery->way;
    if (self->ended)
        broken ("9", delivery->contact, "delivery %s ended and is there again", self->id);
    bool put_back = self->there && version == self->version && hash == self->hash;
    if (version != self->version + 1 && !put_back)
        broken ("9", delivery->contact, "delivery %s: version %" PRIu64 " after %" PRIu64, self->id, version,
                self->version);
    if (self->there && self->hash != hash)
        broken ("9", delivery->contact, "delivery %s has other bytes now", self->id);
    self->there = true;
    self->hash = hash;
    self->version = version;
    self->way = delivery->way;
    self->dead = delivery->dead;
    self->due = delivery->due;
    WORD_COPY (self->contact, delivery->contact);
}

void laws_see_delivery (glance_t *glance, const char *id, bool removed)
{
    char key[KEY_SIZE];
    size_t size = 0;
    record_head_t head;
    delivery_t delivery;
    shipment_t *self = shipment_of (id);
    laws_see_sent ();
    if (removed) {
        was_taken (glance, self);
        self->ended = true;
        self->there = false;
        return;
    }
    const void *bytes = fake_store_string (key_delivery (key, 0, WORKSPACE, id), &size);
    if (!bytes || delivery_unpack (bytes, size, &head, &delivery) != RECORD_OK)
        broken ("9", NULL, "delivery %s can't be read", id);
    changed (self, &delivery, head.version);
    delivery_clear (&delivery);
}

/* --- what the far sides saw ---------------------------------------------------------------------------------------- */

static void shown (const char *id, uint64_t hash, bool taken)
{
    shipment_t *self = shipment_of (id);
    if (!self->version)
        broken ("9", NULL, "delivery %s was sent, and was never in the outbox", id);
    if (self->sent && self->sent != hash)
        broken ("9", self->contact, "delivery %s went out with other bytes", id);
    self->sent = hash;
    self->taken += taken;
}

void laws_see_sent (void)
{
    for (; mails_seen < fake_mails (); mails_seen++) {
        const fake_mail_t *mail = fake_mail (mails_seen);
        shown (mail->id, mix (mix (mix (mix (1, mail->to), mail->subject), mail->body), mail->in_reply_to),
               mail->taken);
    }
    for (; calls_seen < fake_calls (); calls_seen++) {
        const fake_call_t *call = fake_call (calls_seen);
        const char *id = fake_call_header (call, "Buckstop-Id");
        if (id)
            shown (id, mix (mix (1, call->url), call->body), call->taken);
    }
}

/* --- what did not happen --------------------------------------------------------------------------------------------- */

void laws_deliveries_late (int64_t late_ms)
{
    char key[KEY_SIZE];
    wall_ms_t now = fake_store_now ();
    for (size_t i = 0; i < shipments_n; i++)
        if (shipments[i]->there && !shipments[i]->dead && shipments[i]->due < now - late_ms &&
            !still_aside (key_delivery (key, 0, WORKSPACE, shipments[i]->id)))
            broken ("5 (late)", shipments[i]->contact, "delivery %s was due %" PRId64 " s ago", shipments[i]->id,
                    (now - shipments[i]->due) / 1000);
}

/* On a day without faults nothing goes out twice. */
void laws_deliveries_end (void)
{
    for (size_t i = 0; i < shipments_n; i++)
        if (shipments[i]->taken > 1 && !faults_any ())
            broken ("9 (once)", shipments[i]->contact, "delivery %s went out %u times", shipments[i]->id,
                    shipments[i]->taken);
}

size_t laws_deliveries_open (const char *contact)
{
    size_t n = 0;
    for (size_t i = 0; i < shipments_n; i++)
        n += shipments[i]->there && !shipments[i]->dead && strcmp (shipments[i]->contact, contact) == 0;
    return n;
}
