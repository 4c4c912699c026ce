/* views.c - contacts and events as JSON, for operators and their programs.
 *
 * What is empty is left out, so that a view says what is, and no more. Times are RFC 3339 in UTC. */
#include "views.h"

static const char *return_way_name (return_way_t way)
{
    static const char *const names[] = {"", "mail", "callback", "spoken"};
    return (size_t)way < sizeof names / sizeof *names ? names[way] : "";
}

static void view_promise (json_out_t *out, const promise_t *promise)
{
    out_open (out, '{');
    out_member (out, "kind", promise_kind_name (promise->kind));
    out_member (out, "state", promise_state_name (promise->state));
    out_member_time (out, "due", promise->due);
    out_member_time (out, "opened_at", promise->opened_at);
    if (promise->paused) {
        out_member_bool (out, "paused", true);
        out_member_number (out, "left_ms", promise->left_ms);
    }
    out_member_time_some (out, "answered_at", promise->answered_at);
    out_member_number_some (out, "generation", promise->generation);
    out_member_some (out, "ladder", promise->ladder);
    out_member_some (out, "hours", promise->hours);
    out_member_number (out, "step", promise->step);
    out_member_time_some (out, "step_at", promise->step_at);
    out_close (out, '}');
}

static void view_promises (json_out_t *out, const contact_t *contact)
{
    out_key (out, "promises");
    out_open (out, '[');
    for (size_t i = 0; i < contact->promises_n; i++)
        view_promise (out, &contact->promises[i]);
    out_close (out, ']');
    out_key (out, "counts");
    out_open (out, '{');
    out_member_number (out, "opened", contact->opened);
    out_member_number (out, "kept", contact->kept);
    out_member_number (out, "broken", contact->broken);
    out_member_number (out, "released", contact->released);
    out_close (out, '}');
}

static void view_excluded (json_out_t *out, const contact_t *contact)
{
    if (!contact->excluded_n)
        return;
    out_key (out, "excluded");
    out_open (out, '[');
    for (size_t i = 0; i < contact->excluded_n; i++) {
        out_open (out, '{');
        out_member (out, "person", contact->excluded[i].person);
        out_member_time (out, "until", contact->excluded[i].until);
        out_close (out, '}');
    }
    out_close (out, ']');
}

static void view_holder (json_out_t *out, const contact_t *contact)
{
    out_member (out, "accountable", contact->accountable);
    out_member_some (out, "owner", contact->owner);
    out_member_some (out, "offered_to", contact->offered_to);
    out_member_time_some (out, "offer_expires", contact->offer_expires);
    out_member_some (out, "transfer_to", contact->transfer_to);
    out_member_some (out, "transfer_team", contact->transfer_team);
    out_member_some (out, "preferred", contact->preferred);
    out_member_some (out, "acknowledged_by", contact->acknowledged_by);
    out_member_time_some (out, "acknowledged_until", contact->acknowledged_until);
}

static void view_times (json_out_t *out, const contact_t *contact)
{
    out_member_time (out, "opened_at", contact->opened_at);
    out_member_time_some (out, "waiting_since", contact->waiting_since);
    out_member_time_some (out, "last_customer_at", contact->last_customer_at);
    out_member_time_some (out, "last_reply_at", contact->last_reply_at);
    out_member_time_some (out, "pause_ends_at", contact->pause_ends_at);
    out_member_time_some (out, "close_at", contact->close_at);
    out_member_time_some (out, "next_due", contact_next_due (contact));
}

bool contact_at_risk (const contact_t *contact, wall_ms_t now)
{
    for (size_t i = 0; i < contact->promises_n; i++)
        if (contact->promises[i].state == BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_BROKEN)
            return true;
    const promise_t *promise = contact_next_promise (contact);
    return promise && promise->due - now < promise->duration_ms / AT_RISK_SHARE;
}

void view_contact_members (json_out_t *out, const contact_t *contact, wall_ms_t now)
{
    out_member (out, "contact", contact->id);
    out_member_number (out, "version", (int64_t)contact->version);
    out_member (out, "state", contact_state_name (contact->state));
    view_holder (out, contact);
    out_member (out, "team", contact->team);
    out_member (out, "channel", contact->channel);
    out_member (out, "subject", contact->subject);
    out_member_some (out, "customer", contact->customer);
    out_member_some (out, "customer_name", contact->customer_name);
    out_member_some (out, "thread", contact->thread);
    out_member_some (out, "language", contact->language);
    out_member_some (out, "tier", contact->tier);
    out_member_number (out, "priority", contact->priority);
    out_member_some (out, "rule", contact->rule);
    out_member_some (out, "return_way", return_way_name (contact->return_way));
    out_member_some (out, "return_to", contact->return_to);
    view_times (out, contact);
    view_promises (out, contact);
    view_excluded (out, contact);
    out_member_bool (out, "at_risk", contact_at_risk (contact, now));
    out_member_number (out, "messages", contact->messages);
    out_member_number (out, "transfers", contact->transfers);
    out_member_number (out, "policy_version", contact->policy_version);
    out_member_some (out, "continues", contact->continues);
    out_member_some (out, "trace", contact->trace);
}

void view_contact (json_out_t *out, const contact_t *contact, wall_ms_t now)
{
    out_open (out, '{');
    view_contact_members (out, contact, now);
    out_close (out, '}');
}

static void view_fact (json_out_t *out, const Buckstop__V1__Fact *fact)
{
    out_open (out, '{');
    out_member (out, "fact", fact_kind_name (fact->kind));
    out_member_time (out, "at", fact->at);
    out_member_some (out, "by", fact->by);
    out_member_some (out, "to", fact->to);
    out_member_some (out, "detail", fact->detail);
    if (fact->promise)
        out_member (out, "promise", promise_kind_name (fact->promise));
    out_member_time_some (out, "due", fact->due);
    out_member_number_some (out, "number", fact->number);
    out_member_some (out, "text", fact->text);
    out_close (out, '}');
}

void view_event (json_out_t *out, const Buckstop__V1__Event *event)
{
    out_open (out, '{');
    out_member_number_some (out, "number", (int64_t)event->number);
    out_member_time (out, "at", event->at);
    out_member_some (out, "contact", event->contact);
    out_member_some (out, "person", event->person);
    if (event->state)
        out_member (out, "state", contact_state_name (event->state));
    out_member_some (out, "accountable", event->accountable);
    out_member_some (out, "owner", event->owner);
    out_member_some (out, "channel", event->channel);
    out_member_some (out, "team", event->team);
    out_member_some (out, "subject", event->subject);
    out_member_number_some (out, "version", (int64_t)event->version);
    out_key (out, "facts");
    out_open (out, '[');
    for (size_t i = 0; i < event->n_facts; i++)
        view_fact (out, event->facts[i]);
    out_close (out, ']');
    out_close (out, '}');
}

void view_events (json_out_t *out, const Buckstop__V1__EventsPage *page)
{
    out_open (out, '{');
    out_key (out, "events");
    out_open (out, '[');
    for (size_t i = 0; i < page->n_events; i++)
        view_event (out, page->events[i]);
    out_close (out, ']');
    out_member_number (out, "oldest_kept", (int64_t)page->oldest_kept);
    out_member_number (out, "newest", (int64_t)page->newest);
    out_close (out, '}');
}
