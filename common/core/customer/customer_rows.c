/* customer_rows.c - a table of customers, read row by row.
 *
 * Hears: CSV or JSON lines. Says: rows in one spelling, or of a bad one what is wrong and what was expected.
 * Limits: a row has at most CSV_ROW_MAX bytes and CUSTOMER_IDENTITIES_MAX identities; its first fault is told. */
#include "customer_rows.h"

#include "csv.h"
#include "customer_columns.h"
#include "words.h"
#include "xmalloc.h"

#include <jansson.h>

enum { COLUMN_SIZE = 16 };

struct rows {
    rows_format_t format;
    const policy_t *policy;
    csv_t *csv;
    const column_t *columns[CSV_CELLS_MAX]; /* CSV: as the header line names them */
    char heads[CSV_CELLS_MAX][COLUMN_SIZE];
    size_t columns_n;
    const char *text, *at, *end; /* JSON: behind the last line */
    size_t line;
};

static rows_outcome_t end_row (const customer_row_t *row, rows_place_t *place)
{
    char id[ID_SIZE];
    if (customer_row_target (row, id))
        return ROWS_ROW;
    row_wrong (place, "mail, phone or handle; or an id", "nothing says who it is");
    return ROWS_BAD;
}

/* ---- CSV */

static bool read_heads (rows_t *self, rows_place_t *place)
{
    csv_outcome_t outcome = csv_next (self->csv);
    place->line = csv_line (self->csv);
    if (outcome == CSV_END)
        return row_wrong (place, COLUMNS, "there is no header line");
    if (outcome != CSV_ROW)
        return row_wrong (place, COLUMNS, "the header line: %s", csv_words (outcome));
    for (; self->columns_n < csv_cells (self->csv); self->columns_n++) {
        const char *head = csv_cell (self->csv, self->columns_n);
        const column_t *column = column_find (head);
        if (!column)
            return row_wrong (place, COLUMNS, "there is no column '%.40s'", head);
        for (size_t i = 0; i < self->columns_n; i++)
            if (strcmp (self->heads[i], head) == 0)
                return row_wrong (place, column_many (column) ? "mail, mail2, mail3 and so on" : "one of it",
                                  "the column '%s' stands there twice", head);
        self->columns[self->columns_n] = column;
        WORD_COPY (self->heads[self->columns_n], head);
    }
    return true;
}

static rows_outcome_t next_csv (rows_t *self, customer_row_t *row, rows_place_t *place)
{
    if (!self->columns_n && !read_heads (self, place))
        return ROWS_NONE;
    csv_outcome_t outcome = csv_next (self->csv);
    place->line = csv_line (self->csv);
    if (outcome == CSV_END)
        return ROWS_END;
    if (outcome != CSV_ROW) {
        row_wrong (
            place,
            "cells divided as in the header line, by ',' or ';', in '\"' what holds one, '\"\"' for '\"' in there",
            "%s", csv_words (outcome));
        return ROWS_BAD;
    }
    if (csv_cells (self->csv) != self->columns_n) {
        row_wrong (place, "a cell for each column, empty ones too", "it has %zu cells, the header line has %zu",
                   csv_cells (self->csv), self->columns_n);
        return ROWS_BAD;
    }
    for (size_t i = 0; i < self->columns_n; i++) {
        cell_t cell = {self->policy, self->columns[i], self->heads[i], NULL, row, place};
        if (!cell_take (&cell, csv_cell_edit (self->csv, i)))
            return ROWS_BAD;
    }
    return end_row (row, place);
}

/* ---- JSON lines */

static bool take_value (cell_t *cell, const json_t *value)
{
    if (json_is_null (value))
        return true;
    if (!json_is_string (value))
        return row_wrong (cell->place, column_many (cell->column) ? "a string, or a list of strings" : "a string",
                          "%s: it is none", cell->head);
    char *text = xstrdup (json_string_value (value));
    bool taken = cell_take (cell, text);
    free (text);
    return taken;
}

static bool take_member (cell_t *cell, const json_t *value)
{
    size_t index;
    json_t *item;
    if (!column_many (cell->column) || !json_is_array (value))
        return take_value (cell, value);
    json_array_foreach (value, index, item)
    {
        if (!take_value (cell, item))
            return false;
    }
    return true;
}

static bool take_object (const rows_t *self, json_t *object, customer_row_t *row, rows_place_t *place)
{
    const char *name;
    json_t *value;
    if (!json_is_object (object))
        return row_wrong (place, "an object a line: {\"mail\": \"ada@example.com\", \"name\": \"Ada\"}",
                          "the line is no object");
    json_object_foreach (object, name, value)
    {
        cell_t cell = {self->policy, column_find (name), name, NULL, row, place};
        if (!cell.column)
            return row_wrong (place, COLUMNS, "there is no member '%.40s'", name);
        if (!take_member (&cell, value))
            return false;
    }
    return true;
}

/* The next line that is not blank. */
static bool next_line (rows_t *self, const char **line, size_t *size)
{
    while (self->at < self->end) {
        const char *newline = memchr (self->at, '\n', (size_t)(self->end - self->at));
        const char *begin = self->at, *end = newline ? newline : self->end;
        self->at = newline ? newline + 1 : self->end;
        self->line++;
        while (begin < end && strchr (" \t\r", *begin) && *begin)
            begin++;
        *line = begin;
        *size = (size_t)(end - begin);
        if (begin < end)
            return true;
    }
    return false;
}

static rows_outcome_t next_json (rows_t *self, customer_row_t *row, rows_place_t *place)
{
    const char *line;
    size_t size;
    json_error_t error;
    if (!next_line (self, &line, &size))
        return ROWS_END;
    place->line = self->line;
    if (size > CSV_ROW_MAX) {
        row_wrong (place, "an object a line", "the line has %zu bytes, at most %d are read", size, (int)CSV_ROW_MAX);
        return ROWS_BAD;
    }
    json_t *object = json_loadb (line, size, JSON_REJECT_DUPLICATES, &error);
    bool taken =
        object ? take_object (self, object, row, place)
               : row_wrong (place, "an object a line", "it is no JSON: %.120s (column %d)", error.text, error.column);
    json_decref (object);
    return taken ? end_row (row, place) : ROWS_BAD;
}

/* ---- its life */

rows_t *rows_new (rows_format_t format, const char *text, size_t size, const policy_t *policy)
{
    rows_t *self = xcalloc (1, sizeof *self);
    self->format = format;
    self->policy = policy;
    self->text = self->at = text;
    self->end = text + size;
    if (format == ROWS_CSV)
        self->csv = csv_new (text, size);
    return self;
}

void rows_destroy (rows_t **self_p)
{
    rows_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    csv_destroy (&self->csv);
    free (self);
}

rows_outcome_t rows_next (rows_t *self, customer_row_t *row, rows_place_t *place)
{
    memset (row, 0, sizeof *row);
    memset (place, 0, sizeof *place);
    return self->format == ROWS_CSV ? next_csv (self, row, place) : next_json (self, row, place);
}

size_t rows_read (const rows_t *self)
{
    return self->format == ROWS_CSV ? csv_read (self->csv) : (size_t)(self->at - self->text);
}
