/* tally.c - open contacts by state, and law 2 of each record: opened = pending + kept + broken + released. */
#include "tally.h"

#include "metric_table.h"

#define STATE(name)   BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name
#define PROMISE(name) BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_##name

static bool waits (const contact_t *contact)
{
    return contact->state == STATE (RECEIVED) || contact->state == STATE (OFFERED) || contact->state == STATE (QUEUED);
}

void tally_add (tally_t *self, const contact_t *contact)
{
    size_t pending = 0, owed = 0;
    for (size_t i = 0; i < contact->promises_n; i++) {
        pending += contact->promises[i].state == PROMISE (PENDING);
        owed += contact->promises[i].state == PROMISE (BROKEN);
    }
    self->states[contact->state]++;
    self->pending += pending;
    self->overdue += owed > 0;
    self->unbalanced += contact->opened != contact->kept + contact->broken + contact->released + pending;
    if (waits (contact) && contact->waiting_since &&
        (!self->oldest_waiting || contact->waiting_since < self->oldest_waiting))
        self->oldest_waiting = contact->waiting_since;
}

void tally_print (const tally_t *self, wall_ms_t now, int64_t since_ms, FILE *out)
{
    int64_t waited = self->oldest_waiting && self->oldest_waiting < now ? now - self->oldest_waiting : 0;
    metric_head (out, "contacts");
    for (contact_state_t state = STATE (RECEIVED); state < STATE (CLOSED); state++)
        fprintf (out, METRIC_PREFIX "contacts{state=\"%s\"} %zu\n", contact_state_name (state), self->states[state]);
    metric_print (out, "contacts_overdue", (double)self->overdue);
    metric_print (out, "contacts_oldest_waiting_seconds", (double)waited / (double)MS_PER_SECOND);
    metric_print (out, "contacts_walk_age_seconds", (double)since_ms / (double)MS_PER_SECOND);
    metric_print (out, "promises_pending", (double)self->pending);
    metric_print (out, "promises_unbalanced", (double)self->unbalanced);
}

bool promise_sums_equal (const promise_sums_t *a, const promise_sums_t *b)
{
    return a->opened == b->opened && a->kept == b->kept && a->broken == b->broken && a->released == b->released;
}

int64_t promise_sums_pending (const promise_sums_t *self)
{
    return self->opened - self->kept - self->broken - self->released;
}
