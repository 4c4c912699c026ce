/* sim.h - the whole system from a seed: a day of a company, the real handlers of all services on the fakes.
 *
 * Everything happens in the queue of the fakes' world: customers, people, faults and supervisors are entries there
 * (fake_at), as the services' own are. A seed gives the same day, to the byte. One day is one process: its state is
 * static, in the room that it belongs to.
 *
 *   day.c        from morning to morning, then all heals
 *   company.c    the services and their replicas, who restarts them, the policy in force
 *   door.c       requests over HTTP, and that they are sent again
 *   customers.c  people.c      who they are and what they do
 *   faults.c     what goes wrong, and when
 *   laws.c       after each commit: what it touched; laws_contact.c, laws_promise.c, laws_delivery.c, laws_person.c
 *   still.c      each simulated minute, and at the end: what has not happened */
#ifndef BUCKSTOP_SIM_H
#define BUCKSTOP_SIM_H

#include "audit_judge.h"
#include "contact.h"
#include "delivery.h"
#include "fake.h"
#include "person.h"
#include "record.h"
#include "store.h"

#include <stdio.h>
#include <string.h>

#define WORKSPACE "desk"
enum { POLICIES = 3, KINDS = 4, REPLICAS_MAX = 3, TEXTS_MAX = 8192 };
enum { INTAKE, ROUTING, ESCALATION, NOTIFICATION };

/* --- chance (day.c) --------------------------------------------------------------------------------- */

uint64_t draw (uint64_t limit); /* below limit; not the row of the services, nor that of the chaos */
bool chance (int percent);
int64_t between (int64_t least, int64_t most);
int64_t paced (int64_t ms); /* shorter in a rush */
int64_t about (int64_t ms); /* half to one and a half of it */

typedef struct day_result {
    uint64_t hash, commits, contacts, requests, faults;
    int64_t ms; /* simulated */
} day_result_t;
/* policies: texts. How bad the day is, is drawn too; and every fourth is whole, the others are three hours of rush. */
void day_play (uint64_t seed, const char *const policies[POLICIES], day_result_t *result);

/* The end of the process: prints the law, the words, the contact's timeline (NULL: none), and how to play it again. */
void broken (const char *law, const char *contact, const char *format, ...)
    __attribute__ ((noreturn, format (printf, 3, 4)));
void say (const char *format, ...) __attribute__ ((format (printf, 1, 2))); /* with --log */

/* --- the company (company.c) ------------------------------------------------------------------------ */

void company_open (const char *const policies[POLICIES]);
void company_policy (int number); /* begins to apply it, until it is done */
int company_policy_number (void); /* the one that was asked for last */
void company_replicas (int kind, int n);
void company_kill (int kind, int64_t back_ms); /* one of them, drawn; it is back so much later */
void company_freeze (int kind, int64_t ms);
void company_down (int64_t ms);    /* all of them, for so long */
void company_rise (void);          /* such an outage is over: it may be longer than the night */
int company_up (int kind);         /* how many run */
const char *company_intake (void); /* one of those that run, drawn; "nowhere": none does */
const char *company_token (void);
store_t *company_store (void);
loop_t *company_loop (void);
bool company_audit (char *words, size_t size);

/* --- requests (door.c) ------------------------------------------------------------------------------- */

/* status: of HTTP; 0: no answer in time, -1: nobody listens. */
typedef void (door_fn) (void *arg, int status, const char *body);
typedef struct door_request {
    const char *method, *target, *body; /* copied; body NULL: none */
    const char *key;                    /* "": none */
    bool again;                         /* sent again, the same, while it is not known what became of it */
    bool twice;                         /* at two doors at once */
    door_fn *fn;
    void *arg;
} door_request_t;
void door_send (const door_request_t *request);
uint64_t door_requests (void);

/* --- who lives there ---------------------------------------------------------------------------------- */

void customers_begin (void);
void customers_end (void);
void people_begin (void);
void people_end (void); /* they are there, and do no more */

/* --- what goes wrong (faults.c) ------------------------------------------------------------------------ */

void faults_begin (int level); /* 0: none at all, 1, 2 */
void faults_end (void);
bool faults_calm_for (int64_t ms); /* nothing was wrong for so long */
int64_t faults_set_back (void);    /* the store's clock was set back by so much just now; 0: it was not */
uint64_t faults_count (void);
bool faults_any (void); /* was there any fault today? */

/* --- the laws (laws.c and its rooms) -------------------------------------------------------------------- */

enum { PLACES_MAX = 8, COMMIT_EVENTS_MAX = BUNDLE_MAX + 16 };

/* A contact as the last commit left it. */
typedef struct shadow {
    char id[ID_SIZE];
    bool known, gone, poisoned;
    contact_t last;
    uint64_t hash;   /* of the record's bytes, attempts left out */
    uint32_t policy; /* the version that it was first decided by */
    audit_tally_t tally;
    struct {
        char person[NAME_SIZE], channel[NAME_SIZE];
        uint32_t epoch;
    } places[PLACES_MAX];
    size_t places_n;
    unsigned notices, ended; /* on the timeline: rendered deliveries, and those that came to an end */
} shadow_t;

/* What one commit says. */
typedef struct glance {
    wall_ms_t at;
    const commit_t *commit;
    shadow_t *touched[4];
    size_t touched_n;
    Buckstop__V1__Event *events[COMMIT_EVENTS_MAX]; /* appended to timelines */
    const shadow_t *of[COMMIT_EVENTS_MAX];          /* whose */
    size_t events_n;
} glance_t;
#define EACH_FACT(glance, whose, fact)                                    \
    for (size_t e_ = 0; e_ < (glance)->events_n; e_++)                    \
        if (strcmp ((glance)->of[e_]->id, (whose)) == 0)                  \
            for (size_t f_ = 0; f_ < (glance)->events[e_]->n_facts; f_++) \
                for (const Buckstop__V1__Fact *fact = (glance)->events[e_]->facts[f_]; fact; fact = NULL)

void laws_begin (void);
uint64_t laws_hash (void);
void laws_print_commit (FILE *out); /* the one that is judged now */
const policy_t *laws_policy (void); /* the one in the store */
size_t laws_contacts (void);
shadow_t *laws_contact_at (size_t index);
shadow_t *laws_contact (const char *id); /* NULL: not known */
bool laws_poisoned (void);               /* has any record been? */
/* A text of a customer or a person, by its number: "#17#". */
int laws_text_new (char *text, size_t size);
void laws_text_acked (int number, const char *contact); /* it was acknowledged, as part of that contact */
unsigned laws_text_seen (int number);
size_t laws_texts (void);

void laws_see_contact (glance_t *glance, shadow_t *shadow);                                /* laws_contact.c */
void laws_see_promises (glance_t *glance, const shadow_t *shadow, const contact_t *after); /* laws_promise.c */
void laws_see_delivery (glance_t *glance, const char *id, bool removed);                   /* laws_delivery.c */
void laws_see_sent (void);
void laws_deliveries_late (int64_t late_ms);
void laws_deliveries_end (void);
size_t laws_deliveries_open (const char *contact);         /* in the outbox, dead ones left out */
void laws_see_person (glance_t *glance, const char *name); /* laws_person.c */
const person_t *laws_person (const char *name);            /* NULL: never seen */
void laws_people_late (int64_t late_ms);
int64_t laws_load (const char *person, uint32_t epoch); /* weights of what they hold */

void still_begin (void);
bool still_aside (const char *key); /* is the record set aside? */
void still_end (void);              /* the day is over and all has healed */

#endif
