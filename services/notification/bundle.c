/* bundle.c - of the rows of one lease those that have waited for the same person on the same way end as one bundle.
 *
 * Told: rows whose contacts are loaded. Says: one commit a bundle: each member ends, with a fact that names the bundle on
 * its contact's timeline, and the bundle stands in the outbox as a delivery of its own. What is moot by now is left to
 * end as moot.
 * A bundle that waits itself joins with all its lines; guests (guests.c) join, and are left to their own time where that
 * comes to nothing.
 * Limits: what comes in another lease, and waits no further, comes in another bundle. Where the commit fails the rows go
 * on one by one under their own ids, but for one that somebody else has written meanwhile; where its outcome is not known
 * the leases bring them back, or they are gone. */
#include "notification_private.h"

#include "bundle.h"
#include "ids.h"
#include "keys.h"
#include "plan.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <string.h>

/* Members until their commit is answered. */
typedef struct bundle {
    notification_t *self;
    int shard;
    wall_ms_t now;
    size_t n;
    attempt_t *attempts[BUNDLE_MAX];
    contact_t *contacts[BUNDLE_MAX];
    delivery_t delivery;
} bundle_t;

static void bundle_destroy (bundle_t *self)
{
    for (size_t i = 0; i < self->n; i++) {
        attempt_destroy (&self->attempts[i]);
        free (self->contacts[i]);
    }
    delivery_clear (&self->delivery);
    free (self);
}

/* ---- what is written */

/* How many contacts a member tells of. */
static size_t lines_of (const delivery_t *delivery)
{
    return delivery->lines_n ? delivery->lines_n : 1;
}

static void end_member (const bundle_t *self, size_t i, commit_t *commit)
{
    char key[KEY_SIZE], member[MEMBER_SIZE], version[24];
    const attempt_t *attempt = self->attempts[i];
    const delivery_t *delivery = &attempt->delivery;
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_BUNDLED,
                   .at = store_now (self->self->service->store),
                   .promise = delivery->promise};
    snprintf (version, sizeof version, "%" PRIu64, attempt->head.version);
    WORD_COPY (fact.to, delivery->person);
    snprintf (fact.detail, sizeof fact.detail, "%s by %s: told in one notice with %zu others that waited: %s",
              purpose_name (delivery->purpose), way_name (delivery->way), self->delivery.lines_n - lines_of (delivery),
              self->delivery.id);
    key_delivery (key, self->shard, delivery->workspace, delivery->id);
    commit_expect_record (commit, key, attempt->head.version, event_id_of ("bundled", delivery->id, version, NULL));
    if (attempt->guest) /* however late this comes: whoever has leased it sends it */
        commit_expect_attempts (commit, key, 0);
    commit_delete (commit, key);
    member_make (member, delivery->workspace, delivery->id);
    commit_unplace (commit, key_due (key, self->shard, KIND_DELIVERY), member);
    event_put (commit, self->shard, delivery->workspace, self->contacts[i], delivery->person, &fact,
               self->contacts[i] != NULL);
}

void bundle_put (commit_t *commit, int shard, const delivery_t *delivery)
{
    static const record_head_t absent = {.version = 0};
    char key[KEY_SIZE], member[MEMBER_SIZE];
    size_t size;
    event_id_t event = event_id_of ("bundle", delivery->id, NULL);
    record_head_t head = record_head_next (&absent, KIND_DELIVERY, event, 0);
    uint8_t *record = delivery_pack (delivery, &head, &size);
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTICE, .at = delivery->due, .number = 1};
    WORD_COPY (fact.to, delivery->person);
    snprintf (fact.detail, sizeof fact.detail, "bundle by %s: %zu notices that waited", way_name (delivery->way),
              delivery->lines_n);
    key_delivery (key, shard, delivery->workspace, delivery->id);
    commit_expect_record (commit, key, 0, event);
    commit_put (commit, key, record, size, 0);
    member_make (member, delivery->workspace, delivery->id);
    commit_place (commit, key_due (key, shard, KIND_DELIVERY), delivery->due, member);
    event_put (commit, shard, delivery->workspace, NULL, delivery->person, &fact, false);
    free (record);
}

/* The check failed at this one's record: it is somebody else's by now. */
static bool failed_at (const bundle_t *self, size_t i, const commit_answer_t *answer)
{
    char key[KEY_SIZE];
    const delivery_t *delivery = &self->attempts[i]->delivery;
    key_delivery (key, self->shard, delivery->workspace, delivery->id);
    return answer->key && answer->key_size == strlen (key) && memcmp (answer->key, key, answer->key_size) == 0;
}

static void one_by_one (bundle_t *self, const commit_answer_t *answer)
{
    metric_add ("bundles_undone", 1);
    if (answer->outcome == COMMIT_INVALID)
        aside_add_key (self->self->aside, self->delivery.workspace, answer);
    for (size_t i = 0; i < self->n; i++) {
        attempt_t *attempt = self->attempts[i];
        if (attempt->guest || failed_at (self, i, answer))
            continue;
        self->attempts[i] = NULL;
        if (attempt_late (attempt))
            continue;
        if (attempt->bundle)
            bundle_look (attempt, self->now);
        else
            row_known (attempt, self->contacts[i], self->now);
    }
}

static void on_bundled (void *arg, const commit_answer_t *answer)
{
    bundle_t *self = arg;
    notification_t *notification = self->self;
    bool runs = notification_release (notification);
    if (runs && answer->outcome == COMMIT_DONE) {
        metric_add ("notices_bundled", (int64_t)self->n);
        for (size_t i = 0; i < self->n; i++) {
            held_forget (notification, &self->attempts[i]->delivery);
            guests_gone (self->attempts[i]);
        }
        service_hint_outbox (notification->service, self->shard, self->delivery.due);
    }
    if (runs && (answer->outcome == COMMIT_REFUSED || answer->outcome == COMMIT_INVALID))
        one_by_one (self, answer);
    bool was_full = notification->unsettled >= notification->unsettled_max;
    notification_hold (notification); /* the last attempt may be what holds it */
    bundle_destroy (self);
    if (notification_release (notification) && was_full)
        outbox_pump (notification);
}

static void commit_bundle (bundle_t *self, const policy_t *policy)
{
    const delivery_t *members[BUNDLE_MAX];
    const contact_t *contacts[BUNDLE_MAX];
    for (size_t i = 0; i < self->n; i++) {
        members[i] = &self->attempts[i]->delivery;
        contacts[i] = self->contacts[i];
    }
    bundle_render (members, contacts, self->n, policy, self->now, &self->delivery);
    commit_t *commit = commit_new (self->shard);
    bundle_put (commit, self->shard, &self->delivery);
    for (size_t i = 0; i < self->n; i++)
        end_member (self, i, commit);
    notification_hold (self->self);
    store_commit (self->self->service->store, &commit, 0, on_bundled, self);
}

/* ---- who */

/* There is still a reason to tell it: then the contact as it is. */
static contact_t *still_told (const attempt_t *attempt, const store_value_t *value, wall_ms_t now)
{
    record_head_t head;
    contact_t *contact = xmalloc (sizeof *contact);
    if (value->bytes && contact_unpack (value->bytes, value->size, &head, contact) == RECORD_OK &&
        !delivery_moot (&attempt->delivery, contact, now))
        return contact;
    free (contact);
    return NULL;
}

/* Those from `first` on that go together with it; NULL: too few. */
static bundle_t *gather (attempt_t *const *attempts, const store_value_t *values, size_t n, size_t first, size_t *rows,
                         wall_ms_t now)
{
    bundle_t *bundle = xcalloc (1, sizeof *bundle);
    size_t lines = 0;
    for (size_t i = first; i < n && bundle->n < BUNDLE_MAX; i++) {
        contact_t *contact = NULL;
        if (!attempts[i] || attempts[i]->set_aside || !bundle_may (&attempts[i]->delivery, now) ||
            !bundle_together (&attempts[first]->delivery, &attempts[i]->delivery) ||
            lines + lines_of (&attempts[i]->delivery) > BUNDLE_MAX ||
            !(attempts[i]->delivery.lines_n || (contact = still_told (attempts[i], &values[i], now))))
            continue;
        lines += lines_of (&attempts[i]->delivery);
        rows[bundle->n] = i;
        bundle->contacts[bundle->n++] = contact;
    }
    if (bundle->n > 1 && lines >= BUNDLE_MIN)
        return bundle;
    bundle_destroy (bundle);
    return NULL;
}

void bundle_rows (notification_t *self, int shard, wall_ms_t now, attempt_t **attempts, const store_value_t *values,
                  size_t n)
{
    for (size_t first = 0; first + 1 < n; first++) {
        size_t rows[BUNDLE_MAX];
        const attempt_t *attempt = attempts[first];
        const policy_t *policy =
            attempt ? workspaces_policy (self->service->workspaces, attempt->delivery.workspace) : NULL;
        if (!policy || attempt->set_aside || !bundle_may (&attempt->delivery, now))
            continue;
        bundle_t *bundle = gather (attempts, values, n, first, rows, now);
        if (!bundle)
            continue;
        bundle->self = self;
        bundle->shard = shard;
        bundle->now = now;
        for (size_t i = 0; i < bundle->n; i++) {
            bundle->attempts[i] = attempts[rows[i]];
            attempts[rows[i]] = NULL;
            forward_come (bundle->attempts[i]);
        }
        commit_bundle (bundle, policy);
    }
}
