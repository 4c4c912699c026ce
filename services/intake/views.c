/* views.c - contacts and events as JSON, for operators and their programs.
 *
 * What is empty is left out, so that a view says what is, and no more. Times are RFC 3339 in UTC. */
#include "views.h"

#include "plan.h"
#include "trace.h"
#include "xmalloc.h"

static const char *return_way_name (return_way_t way)
{
    static const char *const names[] = {"", "mail", "callback", "spoken", "channel"};
    return (size_t)way < sizeof names / sizeof *names ? names[way] : "";
}

static json_t *view_promise (const promise_t *promise)
{
    return json_pack ("{s:o, s:o, s:o, s:o, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:I, s:o*}", /**/
                      "kind", value_text (promise_kind_name (promise->kind)),                /**/
                      "state", value_text (promise_state_name (promise->state)),             /**/
                      "due", value_time (promise->due),                                      /**/
                      "opened_at", value_time (promise->opened_at),                          /**/
                      "paused", promise->paused ? json_true () : NULL,                       /**/
                      "left_ms", promise->paused ? json_integer (promise->left_ms) : NULL,   /**/
                      "answered_at", value_time_some (promise->answered_at),                 /**/
                      "generation", value_number_some (promise->generation),                 /**/
                      "ladder", value_some (promise->ladder),                                /**/
                      "hours", value_some (promise->hours),                                  /**/
                      "step", (json_int_t)promise->step,                                     /**/
                      "step_at", value_time_some (promise->step_at));
}

static json_t *view_next (const promise_t *promise)
{
    if (!promise)
        return NULL;
    return json_pack ("{s:o, s:o, s:b}", "kind", value_text (promise_kind_name (promise->kind)), "due",
                      value_time (promise->due), "broken",
                      promise->state == BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_BROKEN);
}

static json_t *view_answered (const promise_t *promise)
{
    if (!promise)
        return NULL;
    return json_pack ("{s:o, s:o}", "kind", value_text (promise_kind_name (promise->kind)), "due",
                      value_time (promise->due));
}

static json_t *view_promises (const contact_t *contact)
{
    json_t *promises = json_array ();
    for (size_t i = 0; i < contact->promises_n; i++)
        json_array_append_new (promises, view_promise (&contact->promises[i]));
    return json_pack ("{s:o*, s:o*, s:o, s:{s:I, s:I, s:I, s:I}}",                            /**/
                      "next_promise", view_next (contact_pressing_promise (contact)),         /**/
                      "answered_promise", view_answered (contact_answered_promise (contact)), /**/
                      "promises", promises, "counts",                                         /**/
                      "opened", (json_int_t)contact->opened,                                  /**/
                      "kept", (json_int_t)contact->kept,                                      /**/
                      "broken", (json_int_t)contact->broken,                                  /**/
                      "released", (json_int_t)contact->released);
}

static json_t *view_excluded (const contact_t *contact, wall_ms_t now)
{
    json_t *excluded = NULL;
    for (size_t i = 0; i < contact->excluded_n; i++) {
        if (contact->excluded[i].until <= now)
            continue;
        excluded = excluded ? excluded : json_array ();
        json_array_append_new (excluded, json_pack ("{s:o, s:o}", "person", value_text (contact->excluded[i].person),
                                                    "until", value_time (contact->excluded[i].until)));
    }
    return excluded;
}

static json_t *view_holder (const contact_t *contact)
{
    return json_pack ("{s:o, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*}",   /**/
                      "accountable", value_text (contact->accountable),          /**/
                      "owner", value_some (contact->owner),                      /**/
                      "offered_to", value_some (contact->offered_to),            /**/
                      "offer_expires", value_time_some (contact->offer_expires), /**/
                      "transfer_to", value_some (contact->transfer_to),          /**/
                      "transfer_team", value_some (contact->transfer_team),      /**/
                      "preferred", value_some (contact->preferred),              /**/
                      "acknowledged_by", value_some (contact->acknowledged_by),  /**/
                      "acknowledged_until", value_time_some (contact->acknowledged_until));
}

static json_t *view_subject (const contact_t *contact)
{
    return json_pack (
        "{s:o, s:o, s:o, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:I, s:o*, s:o*, s:o*}",       /**/
        "team", value_text (contact->team),                                                                         /**/
        "channel", value_text (contact->channel),                                                                   /**/
        "subject", value_text (contact->subject),                                                                   /**/
        "said", value_some (*contact->subject ? "" : contact->said),                                                /**/
        "customer", value_some (contact->customer),                                                                 /**/
        "customer_id", value_some (contact->customer_id),                                                           /**/
        "linked", value_some (contact->linked),                                                                     /**/
        "reply_channel", value_some (contact->reply_channel),                                                       /**/
        "call", value_some (call_state_name (contact->call)), "customer_name", value_some (contact->customer_name), /**/
        "thread", value_some (contact->thread),                                                                     /**/
        "language", value_some (contact->language),                                                                 /**/
        "tier", value_some (contact->tier),                                                                         /**/
        "priority", (json_int_t)contact->priority,                                                                  /**/
        "rule", value_some (contact->rule),                                                                         /**/
        "return_way", value_some (return_way_name (contact->return_way)),                                           /**/
        "return_to", value_some (contact->return_to));
}

static json_t *view_times (const contact_t *contact)
{
    return json_pack ("{s:o, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*}",                     /**/
                      "opened_at", value_time (contact->opened_at),                    /**/
                      "waiting_since", value_time_some (contact->waiting_since),       /**/
                      "last_customer_at", value_time_some (contact->last_customer_at), /**/
                      "last_reply_at", value_time_some (contact->last_reply_at),       /**/
                      "pause_ends_at", value_time_some (contact->pause_ends_at),       /**/
                      "close_at", value_time_some (contact->close_at),                 /**/
                      "next_due", value_time_some (contact_next_due (contact)));
}

static json_t *view_rest (const contact_t *contact, wall_ms_t now)
{
    char trace[TRACE_SIZE];
    return json_pack ("{s:o*, s:b, s:I, s:I, s:I, s:o*, s:o*}",              /**/
                      "excluded", view_excluded (contact, now),              /**/
                      "at_risk", contact_at_risk (contact, now),             /**/
                      "messages", (json_int_t)contact->messages,             /**/
                      "transfers", (json_int_t)contact->transfers,           /**/
                      "policy_version", (json_int_t)contact->policy_version, /**/
                      "continues", value_some (contact->continues),          /**/
                      "trace", value_some (trace_of (contact->trace, contact->id, trace)));
}

bool contact_at_risk (const contact_t *contact, wall_ms_t now)
{
    for (size_t i = 0; i < contact->promises_n; i++)
        if (contact->promises[i].state == BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_BROKEN)
            return true;
    const promise_t *promise = contact_next_promise (contact);
    return promise && promise->due - now < promise->duration_ms / AT_RISK_SHARE;
}

json_t *view_contact (const contact_t *contact, wall_ms_t now)
{
    json_t *view = json_pack ("{s:o, s:I, s:o}", "contact", value_text (contact->id), "version",
                              (json_int_t)contact->version, "state", value_text (contact_state_name (contact->state)));
    json_object_update_new (view, view_holder (contact));
    json_object_update_new (view, view_subject (contact));
    json_object_update_new (view, view_times (contact));
    json_object_update_new (view, view_promises (contact));
    json_object_update_new (view, view_rest (contact, now));
    return xcheck (view);
}

static json_t *view_fact (const Buckstop__V1__Fact *fact)
{
    return json_pack ("{s:o, s:o, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*}",                           /**/
                      "fact", value_text (fact_kind_name (fact->kind)),                                 /**/
                      "at", value_time (fact->at),                                                      /**/
                      "by", value_some (fact->by),                                                      /**/
                      "to", value_some (fact->to),                                                      /**/
                      "detail", value_some (fact->detail),                                              /**/
                      "promise", fact->promise ? value_text (promise_kind_name (fact->promise)) : NULL, /**/
                      "due", value_time_some (fact->due),                                               /**/
                      "number", value_number_some (fact->number),                                       /**/
                      "text", value_some (fact->text));
}

json_t *view_event (const Buckstop__V1__Event *event)
{
    char trace[TRACE_SIZE];
    json_t *facts = json_array ();
    for (size_t i = 0; i < event->n_facts; i++)
        json_array_append_new (facts, view_fact (event->facts[i]));
    return xcheck (json_pack ("{s:o*, s:o, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o}", /**/
                              "number", value_number_some ((int64_t)event->number),                           /**/
                              "at", value_time (event->at),                                                   /**/
                              "contact", value_some (event->contact),                                         /**/
                              "person", value_some (event->person),                                           /**/
                              "state", event->state ? value_text (contact_state_name (event->state)) : NULL,  /**/
                              "accountable", value_some (event->accountable),                                 /**/
                              "owner", value_some (event->owner),                                             /**/
                              "channel", value_some (event->channel),                                         /**/
                              "team", value_some (event->team),                                               /**/
                              "subject", value_some (event->subject),                                         /**/
                              "version", value_number_some ((int64_t)event->version),                         /**/
                              "trace", value_some (event_trace (event, trace)),                               /**/
                              "facts", facts));
}

json_t *view_events (const Buckstop__V1__EventsPage *page)
{
    json_t *events = json_array ();
    for (size_t i = 0; i < page->n_events; i++)
        json_array_append_new (events, view_event (page->events[i]));
    return json_pack ("{s:o, s:I, s:I, s:o*}", "events", events, "oldest_kept", (json_int_t)page->oldest_kept, "newest",
                      (json_int_t)page->newest, "workspace", value_some (page->workspace));
}
