/* contact_people.c - what people do with a contact. Who may do what is checked here, once. */
#include "contact_actions.h"

#include "channel_out.h"

#include <stdio.h>

static apply_outcome_t only (turn_t *t, const char *person, const char *role)
{
    if (word_same (t->event->by, person))
        return APPLY_DONE;
    return turn_refuse (t, APPLY_NOT_YOURS, "%s is %s, not %s", role, *person ? person : "nobody",
                        word_empty (t->event->by) ? "(nobody named)" : t->event->by);
}

static apply_outcome_t owner_only (turn_t *t)
{
    return only (t, t->c->owner, "the owner");
}

static apply_outcome_t owner_or_accountable (turn_t *t)
{
    if (word_same (t->event->by, t->c->accountable))
        return APPLY_DONE;
    return *t->c->owner ? owner_only (t) : only (t, t->c->accountable, "the accountable person");
}

static apply_outcome_t need_text (turn_t *t, const char *what)
{
    return word_empty (t->event->text) ? turn_refuse (t, APPLY_BAD, "%s", what) : APPLY_DONE;
}

static fact_t *fact_by (turn_t *t, fact_kind_t kind)
{
    fact_t *fact = turn_fact (t, kind);
    WORD_COPY (fact->by, t->event->by);
    fact->text = word_empty (t->event->text) ? NULL : t->event->text;
    return fact;
}

/* Somebody helps themselves before routing asks. */
apply_outcome_t act_take (turn_t *t)
{
    if (!policy_person (t->policy, t->event->by))
        return turn_refuse (t, APPLY_BAD, "the policy names no person '%s'", t->event->by ? t->event->by : "");
    become_owner (t, t->event->by, t->event->by_epoch, "took it");
    return APPLY_DONE;
}

apply_outcome_t act_accept_offer (turn_t *t)
{
    apply_outcome_t outcome = only (t, t->c->offered_to, "the one who was asked");
    if (outcome == APPLY_DONE)
        become_owner (t, t->event->by, t->event->by_epoch, "accepted the offer");
    return outcome;
}

/* Whoever has it may say so again: nothing changes. But what they held before they went away is theirs no more. */
static apply_outcome_t accept_owned (turn_t *t)
{
    const contact_t *c = t->c;
    if (!word_same (c->owner, t->event->by))
        return turn_refuse (t, APPLY_NOT_YOURS, "%s has accepted it", c->owner);
    if (c->owner_epoch == t->event->by_epoch)
        return APPLY_DONE;
    return turn_refuse (t, APPLY_STALE,
                        "%s went away, and it is on its way back to routing: accept it again in a few seconds",
                        c->owner);
}

apply_outcome_t act_accept_transfer (turn_t *t)
{
    contact_t *c = t->c;
    if (word_empty (c->offered_to) || !word_same (c->offered_to, t->event->by))
        return accept_owned (t);
    fact_t *fact = fact_by (t, FACT (TRANSFERRED));
    WORD_COPY (fact->to, t->event->by);
    WORD_COPY (fact->by, c->owner);
    become_owner (t, t->event->by, t->event->by_epoch, "accepted the transfer");
    return APPLY_DONE;
}

apply_outcome_t act_decline_offer (turn_t *t)
{
    apply_outcome_t outcome = only (t, t->c->offered_to, "the one who was asked");
    if (outcome != APPLY_DONE)
        return outcome;
    offer_is_over (t, fact_by (t, FACT (DECLINED)));
    return APPLY_DONE;
}

/* The one who was asked declines a transfer; the owner gives the contact back. */
apply_outcome_t act_decline_owned (turn_t *t)
{
    contact_t *c = t->c;
    if (*c->offered_to && word_same (c->offered_to, t->event->by))
        return act_decline_offer (t);
    apply_outcome_t outcome = owner_only (t);
    if (outcome != APPLY_DONE)
        return outcome;
    fact_by (t, FACT (DECLINED));
    exclude (t, c->owner, c->owner_epoch);
    give_up_owner (t, "the owner gave it back");
    return APPLY_DONE;
}

/* Who was promised a call is called; unless they have written since, and are answered where they are. */
static bool may_be_written (const contact_t *c, const promise_t *p)
{
    return p->kind != P_CALLBACK || c->last_customer_at > p->opened_at;
}

/* A reply that goes out by a way counts once the far side has accepted it; spoken words count now. */
static void answer (turn_t *t)
{
    contact_t *c = t->c;
    promise_kind_t answered = 0;
    if (c->return_way == WAY_BACK (SPOKEN)) {
        promises_spoken (t);
        return;
    }
    for (size_t i = c->promises_n; i-- > 0;) {
        promise_t *p = &c->promises[i];
        if (!promise_is_response (p) || p->answered_at || !may_be_written (c, p))
            continue;
        answered = p->kind;
        p->answered_at = t->now;
    }
    notice_t *notice = turn_notice (t, PURPOSE (REPLY), "");
    notice->promise = answered;
    notice->text = t->event->text;
}

/* What the channel's own call can never say is refused while whoever wrote it is still there to say it otherwise. The
 * template may still add to it: what fails then comes back to them. */
static apply_outcome_t can_be_said (turn_t *t)
{
    const contact_t *c = t->c;
    const char *name = *c->reply_channel ? c->reply_channel : c->channel;
    const policy_channel_t *channel = policy_channel (t->policy, name);
    size_t length = channel_out_characters (t->event->text);
    if (c->return_way != WAY_BACK (CHANNEL) || t->policy->dry_kind)
        return APPLY_DONE;
    if (!channel || !channel->out)
        return turn_refuse (t, APPLY_BAD,
                            "the policy does not say any more how answers go back by channel '%s': nothing was sent; "
                            "reach the customer otherwise, then note or resolve",
                            name);
    if (channel->out->longest && length > (size_t)channel->out->longest)
        return turn_refuse (
            t, APPLY_BAD, "the text has %zu characters, and %s takes %d: nothing was sent; say it shorter, or in parts",
            length, name, channel->out->longest);
    return APPLY_DONE;
}

apply_outcome_t act_reply (turn_t *t)
{
    contact_t *c = t->c;
    apply_outcome_t outcome = owner_only (t);
    if (outcome == APPLY_DONE)
        outcome = need_text (t, "a reply needs text");
    if (outcome != APPLY_DONE)
        return outcome;
    if (c->return_way == WAY_BACK (UNSPECIFIED))
        return turn_refuse (t, APPLY_BAD,
                            "there is no way back to this customer: the submission gave none and "
                            "channel '%s' has none; say it otherwise, then note or resolve",
                            c->channel);
    outcome = can_be_said (t);
    if (outcome != APPLY_DONE)
        return outcome;
    fact_by (t, FACT (REPLIED));
    c->last_reply_at = t->now;
    c->review_at = t->now + t->policy->review_ms;
    answer (t);
    return APPLY_DONE;
}

apply_outcome_t act_note (turn_t *t)
{
    apply_outcome_t outcome = need_text (t, "a note needs text");
    if (outcome == APPLY_DONE)
        fact_by (t, FACT (NOTED));
    return outcome;
}

apply_outcome_t act_wait (turn_t *t)
{
    contact_t *c = t->c;
    apply_outcome_t outcome = word_empty (t->event->text) ? owner_only (t) : act_reply (t);
    if (outcome != APPLY_DONE)
        return outcome;
    if (c->last_reply_at < c->last_customer_at)
        return turn_refuse (t, APPLY_BAD,
                            "waiting needs an open question to the customer: reply first, or give it as text");
    if (c->pause_left_ms <= 0)
        return turn_refuse (t, APPLY_BAD, "this contact has waited on the customer as long as the policy allows");
    if (*c->transfer_to || *c->transfer_team || *c->offered_to)
        return turn_refuse (t, APPLY_BAD, "a transfer is proposed: it must end first");
    c->state = S_WAITING;
    c->pause_ends_at = t->now + c->pause_left_ms;
    promises_pause (t);
    fact_by (t, FACT (WAITING))->due = c->pause_ends_at;
    return APPLY_DONE;
}

static apply_outcome_t check_taker (turn_t *t)
{
    const contact_event_t *e = t->event;
    if (word_empty (e->person) && word_empty (e->team))
        return turn_refuse (t, APPLY_BAD, "a transfer needs to_person or to_team");
    if (!word_empty (e->person) && !policy_person (t->policy, e->person))
        return turn_refuse (t, APPLY_BAD, "the policy names no person '%s'", e->person);
    if (!word_empty (e->team) && !policy_team (t->policy, e->team))
        return turn_refuse (t, APPLY_BAD, "the policy names no team '%s'", e->team);
    if (word_same (e->person, t->c->owner))
        return turn_refuse (t, APPLY_BAD, "%s owns it already", t->c->owner);
    return APPLY_DONE;
}

static void say_who_hands_over (turn_t *t)
{
    const contact_event_t *e = t->event;
    const policy_person_t *giver = policy_person (t->policy, e->by);
    snprintf (t->c->transfer_words, sizeof (t->c->transfer_words), "%s hands it over%s%s",
              giver ? giver->display : e->by, word_empty (e->text) ? "" : ": ",
              word_empty (e->text) ? "" : WORD_CUT (e->text, 120));
}

/* Proposed only: it stays with the giver until somebody accepts. Too many climb to the manager. */
apply_outcome_t act_transfer (turn_t *t)
{
    contact_t *c = t->c;
    apply_outcome_t outcome = owner_or_accountable (t);
    if (outcome == APPLY_DONE)
        outcome = check_taker (t);
    if (outcome != APPLY_DONE)
        return outcome;
    clear_offer (t);
    clear_transfer (t);
    c->transfers++;
    fact_t *fact = fact_by (t, FACT (TRANSFER_PROPOSED));
    WORD_COPY (fact->to, word_empty (t->event->person) ? t->event->team : t->event->person);
    if (c->transfers > t->policy->transfers_max && !word_same (c->owner, t->policy->manager->name)) {
        move_to (t, &(policy_target_t){.kind = TELL_MANAGER}, t->event->by, "passed on too often");
        return APPLY_DONE;
    }
    WORD_COPY (c->transfer_to, t->event->person);
    WORD_COPY (c->transfer_team, word_empty (t->event->person) ? t->event->team : "");
    say_who_hands_over (t);
    c->handoff_at = t->now + HANDOFF_FIRST_MS;
    return APPLY_DONE;
}

/* What is still pending ends with the name of the one who resolved; what is on its way waits for its answer. */
static void settle (turn_t *t)
{
    contact_t *c = t->c;
    for (size_t i = c->promises_n; i-- > 0;) {
        const promise_t *p = &c->promises[i];
        if (p->answered_at)
            continue;
        if (p->state == P_BROKEN)
            promise_drop (t, i);
        else if (p->kind == P_RESOLUTION)
            promise_keep (t, i, t->now);
        else
            promise_release (t, i, t->event->by, "resolved without it");
    }
}

apply_outcome_t act_resolve (turn_t *t)
{
    contact_t *c = t->c;
    apply_outcome_t outcome = owner_or_accountable (t);
    if (outcome != APPLY_DONE)
        return outcome;
    if (c->state == S_WAITING)
        end_pause (t, t->now, "resolved");
    settle (t);
    fact_by (t, FACT (RESOLVED));
    clear_offer (t);
    clear_transfer (t);
    set_accountable (t, t->event->by, "resolved it");
    c->relax_at = c->pause_ends_at = c->acknowledged_until = 0;
    c->excluded_n = 0;
    c->state = S_RESOLVED;
    c->close_at = t->now + t->policy->reopen_ms;
    return APPLY_DONE;
}

apply_outcome_t act_reopen (turn_t *t)
{
    reopen (t, t->event->by, t->event->text, "by a person");
    if (!promise_unanswered (t->c))
        promise_open (t, P_NEXT, &(promise_ask_t){0});
    return APPLY_DONE;
}

/* Holds the repetitions and the further steps of what is broken, for a while. */
apply_outcome_t act_acknowledge (turn_t *t)
{
    contact_t *c = t->c;
    if (word_empty (t->event->by))
        return turn_refuse (t, APPLY_BAD, "an acknowledgement needs the person who gives it");
    c->acknowledged_until = t->now + t->policy->acknowledged_ms;
    WORD_COPY (c->acknowledged_by, t->event->by);
    fact_by (t, FACT (ACKNOWLEDGED))->due = c->acknowledged_until;
    return APPLY_DONE;
}

apply_outcome_t act_release (turn_t *t)
{
    contact_t *c = t->c;
    apply_outcome_t outcome = owner_or_accountable (t);
    if (outcome == APPLY_DONE)
        outcome = need_text (t, "releasing a promise needs a reason as text");
    if (outcome != APPLY_DONE)
        return outcome;
    bool any = false;
    for (size_t i = c->promises_n; i-- > 0;) {
        if (c->promises[i].kind != t->event->promise)
            continue;
        any = true;
        if (c->promises[i].state == P_PENDING) {
            promise_release (t, i, t->event->by, t->event->text);
            continue;
        }
        fact_t *fact = fact_by (t, FACT (NOTED));
        snprintf (fact->detail, sizeof (fact->detail), "the broken promise (%s) is no longer owed: %s",
                  promise_kind_name (t->event->promise), WORD_CUT (t->event->text, 120));
        promise_drop (t, i);
    }
    return any ? APPLY_DONE
               : turn_refuse (t, APPLY_BAD, "no promise of kind '%s' is pending",
                              promise_kind_name (t->event->promise));
}
