/* settle_back.c - what can't be settled now, since a key that many share is bad or the store did not answer.
 *
 * Says: a commit that touches nothing but the delivery's own record and its timer. What the far side took, or refused for
 * good, is noted there: from then on it is settled only, and never sent again. An attempt that is tried again leaves a
 * word that is owed; it is said with the next one that can be. Where that commit fails too, the lease brings the row back.
 * Limits: of several words that are owed only the last is said, and their number. */
#include "settle_private.h"

#include "delivery_sooner.h"
#include "ids.h"
#include "line_up.h"
#include "words.h"

static void put_back (attempt_t *attempt);

static void on_put_back (void *arg, const commit_answer_t *answer)
{
    attempt_t *attempt = arg;
    if (!notification_release (attempt->self)) {
        attempt_destroy (&attempt);
        return;
    }
    if (answer->outcome == COMMIT_AWAY && ++attempt->tries < SETTLE_TRIES_MAX)
        put_back (attempt);
    else
        settle_over (attempt, false); /* refused: it is settled, or somebody else has it */
}

/* What the record keeps of an attempt that is not settled: that its end is known, or that its word is owed. */
static delivery_t unsettled_of (const attempt_t *attempt, wall_ms_t due)
{
    delivery_t after = attempt->delivery; /* texts are borrowed */
    after.due = due;
    if (settle_ends (attempt))
        after.ended = attempt->settle == SETTLE_DONE ? DELIVERY_ACCEPTED : DELIVERY_FAILED;
    bool owes = attempt->settle == SETTLE_RETRY && attempt->say;
    if (owes || attempt->settle == SETTLE_DEAD || (attempt->settle == SETTLE_DONE && !after.unsaid))
        WORD_COPY (after.last_error, attempt->words); /* what is owed keeps its reason */
    after.unsaid += owes;
    if (attempt->settle == SETTLE_HELD)
        after.held_until = due;
    if (attempt->settle == SETTLE_HELD && attempt->say)
        after.held_since = 0; /* it is said with the next hold */
    return after;
}

/* That it was leased is forgotten: it was not the record's fault. */
static void put_back (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    char version[24];
    wall_ms_t due = line_up (&self->stuck_until, store_now (self->service->store), SETTLE_STUCK_MS);
    if (settle_keeps_timer (attempt->settle) && attempt->next_due > due)
        due = attempt->next_due;
    attempt->next_due = due;
    delivery_t after = unsettled_of (attempt, due);
    snprintf (version, sizeof version, "%llu", (unsigned long long)attempt->head.version);
    commit_t *commit =
        delivery_rewrite (attempt->shard, &after, &attempt->head, event_id_of ("put back", after.id, version, NULL));
    notification_hold (self);
    store_commit (self->service->store, &commit, SETTLE_TIMEOUT_MS, on_put_back, attempt);
}

void settle_back (attempt_t *attempt)
{
    metric_add ("deliveries_put_back", 1);
    attempt->tries = 0;
    put_back (attempt);
}
