/* plan.c - from a decision to a commit. Every index and timer is derived from the contact before and
 * after, so a decision can't forget one. */
#include "plan.h"

#include "guard.h"
#include "keys.h"
#include "notice.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

#define MATCH_LATER_MS (2 * MS_PER_SECOND) /* a lost hint about a free person costs so long */
#define STATE(name)    BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name

/* Who holds the contact: its weight counts against them. An owner, and somebody who is asked. */
typedef struct holders {
    struct {
        const char *person;
        uint32_t epoch;
    } items[2];
    size_t n;
} holders_t;

typedef struct rendered {
    uint8_t *bytes;
    size_t size;
    char id[DELIVERY_ID_SIZE];
    wall_ms_t due;
} rendered_t;

typedef struct build {
    plan_t *plan;
    commit_t *commit;
    int shard;
    const contact_t *before, *after;
    const policy_t *policy;
    wall_ms_t now;
    load_change_t loads[4];
    size_t loads_n;
    rendered_t *rendered;
    size_t rendered_n, rendered_max;
} build_t;

static bool is_held (const contact_t *c)
{
    return c->state == STATE (OWNED) || c->state == STATE (WAITING);
}

static holders_t holders_of (const contact_t *c)
{
    holders_t held = {.n = 0};
    if (!c)
        return held;
    if (is_held (c) && *c->owner) {
        held.items[held.n].person = c->owner;
        held.items[held.n++].epoch = c->owner_epoch;
    }
    if (*c->offered_to && !(held.n && word_same (c->offered_to, c->owner))) {
        held.items[held.n].person = c->offered_to;
        held.items[held.n++].epoch = c->offer_epoch;
    }
    return held;
}

static bool holds (const holders_t *held, const char *person, uint32_t epoch)
{
    for (size_t i = 0; i < held->n; i++)
        if (held->items[i].epoch == epoch && word_same (held->items[i].person, person))
            return true;
    return false;
}

static void note_load (build_t *b, const char *person, uint32_t epoch, int change)
{
    load_change_t *load = &b->loads[b->loads_n++];
    WORD_COPY (load->person, person);
    load->epoch = epoch;
    load->change = change;
}

/* The room that must be left before this contact's weight is added; the sum is read off what they hold. */
static void expect_room (build_t *b, const char *person, uint32_t epoch)
{
    char key[KEY_SIZE];
    enum { CHANNELS_MAX = 64 };
    commit_weight_t weights[CHANNELS_MAX];
    size_t n = 0;
    const policy_person_t *about = policy_person (b->policy, person);
    const policy_channel_t *channel = policy_channel (b->policy, b->after->channel);
    if (!about || !channel || channel->weight == 0)
        return;
    for (size_t i = 0; i < b->policy->channels_n && n < CHANNELS_MAX; i++)
        if (b->policy->channels[i].weight > 0)
            weights[n++] = (commit_weight_t){b->policy->channels[i].name, b->policy->channels[i].weight};
    commit_expect_room (b->commit, key_own (key, b->shard, b->after->workspace, person, epoch),
                        about->capacity - channel->weight, weights, n);
}

/* Checks for whoever newly holds it: their epoch must be this one, and an offer must fit. Somebody who
 * takes or accepts by themselves may go over their capacity: it is their word. */
static void check_holders (build_t *b, const holders_t *was, const holders_t *is)
{
    char key[KEY_SIZE];
    for (size_t i = 0; i < is->n; i++) {
        const char *person = is->items[i].person;
        uint32_t epoch = is->items[i].epoch;
        bool owner_now = word_same (person, b->after->owner) && !(b->before && word_same (person, b->before->owner));
        bool newly = !holds (was, person, epoch);
        if (newly || owner_now)
            commit_expect_epoch (b->commit, key_person (key, b->shard, b->after->workspace, person), epoch);
        bool asked = word_same (person, b->after->offered_to) || b->plan->by_routing;
        if (newly && asked)
            expect_room (b, person, epoch);
    }
}

static void place_holders (build_t *b, const holders_t *was, const holders_t *is)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    const char *workspace = b->after->workspace;
    own_member (member, b->after->channel, b->after->id);
    for (size_t i = 0; i < was->n; i++) {
        const char *person = was->items[i].person;
        uint32_t epoch = was->items[i].epoch;
        if (holds (is, person, epoch))
            continue;
        commit_unplace (b->commit, key_own (key, b->shard, workspace, person, epoch), member);
        note_load (b, person, epoch, -1);
        char who[MEMBER_SIZE];
        commit_place_sooner (b->commit, key_match (key, b->shard), b->now + MATCH_LATER_MS,
                             member_make (who, workspace, person));
        WORD_COPY (b->plan->room_for[*b->plan->room_for[0] ? 1 : 0], person);
    }
    for (size_t i = 0; i < is->n; i++) {
        const char *person = is->items[i].person;
        uint32_t epoch = is->items[i].epoch;
        if (holds (was, person, epoch))
            continue;
        commit_place (b->commit, key_own (key, b->shard, workspace, person, epoch), 0, member);
        commit_place (b->commit, key_idle (key, b->shard, workspace), b->now, person);
        note_load (b, person, epoch, 1);
    }
}

static void place_queue (build_t *b)
{
    char key[KEY_SIZE];
    const contact_t *c = b->after;
    bool was = b->before && contact_in_queue (b->before);
    bool is = contact_in_queue (c);
    key_queue (key, b->shard, c->workspace);
    if (is && (!was || contact_queue_score (b->before) != contact_queue_score (c)))
        commit_place (b->commit, key, contact_queue_score (c), c->id);
    else if (was && !is)
        commit_unplace (b->commit, key, c->id);
}

static void place_open (build_t *b)
{
    char key[KEY_SIZE];
    const contact_t *c = b->after;
    if (!b->before)
        commit_place (b->commit, key_open (key, b->shard, c->workspace), 0, c->id);
    if (c->state != STATE (CLOSED) || (b->before && b->before->state == STATE (CLOSED)))
        return;
    commit_unplace (b->commit, key_open (key, b->shard, c->workspace), c->id);
    commit_place (b->commit, key_closed (key, b->shard, c->workspace), b->now + b->policy->keep_closed_ms, c->id);
}

static void arm_timer (build_t *b)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    const contact_t *c = b->after;
    b->plan->due = contact_next_due (c);
    key_due (key, b->shard, KIND_CONTACT);
    member_make (member, c->workspace, c->id);
    if (b->plan->due)
        commit_place (b->commit, key, b->plan->due, member);
    else
        commit_unplace (b->commit, key, member);
}

static void count_promises (build_t *b)
{
    char key[KEY_SIZE];
    static const contact_t none = {.version = 0};
    const contact_t *was = b->before ? b->before : &none, *is = b->after;
    const struct {
        const char *field;
        unsigned was, is;
    } rows[] = {{"opened", was->opened, is->opened},
                {"kept", was->kept, is->kept},
                {"broken", was->broken, is->broken},
                {"released", was->released, is->released}};
    key_counts (key, b->shard, is->workspace);
    for (size_t i = 0; i < sizeof (rows) / sizeof (rows[0]); i++)
        if (rows[i].is != rows[i].was)
            commit_count (b->commit, key, rows[i].field, (int64_t)rows[i].is - rows[i].was);
}

static void keep_rendered (build_t *b, const delivery_t *delivery, event_id_t event)
{
    static const record_head_t absent = {.version = 0};
    record_head_t head = record_head_next (&absent, KIND_DELIVERY, event, 0);
    if (b->rendered_n == b->rendered_max) {
        b->rendered_max = b->rendered_max ? 2 * b->rendered_max : NOTICE_WAYS_MAX;
        b->rendered = xrealloc (b->rendered, b->rendered_max * sizeof *b->rendered);
    }
    rendered_t *row = &b->rendered[b->rendered_n++];
    row->bytes = delivery_pack (delivery, &head, &row->size);
    row->due = delivery->due;
    WORD_COPY (row->id, delivery->id);
}

static void put_rendered (build_t *b)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    const char *workspace = b->after->workspace;
    for (size_t i = 0; i < b->rendered_n; i++) {
        rendered_t *row = &b->rendered[i];
        commit_put (b->commit, key_delivery (key, b->shard, workspace, row->id), row->bytes, row->size, 0);
        commit_place (b->commit, key_due (key, b->shard, KIND_DELIVERY), row->due,
                      member_make (member, workspace, row->id));
        if (!b->plan->send_at || row->due < b->plan->send_at)
            b->plan->send_at = row->due;
        free (row->bytes);
    }
    b->plan->notices = (unsigned)b->rendered_n;
    free (b->rendered);
}

/* Before the contact itself is packed: it remembers the mail of ours that began a thread. */
static void render_notices (build_t *b, effects_t *effects, event_id_t event, char first_mail[DELIVERY_ID_SIZE])
{
    unsigned position = 0;
    for (size_t i = 0; i < effects->notices_n; i++) {
        delivery_t out[NOTICE_WAYS_MAX];
        memset (out, 0, sizeof (out));
        size_t n = notice_render (&effects->notices[i], b->after, b->policy, event, &position, b->now, out, effects);
        for (size_t k = 0; k < n; k++) {
            if (!*first_mail && delivery_begins_thread (&out[k]))
                word_copy (first_mail, DELIVERY_ID_SIZE, out[k].id);
            keep_rendered (b, &out[k], event);
            delivery_clear (&out[k]);
        }
    }
}

static void write_events (build_t *b, const effects_t *effects)
{
    char key[KEY_SIZE];
    size_t size = 0;
    const contact_t *c = b->after;
    if (effects->facts_n == 0)
        return;
    for (int timeline = 0; timeline < 2; timeline++) {
        uint8_t *bytes = event_pack (c->workspace, c, NULL, effects->facts, effects->facts_n,
                                     timeline ? NULL : b->loads, timeline ? 0 : b->loads_n, b->now, timeline, &size);
        if (timeline)
            commit_append (b->commit, key_timeline (key, b->shard, c->workspace, c->id), bytes, size);
        else
            commit_event (b->commit, key_events (key, b->shard, c->workspace), bytes, size);
        free (bytes);
    }
}

static bool routing_is_asked (const contact_t *before, const contact_t *after)
{
    if (!contact_wants_somebody (after) || !after->handoff_at)
        return false;
    return !before || before->handoff_at != after->handoff_at;
}

void plan_contact (plan_t *plan, int shard, const record_head_t *head, const contact_t *before, const contact_t *after,
                   effects_t *effects, const policy_t *policy, event_id_t event, wall_ms_t now)
{
    char key[KEY_SIZE];
    bool by_routing = plan->by_routing;
    memset (plan, 0, sizeof (*plan));
    plan->by_routing = by_routing;
    plan->commit = commit_new (shard);
    contact_t stored = *after;
    build_t b = {.plan = plan,
                 .commit = plan->commit,
                 .shard = shard,
                 .before = before,
                 .after = &stored,
                 .policy = policy,
                 .now = now};
    holders_t was = holders_of (before), is = holders_of (after);
    record_head_t next = record_head_next (head, KIND_CONTACT, event, 0);
    render_notices (&b, effects, event, stored.first_mail);
    stored.version = next.version;
    size_t size = 0;
    uint8_t *record = contact_pack (&stored, &next, &size);

    key_contact (key, shard, after->workspace, after->id);
    commit_expect_record (plan->commit, key, head->version, event);
    commit_put (plan->commit, key, record, size, 0);
    free (record);
    plan->policy_check = commit_size (plan->commit);
    if (GUARD ("f10"))
        commit_expect_version (plan->commit, key_workspace (key, shard, after->workspace), policy->version);
    check_holders (&b, &was, &is);
    place_holders (&b, &was, &is);
    place_queue (&b);
    place_open (&b);
    arm_timer (&b);
    count_promises (&b);
    put_rendered (&b);
    write_events (&b, effects);
    plan->route = routing_is_asked (before, after);
}

void plan_clear (plan_t *plan)
{
    commit_destroy (&plan->commit);
    memset (plan, 0, sizeof (*plan));
}

commit_t *plan_person (int shard, const record_head_t *head, const person_t *after, event_id_t event, bool changed,
                       fact_kind_t kind, const char *detail, wall_ms_t now)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    size_t size = 0;
    commit_t *commit = commit_new (shard);
    record_head_t next = record_head_next (head, KIND_PERSON, event, after->epoch);
    uint8_t *bytes = person_pack (after, &next, &size);
    key_person (key, shard, after->workspace, after->name);
    commit_expect_record (commit, key, head->version, event);
    commit_put (commit, key, bytes, size, 0);
    free (bytes);
    wall_ms_t due = person_next_due (after);
    member_make (member, after->workspace, after->name);
    if (due)
        commit_place (commit, key_due (key, shard, KIND_PERSON), due, member);
    else
        commit_unplace (commit, key_due (key, shard, KIND_PERSON), member);
    if (!changed)
        return commit;
    if (after->present) /* somebody came: look whether they can take what waits */
        commit_place_sooner (commit, key_match (key, shard), now + MATCH_LATER_MS, member);
    fact_t fact = {.kind = kind, .at = now, .number = after->epoch};
    WORD_COPY (fact.by, after->name);
    WORD_COPY (fact.detail, detail);
    event_put (commit, shard, after->workspace, NULL, after->name, &fact, false);
    return commit;
}
