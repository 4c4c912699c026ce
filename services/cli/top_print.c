/* top_print.c - the board of `buckstop top` once, where there is no terminal. */
#include "top_print.h"

#include "clock.h"
#include "lines.h"

static void print_rows (const top_board_t *self)
{
    static const char *const heads[] = {"",     "CONTACT", "STATE", "ACCOUNTABLE", "WITH",
                                        "TEAM", "NEXT",    "DUE",   "SUBJECT",     NULL};
    table_t *table = table_new (heads);
    wall_ms_t now = top_board_now (self, clock_mono ());
    for (size_t i = 0; i < self->rows_n; i++) {
        const json_t *row = self->rows[i];
        const char *owner = json_text (row, "owner");
        char in[CLI_TIME_SIZE];
        wall_ms_t due;
        const char *next = top_row_next (row, &due), *risk = top_row_broken (row) ? "!!" : due < now ? "!" : "";
        table_row (table, risk, json_text (row, "id"), json_text (row, "state"), json_text (row, "accountable"),
                   *owner ? owner : json_text (row, "offered_to"), json_text (row, "team"), next, cli_in (due, now, in),
                   lines_subject (row), NULL);
    }
    table_print (table, stdout);
    table_destroy (&table);
}

void top_print (const top_board_t *self, bool json)
{
    const json_t *board = self->board, *counts = json_object_get (board, "counts");
    const json_t *promises = json_object_get (board, "promises");
    if (json) {
        cli_print_json (board);
        return;
    }
    print_rows (self);
    printf ("%s: %lld open, %lld at risk, %lld broken; today %lld promised, %lld kept, %lld broken, %lld released\n",
            json_text (board, "workspace"), (long long)json_number (counts, "open"),
            (long long)json_number (counts, "at_risk"), (long long)json_number (counts, "broken"),
            (long long)json_number (promises, "opened"), (long long)json_number (promises, "kept"),
            (long long)json_number (promises, "broken"), (long long)json_number (promises, "released"));
    if (json_number (board, "more") > 0)
        printf ("and %lld more that are due later\n", (long long)json_number (board, "more"));
}
