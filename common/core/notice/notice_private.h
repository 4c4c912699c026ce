/* notice_private.h - what rendering a notice shares: notice.c (whom, by which ways), notice_customer.c (back to the
 * customer), notice_words.c (its words). */
#ifndef BUCKSTOP_NOTICE_PRIVATE_H
#define BUCKSTOP_NOTICE_PRIVATE_H

#include "channel_out.h"
#include "link.h"
#include "notice.h"
#include "template.h"

enum { DUE_TEXT_SIZE = 64, ABOUT_SIZE = 224, LINK_SIZE = ADDRESS_SIZE + LINK_TOKEN_SIZE + 8, SLOTS_MAX = 20 };

/* Everything that rendering one notice looks at. */
typedef struct render {
    const notice_t *notice;
    const contact_t *contact;
    const policy_t *policy;
    const policy_person_t *person; /* who is told; NULL: the customer, or nobody the policy knows */
    event_id_t event;
    unsigned *position;
    wall_ms_t now;
    delivery_t *out;
    size_t out_n;
    effects_t *effects;
    char text[SAID_SIZE + 8]; /* to colleagues: the beginning of what was written */
    char due[DUE_TEXT_SIZE], promise[NAME_SIZE], about[ABOUT_SIZE];
    char link_accept[LINK_SIZE], link_acknowledge[LINK_SIZE];
    template_slot_t slots[SLOTS_MAX];
    size_t slots_n;
} render_t;

bool notice_is_dry (const render_t *self);
/* One more delivery, by that way, rendered whole. */
delivery_t *notice_deliver (render_t *self, const policy_way_t *way);
/* One more fact about the notice. */
void notice_fact (render_t *self, fact_kind_t kind, wall_ms_t due, unsigned number, const char *format, ...)
    __attribute__ ((format (printf, 5, 6)));
/* notice_call.c: to a colleague by a channel's own call. */
void notice_call (render_t *self, const policy_way_t *way);
/* What a delivery says becomes that call; what never can is a delivery that has failed before it is sent. `given` lacks id,
 * text, subject, contact, customer and tag. */
void notice_render_call (render_t *self, const policy_channel_t *channel, delivery_t *delivery,
                         const out_told_t *given);
/* To the customer, by the way that they came. */
void notice_customer (render_t *self);

/* Fills the slots that a template may name, and due, about, promise and links behind them. */
void notice_words (render_t *self);
/* The name that they gave, else their address; colleagues always read something. */
const char *notice_customer_name (const contact_t *contact, bool to_colleagues);
/* A signed link by which that person acts on the contact; untouched where the policy has no link_base. */
void notice_link (const policy_t *policy, const char *workspace, const char *contact, const char *person,
                  Buckstop__V1__ActionKind action, wall_ms_t now, char link[LINK_SIZE]);

#endif
