/* rearm.c - the store's clock jumped: it is said in each workspace, and what a clock that was set back has left too far
 * ahead is brought near again.
 *
 * Hears:  the jump (service.c). Walks, once the clock has kept still, over the timers that stand ahead by no more than
 *         the jump, a page after the other.
 * Says:   timers armed anew, one commit each; everything else is left as it is.
 *
 * A lease that was taken before the clock was set back would be held for as long as the jump where its worker died;
 * presence that was renewed before would last as much longer; routing would be asked again as much later. Deadlines stay
 * where they are: they were promised by the clock. A notice that we hold, or try again, waits as long as it would have.
 * Each replica walks: what another has mended stands where it belongs already; of a notice whose wait was shortened the
 * record says by which jump, and it is done once.
 * A replica that hears of the jump later than SAID_ONCE_MS takes it for another.
 * Where a page can't be read or written it is read again with the next second. */
#include "escalation_private.h"

#include "clock_offset.h"
#include "delivery.h"
#include "delivery_sooner.h"
#include "ids.h"
#include "lease_back.h"
#include "log.h"
#include "plan.h"
#include "work.h"
#include "xmalloc.h"

#include <stdio.h>

enum { PAGE = 64 };
#define NEAR_MS      (1 * MS_PER_MINUTE)  /* what is no further ahead comes by itself, and may be a lease of now */
#define WAIT_MS      (1 * MS_PER_HOUR)    /* a notice that is held or tried again waits no longer, but for a limit */
#define SAID_ONCE_MS (15 * MS_PER_SECOND) /* by whichever replica is first */

static const char kinds[] = {KIND_CONTACT, KIND_PERSON, KIND_DELIVERY};
enum { KINDS_WALKED = sizeof kinds };

/* ---- it is said */

static void on_said (void *arg, const commit_answer_t *answer)
{
    (void)answer; /* refused: another replica has said it */
    ((escalation_t *)arg)->looking--;
}

/* Once a jump, whichever replica is first. A jump is known by its length and by where it led; two that look the same are
 * said once, since the replicas can't tell them apart. Each of them stands in the log of each process. */
static void say_in (escalation_t *self, const char *workspace, int64_t ms)
{
    char key[KEY_SIZE], once[HASH_HEX_SIZE], jump[64];
    wall_ms_t landed = store_now (self->service->store) + ms;
    int shard = store_shard (self->service->store, workspace);
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_CLOCK_JUMPED, .at = store_now (self->service->store)};
    snprintf (fact.detail, sizeof (fact.detail), "the store's clock jumped by %lld s: nothing is done for a moment",
              (long long)(ms / MS_PER_SECOND));
    snprintf (jump, sizeof (jump), "clock jumped %lld %lld", (long long)(ms / MS_PER_SECOND),
              (long long)(landed / SAID_ONCE_MS));
    hash_hex (jump, strlen (jump), once);
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
        self->rearm = (rearm_t){.back_ms = self->rearm.back_ms > -ms ? self->rearm.back_ms : -ms,
                                .landed = store_now (self->service->store) + ms,
                                .asked = self->rearm.asked};
}

/* ---- one timer */

/* By the record's own clocks, but that routing is asked again is a matter of seconds; 0: it can't be read. */
static wall_ms_t contact_clock (escalation_t *self, const store_value_t *value, int64_t score)
{
    record_head_t head;
    contact_t contact;
    (void)score;
    if (contact_unpack (value->bytes, value->size, &head, &contact) != RECORD_OK)
        return 0;
    wall_ms_t now = store_now (self->service->store);
    return contact_handoff_strays (&contact, now) ? now : contact_next_due (&contact);
}

/* Who is present for longer than a heartbeat now would say is looked at now. */
static wall_ms_t person_clock (escalation_t *self, const store_value_t *value, int64_t score)
{
    record_head_t head;
    person_t person, after;
    (void)score;
    if (person_unpack (value->bytes, value->size, &head, &person) != RECORD_OK)
        return 0;
    const policy_t *policy = workspaces_policy (self->service->workspaces, person.workspace);
    wall_ms_t now = store_now (self->service->store);
    person_apply (&person, PERSON_TIME, now, policy ? policy->presence_ms : 0, NULL, &after);
    return after.present_until < person.present_until ? now : person_next_due (&person);
}

/* A jump is known by where it led; replicas hear of it at about the same time. */
static event_id_t set_back_event (const escalation_t *self, int about)
{
    char jump[24];
    snprintf (jump, sizeof (jump), "%lld", (long long)(self->rearm.landed / SAID_ONCE_MS + about));
    return event_id_of ("set back", jump, NULL);
}

static bool was_set_back (const escalation_t *self, const record_head_t *head)
{
    bool was = false;
    for (int about = -1; about <= 1; about++)
        was |= record_has_event (head, set_back_event (self, about));
    return was;
}

static wall_ms_t delivery_clock (escalation_t *self, const store_value_t *value, int64_t score)
{
    record_head_t head;
    delivery_t delivery;
    if (delivery_unpack (value->bytes, value->size, &head, &delivery) != RECORD_OK)
        return 0;
    wall_ms_t due = delivery.dead ? 0 : delivery.due;
    if (due == score && !was_set_back (self, &head)) /* nobody has a lease of it */
        due = delivery_set_back (&delivery, self->rearm.back_ms, store_now (self->service->store));
    delivery_clear (&delivery);
    return due;
}

/* When it should stand, if that is nearer than where it stands; 0: it is left there. */
static wall_ms_t nearer (escalation_t *self, int64_t score, const store_value_t *record)
{
    static wall_ms_t (*const clocks[KINDS_WALKED]) (escalation_t *, const store_value_t *,
                                                    int64_t) = {contact_clock, person_clock, delivery_clock};
    if (!record->bytes || score < store_now (self->service->store) + NEAR_MS)
        return 0;
    wall_ms_t due = clocks[self->rearm.kind](self, record, score);
    return due < score ? due : 0;
}

/* ---- the walk */

typedef struct page page_t;

typedef struct row {
    page_t *page;
    char member[MEMBER_SIZE];
    int64_t score;
} row_t;

struct page {
    escalation_t *self;
    bool last, away;
    int64_t after, skip; /* where the next page begins */
    size_t open;         /* commits under way */
    size_t n;
    row_t rows[PAGE];
};

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

/* Only now the walk goes on from behind it. */
static void page_done (page_t *page)
{
    escalation_t *self = page->self;
    rearm_t *walk = &self->rearm;
    bool away = page->away, last = page->last, same = walk->to != 0; /* it was not begun anew meanwhile */
    walk->asked = false;
    if (same && !away) {
        walk->after = page->after;
        walk->skip = page->skip;
    }
    free (page);
    if (same && !away && last)
        next_set (self);
    if (!away && !self->draining)
        next_page (self);
}

/* What was mended is gone from its score: what stands there is counted, and nothing else. Refused: somebody committed
 * meanwhile, and armed it. */
static void on_mended (void *arg, const commit_answer_t *answer)
{
    const row_t *row = arg;
    page_t *page = row->page;
    page->self->looking--;
    if (answer->outcome == COMMIT_AWAY)
        page->away = true;
    else if (answer->outcome != COMMIT_INVALID && row->score == page->after && page->skip)
        page->skip--;
    if (--page->open == 0)
        page_done (page);
}

static void on_asked (void *arg, const work_result_t *result)
{
    static const commit_outcome_t as[] = {
        [WORK_DONE] = COMMIT_DONE,      [WORK_ALREADY] = COMMIT_ALREADY, [WORK_REFUSED] = COMMIT_INVALID,
        [WORK_CHECK] = COMMIT_INVALID,  [WORK_ROOM] = COMMIT_INVALID,    [WORK_MISSING] = COMMIT_INVALID,
        [WORK_BROKEN] = COMMIT_INVALID, [WORK_AWAY] = COMMIT_AWAY,       [WORK_CONFLICT] = COMMIT_AWAY,
        [WORK_STUCK] = COMMIT_INVALID,
    };
    on_mended (arg, &(commit_answer_t){.outcome = as[result->outcome]});
}

/* A contact whose hand-off strays is looked at now: its record says when it is due, and that moves, too. False: another's
 * clock holds its timer. */
static bool ask_routing (escalation_t *self, const lease_row_t *row, row_t *arg)
{
    record_head_t head;
    contact_t contact;
    char version[24];
    if (row->kind != KIND_CONTACT ||
        contact_unpack (row->record.bytes, row->record.size, &head, &contact) != RECORD_OK ||
        !contact_handoff_strays (&contact, store_now (self->service->store)))
        return false;
    snprintf (version, sizeof (version), "%llu", (unsigned long long)head.version);
    work_begin (
        &(work_order_t){.service = self->service,
                        .workspace = contact.workspace,
                        .contact = contact.id,
                        .event = {.kind = EVENT_TIME, .id = event_id_of ("hand-off", contact.id, version, NULL)},
                        .record = (const uint8_t *)row->record.bytes,
                        .record_size = row->record.size,
                        .done = on_asked,
                        .arg = arg});
    return true;
}

static bool move (escalation_t *self, const lease_row_t *row, wall_ms_t due, row_t *arg)
{
    store_t *store = self->service->store;
    if (row->kind == KIND_DELIVERY && delivery_clock (self, &row->record, TIME_NEVER) == arg->score) {
        event_id_t once = set_back_event (self, 0);
        return delivery_sooner (store, row->shard, &row->record, due, &once, on_mended,
                                arg); /* its record moves, too */
    }
    return ask_routing (self, row, arg) || lease_back (store, row, due, on_mended, arg);
}

static void mend (row_t *row, const store_value_t *record)
{
    page_t *page = row->page;
    escalation_t *self = page->self;
    const lease_row_t back = {.shard = self->rearm.shard,
                              .kind = kinds[self->rearm.kind],
                              .member = {.bytes = row->member, .size = strlen (row->member)},
                              .record = *record};
    wall_ms_t due = nearer (self, row->score, record);
    if (!due)
        return;
    page->open++;
    self->looking++;
    if (move (self, &back, due, row)) {
        metric_add ("timers_rearmed", 1);
        return;
    }
    page->open--;
    self->looking--;
}

static void on_records (void *arg, const store_values_t *values)
{
    page_t *page = arg;
    escalation_t *self = page->self;
    self->looking--;
    page->away = values->away;
    page->open = 1; /* this loop */
    for (size_t i = 0; self->rearm.to && !values->away && i < values->n && i < page->n; i++)
        mend (&page->rows[i], &values->items[i]);
    if (--page->open == 0)
        page_done (page);
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
    store_get (self->service->store, list, page->n, on_records, page);
}

static void add_row (page_t *page, const store_value_t *value)
{
    page->skip = value->score == page->after ? page->skip + 1 : 1;
    page->after = value->score;
    if (value->size >= MEMBER_SIZE)
        return;
    row_t *row = &page->rows[page->n++];
    row->page = page;
    row->score = value->score;
    snprintf (row->member, MEMBER_SIZE, "%.*s", (int)value->size, value->bytes);
}

static void on_timers (void *arg, const store_values_t *values)
{
    escalation_t *self = arg;
    rearm_t *walk = &self->rearm;
    self->looking--;
    if (values->away || self->draining || !walk->to) {
        walk->asked = false;
        return; /* again with the next second */
    }
    page_t *page = xcalloc (1, sizeof (*page));
    page->self = self;
    page->last = values->n < PAGE;
    page->after = walk->after;
    page->skip = walk->skip;
    for (size_t i = 0; i < values->n && i < PAGE; i++)
        add_row (page, &values->items[i]);
    if (page->n)
        load (page);
    else
        page_done (page);
}

static void next_page (escalation_t *self)
{
    char key[KEY_SIZE];
    rearm_t *walk = &self->rearm;
    if (!walk->to || walk->asked)
        return;
    wall_ms_t to = walk->to + (kinds[walk->kind] == KIND_DELIVERY ? WAIT_MS : 0);
    walk->asked = true;
    self->looking++;
    store_range (self->service->store, key_due (key, walk->shard, kinds[walk->kind]), walk->after, to, walk->skip, PAGE,
                 on_timers, self);
}

void rearm_look (escalation_t *self)
{
    rearm_t *walk = &self->rearm;
    if (!walk->back_ms || walk->asked || self->draining || store_still (self->service->store))
        return;
    if (!walk->to) {
        wall_ms_t now = store_now (self->service->store);
        *walk = (rearm_t){.back_ms = walk->back_ms,
                          .landed = walk->landed,
                          .from = now + NEAR_MS,
                          .to = now + walk->back_ms + NEAR_MS,
                          .shard = -1,
                          .kind = KINDS_WALKED};
        log_fact (LOG_NOTICE_, "", "the clock was set back: timers are looked at", NULL);
        next_set (self);
    }
    next_page (self);
}
