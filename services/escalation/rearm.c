/* rearm.c - the store's clock jumped: it is said in each workspace, and what a clock that was set back has left too far
 * ahead is brought near again.
 *
 * Hears:  the jump (service.c). Walks, once the clock has kept still, over the timers that stand ahead by no more than
 *         the jump, a page after the other.
 * Says:   timers armed anew, one commit each; everything else is left as it is.
 *
 * A lease that was taken before the clock was set back would be held for as long as the jump where its worker died;
 * presence that was renewed before would last as much longer. Deadlines stay where they are: they were promised by the
 * clock. Each replica walks: what another has mended stands where it belongs already.
 * Limits: of more than a page of timers of one millisecond some may be left to their lease. */
#include "escalation_private.h"

#include "clock_offset.h"
#include "delivery.h"
#include "lease_back.h"
#include "log.h"
#include "plan.h"
#include "xmalloc.h"

#include <stdio.h>

enum { PAGE = 64 };
#define NEAR_MS      (1 * MS_PER_MINUTE)  /* what is no further ahead comes by itself, and may be a lease of now */
#define SAID_ONCE_MS (15 * MS_PER_SECOND) /* by whichever replica is first */

static const char kinds[] = {KIND_CONTACT, KIND_PERSON, KIND_DELIVERY};
enum { KINDS_WALKED = sizeof kinds };

/* ---- it is said */

static void on_said (void *arg, const commit_answer_t *answer)
{
    (void)answer; /* refused: another replica has said it */
    ((escalation_t *)arg)->looking--;
}

static void say_in (escalation_t *self, const char *workspace, int64_t ms)
{
    char key[KEY_SIZE], once[HASH_HEX_SIZE];
    int shard = store_shard (self->service->store, workspace);
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_CLOCK_JUMPED, .at = store_now (self->service->store)};
    snprintf (fact.detail, sizeof (fact.detail), "the store's clock jumped by %lld s: nothing is done for a moment",
              (long long)(ms / MS_PER_SECOND));
    hash_hex ("clock jumped", strlen ("clock jumped"), once);
    key_idempotency (key, shard, workspace, once);
    commit_t *commit = commit_new (shard);
    commit_expect_free (commit, key);
    commit_put (commit, key, "1", 1, SAID_ONCE_MS);
    event_put (commit, shard, workspace, NULL, NULL, &fact, false);
    self->looking++;
    store_commit (self->service->store, &commit, 0, on_said, self);
}

void clock_jumped (escalation_t *self, int64_t ms)
{
    const char *workspace;
    for (size_t i = 0; (workspace = workspaces_name (self->service->workspaces, i)); i++)
        say_in (self, workspace, ms);
    self->jumped_to = store_now (self->service->store) + ms + CLOCK_STILL_MS;
    if (ms < 0)
        self->rearm =
            (rearm_t){.back_ms = self->rearm.back_ms > -ms ? self->rearm.back_ms : -ms, .asked = self->rearm.asked};
}

/* ---- one timer */

/* By the record's own clocks; 0: it can't be read. What is present for longer than a heartbeat now would say is looked
 * at now. */
static wall_ms_t contact_clock (escalation_t *self, const store_value_t *value)
{
    record_head_t head;
    contact_t contact;
    (void)self;
    return contact_unpack (value->bytes, value->size, &head, &contact) == RECORD_OK ? contact_next_due (&contact) : 0;
}

static wall_ms_t person_clock (escalation_t *self, const store_value_t *value)
{
    record_head_t head;
    person_t person, after;
    if (person_unpack (value->bytes, value->size, &head, &person) != RECORD_OK)
        return 0;
    const policy_t *policy = workspaces_policy (self->service->workspaces, person.workspace);
    wall_ms_t now = store_now (self->service->store);
    person_apply (&person, PERSON_TIME, now, policy ? policy->presence_ms : 0, NULL, &after);
    return after.present_until < person.present_until ? now : person_next_due (&person);
}

static wall_ms_t delivery_clock (escalation_t *self, const store_value_t *value)
{
    record_head_t head;
    delivery_t delivery;
    (void)self;
    if (delivery_unpack (value->bytes, value->size, &head, &delivery) != RECORD_OK)
        return 0;
    wall_ms_t due = delivery.dead ? 0 : delivery.due;
    delivery_clear (&delivery);
    return due;
}

static void mend (escalation_t *self, const store_value_t *member, int64_t score, const store_value_t *record)
{
    static wall_ms_t (*const clocks[KINDS_WALKED]) (escalation_t *, const store_value_t *) = {
        contact_clock, person_clock, delivery_clock};
    const rearm_t *walk = &self->rearm;
    wall_ms_t due = record->bytes ? clocks[walk->kind](self, record) : 0;
    if (!due || due >= score || score < store_now (self->service->store) + NEAR_MS)
        return;
    metric_add ("timers_rearmed", 1);
    lease_back (self->service->store, walk->shard, kinds[walk->kind], member, record->bytes, record->size, due);
}

/* ---- the walk */

typedef struct page {
    escalation_t *self;
    size_t n;
    struct {
        char member[MEMBER_SIZE];
        int64_t score;
    } rows[PAGE];
} page_t;

static void next_page (escalation_t *self);

static bool shard_is_ours (const escalation_t *self, int shard)
{
    const char *workspace;
    for (size_t i = 0; (workspace = workspaces_name (self->service->workspaces, i)); i++)
        if (store_shard (self->service->store, workspace) == shard)
            return true;
    return false;
}

/* The next kind, the next shard that has a workspace; the end. */
static void next_set (escalation_t *self)
{
    rearm_t *walk = &self->rearm;
    walk->after = walk->from;
    walk->skip = 0;
    if (++walk->kind < KINDS_WALKED)
        return;
    walk->kind = 0;
    while (++walk->shard < store_shards (self->service->store) && !shard_is_ours (self, walk->shard))
        ;
    if (walk->shard >= store_shards (self->service->store))
        *walk = (rearm_t){.back_ms = 0};
}

static void on_records (void *arg, const store_values_t *values)
{
    page_t *page = arg;
    escalation_t *self = page->self;
    rearm_t *walk = &self->rearm;
    self->looking--;
    walk->asked = false;
    bool same = walk->to != 0; /* it was not begun anew meanwhile */
    for (size_t i = 0; same && !values->away && i < values->n && i < page->n; i++) {
        const store_value_t member = {.bytes = page->rows[i].member, .size = strlen (page->rows[i].member)};
        mend (self, &member, page->rows[i].score, &values->items[i]);
    }
    if (same && !values->away && page->n < PAGE)
        next_set (self);
    bool away = values->away;
    free (page);
    if (!away && !self->draining)
        next_page (self);
}

static void load (page_t *page)
{
    static char keys[PAGE][KEY_SIZE];
    const char *list[PAGE];
    escalation_t *self = page->self;
    for (size_t i = 0; i < page->n; i++) {
        snprintf (keys[i], sizeof (keys[i]), "b:{%d}:%c:%s", self->rearm.shard, kinds[self->rearm.kind],
                  page->rows[i].member);
        list[i] = keys[i];
    }
    self->looking++;
    self->rearm.asked = true;
    store_get (self->service->store, list, page->n, on_records, page);
}

static void add_row (rearm_t *walk, page_t *page, const store_value_t *value)
{
    walk->skip = value->score == walk->after ? walk->skip + 1 : 1;
    walk->after = value->score;
    if (value->size >= MEMBER_SIZE)
        return;
    snprintf (page->rows[page->n].member, MEMBER_SIZE, "%.*s", (int)value->size, value->bytes);
    page->rows[page->n++].score = value->score;
}

static void on_timers (void *arg, const store_values_t *values)
{
    escalation_t *self = arg;
    rearm_t *walk = &self->rearm;
    self->looking--;
    walk->asked = false;
    if (values->away || self->draining || !walk->to)
        return; /* again with the next second */
    page_t *page = xcalloc (1, sizeof (*page));
    page->self = self;
    for (size_t i = 0; i < values->n && i < PAGE; i++)
        add_row (walk, page, &values->items[i]);
    if (page->n) {
        load (page);
        return;
    }
    free (page);
    next_set (self);
    next_page (self);
}

static void next_page (escalation_t *self)
{
    char key[KEY_SIZE];
    rearm_t *walk = &self->rearm;
    if (!walk->to || walk->asked)
        return;
    walk->asked = true;
    self->looking++;
    store_range (self->service->store, key_due (key, walk->shard, kinds[walk->kind]), walk->after, walk->to, walk->skip,
                 PAGE, on_timers, self);
}

void rearm_look (escalation_t *self)
{
    rearm_t *walk = &self->rearm;
    if (!walk->back_ms || walk->asked || self->draining || store_still (self->service->store))
        return;
    if (!walk->to) {
        wall_ms_t now = store_now (self->service->store);
        *walk = (rearm_t){.back_ms = walk->back_ms,
                          .from = now + NEAR_MS,
                          .to = now + walk->back_ms + NEAR_MS,
                          .shard = -1,
                          .kind = KINDS_WALKED};
        log_fact (LOG_NOTICE_, "", "the clock was set back: timers are looked at", NULL);
        next_set (self);
    }
    next_page (self);
}
