/* customer_rows.h - customers as a file lists them: CSV with a header line (csv.h), or JSON lines. Pure.
 *
 * Columns, and members of a line's object: id, name, mail, phone, handle (PLATFORM:HANDLE), language, channel, tier, owner,
 * deputy, notes. Of mail, phone and handle there may be several: mail2, mail3 ... up to mail9; in JSON also a list. An empty
 * cell says nothing. Rows are checked one by one, against the policy too: who is owner, which channels there are. */
#ifndef BUCKSTOP_CUSTOMER_ROWS_H
#define BUCKSTOP_CUSTOMER_ROWS_H

#include "customer.h"

typedef enum rows_format { ROWS_CSV, ROWS_JSON } rows_format_t;

typedef enum rows_outcome {
    ROWS_ROW,
    ROWS_END,
    ROWS_BAD,  /* this row: `place` says why; the next may be fine */
    ROWS_NONE, /* the header line: no row can be read */
} rows_outcome_t;

typedef struct rows_place {
    size_t line; /* where the row begins, from 1 */
    char what[DETAIL_SIZE], expected[DETAIL_SIZE];
} rows_place_t;

typedef struct rows rows_t;

/* Text and policy are the caller's. */
rows_t *rows_new (rows_format_t format, const char *text, size_t size, const policy_t *policy);
void rows_destroy (rows_t **self_p);
/* The row's `holders` are left empty. */
rows_outcome_t rows_next (rows_t *self, customer_row_t *row, rows_place_t *place);
size_t rows_read (const rows_t *self); /* bytes of the text, or nearly: how far it is */

#endif
