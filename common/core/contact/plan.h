/* plan.h - from a decision to a commit: every index, place and timer follows from before and after. Pure.
 *
 * This is the one place that knows which keys a change of a contact touches, so that law 1 (one
 * accountable person, one timer, one version) holds by construction. */
#ifndef BUCKSTOP_PLAN_H
#define BUCKSTOP_PLAN_H

#include "commit.h"
#include "contact.h"
#include "person.h"
#include "policy.h"
#include "record.h"

typedef struct plan {
    bool by_routing;   /* in: somebody else decided for the person, so there must be room for it */
    commit_t *commit;  /* owned: handed on to the store, or destroyed by plan_clear */
    wall_ms_t due;     /* the timer that is armed; 0: none */
    wall_ms_t send_at; /* the first delivery that is due; 0: none */
    unsigned notices;
    size_t policy_check;         /* index of the op that wants the policy to be the one it was decided by */
    bool route;                  /* tell routing: it wants somebody */
    char room_for[2][NAME_SIZE]; /* people who have more room afterwards; "" : nobody */
} plan_t;

/* `plan` is zero but for by_routing. head: as loaded (version 0 for a new contact). `effects` gets the facts of rendering added. The event's
 * number is drawn by the commit. */
void plan_contact (plan_t *plan, int shard, const record_head_t *head, const contact_t *before, const contact_t *after,
                   effects_t *effects, const policy_t *policy, event_id_t event, wall_ms_t now);
void plan_clear (plan_t *plan);

/* A person's record with its timer, and an event when `changed`. */
commit_t *plan_person (int shard, const record_head_t *head, const person_t *after, event_id_t event, bool changed,
                       fact_kind_t kind, const char *detail, wall_ms_t now);

/* Shared by all who write events: packs an Event of these facts. Timeline: texts whole; else cut to
 * EVENT_TEXT_MAX. Returns malloc'd bytes. `after` may be NULL (no contact). */
enum { EVENT_TEXT_MAX = 240 };
typedef struct load_change {
    char person[NAME_SIZE];
    uint32_t epoch;
    int change;
} load_change_t;
uint8_t *event_pack (const char *workspace, const contact_t *after, const char *person, const fact_t *facts,
                     size_t facts_n, const load_change_t *loads, size_t loads_n, wall_ms_t at, bool timeline,
                     size_t *size);
/* One fact, at its own time, as the workspace's next event; with `timeline` also behind what the contact's timeline
 * holds. `contact` and `person` may be NULL. */
/* The traceparent of what an event is about, however it is kept; "" : it is about no contact, and nobody brought one. */
const char *event_trace (const Buckstop__V1__Event *event, char trace[TRACE_SIZE]);
void event_put (commit_t *commit, int shard, const char *workspace, const contact_t *contact, const char *person,
                const fact_t *fact, bool timeline);

#endif
