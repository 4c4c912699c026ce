/* Customers as files list them: CSV and JSON lines. Each row is one outcome, and the end comes. */
#include "csv.h"
#include "customer_rows.h"
#include "fuzz.h"

static policy_t *policy;

int LLVMFuzzerInitialize (int *argc, char ***argv)
{
    static const char text[] =
        "workspace: desk\ncountry: \"+49\"\nlast_resort: ada\npeople: {ada: {ways: [{log: a}]}}\n"
        "channels: {mail: {weight: 1}, chat: {weight: 1}}\n";
    policy_errors_t errors;
    (void)argc, (void)argv;
    policy = policy_parse (text, sizeof text - 1, &errors);
    MUST (policy);
    return 0;
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static customer_row_t row;
    static customer_import_t result;
    rows_place_t place;
    char id[ID_SIZE], why[DETAIL_SIZE];
    uint8_t kind = fuzz_choice (data, &size);
    char *text = fuzz_bytes (data, size);
    rows_t *rows = rows_new (kind & 1 ? ROWS_JSON : ROWS_CSV, text, size, policy);
    size_t n = 0;
    for (rows_outcome_t outcome; (outcome = rows_next (rows, &row, &place)) != ROWS_END && outcome != ROWS_NONE; n++) {
        MUST (n <= size + 1);
        MUST (rows_read (rows) <= size);
        if (outcome == ROWS_BAD)
            MUST (*place.what && place.line > 0);
        else if (customer_row_target (&row, id))
            customer_import (NULL, "desk", &row, "row 1", 1, &result, why);
    }
    rows_destroy (&rows);
    free (text);
    return 0;
}
