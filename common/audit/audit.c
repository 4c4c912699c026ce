/* audit.c - the order of a round, and its pace: lost writes, workspaces, then every source; suspects when there are
 * many or the walk is over; lost writes once more, since a round is long.
 *
 * Hears: the store's answers. Says: findings, each once, and at last what was counted.
 * One step is under way at a time. A step that the store did not answer is taken again. */
#include "audit_private.h"

#include "words.h"

#include "xmalloc.h"

#include <stdio.h>

static void next (audit_round_t *self);
static void look_for_lost_last (audit_round_t *self);

/* ------------------------------------------------------------- the store's answers */

static void destroy_now (audit_round_t *self)
{
    looks_clear (self);
    walk_clear (self);
    subjects_clear (&self->suspects);
    free (self->told);
    free (self);
}

static void finish (audit_round_t *self, bool whole)
{
    self->result.whole = whole;
    const audit_result_t result = self->result; /* the round may end in there */
    self->order.done (self->order.arg, &result);
}

static void wait_for (audit_round_t *self, int64_t ms, loop_fn *fn)
{
    self->timer = loop_at (self->order.loop, loop_now (self->order.loop) + ms, fn, self);
}

static void on_step_again (void *arg)
{
    audit_round_t *self = arg;
    self->timer = NULL;
    self->step (self);
}

static void answered_all (audit_round_t *self)
{
    if (self->ended) { /* the loop may be gone, too */
        destroy_now (self);
        return;
    }
    mono_ms_t now = loop_now (self->order.loop);
    if (!self->away) {
        self->away_since = 0;
        self->then (self);
        return;
    }
    self->away_since = self->away_since ? self->away_since : now;
    if (self->order.patience_ms && now - self->away_since >= self->order.patience_ms)
        finish (self, false);
    else
        wait_for (self, AWAY_AGAIN_MS, on_step_again);
}

void round_ask (audit_round_t *self, round_fn *step, round_fn *then)
{
    self->step = step;
    self->away = false;
    round_more (self, then);
}

/* One question more than there are, until all are asked. */
void round_more (audit_round_t *self, round_fn *then)
{
    self->then = then;
    self->open = 1;
}

void round_asked (audit_round_t *self)
{
    if (--self->open == 0)
        answered_all (self);
}

void round_answered (audit_round_t *self, const store_values_t *values)
{
    self->away = self->away || values->away;
    if (--self->open == 0)
        answered_all (self);
}

/* ----------------------------------------------------------------- findings */

/* Whether it was told already in this round. When too many were, all count as new. */
static bool is_new (audit_round_t *self, const audit_finding_t *finding)
{
    uint64_t hash = WORD_HASH;
    const char *parts[] = {audit_fault_name (finding->fault), finding->workspace, finding->subject, finding->detail};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        hash = word_hash (hash, parts[i]);
    hash += hash == 0;
    if (!self->told)
        self->told = xcalloc (TOLD_SLOTS, sizeof *self->told);
    size_t slot = hash % TOLD_SLOTS;
    while (self->told[slot] && self->told[slot] != hash)
        slot = (slot + 1) % TOLD_SLOTS;
    if (self->told[slot] == hash)
        return false;
    if (self->told_n < TOLD_SLOTS / 4 * 3) {
        self->told[slot] = hash;
        self->told_n++;
    }
    return true;
}

void round_tell (audit_round_t *self, const audit_finding_t *finding, const char *workspace)
{
    audit_finding_t named = *finding;
    snprintf (named.workspace, sizeof named.workspace, "%s", workspace);
    if (!is_new (self, &named))
        return;
    self->result.findings++;
    self->order.found (self->order.arg, &named);
}

void round_suspect (audit_round_t *self, const subject_t *subject)
{
    subject_t *suspect = subjects_add (&self->suspects);
    *suspect = *subject;
    self->suspected_at = loop_now (self->order.loop);
}

bool round_covers (const audit_round_t *self, const char *workspace)
{
    return !self->order.workspace || strcmp (self->order.workspace, workspace) == 0;
}

/* --------------------------------------------------------------------- pace */

static void on_next (void *arg)
{
    audit_round_t *self = arg;
    self->timer = NULL;
    next (self);
}

void round_on (audit_round_t *self, size_t cost)
{
    if (self->order.rate > 0)
        wait_for (self, 1 + (int64_t)cost * MS_PER_SECOND / self->order.rate, on_next);
    else
        next (self);
}

/* Those that still change are behind the others, and come again; the walk goes on once none is left. */
static void settle (audit_round_t *self)
{
    mono_ms_t from = self->settling ? 0 : self->suspected_at + self->order.settle_ms;
    const subject_t *first = &self->suspects.items[self->suspects.at];
    int64_t wait = (first->look_at > from ? first->look_at : from) - loop_now (self->order.loop);
    if (wait > 0) {
        wait_for (self, wait, on_next);
        return;
    }
    self->settling = true;
    self->batch_of = &self->suspects;
    look_whole (self);
}

static void handle_page (audit_round_t *self)
{
    self->batch_of = &self->pending;
    if (self->handling == HANDLE_WHOLE)
        look_whole (self);
    else
        look_presence (self);
}

static void next (audit_round_t *self)
{
    bool walked = self->sources_at == self->sources_n && self->pending.at == self->pending.n;
    if (self->suspects.at < self->suspects.n &&
        (self->settling || walked || self->suspects.n - self->suspects.at >= SUSPECTS_MAX)) {
        settle (self);
        return;
    }
    if (self->settling) {
        self->settling = false;
        self->suspects.n = self->suspects.at = 0;
    }
    if (self->pending.at < self->pending.n)
        handle_page (self);
    else if (!walked)
        walk_page (self);
    else
        look_for_lost_last (self);
}

/* -------------------------------------------------------------------- begin */

/* Lines that say which acknowledged writes the store lost; they stay until a person has dealt with them. */
static void on_lost (void *arg, const store_values_t *values)
{
    audit_round_t *self = arg;
    for (size_t i = 0; i < values->n; i++) {
        audit_findings_t found = {.items = NULL};
        audit_add (&found, AUDIT_LOST, "store", "", 0, "%.*s", (int)values->items[i].size, values->items[i].bytes);
        round_tell (self, &found.items[0], "");
        audit_clear (&found);
    }
    round_answered (self, values);
}

/* Without it who runs goes on with what was known, and who starts now knows nobody: the records are walked all the same. */
static void on_list (void *arg, const store_values_t *values)
{
    audit_round_t *self = arg;
    self->unlisted = values->wrong_type;
    if (self->unlisted)
        walk_tell_key (self, AUDIT_WRONG_TYPE, KEY_WORKSPACES, "", "the list of workspaces is no set");
    round_answered (self, values);
}

static void wait_again (audit_round_t *self, round_fn *step)
{
    self->step = step;
    self->away = true;
    answered_all (self);
}

static void begin_walk (audit_round_t *self)
{
    if (!self->unlisted && !workspaces_loaded (self->order.workspaces)) {
        wait_again (self, begin_walk);
        return;
    }
    walk_begin (self);
    round_on (self, PAGE_COST);
}

static void ask_for_lost (audit_round_t *self)
{
    self->open++;
    store_list (self->order.store, KEY_LOST, 0, LOST_LINES_MAX - 1, on_lost, self);
}

static void finish_whole (audit_round_t *self)
{
    finish (self, true);
}

static void look_for_lost_last (audit_round_t *self)
{
    round_ask (self, look_for_lost_last, finish_whole);
    ask_for_lost (self);
    round_asked (self);
}

static void look_for_lost (audit_round_t *self)
{
    round_ask (self, look_for_lost, begin_walk);
    ask_for_lost (self);
    self->open++;
    store_set (self->order.store, KEY_WORKSPACES, on_list, self);
    round_asked (self);
}

static void begin (audit_round_t *self)
{
    if (store_ready (self->order.store))
        look_for_lost (self);
    else
        wait_again (self, begin);
}

static void on_begin (void *arg)
{
    audit_round_t *self = arg;
    self->timer = NULL;
    begin (self);
}

audit_round_t *audit_begin (const audit_order_t *order)
{
    audit_round_t *self = xcalloc (1, sizeof *self);
    self->order = *order;
    wait_for (self, 0, on_begin);
    return self;
}

void audit_end (audit_round_t **self_p)
{
    audit_round_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    loop_cancel (self->order.loop, &self->timer);
    self->ended = true;
    if (self->open == 0)
        destroy_now (self);
}

const audit_result_t *audit_so_far (const audit_round_t *self)
{
    return &self->result;
}
