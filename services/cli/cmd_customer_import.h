/* cmd_customer_import.h - one import under way, and one of its rows. For cmd_customer_import*.c. */
#ifndef BUCKSTOP_CMD_CUSTOMER_IMPORT_H
#define BUCKSTOP_CMD_CUSTOMER_IMPORT_H

#include "cmd_customer.h"
#include "customer_rows.h"

enum { IMPORT_KEYS_MAX = 2 * CUSTOMER_IDENTITIES_MAX + 1, IMPORT_TRIES_MAX = 8 };

typedef enum row_end { ROW_OPENED, ROW_CHANGED, ROW_SAME, ROW_REFUSED, ROW_ENDS } row_end_t;

/* Names that customers have, to say which are the same. */
typedef struct names_seen names_seen_t;
names_seen_t *names_seen_new (void);
void names_seen_destroy (names_seen_t **self_p);
void names_seen_add (names_seen_t *self, const char *name, const char *id); /* the first of a name stays */
const char *names_seen_id (const names_seen_t *self, const char *name);     /* NULL: nobody has it */

typedef struct row_job row_job_t;

typedef struct import {
    customer_command_t *command;
    const char *file; /* as it is called in words */
    char *text;
    size_t size;
    rows_t *rows;
    names_seen_t *names;
    /* what was read and not begun yet, since one under way is about the same customer */
    row_job_t *next;
    row_job_t *jobs; /* under way */
    size_t jobs_n;
    bool all_read, away;
    /* what became of them */
    size_t ended[ROW_ENDS], bad, doubts;
    table_t *table; /* doubts, and rows that were refused */
    json_t *list;
    mono_ms_t began;
    loop_timer_t *progress;
} import_t;

struct row_job {
    row_job_t *next_job;
    import_t *import;
    size_t line;
    unsigned tries;
    customer_row_t row;
    char derived[CUSTOMER_IDENTITIES_MAX][ID_SIZE]; /* of its identities */
    char led[CUSTOMER_IDENTITIES_MAX][ID_SIZE];     /* where they lead; "" : to no record */
    char target[ID_SIZE];
    customer_entry_t *existing;
    char namesake[ID_SIZE];
    customer_import_t result;
};

/* Begins it; import_row_ended comes once, never from within. */
void import_row_begin (row_job_t *job);
void import_row_ended (row_job_t *job, row_end_t end, const char *why);
void import_row_away (row_job_t *job);
/* A doubtful match: identity is what it was about. */
void import_doubt (row_job_t *job, const char *identity, const char *words);

#endif
