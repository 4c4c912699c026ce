/* customer_import.c - a row of a table becomes a customer, or says more of one.
 *
 * hears: the row, where its identities lead now, and the record that it is about. says: that record as it is to be
 * written; which identities are new; which belong to somebody else, and stay there: a person decides. */
#include "customer.h"

#include "words.h"

#include <stdio.h>
#include <string.h>

bool customer_row_target (const customer_row_t *row, char id[ID_SIZE])
{
    id[0] = '\0';
    if (*row->id) {
        word_copy (id, ID_SIZE, row->id);
        return true;
    }
    for (size_t i = 0; i < row->identities_n && !*id; i++)
        word_copy (id, ID_SIZE, row->holders[i]);
    if (!*id && row->identities_n)
        customer_id_of (&row->identities[0], id);
    return *id != '\0';
}

static bool take (char *field, size_t size, const char *said)
{
    if (!*said || strcmp (field, said) == 0)
        return false;
    word_copy (field, size, said);
    return true;
}

static bool take_fields (customer_t *after, const customer_row_t *row)
{
    bool changed = false;
#define TAKE(f) changed |= take (after->f, sizeof after->f, row->f);
    TAKE (name)
    TAKE (language)
    TAKE (preferred_channel)
    TAKE (tier)
    TAKE (owner)
    TAKE (deputy)
    TAKE (notes)
#undef TAKE
    return changed;
}

static customer_outcome_t take_identity (customer_import_t *result, const customer_row_t *row, size_t i,
                                         const char *source, wall_ms_t now, char why[DETAIL_SIZE])
{
    const identity_t *identity = &row->identities[i];
    customer_t *after = &result->after;
    if (*row->holders[i] && strcmp (row->holders[i], after->id) != 0) {
        char reason[DETAIL_SIZE];
        snprintf (reason, sizeof reason, "%.120s says that it is theirs; it belongs to customer %s", source,
                  row->holders[i]);
        if (customer_propose (after, identity, reason, now)) {
            result->proposed++;
            result->changed = true;
        }
        return CUSTOMER_DONE;
    }
    char derived[ID_SIZE];
    customer_id_of (identity, derived);
    if (*row->holders[i] && strcmp (derived, after->id) != 0)
        return CUSTOMER_DONE; /* theirs already, perhaps by a record that was linked to this one */
    customer_outcome_t outcome = customer_add (after, identity, why);
    if (outcome == CUSTOMER_DONE) {
        result->added[result->added_n++] = i;
        result->changed = true;
    }
    return outcome == CUSTOMER_REFUSED ? CUSTOMER_REFUSED : CUSTOMER_DONE;
}

customer_outcome_t customer_import (const customer_t *existing, const char *workspace, const customer_row_t *row,
                                    const char *source, wall_ms_t now, customer_import_t *result, char why[DETAIL_SIZE])
{
    memset (result, 0, sizeof *result);
    if (!existing && (*row->id || !row->identities_n)) {
        snprintf (why, DETAIL_SIZE, *row->id ? "there is no customer %s" : "the row names no identity%s", row->id);
        return CUSTOMER_REFUSED;
    }
    if (existing)
        result->after = *existing;
    else {
        WORD_COPY (result->after.workspace, workspace);
        customer_row_target (row, result->after.id);
        result->after.created_at = now;
        result->opened = result->changed = true;
    }
    if (*result->after.merged_into) {
        snprintf (why, DETAIL_SIZE, "customer %s was linked to %s: say it of that one", result->after.id,
                  result->after.merged_into);
        return CUSTOMER_REFUSED;
    }
    result->changed |= take_fields (&result->after, row) || result->after.provisional || result->after.forgotten;
    result->after.provisional = result->after.forgotten = false;
    for (size_t i = 0; i < row->identities_n; i++)
        if (take_identity (result, row, i, source, now, why) == CUSTOMER_REFUSED)
            return CUSTOMER_REFUSED;
    return result->changed ? CUSTOMER_DONE : CUSTOMER_NOTHING;
}
