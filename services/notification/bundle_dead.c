/* bundle_dead.c - a bundle that failed for good: nobody was told of what it lists, so each line goes on as its notice would
 * have alone (settle.c): the next way comes forward, or somebody else is told that there is none left.
 *
 * Told: a bundle that is about to be a dead letter. Says: line by line, a way moved, or an event of that contact's life;
 * at last the bundle's own end. The events' ids follow from bundle and line: who comes here again says nothing twice.
 * What was moot when it was sent is nobody's business.
 * Limits: lines that an older release wrote do not name their way, and stay with it. Where two ways of one notice went
 * with others, and both failed, neither knows of the other: then no one is told. A bundle that is replayed from the dead
 * letters and fails once more tells nobody again. */
#include "settle_private.h"

#include "ids.h"
#include "next_way.h"
#include "words.h"
#include "work.h"
#include "xmalloc.h"

#include <stdlib.h>

typedef struct walk {
    attempt_t *attempt;
    size_t line;
    unsigned tries;
} walk_t;

static void go_on (walk_t *self);

/* back: not all of it could be said; it is settled later, and never sent again. */
static void end (walk_t *self, bool back)
{
    attempt_t *attempt = self->attempt;
    free (self);
    if (back)
        settle_back (attempt);
    else
        settle_end (attempt);
}

static bool runs (walk_t *self)
{
    if (notification_release (self->attempt->self))
        return true;
    attempt_destroy (&self->attempt); /* its lease brings it back */
    free (self);
    return false;
}

static void tell_instead (walk_t *self);

static void on_told (void *arg, const work_result_t *result)
{
    walk_t *self = arg;
    if (!runs (self))
        return;
    bool stuck = result->outcome == WORK_STUCK, shared = stuck && !settle_only_timeline (result->answer);
    bool open = result->outcome == WORK_CONFLICT || result->outcome == WORK_AWAY;
    if (stuck)
        settle_say_stuck (self->attempt, result);
    if (shared || (open && ++self->tries == SETTLE_TRIES_MAX))
        end (self, true);
    else if (open)
        tell_instead (self);
    else { /* done; or the contact minds no more, or can't be read or written: it holds up none of the others */
        self->line++;
        self->tries = 0;
        go_on (self);
    }
}

static void tell_instead (walk_t *self)
{
    attempt_t *attempt = self->attempt;
    const delivery_t *bundle = &attempt->delivery;
    const bundle_line_t *line = &bundle->lines[self->line];
    work_order_t order = {
        .service = attempt->self->service,
        .workspace = bundle->workspace,
        .contact = line->contact,
        .event = {.kind = EVENT_BOUNCED,
                  .id = event_id_of ("bundle dead", bundle->id, line->delivery, NULL),
                  .detail = attempt->words,
                  .person = bundle->person,
                  .purpose = line->purpose,
                  .last_way = true,
                  .promise = line->promise,
                  .answered_at = line->created_at},
        .done = on_told,
        .arg = self,
    };
    notification_hold (attempt->self);
    work_begin (&order);
}

static void on_next_way (void *arg, next_way_outcome_t outcome)
{
    walk_t *self = arg;
    if (!runs (self))
        return;
    attempt_t *attempt = self->attempt;
    if (outcome == NEXT_WAY_NONE) {
        tell_instead (self);
        return;
    }
    if (outcome == NEXT_WAY_COMES)
        outbox_due (attempt->self, attempt->shard, store_now (attempt->self->service->store));
    self->line++;
    go_on (self);
}

static bool is_owed (const attempt_t *attempt, size_t i)
{
    return attempt->delivery.lines[i].way && !(attempt->bundle && attempt->bundle->moot[i]);
}

static void go_on (walk_t *self)
{
    attempt_t *attempt = self->attempt;
    const delivery_t *bundle = &attempt->delivery;
    while (self->line < bundle->lines_n && !is_owed (attempt, self->line))
        self->line++;
    if (self->line == bundle->lines_n) {
        end (self, false);
        return;
    }
    const bundle_line_t *line = &bundle->lines[self->line];
    delivery_t alone = {.way_index = line->way - 1};
    WORD_COPY (alone.id, line->delivery);
    WORD_COPY (alone.workspace, bundle->workspace);
    WORD_COPY (alone.next, line->more ? "more" : "");
    notification_hold (attempt->self);
    next_way (attempt->self->service->store, &alone, on_next_way, self);
}

void bundle_dead (attempt_t *attempt)
{
    walk_t *self = xcalloc (1, sizeof *self);
    self->attempt = attempt;
    go_on (self);
}
