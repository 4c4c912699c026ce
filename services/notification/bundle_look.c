/* bundle_look.c - a bundle that is about to be sent: is there still a reason for each of its lines?
 *
 * Told: a leased bundle. Reads the contacts of its lines in one read. Says: nothing while each line has its reason, or
 * none has: then the bundle ends as moot. What is left when some are moot is a new bundle under an id of its own, in one
 * commit with the end of this one. What may have gone out already (own_id) keeps its bytes under its id, and goes again
 * as it is: under another id the far side could not tell that it has it.
 * A contact that can't be read makes nothing moot. Where the bundle can't be made anew (no policy, a bad key) it goes as
 * it is. Bundles of older versions name no lines: they go as they are. */
#include "settle_private.h"

#include "bundle.h"
#include "ids.h"
#include "keys.h"
#include "log.h"
#include "plan.h"
#include "there.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <string.h>

typedef struct look {
    attempt_t *attempt;
    wall_ms_t now;
    size_t open; /* questions about contacts that a read did not bring */
    bool away;
    delivery_t rest; /* what is sent instead */
} look_t;

static void look_destroy (look_t *self)
{
    delivery_clear (&self->rest);
    free (self);
}

/* ---- the rest of it, as a bundle of its own */

static void write_rest (const look_t *self, commit_t *commit)
{
    char key[KEY_SIZE], member[MEMBER_SIZE], version[24];
    const attempt_t *attempt = self->attempt;
    const delivery_t *bundle = &attempt->delivery;
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_MOOT,
                   .at = store_now (attempt->self->service->store),
                   .number = bundle->attempts};
    const bundle_word_t word = {
        .how = "left out", .why = "", .fact = &fact, .known = attempt->bundle, .only_moot = true};
    WORD_COPY (fact.to, bundle->person);
    snprintf (fact.detail, sizeof fact.detail, "bundle by %s: %zu of %zu need no look any more, the rest is told in %s",
              way_name (bundle->way), bundle->lines_n - self->rest.lines_n, bundle->lines_n, self->rest.id);
    snprintf (version, sizeof version, "%" PRIu64, attempt->head.version);
    key_delivery (key, attempt->shard, bundle->workspace, bundle->id);
    commit_expect_record (commit, key, attempt->head.version, event_id_of ("bundle anew", bundle->id, version, NULL));
    commit_delete (commit, key);
    member_make (member, bundle->workspace, bundle->id);
    commit_unplace (commit, key_due (key, attempt->shard, KIND_DELIVERY), member);
    event_put (commit, attempt->shard, bundle->workspace, NULL, bundle->person, &fact, false);
    settle_say_owed (attempt, commit); /* to those that are left out as well */
    bundle_tell (commit, attempt->shard, bundle, &word);
    bundle_put (commit, attempt->shard, &self->rest);
}

static void commit_rest (look_t *self);

static void on_rest (void *arg, const commit_answer_t *answer)
{
    look_t *self = arg;
    attempt_t *attempt = self->attempt;
    notification_t *service = attempt->self;
    wall_ms_t now = self->now;
    if (!notification_release (service)) {
        attempt_destroy (&attempt);
        look_destroy (self);
        return;
    }
    if (answer->outcome == COMMIT_INVALID) {
        aside_add_key (service->aside, attempt->delivery.workspace, answer);
        if (bundle_mute (attempt, answer)) {
            commit_rest (self);
            return;
        }
        look_destroy (self);
        if (!attempt_late (attempt))
            row_goes (attempt, NULL, now);
        return;
    }
    if (answer->outcome == COMMIT_DONE) {
        metric_add ("bundles_anew", 1);
        held_forget (service, &attempt->delivery);
        outbox_due (service, attempt->shard, self->rest.due);
    }
    look_destroy (self);
    attempt_destroy (&attempt); /* refused: somebody else has it; away: it is done, or its lease brings it back */
}

static void commit_rest (look_t *self)
{
    notification_t *service = self->attempt->self;
    commit_t *commit = commit_new (self->attempt->shard);
    write_rest (self, commit);
    notification_hold (service);
    store_commit (service->service->store, &commit, 0, on_rest, self);
}

bool bundle_mute (attempt_t *attempt, const commit_answer_t *answer)
{
    char key[KEY_SIZE];
    const delivery_t *bundle = &attempt->delivery;
    bool found = false;
    for (size_t i = 0; attempt->bundle && answer->key && answer->failed_op == OP_APPEND && i < bundle->lines_n; i++) {
        key_timeline (key, attempt->shard, bundle->workspace, bundle->lines[i].contact);
        if (attempt->bundle->mute[i] || answer->key_size != strlen (key) ||
            memcmp (answer->key, key, answer->key_size) != 0)
            continue;
        attempt->bundle->mute[i] = true;
        found = true;
    }
    return found;
}

/* ---- what is known */

static bool is_open (const attempt_t *attempt)
{
    return !attempt->delivery.ended && !attempt->delivery.dead && !attempt->set_aside;
}

/* All is known that can be. */
static void looked (look_t *self)
{
    attempt_t *attempt = self->attempt;
    notification_t *service = attempt->self;
    const delivery_t *bundle = &attempt->delivery;
    size_t moot = 0;
    for (size_t i = 0; i < bundle->lines_n; i++)
        moot += attempt->bundle->moot[i] != NULL;
    const policy_t *policy = workspaces_policy (service->service->workspaces, bundle->workspace);
    if (moot && moot < bundle->lines_n && policy && is_open (attempt) && !bundle->own_id) {
        bundle_without (bundle, attempt->bundle->moot, policy, self->now, &self->rest);
        self->rest.unsaid = 0; /* said with the end of this one */
        commit_rest (self);
        return;
    }
    wall_ms_t now = self->now;
    look_destroy (self);
    row_goes (attempt, moot == bundle->lines_n ? "none of them needs a look any more" : NULL, now);
}

static void end (look_t *self)
{
    attempt_t *attempt = self->attempt;
    if (notification_release (attempt->self) && !self->away) {
        looked (self);
        return;
    }
    look_destroy (self);
    attempt_destroy (&attempt); /* its lease brings it back */
}

typedef struct question {
    look_t *look;
    size_t line;
} question_t;

static void on_there (void *arg, there_t there)
{
    question_t question = *(question_t *)arg;
    look_t *self = question.look;
    bundle_known_t *known = self->attempt->bundle;
    free (arg);
    self->away |= there == THERE_AWAY;
    if (there == THERE_NOT) {
        known->moot[question.line] = bundle_line_moot (&self->attempt->delivery, question.line, NULL, self->now);
        known->mute[question.line] = true;
    }
    if (--self->open == 0)
        end (self);
}

static void ask (look_t *self, size_t line)
{
    char key[KEY_SIZE];
    const attempt_t *attempt = self->attempt;
    question_t *question = xmalloc (sizeof *question);
    *question = (question_t){self, line};
    key_contact (key, attempt->shard, attempt->delivery.workspace, attempt->delivery.lines[line].contact);
    self->open++;
    there_ask (attempt->self->service->store, key, on_there, question);
}

static void judge (look_t *self, size_t line, const store_value_t *value)
{
    contact_t contact;
    record_head_t head;
    attempt_t *attempt = self->attempt;
    if (contact_unpack (value->bytes, value->size, &head, &contact) == RECORD_OK)
        attempt->bundle->moot[line] = bundle_line_moot (&attempt->delivery, line, &contact, self->now);
    else
        log_fact (LOG_WARNING_, attempt->delivery.lines[line].contact, "contact of a delivery can't be read",
                  "delivery", attempt->delivery.id, NULL);
}

static void on_contacts (void *arg, const store_values_t *values)
{
    look_t *self = arg;
    self->away = values->away;
    self->open = 1; /* this loop */
    for (size_t i = 0; !values->away && i < self->attempt->delivery.lines_n && i < values->n; i++)
        if (values->items[i].bytes)
            judge (self, i, &values->items[i]);
        else
            ask (self, i);
    if (--self->open == 0)
        end (self);
}

void bundle_look (attempt_t *attempt, wall_ms_t now)
{
    char keys[BUNDLE_MAX][KEY_SIZE];
    const char *list[BUNDLE_MAX];
    const delivery_t *bundle = &attempt->delivery;
    look_t *self = xcalloc (1, sizeof *self);
    self->attempt = attempt;
    self->now = now;
    for (size_t i = 0; i < bundle->lines_n; i++)
        list[i] = key_contact (keys[i], attempt->shard, bundle->workspace, bundle->lines[i].contact);
    notification_hold (attempt->self); /* until all is known */
    store_get (attempt->self->service->store, list, bundle->lines_n, on_contacts, self);
}
