/* board.h - what operators see of a workspace: its contacts, people, teams, counts and trends. Pure.
 *
 * A picture, fed by records as they were read and by events; it decides nothing. Whoever feeds it may do so twice, or in
 * any order: of a contact the newer version counts. It says the whole (board_page) or what changed since it said so last
 * (board_change), as JSON. proto/console.yaml describes the documents. */
#ifndef BUCKSTOP_BOARD_H
#define BUCKSTOP_BOARD_H

#include "contact.h"
#include "customer.h"
#include "person.h"
#include "policy.h"

typedef struct board board_t;

enum {
    BOARD_ROWS_TOLD = 500,    /* in one change; what is more waits for the next */
    BOARD_ROWS_BEHIND = 5000, /* more than that wait: the whole board is shorter (board_overflows) */
    BOARD_TREND_MS = 5 * MS_PER_MINUTE,
    BOARD_TREND_STEPS = 288, /* of a day */
};

board_t *board_new (const policy_t *policy, size_t contacts_max);
void board_destroy (board_t **self_p);
void board_adopt (board_t *self, const policy_t *policy); /* another version; takes a reference */
const policy_t *board_policy (const board_t *self);

/* As read from the store. A contact that is closed is gone. False: there are contacts_max already, and it is left out. */
bool board_contact (board_t *self, const contact_t *contact);
void board_gone (board_t *self, const char *id);
void board_person (board_t *self, const person_t *person);
size_t board_contacts (const board_t *self);
uint64_t board_version (const board_t *self, const char *id); /* of a contact; 0: not known */

/* Promises that were opened or ended, and who came or went, of an event of the last day; each event once. */
void board_event (board_t *self, const Buckstop__V1__Event *event);
/* The first instant of which the board wants to know events. */
wall_ms_t board_since (const board_t *self, wall_ms_t now);

/* A walk over what the store holds open: begin, see each id, and hear of those that were not seen: they may be gone. */
void board_walk_begin (board_t *self);
void board_walk_see (board_t *self, const char *id);
typedef void (board_unseen_fn) (void *arg, const char *id);
void board_walk_end (board_t *self, board_unseen_fn *fn, void *arg);

/* The whole, with the `limit` contacts that are first in order: what is broken, longest first, then what breaks next. number:
 * of the last event that it tells of. malloc'd. */
char *board_page (board_t *self, uint64_t number, wall_ms_t now, size_t limit, size_t *size);
/* What changed since the last call; NULL: nothing. malloc'd. */
char *board_change (board_t *self, uint64_t number, wall_ms_t now, size_t *size);
bool board_waits (const board_t *self);     /* not all of it fitted */
bool board_overflows (const board_t *self); /* a page is shorter */
void board_told (board_t *self);            /* all that changed was said by a page */

/* Contacts in which every word of `words` occurs (customer, subject, id), newest first, and their customers:
 * {"contacts": [...], "customers": [...]}; and with them what was found elsewhere: a contact that is closed, a customer of
 * whom nothing is open. Looked for bit by bit, while the board goes on: what comes meanwhile may be left out, what goes is. */
typedef struct board_found {
    const contact_t *contact;   /* NULL: none */
    const customer_t *customer; /* NULL: none */
} board_found_t;
typedef struct board_search board_search_t;
enum { BOARD_SEARCH_BIT = 2048 }; /* rows: well below a millisecond */
board_search_t *board_search_new (board_t *board, const char *words, size_t limit);
void board_search_destroy (board_search_t **self_p);
bool board_search_on (board_search_t *self, size_t rows);                                /* false: it saw all */
char *board_search_end (board_search_t **self_p, board_found_t elsewhere, size_t *size); /* malloc'd */

/* The contacts that a person holds or is offered, wherever they stand: {"now", "contacts", "more"}. Looked for as above. */
typedef struct board_held board_held_t;
board_held_t *board_held_new (const board_t *board, const char *person);
void board_held_destroy (board_held_t **self_p);
bool board_held_on (board_held_t *self, size_t rows);                      /* false: it saw all */
char *board_held_end (board_held_t **self_p, wall_ms_t now, size_t *size); /* malloc'd */

#endif
