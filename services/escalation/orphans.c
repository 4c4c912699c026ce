/* orphans.c - law 1, looked at all the time: a walk over the open contacts, a page a second, that counts those without
 * a readable record, an accountable person, a clock, or an armed timer. A suspect is looked at again before
 * it counts, since commits go on meanwhile. The gauge shows the last whole walk: 0. The next begins WALK_MS after it, since
 * where few contacts are open they need not be read again each second; at once when this one found something.
 * A contact whose team or accountable person the policy names no more is given to others here: nothing else about it
 * need be due. After a policy was swapped the walk begins anew, and goes on without a pause.
 *
 * On its way it counts what /metrics shows of open contacts (tally.h).
 *
 * Hears:  a policy was swapped. Says: gauges, and that accountability moved. `buckstop audit` names what is wrong. */
#include "escalation_private.h"

#include "words.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

enum { PAGE = 256, WALK_MS = 10000 };

/* One contact of a page. */
typedef struct suspect {
    escalation_t *self;
    char workspace[NAME_SIZE], contact[ID_SIZE];
    int shard;
    unsigned walk;
    bool again; /* the second look */
} suspect_t;

static void look_at (suspect_t *suspect);

/* What is shown: all workspaces were walked. */
static void keep_tally (escalation_t *self)
{
    orphans_t *walk = &self->orphans;
    walk->last = walk->tally;
    walk->last_began = walk->began;
    walk->last_ended = loop_now (self->service->loop);
}

static void begin_next_workspace (escalation_t *self)
{
    orphans_t *walk = &self->orphans;
    walk->after[0] = '\0';
    walk->ends = false;
    if (workspaces_name (self->service->workspaces, ++walk->workspace))
        return;
    metric_set ("orphans", (double)walk->found);
    keep_tally (self);
    walk->next_at = walk->found || walk->unmoved ? 0 : loop_now (self->service->loop) + WALK_MS;
    walk->workspace = walk->found = walk->unmoved = 0;
    walk->hurry = false;
}

/* All of a page is judged. */
static void page_done (escalation_t *self)
{
    orphans_t *walk = &self->orphans;
    if (walk->ends)
        begin_next_workspace (self);
    if (walk->hurry && !self->draining)
        orphans_look (self);
}

static void suspect_destroy (suspect_t *suspect)
{
    escalation_t *self = suspect->self;
    free (suspect);
    self->looking--;
    if (--self->orphans.open == 0)
        page_done (self);
}

static void judged (suspect_t *suspect, bool well)
{
    if (!well && !suspect->again) {
        suspect->again = true;
        look_at (suspect);
        return;
    }
    suspect->self->orphans.found += !well && suspect->walk == suspect->self->orphans.number;
    suspect_destroy (suspect);
}

static void on_score (void *arg, const store_values_t *values)
{
    judged (arg, values->away || (values->n && values->items[0].bytes));
}

static void on_moved (void *arg, const work_result_t *result)
{
    suspect_t *suspect = arg;
    if (result->outcome == WORK_DONE)
        metric_add ("accountable_moved", 1);
    else
        suspect->self->orphans.unmoved++; /* somebody was faster, or the next walk finds it again */
    judged (suspect, true);
}

/* The look itself does it (contact.c, keep_current). */
static void bring_up_to_date (suspect_t *suspect, const contact_t *contact)
{
    char version[24];
    snprintf (version, sizeof (version), "%llu", (unsigned long long)contact->version);
    work_begin (&(work_order_t){
        .service = suspect->self->service,
        .workspace = suspect->workspace,
        .contact = suspect->contact,
        .event = {.kind = EVENT_TIME,
                  .id = event_id_of ("accountable", suspect->contact, contact->accountable, version, NULL)},
        .done = on_moved,
        .arg = suspect,
    });
}

/* Once each, as first read. */
static void count_contact (const suspect_t *suspect, const contact_t *contact)
{
    orphans_t *walk = &suspect->self->orphans;
    if (suspect->again || suspect->walk != walk->number)
        return;
    if (contact)
        tally_add (&walk->tally, contact);
    else
        walk->tally.partial = true;
}

static bool is_left_behind (const suspect_t *suspect, const contact_t *contact)
{
    const policy_t *policy = workspaces_policy (suspect->self->service->workspaces, suspect->workspace);
    return policy && !suspect->self->draining && !contact_is_current (contact, policy);
}

/* Closed meanwhile is well; whether it was ever open is the list's word. */
static void on_record (void *arg, const store_values_t *values)
{
    suspect_t *suspect = arg;
    record_head_t head;
    contact_t contact;
    char key[KEY_SIZE], member[MEMBER_SIZE];
    if (values->away) {
        count_contact (suspect, NULL);
        judged (suspect, true);
        return;
    }
    bool readable = values->n && values->items[0].bytes &&
                    contact_unpack (values->items[0].bytes, values->items[0].size, &head, &contact) == RECORD_OK;
    count_contact (suspect, readable ? &contact : NULL);
    if (!readable || contact.state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED) {
        judged (suspect, readable);
        return;
    }
    if (!*contact.accountable || !contact_next_due (&contact)) {
        judged (suspect, false);
        return;
    }
    if (is_left_behind (suspect, &contact)) {
        bring_up_to_date (suspect, &contact);
        return;
    }
    store_score (suspect->self->service->store, key_due (key, suspect->shard, KIND_CONTACT),
                 member_make (member, suspect->workspace, suspect->contact), on_score, suspect);
}

static void look_at (suspect_t *suspect)
{
    char key[KEY_SIZE];
    const char *keys[] = {key_contact (key, suspect->shard, suspect->workspace, suspect->contact)};
    store_get (suspect->self->service->store, keys, 1, on_record, suspect);
}

/* From the first contact on; what this walk had found so far, or is about to, is found again. */
void orphans_anew (escalation_t *self)
{
    orphans_t *walk = &self->orphans;
    walk->workspace = walk->found = 0;
    walk->after[0] = '\0';
    walk->number++;
    walk->ends = false;
    walk->next_at = 0;
    walk->hurry = true;
    walk->stale = walk->asked;
    walk->tally = (tally_t){.partial = false};
    walk->began = loop_now (self->service->loop);
    orphans_look (self);
}

static void on_page (void *arg, const store_values_t *values)
{
    escalation_t *self = arg;
    orphans_t *walk = &self->orphans;
    const char *workspace = workspaces_name (self->service->workspaces, walk->workspace);
    self->looking--;
    bool stale = walk->stale;
    walk->asked = walk->stale = false;
    if (values->away || self->draining || !workspace)
        return;
    if (stale) {
        orphans_look (self);
        return;
    }
    walk->ends = values->n < PAGE;
    for (size_t i = 0; i < values->n; i++) {
        suspect_t *suspect = xcalloc (1, sizeof (*suspect));
        suspect->self = self;
        suspect->walk = walk->number;
        suspect->shard = store_shard (self->service->store, workspace);
        WORD_COPY (suspect->workspace, workspace);
        snprintf (suspect->contact, sizeof (suspect->contact), "%.*s", (int)values->items[i].size,
                  values->items[i].bytes);
        WORD_COPY (walk->after, suspect->contact);
        self->looking++;
        walk->open++;
        look_at (suspect);
    }
    if (values->n == 0)
        page_done (self);
}

void orphans_look (escalation_t *self)
{
    char key[KEY_SIZE];
    orphans_t *walk = &self->orphans;
    const char *workspace = workspaces_name (self->service->workspaces, walk->workspace);
    bool begins = !walk->workspace && !*walk->after;
    if (walk->asked || walk->open || (begins && loop_now (self->service->loop) < walk->next_at))
        return;
    if (begins) {
        walk->tally = (tally_t){.partial = false};
        walk->began = loop_now (self->service->loop);
    }
    if (!workspace) {
        begin_next_workspace (self);
        return;
    }
    walk->asked = true;
    self->looking++;
    key_open (key, store_shard (self->service->store, workspace), workspace);
    store_range_lex (self->service->store, key, walk->after, PAGE, on_page, self);
}
