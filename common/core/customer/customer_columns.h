/* customer_columns.h - the columns of a table of customers. For customer_rows.c. Pure. */
#ifndef BUCKSTOP_CUSTOMER_COLUMNS_H
#define BUCKSTOP_CUSTOMER_COLUMNS_H

#include "customer_rows.h"

#define COLUMNS                                                                                                    \
    "id, name, mail (mail2 ... mail9), phone (phone2 ...), handle (handle2 ...), language, channel, tier, owner, " \
    "deputy, notes"

typedef struct column column_t;
const column_t *column_find (const char *name); /* NULL: there is none */
bool column_many (const column_t *self);        /* a customer may have several of it */

/* One cell on its way into a row. */
typedef struct cell {
    const policy_t *policy;
    const column_t *column;
    const char *head, *text;
    customer_row_t *row;
    rows_place_t *place;
} cell_t;
/* Blanks around it are nobody's: text is changed. False: `place` says why. */
bool cell_take (cell_t *cell, char *text);

/* Always false. */
bool row_wrong (rows_place_t *place, const char *expected, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

#endif
