/* cmd_customer_forget.h - what is to be forgotten, as it was found. For cmd_customer_forget*.c. */
#ifndef BUCKSTOP_CMD_CUSTOMER_FORGET_H
#define BUCKSTOP_CMD_CUSTOMER_FORGET_H

#include "cmd_customer.h"

typedef struct strings {
    char **items;
    size_t n;
    bool sorted;
} strings_t;
void strings_add (strings_t *self, const char *text);
bool strings_has (strings_t *self, const char *text); /* sorts them when it is asked first */
void strings_clear (strings_t *self);

typedef struct forget {
    customer_command_t *command;
    family_t *family;
    strings_t ids;                       /* records, and what their identities derive: also the folders of the spool */
    strings_t contacts;                  /* of this customer, also closed ones */
    strings_t waiting;                   /* of those: what can't be forgotten yet, in words */
    strings_t open;                      /* of those: not resolved */
    strings_t deliveries, threads, sent; /* keys */
    strings_t proposals;                 /* other customers, to whom an identity of theirs was proposed */
    size_t files, events;                /* in the spool, as timelines say; taken out of the stream */
    size_t contacts_done, files_done;    /* in this run */
    bool paged;                          /* the stream had pages of several entries: store_events_together */
} forget_t;

/* cmd_customer_forget_find.c: walks over all keys of a kind. May be done again: begins anew. */
int forget_find (forget_t *self);
/* Each is a number of small commits, and may be done again after a crash anywhere. cmd_customer_forget_write.c: */
int forget_deliveries (forget_t *self);
int forget_events (forget_t *self);
int forget_records (forget_t *self);
/* cmd_customer_forget_contacts.c: */
int forget_contacts (forget_t *self);
int forget_resolve (forget_t *self, const char *contact);
/* Whether --by may; if not, that is said with who may. */
int forget_may_resolve (forget_t *self, const char *contact, bool *may);

/* What they share. A step that somebody was faster than is taken again. */
typedef int (forget_step_fn) (forget_t *self, const char *name, bool *again);
int forget_until_done (forget_t *self, forget_step_fn *step, const char *name);
event_id_t forget_event (const char *what, const char *id, uint64_t version);
/* One string; its bytes are NULL when it is not there. */
int forget_read (forget_t *self, const char *key, cli_values_t *values);
/* CLI_GO when it was done, or refused (*refused: look again); else said. */
int forget_commit (forget_t *self, commit_t **commit_p, bool *refused);
/* The fact that says so. */
fact_t forget_fact (const forget_t *self, const char *detail);

#endif
