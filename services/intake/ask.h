/* ask.h - one request under way, whichever door it came by, and how it is answered.
 *
 * An ask is answered once and is then gone: what takes an ask_t ** nulls it. Requests of one kind are handled by one
 * function; what it ends in (a receipt, a refusal, a page of events, a view) is rendered for the door. */
#ifndef BUCKSTOP_ASK_H
#define BUCKSTOP_ASK_H

#include "admit.h"
#include "aside.h"
#include "body.h"
#include "http_server.h"
#include "intake.h"
#include "known.h"
#include "languages.h"
#include "once.h"
#include "pages.h"
#include "receipt.h"
#include "refusal.h"
#include "routes.h"
#include "tokens.h"
#include "work.h"

struct intake {
    service_t *service;
    intake_params_t *params;
    http_server_t *http;
    http_limit_t limits[2]; /* paths that take more than others */
    tokens_t *tokens;
    aside_t *aside;
    size_t asks; /* under way */
    admit_t admit;
    bool draining;
    struct mails *mails;       /* mails.h */
    struct webhooks *webhooks; /* webhooks.h */
    struct door_lmtp *lmtp;    /* NULL: it was not asked for */
    recogniser_t *languages;   /* NULL: none are recognised */
    loop_timer_t *beat;        /* hearing.c */
    struct beats *beats;
    known_t known;
    uint8_t random[1024]; /* drawn ahead: one call to the system serves many requests */
    size_t random_used;
};

/* One of both; the other is NULL. Once, and never from within the order. */
typedef void (ask_inner_fn) (void *arg, const receipt_t *receipt, const refusal_t *refusal);

struct ask {
    intake_t *intake;
    http_request_t *http; /* one of the three; NULL once answered */
    bus_peer_t *peer;
    ask_inner_fn *inner;
    void *inner_arg;
    bool contact_is_hint;   /* submit.contact was read off a signed tag: if it is gone, a new one is opened */
    const char *untold;     /* the door says so: why no machine is to answer it; NULL: one may */
    loop_timer_t *deadline; /* peer: an HTTP request has one of its own */
    bool answered;
    admit_place_t place;
    bool crowded;         /* too many were under way when it came */
    const route_t *route; /* HTTP */
    bool protobuf;        /* HTTP: Accept asks for it */
    char id[ROUTE_ID_SIZE];
    char key[ADDRESS_SIZE]; /* idempotency key, "" : none */
    char trace[TRACE_SIZE];
    bearer_t bearer;
    body_t body;
    Buckstop__V1__Submit submit; /* borrow from body */
    Buckstop__V1__Action action;
    once_t once;
    int64_t kept_ms; /* a signed link works for so long, and is remembered as long; 0: as other keys */
    int64_t begun_us;
    void *more; /* the handler's own */
    void (*free_more) (void *more);
};

ask_t *ask_new (intake_t *intake);
void ask_destroy (ask_t **self_p); /* unanswered: 500 */
int ask_shard (const ask_t *self);
/* Of what ends in a commit, once the token or the link is known: may it go on? False: refused, and the ask is gone. */
bool ask_admit (ask_t **self_p);
void ask_refuse_crowded (ask_t **self_p);
store_t *ask_store (const ask_t *self);
/* The policy in force; NULL: there is none, and the ask is refused and gone. */
const policy_t *ask_policy (ask_t **self_p);
/* The query's number, or fallback; false: it is none, or out of bounds, and the ask is refused and gone. */
bool ask_query (ask_t **self_p, const char *name, int64_t min, int64_t max, int64_t fallback, int64_t *number);
void ask_once (ask_t *self, const char *channel, const char *message_id, const ProtobufCMessage *body);
void intake_random (intake_t *self, void *bytes, size_t size);

/* What another door of this process heard, as a Submit: the same checks, limits and answers as for any. All is copied; the
 * texts are cut to fit before (types.h), since what is too long is refused. */
typedef struct ask_order {
    const char *workspace;
    const Buckstop__V1__Submit *submit;
    const char *trace; /* W3C traceparent, "" : none */
    bool contact_is_hint;
    const char *untold; /* why the customer is not told by a machine that it has come; static; NULL: they are */
    ask_inner_fn *fn;
    void *arg;
} ask_order_t;
void ask_submit (intake_t *intake, const ask_order_t *order);

/* Answers. */
void ask_receipt (ask_t **self_p, const receipt_t *receipt, bool replay);
/* The same two, but the ask is kept: what is under way goes on. */
void ask_answer_receipt (ask_t *self, const receipt_t *receipt, bool replay);
void ask_refuse_early (ask_t *self, const refusal_t *refusal);
void ask_refuse_late (ask_t *self); /* its time is up: it may still happen */
void ask_refuse (ask_t **self_p, const refusal_t *refusal);
void ask_refuse_as (ask_t **self_p, refusal_kind_t kind, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));
void ask_away (ask_t **self_p);
void ask_json (ask_t **self_p, json_t *value); /* 200; takes the value */
page_place_t ask_place (const ask_t *self);    /* of whoever looks at a page: valid while the ask is */
void ask_page (ask_t **self_p, int status, const char *html, size_t size);
void ask_events (ask_t **self_p, Buckstop__V1__EventsPage *page);
/* False: it can't be the id of a contact, and the ask is refused and gone. */
bool ask_id (ask_t **self_p);
/* A read did not bring this contact: it is none, or its record is no record. */
void ask_refuse_no_contact (ask_t **self_p, const char *contact);
/* Outcomes of work that mean the same for all: AWAY, CONFLICT, BROKEN, STUCK, MISSING. */
void ask_refuse_outcome (ask_t **self_p, const work_result_t *result);

/* hearing.c: people can be heard from now on, until they can't. */
void hearing_open (intake_t *self);
void hearing_close (intake_t *self);

/* Doors. */
http_handler_fn intake_http;
bus_fn intake_bus;

/* The rows of routes.c. */
ask_fn submit_open, submit_append, action_take, contacts_list, contact_show, customer_show, people_list, presence_put,
    presence_delete, events_list, mail_post, webhook_hear, link_show, link_take, health_live, health_ready;
/* One for each kind of request, for both doors: ask->submit, ask->action are filled. */
ask_fn submit_begin, action_begin;
void events_begin (ask_t **self_p, uint64_t after, int64_t limit);

#endif
