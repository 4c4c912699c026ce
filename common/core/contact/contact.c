/* contact.c - the state machine: state x event -> action, or a refusal. proto/README.md draws it.
 *
 * Each cell says which state it leads to at first sight (time may lead on). What a cell's action refuses
 * (not yours, overtaken, incomplete) it says in words. There are no empty cells. */
#include "contact_actions.h"

#include <stdio.h>
#include <string.h>

typedef struct cell {
    act_fn *act; /* NULL: the state does not allow it */
} cell_t;

#define DO(action) \
    {              \
        action     \
    }
#define NO   \
    {        \
        NULL \
    }

/* clang-format off */
static const cell_t machine[CONTACT_STATES][EVENT_KINDS] = {
    [S_NONE] = {
        [EVENT_OPEN] = DO (act_open), [EVENT_MESSAGE] = NO,
        [EVENT_ACCEPT] = NO, [EVENT_DECLINE] = NO, [EVENT_REPLY] = NO, [EVENT_NOTE] = NO, [EVENT_WAIT] = NO,
        [EVENT_TRANSFER] = NO, [EVENT_RESOLVE] = NO, [EVENT_REOPEN] = NO, [EVENT_ACKNOWLEDGE] = NO, [EVENT_RELEASE] = NO,
        [EVENT_OFFER] = NO, [EVENT_QUEUE] = NO, [EVENT_TIME] = NO, [EVENT_OWNER_LOST] = NO,
        [EVENT_DELIVERED] = NO, [EVENT_FAILED] = NO, [EVENT_UNTOLD] = NO, [EVENT_SET_ASIDE] = NO,
        [EVENT_CALL] = NO, [EVENT_BOUNCED] = NO, [EVENT_RECEIPT] = NO,
    },
    [S_RECEIVED] = {
        [EVENT_OPEN] = NO, [EVENT_MESSAGE] = DO (act_message),
        [EVENT_ACCEPT] = DO (act_take), [EVENT_DECLINE] = NO, [EVENT_REPLY] = NO, [EVENT_NOTE] = DO (act_note),
        [EVENT_WAIT] = NO, [EVENT_TRANSFER] = NO, [EVENT_RESOLVE] = DO (act_resolve), [EVENT_REOPEN] = NO,
        [EVENT_ACKNOWLEDGE] = DO (act_acknowledge), [EVENT_RELEASE] = DO (act_release),
        [EVENT_OFFER] = DO (act_offer), [EVENT_QUEUE] = DO (act_queue), [EVENT_TIME] = DO (act_time),
        [EVENT_OWNER_LOST] = DO (act_offer_lost), [EVENT_DELIVERED] = DO (act_delivered),
        [EVENT_FAILED] = DO (act_failed), [EVENT_UNTOLD] = DO (act_untold), [EVENT_SET_ASIDE] = DO (act_set_aside),
        [EVENT_CALL] = DO (act_call), [EVENT_BOUNCED] = DO (act_bounced), [EVENT_RECEIPT] = DO (act_receipt),
    },
    [S_OFFERED] = {
        [EVENT_OPEN] = NO, [EVENT_MESSAGE] = DO (act_message),
        [EVENT_ACCEPT] = DO (act_accept_offer), [EVENT_DECLINE] = DO (act_decline_offer), [EVENT_REPLY] = NO,
        [EVENT_NOTE] = DO (act_note), [EVENT_WAIT] = NO, [EVENT_TRANSFER] = NO, [EVENT_RESOLVE] = DO (act_resolve),
        [EVENT_REOPEN] = NO, [EVENT_ACKNOWLEDGE] = DO (act_acknowledge), [EVENT_RELEASE] = DO (act_release),
        [EVENT_OFFER] = NO, [EVENT_QUEUE] = NO, [EVENT_TIME] = DO (act_time),
        [EVENT_OWNER_LOST] = DO (act_offer_lost), [EVENT_DELIVERED] = DO (act_delivered),
        [EVENT_FAILED] = DO (act_failed), [EVENT_UNTOLD] = DO (act_untold), [EVENT_SET_ASIDE] = DO (act_set_aside),
        [EVENT_CALL] = DO (act_call), [EVENT_BOUNCED] = DO (act_bounced), [EVENT_RECEIPT] = DO (act_receipt),
    },
    [S_QUEUED] = {
        [EVENT_OPEN] = NO, [EVENT_MESSAGE] = DO (act_message),
        [EVENT_ACCEPT] = DO (act_take), [EVENT_DECLINE] = NO, [EVENT_REPLY] = NO, [EVENT_NOTE] = DO (act_note),
        [EVENT_WAIT] = NO, [EVENT_TRANSFER] = NO, [EVENT_RESOLVE] = DO (act_resolve), [EVENT_REOPEN] = NO,
        [EVENT_ACKNOWLEDGE] = DO (act_acknowledge), [EVENT_RELEASE] = DO (act_release),
        [EVENT_OFFER] = DO (act_offer), [EVENT_QUEUE] = DO (act_queue), [EVENT_TIME] = DO (act_time),
        [EVENT_OWNER_LOST] = DO (act_offer_lost), [EVENT_DELIVERED] = DO (act_delivered),
        [EVENT_FAILED] = DO (act_failed), [EVENT_UNTOLD] = DO (act_untold), [EVENT_SET_ASIDE] = DO (act_set_aside),
        [EVENT_CALL] = DO (act_call), [EVENT_BOUNCED] = DO (act_bounced), [EVENT_RECEIPT] = DO (act_receipt),
    },
    [S_OWNED] = {
        [EVENT_OPEN] = NO, [EVENT_MESSAGE] = DO (act_message_owned),
        [EVENT_ACCEPT] = DO (act_accept_transfer), [EVENT_DECLINE] = DO (act_decline_owned),
        [EVENT_REPLY] = DO (act_reply), [EVENT_NOTE] = DO (act_note), [EVENT_WAIT] = DO (act_wait),
        [EVENT_TRANSFER] = DO (act_transfer), [EVENT_RESOLVE] = DO (act_resolve), [EVENT_REOPEN] = NO,
        [EVENT_ACKNOWLEDGE] = DO (act_acknowledge), [EVENT_RELEASE] = DO (act_release),
        [EVENT_OFFER] = DO (act_offer_transfer), [EVENT_QUEUE] = DO (act_queue_transfer), [EVENT_TIME] = DO (act_time),
        [EVENT_OWNER_LOST] = DO (act_owner_lost), [EVENT_DELIVERED] = DO (act_delivered),
        [EVENT_FAILED] = DO (act_failed), [EVENT_UNTOLD] = DO (act_untold), [EVENT_SET_ASIDE] = DO (act_set_aside),
        [EVENT_CALL] = DO (act_call), [EVENT_BOUNCED] = DO (act_bounced), [EVENT_RECEIPT] = DO (act_receipt),
    },
    [S_WAITING] = {
        [EVENT_OPEN] = NO, [EVENT_MESSAGE] = DO (act_message_waiting),
        [EVENT_ACCEPT] = NO, [EVENT_DECLINE] = DO (act_decline_owned), [EVENT_REPLY] = DO (act_reply),
        [EVENT_NOTE] = DO (act_note), [EVENT_WAIT] = NO, [EVENT_TRANSFER] = NO, [EVENT_RESOLVE] = DO (act_resolve),
        [EVENT_REOPEN] = NO, [EVENT_ACKNOWLEDGE] = DO (act_acknowledge), [EVENT_RELEASE] = DO (act_release),
        [EVENT_OFFER] = NO, [EVENT_QUEUE] = NO, [EVENT_TIME] = DO (act_time),
        [EVENT_OWNER_LOST] = DO (act_owner_lost), [EVENT_DELIVERED] = DO (act_delivered),
        [EVENT_FAILED] = DO (act_failed_waiting), [EVENT_UNTOLD] = DO (act_untold), [EVENT_SET_ASIDE] = DO (act_set_aside),
        [EVENT_CALL] = DO (act_call), [EVENT_BOUNCED] = DO (act_bounced_waiting), [EVENT_RECEIPT] = DO (act_receipt),
    },
    [S_RESOLVED] = {
        [EVENT_OPEN] = NO, [EVENT_MESSAGE] = DO (act_message_resolved),
        [EVENT_ACCEPT] = NO, [EVENT_DECLINE] = NO, [EVENT_REPLY] = NO, [EVENT_NOTE] = DO (act_note),
        [EVENT_WAIT] = NO, [EVENT_TRANSFER] = NO, [EVENT_RESOLVE] = NO, [EVENT_REOPEN] = DO (act_reopen),
        [EVENT_ACKNOWLEDGE] = NO, [EVENT_RELEASE] = NO,
        [EVENT_OFFER] = NO, [EVENT_QUEUE] = NO, [EVENT_TIME] = DO (act_time), [EVENT_OWNER_LOST] = NO,
        [EVENT_DELIVERED] = DO (act_delivered), [EVENT_FAILED] = DO (act_failed_resolved), [EVENT_UNTOLD] = NO,
        [EVENT_SET_ASIDE] = NO,
        [EVENT_CALL] = DO (act_call), [EVENT_BOUNCED] = DO (act_bounced_resolved), [EVENT_RECEIPT] = DO (act_receipt),
    },
    [S_CLOSED] = {
        [EVENT_OPEN] = NO, [EVENT_MESSAGE] = NO,
        [EVENT_ACCEPT] = NO, [EVENT_DECLINE] = NO, [EVENT_REPLY] = NO, [EVENT_NOTE] = NO, [EVENT_WAIT] = NO,
        [EVENT_TRANSFER] = NO, [EVENT_RESOLVE] = NO, [EVENT_REOPEN] = NO, [EVENT_ACKNOWLEDGE] = NO, [EVENT_RELEASE] = NO,
        [EVENT_OFFER] = NO, [EVENT_QUEUE] = NO, [EVENT_TIME] = DO (act_time), [EVENT_OWNER_LOST] = NO,
        [EVENT_DELIVERED] = NO, [EVENT_FAILED] = NO, [EVENT_UNTOLD] = NO, [EVENT_SET_ASIDE] = NO,
        [EVENT_CALL] = NO, [EVENT_BOUNCED] = DO (act_bounced_closed), [EVENT_RECEIPT] = NO,
    },
};
/* clang-format on */

/* Who may do what the state allows; what an action itself refuses besides, it says in words. */
typedef enum whose { ANYBODYS, ASKED_ONES, OWNERS, ASKED_OR_OWNERS, OWNERS_OR_ACCOUNTABLES } whose_t;

static whose_t whose (event_kind_t kind, contact_state_t state)
{
    static const whose_t rows[EVENT_KINDS] = {
        [EVENT_ACCEPT] = ASKED_ONES,
        [EVENT_DECLINE] = ASKED_OR_OWNERS,
        [EVENT_REPLY] = OWNERS,
        [EVENT_WAIT] = OWNERS,
        [EVENT_TRANSFER] = OWNERS_OR_ACCOUNTABLES,
        [EVENT_RESOLVE] = OWNERS_OR_ACCOUNTABLES,
        [EVENT_RELEASE] = OWNERS_OR_ACCOUNTABLES,
    };
    bool nobodys = state == S_RECEIVED || state == S_QUEUED; /* whoever helps themselves */
    return kind == EVENT_ACCEPT && nobodys ? ANYBODYS : rows[kind];
}

static bool may (const contact_t *c, event_kind_t kind, const char *person)
{
    bool owner = word_same (c->owner, person), asked = word_same (c->offered_to, person);
    switch (whose (kind, c->state)) {
    case ASKED_ONES:
        return asked;
    case OWNERS:
        return owner;
    case ASKED_OR_OWNERS:
        return asked || owner;
    case OWNERS_OR_ACCOUNTABLES:
        return owner || word_same (c->accountable, person);
    default:
        return true;
    }
}

const char *contact_allowed (const contact_t *self, const char *person, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (event_kind_t kind = EVENT_ACCEPT; kind <= EVENT_RELEASE; kind++) {
        if (self->state >= CONTACT_STATES || !machine[self->state][kind].act ||
            (!word_empty (person) && !may (self, kind, person)))
            continue;
        int n = snprintf (buffer + used, size - used, "%s%s", used ? ", " : "", event_kind_name (kind));
        if (n < 0 || used + (size_t)n >= size)
            break;
        used += (size_t)n;
    }
    return buffer;
}

static apply_outcome_t refuse_by_state (turn_t *t)
{
    const contact_t *c = t->c;
    const contact_event_t *event = t->event;
    char allowed[DETAIL_SIZE];
    contact_allowed (c, event->by, allowed, sizeof (allowed));
    if (event->kind == EVENT_ACCEPT && c->state == S_WAITING)
        return turn_refuse (t, APPLY_NO_STATE, "%s has it%s, and it waits for the customer; possible now: %s", c->owner,
                            word_same (c->owner, event->by) ? " already" : "", allowed);
    return turn_refuse (t, APPLY_NO_STATE, "'%s' is not possible while the contact is %s; possible now: %s",
                        event_kind_name (event->kind), contact_state_name (c->state), *allowed ? allowed : "nothing");
}

static apply_outcome_t act_on (turn_t *t)
{
    const submission_t *said = t->event->submission;
    bool line = t->event->kind == EVENT_MESSAGE && said->call; /* a line that rings says as much as a message */
    act_fn *act = machine[t->c->state][line ? EVENT_CALL : t->event->kind].act;
    return act ? act (t) : refuse_by_state (t);
}

bool contact_is_current (const contact_t *self, const policy_t *policy)
{
    bool over = self->state == S_NONE || self->state == S_CLOSED;
    return over || (policy_person (policy, self->accountable) && (!*self->team || policy_team (policy, self->team)));
}

/* A policy may no longer name the contact's team, or who was accountable: then the rules are asked again, and the duty
 * lead is accountable, from the next look on. */
static bool keep_current (turn_t *t)
{
    contact_t *c = t->c;
    if (contact_is_current (c, t->policy))
        return false;
    if (*c->team && !policy_team (t->policy, c->team)) {
        turn_fact_detail (t, FACT (MOVED), "team %s is not with us any more", c->team);
        int priority = c->priority; /* it has its rule's, and what people gave it */
        apply_rule (t, c->subject);
        c->priority = priority;
        WORD_COPY (t->fx->facts[t->fx->facts_n - 1].to, c->team);
        if (c->state == S_RECEIVED || c->state == S_QUEUED)
            want_somebody (t);
    }
    if (!policy_person (t->policy, c->accountable))
        set_accountable (t, duty_lead (t->policy, c)->name, "who was accountable is not with us any more");
    return true;
}

apply_outcome_t contact_apply (const contact_t *before, const contact_event_t *event, wall_ms_t now,
                               const policy_t *policy, contact_t *after, effects_t *effects, char why[DETAIL_SIZE])
{
    turn_t t = {.c = after, .fx = effects, .policy = policy, .event = event, .now = now, .why = why};
    *after = *before;
    after->policy_version = policy->version;
    effects->facts_n = effects->notices_n = 0;
    effects->overflow = false;
    why[0] = '\0';
    bool was_due = false;
    was_due = keep_current (&t);
    if (GUARD ("f26") || event->kind == EVENT_TIME)
        was_due |= clocks_catch_up (&t);
    apply_outcome_t outcome = act_on (&t);
    if (event->kind == EVENT_TIME)
        outcome = was_due ? APPLY_DONE : outcome;
    else if (outcome == APPLY_DONE)
        clocks_catch_up (&t); /* a reply that failed may leave a deadline behind that has passed */
    if (outcome == APPLY_DONE)
        paged_follow (&t, before);
    return outcome;
}

const promise_t *contact_next_promise (const contact_t *self)
{
    const promise_t *next = NULL;
    for (size_t i = 0; i < self->promises_n; i++) {
        const promise_t *p = &self->promises[i];
        if (p->kind == P_ACKNOWLEDGE || p->state != P_PENDING || p->paused || p->answered_at)
            continue;
        if (!next || p->due < next->due)
            next = p;
    }
    return next;
}

const promise_t *contact_pressing_promise (const contact_t *self)
{
    const promise_t *first = NULL;
    for (size_t i = 0; i < self->promises_n; i++) {
        const promise_t *p = &self->promises[i];
        if (p->state == P_BROKEN && (!first || p->due < first->due))
            first = p;
    }
    return first ? first : contact_next_promise (self);
}

const promise_t *contact_answered_promise (const contact_t *self)
{
    const promise_t *first = NULL;
    for (size_t i = 0; i < self->promises_n; i++) {
        const promise_t *p = &self->promises[i];
        if (p->answered_at && (!first || p->due < first->due))
            first = p;
    }
    return first;
}

static const promise_t *callback_owed (const contact_t *self)
{
    for (size_t i = 0; i < self->promises_n; i++)
        if (self->promises[i].kind == P_CALLBACK && !self->promises[i].answered_at)
            return &self->promises[i];
    return NULL;
}

bool contact_owes_callback (const contact_t *self)
{
    return self->state != S_RESOLVED && self->state != S_CLOSED && callback_owed (self);
}

/* Who gave up waiting on the line keeps the place that they had, though what was promised then may be broken since. */
static wall_ms_t place_kept (const contact_t *self, wall_ms_t dropped_at)
{
    wall_ms_t due = 0;
    for (size_t i = 0; i < self->promises_n; i++) {
        const promise_t *p = &self->promises[i];
        bool counts = p->state == P_PENDING || p->due >= dropped_at;
        if (p->kind == P_ACKNOWLEDGE || p->kind == P_CALLBACK || p->paused || p->answered_at || !counts)
            continue;
        if (!due || p->due < due)
            due = p->due;
    }
    return due ? due : self->waiting_since;
}

wall_ms_t contact_queue_score (const contact_t *self)
{
    const promise_t *next = contact_next_promise (self), *callback = callback_owed (self);
    wall_ms_t due = next ? next->due : self->waiting_since;
    wall_ms_t kept = callback ? place_kept (self, callback->opened_at) : due;
    if (kept < due)
        due = kept;
    return due - self->priority * PRIORITY_SHIFT_MS;
}

bool contact_in_queue (const contact_t *self)
{
    return self->state == S_QUEUED || (contact_wants_somebody (self) && self->handoff_tries > 0);
}

bool contact_wants_somebody (const contact_t *self)
{
    if (self->state == S_RECEIVED || self->state == S_QUEUED)
        return true;
    return self->state == S_OWNED && !*self->offered_to && (*self->transfer_team || *self->transfer_to);
}
