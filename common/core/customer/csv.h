/* csv.h - values as RFC 4180 has them, divided by commas, or by ';' as some spreadsheets do, row by row out of a text in
 * memory. Pure.
 *
 * Cells are divided by ',', or by ';' where the first row has one and no ','; rows by LF or CRLF; a cell within '"' may
 * hold all of these, and '"' doubled. A mark of byte order at the beginning and empty lines are passed over. Stricter
 * than spreadsheets: a '"' within a bare cell, or anything behind a closing one, is an error, since nobody could say
 * what was meant.
 *
 * Of Debian's libraries libcsv alone reads this; it does not tell the line of a row, nor lets a bad row pass. */
#ifndef BUCKSTOP_CSV_H
#define BUCKSTOP_CSV_H

#include <stddef.h>

enum { CSV_CELLS_MAX = 64, CSV_ROW_MAX = 64 * 1024 };

typedef struct csv csv_t;

typedef enum csv_outcome {
    CSV_ROW,
    CSV_END,
    CSV_STRAY_QUOTE, /* in a bare cell, or text behind a closing quote */
    CSV_OPEN_QUOTE,  /* the text ends within quotes */
    CSV_NUL,         /* a byte 0 */
    CSV_TOO_LONG,    /* a row above CSV_ROW_MAX, or of more than CSV_CELLS_MAX cells */
} csv_outcome_t;

/* The text is the caller's, and stays as it is. */
csv_t *csv_new (const char *text, size_t size);
void csv_destroy (csv_t **self_p);
/* The next row; after an error the one that begins behind the next line end. */
csv_outcome_t csv_next (csv_t *self);
/* Of that row: the line on which it begins (of an error: where it is), from 1; its cells, until csv_next. */
size_t csv_line (const csv_t *self);
size_t csv_cells (const csv_t *self);
const char *csv_cell (const csv_t *self, size_t index);
char *csv_cell_edit (csv_t *self, size_t index); /* it may be shortened in place */
size_t csv_read (const csv_t *self);             /* bytes of the text so far */
const char *csv_words (csv_outcome_t outcome);   /* of an error: what is wrong */

#endif
