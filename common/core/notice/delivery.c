/* delivery.c - what becomes of a delivery: again, done, dead, or no reason left to send it.
 *
 * Back-off doubles from DELIVERY_BACKOFF_FIRST_MS to DELIVERY_BACKOFF_MAX_MS; half of each wait is jitter.
 * It is drawn from id and attempt, so that a replica that decides the same attempt decides the same time.
 * What the far side did not answer is unknown, not failed: it is sent again under the same id.
 *
 * Limits: reasons are looked at before each attempt; what happens while a send is under way is not. */
#include "delivery.h"

#include "guard.h"
#include "ids.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PURPOSE_OVER BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_OVER

enum { RETRY_AFTER_MAX_MS = 60 * 60 * 1000 }; /* a far side that asks for more is asked again sooner */

bool delivery_begins_thread (const delivery_t *self)
{
    return self->way == BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL && word_empty (self->person) && *self->contact &&
           !strchr (self->in_reply_to, '@') && !strchr (self->thread, '@') && !*self->first_mail;
}

void delivery_clear (delivery_t *self)
{
    free (self->subject);
    free (self->body);
    for (size_t i = 0; i < self->lines_n; i++)
        free (self->lines[i].subject);
    free (self->lines);
    self->subject = NULL;
    self->body = NULL;
    self->lines = NULL;
    self->lines_n = 0;
}

/* 0 <= jitter <= most, the same for the same attempt. */
static int64_t jitter_of (const delivery_t *self, const char *what, unsigned count, int64_t most)
{
    char number[12];
    snprintf (number, sizeof number, "%u", count);
    event_id_t drawn = event_id_of (what, self->id, number, NULL);
    uint64_t bits;
    memcpy (&bits, drawn.bytes, sizeof bits);
    return (int64_t)(bits % (uint64_t)(most + 1));
}

static int64_t doubled (int64_t first_ms, unsigned count, int64_t most)
{
    int64_t wait = first_ms;
    for (unsigned i = 1; i < count && wait < most; i++)
        wait *= 2;
    return wait < most ? wait : most;
}

static int64_t backoff_of (const delivery_t *self)
{
    int64_t wait = doubled (DELIVERY_BACKOFF_FIRST_MS, self->attempts, DELIVERY_BACKOFF_MAX_MS);
    return wait / 2 + jitter_of (self, "jitter", self->attempts, wait / 2);
}

wall_ms_t delivery_held (const delivery_t *self, int64_t first_ms, wall_ms_t now)
{
    int64_t wait = doubled (first_ms, self->holds, DELIVERY_HELD_MAX_MS);
    return now + wait / 2 + jitter_of (self, "held", self->holds, wait / 2);
}

wall_ms_t delivery_set_back (const delivery_t *self, int64_t back_ms, wall_ms_t now)
{
    int64_t longest = self->held_since && self->held_until ? DELIVERY_HELD_MAX_MS : DELIVERY_BACKOFF_MAX_MS;
    bool waits = !self->dead && !self->ended && (self->held_since || self->attempts);
    if (!waits || self->due <= now + longest)
        return self->due;
    return self->due - back_ms > now ? self->due - back_ms : now;
}

delivery_verdict_t delivery_after (const delivery_t *self, attempt_result_t result, int64_t retry_after_ms,
                                   wall_ms_t now, wall_ms_t *next)
{
    if (result == ATTEMPT_ACCEPTED)
        return DELIVERY_DONE;
    if (result == ATTEMPT_UNABLE) {
        *next = delivery_held (self, DELIVERY_BACKOFF_FIRST_MS, now);
        return DELIVERY_RETRY;
    }
    if (result == ATTEMPT_PERMANENT || self->attempts >= DELIVERY_ATTEMPTS_MAX)
        return DELIVERY_DEAD;
    if (result == ATTEMPT_TEMPORARY && !GUARD ("f39"))
        return DELIVERY_DEAD;
    int64_t wait = backoff_of (self);
    if (retry_after_ms > RETRY_AFTER_MAX_MS)
        retry_after_ms = RETRY_AFTER_MAX_MS;
    if (retry_after_ms > 0 && wait < retry_after_ms)
        wait = retry_after_ms + jitter_of (self, "jitter", self->attempts, MS_PER_SECOND);
    *next = now + wait;
    return DELIVERY_RETRY;
}

/* ---- moot: one small question per purpose ---- */

static bool ended (const contact_t *contact)
{
    return contact->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED ||
           contact->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED;
}

/* The promise is still owed and nobody's answer to it is on its way. */
static bool is_owed (const contact_t *contact, promise_kind_t kind)
{
    for (size_t i = 0; i < contact->promises_n; i++)
        if (contact->promises[i].kind == kind && !contact->promises[i].answered_at)
            return true;
    return false;
}

/* An acknowledgement that was there already when it was rendered did not speak of it. */
static const char *acknowledged (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    bool since = contact->acknowledged_until > now && contact->acknowledged_until > self->acknowledged_until;
    return since ? "somebody has acknowledged it" : NULL;
}

/* An offer stands until its record says that it has ended, whatever its time: after an outage of ours it is prolonged a
 * moment after we look, and whoever was not told of it yet would never be. */
static const char *moot_offer (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    (void)now;
    if (word_same (contact->offered_to, self->person))
        return NULL;
    return contact->owner[0] ? "somebody has taken it" : "the offer has ended";
}

static const char *moot_assigned (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    (void)now;
    if (ended (contact))
        return "it is resolved";
    return word_same (contact->owner, self->person) ? NULL : "it is somebody else's by now";
}

static const char *moot_unreached (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    if (ended (contact))
        return "it is resolved";
    if (self->promise && !is_owed (contact, self->promise))
        return "the promise is answered";
    return acknowledged (self, contact, now);
}

/* A later step of the same promise has told the same person, and its own word by this way is due by now, too: else one
 * that is repeated faster than the way waits would never be said by it. What quiet hours may hold overtakes nothing that
 * they do not. */
static const char *overtaken (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    for (size_t i = 0; i < contact->told_n; i++) {
        const told_t *told = &contact->told[i];
        if (told->promise == self->promise && word_same (told->person, self->person))
            return told->at > self->created_at && told->at + self->delay_ms <= now && (told->urgent || !self->urgent)
                       ? "overtaken: a later step has told them of it"
                       : NULL;
    }
    return NULL;
}

static const char *moot_step (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    const char *why = moot_unreached (self, contact, now);
    return why ? why : overtaken (self, contact, now);
}

static const char *moot_nobody (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    if (ended (contact))
        return "it is resolved";
    if (contact->owner[0] && !contact_wants_somebody (contact))
        return "somebody has taken it";
    return acknowledged (self, contact, now);
}

static const char *moot_review (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    (void)now;
    if (ended (contact))
        return "it is resolved";
    return contact->last_reply_at > self->created_at ? "it was answered meanwhile" : NULL;
}

static const char *moot_returned (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    (void)now;
    bool closed = contact->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED;
    return closed && self->created_at < contact->close_at ? "it is closed" : NULL; /* else it came back since */
}

/* What was told of is somebody's by then, or over: only that is worth hearing. */
static const char *moot_taken (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    (void)self;
    if (ended (contact))
        return "it is resolved";
    return contact->owner[0] || contact->acknowledged_until > now ? NULL : "it is nobody's again";
}

/* A later step has told of it again: to say now that it is over would end what is not. */
static const char *moot_over (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    (void)now;
    for (size_t i = 0; !ended (contact) && i < contact->promises_n; i++)
        if (!contact->promises[i].answered_at && contact->promises[i].step_fired > self->created_at)
            return "it was told of again";
    return NULL;
}

/* An automatic word to the customer: a person's answer is better than it. */
static const char *moot_automatic (const delivery_t *self, const contact_t *contact)
{
    if (ended (contact))
        return "it is resolved";
    return contact->last_reply_at >= self->created_at ? "a person has answered meanwhile" : NULL;
}

/* That we are sorry says as well that it has come: and with a time that still holds. */
static const char *moot_acknowledge (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    (void)now;
    const char *why = moot_automatic (self, contact);
    return !why && contact->apologised_at ? "overtaken: an apology has told them since" : why;
}

/* Nobody reads that they will hear by a time that was. */
static const char *moot_apology (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    const char *why = moot_automatic (self, contact);
    if (why)
        return why;
    if (contact->apologised_at > self->created_at)
        return "overtaken: a later apology says how it is now";
    return self->says_by && self->says_by <= now ? "the time that it promises has passed" : NULL;
}

typedef const char *(moot_fn)(const delivery_t *self, const contact_t *contact, wall_ms_t now);

const char *delivery_moot (const delivery_t *self, const contact_t *contact, wall_ms_t now)
{
    static moot_fn *const table[] = {
        [BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_OFFER] = moot_offer,
        [BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_ASSIGNED] = moot_assigned,
        [BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_STEP] = moot_step,
        [BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_NOBODY] = moot_nobody,
        [BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_UNREACHED] = moot_unreached,
        [BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_REVIEW] = moot_review,
        [BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_RETURNED] = moot_returned,
        [BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_TAKEN] = moot_taken,
        [PURPOSE_OVER] = moot_over,
        [BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_ACKNOWLEDGE] = moot_acknowledge,
        [BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_APOLOGY] = moot_apology,
        /* what a person wrote to the customer is always sent */
        [BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_REPLY] = NULL,
        /* of a record that nobody can read nothing is known that could make it moot */
        [BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_SET_ASIDE] = NULL,
        /* each of its lines is looked at for itself: bundle_line_moot */
        [BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_BUNDLE] = NULL,
    };
    size_t purpose = (size_t)self->purpose;
    if (purpose >= sizeof table / sizeof *table || !table[purpose])
        return NULL;
    if (!contact)
        return self->purpose == PURPOSE_OVER ? NULL : "the contact is closed and gone";
    return table[purpose](self, contact, now);
}
