/* customer_link.c - two records that are one person, and the way back.
 *
 * hears: all records that are concerned. says: them as they are to be written, all in one commit.
 * What was linked to a record before stands in its `merged` also after it was linked itself: by that the way back is
 * known. Who counts is always one step away: those follow to where their record goes. */
#include "customer.h"

#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static customer_entry_t *entry_of (customer_entry_t *entries, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp (entries[i].customer.id, id) == 0)
            return &entries[i];
    return NULL;
}

static bool names (const customer_t *self, const char *id)
{
    for (size_t i = 0; i < self->merged_n; i++)
        if (strcmp (self->merged[i], id) == 0)
            return true;
    return false;
}

static void drop (customer_entry_t *entry, const char *id)
{
    customer_t *self = &entry->customer;
    size_t kept = 0, before = self->merged_n;
    for (size_t i = 0; i < before; i++)
        if (strcmp (self->merged[i], id) != 0 && kept++ != i)
            memcpy (self->merged[kept - 1], self->merged[i], ID_SIZE);
    self->merged_n = kept;
    entry->changed |= kept < before;
}

static void lead (customer_entry_t *entry, const char *id)
{
    WORD_COPY (entry->customer.merged_into, id);
    entry->changed = true;
}

/* The match is made: nobody needs to be asked about it. */
static void answer_proposals (customer_entry_t *entry, const customer_t *other)
{
    for (size_t i = 0; i < other->identities_n; i++)
        entry->changed |= customer_dismiss (&entry->customer, &other->identities[i]);
}

__attribute__ ((format (printf, 2, 3))) static customer_outcome_t no (char why[DETAIL_SIZE], const char *format, ...)
{
    va_list words;
    va_start (words, format);
    vsnprintf (why, DETAIL_SIZE, format, words);
    va_end (words);
    return CUSTOMER_REFUSED;
}

static customer_outcome_t may_link (const customer_t *into, const customer_t *from, char why[DETAIL_SIZE])
{
    if (into == from)
        return no (why, "both are customer %s", into->id);
    if (strcmp (from->merged_into, into->id) == 0)
        return CUSTOMER_NOTHING;
    if (*from->merged_into)
        return no (why, "customer %s is linked to %s: unlink it first", from->id, from->merged_into);
    if (*into->merged_into)
        return no (why, "customer %s is linked to %s: link to that one", into->id, into->merged_into);
    if (into->forgotten || from->forgotten)
        return no (why, "customer %s was forgotten", into->forgotten ? into->id : from->id);
    if (into->provisional && !from->provisional)
        return no (why, "customer %s is confirmed, %s is not: link %s to %s", from->id, into->id, into->id, from->id);
    if (into->merged_n + 1 + from->merged_n > CUSTOMER_MERGED_MAX)
        return no (why, "more than %d would be linked to customer %s", CUSTOMER_MERGED_MAX, into->id);
    return CUSTOMER_DONE;
}

customer_outcome_t customer_link (customer_entry_t *entries, size_t n, const char *into_id, const char *from_id,
                                  char why[DETAIL_SIZE])
{
    customer_entry_t *into = entry_of (entries, n, into_id), *from = entry_of (entries, n, from_id);
    if (!into || !from)
        return no (why, "there is no customer %s", into ? from_id : into_id);
    customer_outcome_t outcome = may_link (&into->customer, &from->customer, why);
    if (outcome != CUSTOMER_DONE)
        return outcome;
    customer_t *kept = &into->customer;
    for (size_t i = 0; i < from->customer.merged_n; i++) {
        customer_entry_t *third = entry_of (entries, n, from->customer.merged[i]);
        if (!third)
            return no (why, "the record of customer %s, which was linked to %s, is missing", from->customer.merged[i],
                       from_id);
        lead (third, kept->id);
        word_copy (kept->merged[kept->merged_n++], ID_SIZE, third->customer.id);
        answer_proposals (into, &third->customer);
    }
    lead (from, kept->id);
    word_copy (kept->merged[kept->merged_n++], ID_SIZE, from->customer.id);
    into->changed = true;
    answer_proposals (into, &from->customer);
    answer_proposals (from, kept);
    return CUSTOMER_DONE;
}

customer_outcome_t customer_unlink (customer_entry_t *entries, size_t n, const char *from_id, char why[DETAIL_SIZE])
{
    customer_entry_t *from = entry_of (entries, n, from_id);
    if (!from)
        return no (why, "there is no customer %s", from_id);
    if (!*from->customer.merged_into)
        return CUSTOMER_NOTHING;
    customer_entry_t *into = entry_of (entries, n, from->customer.merged_into);
    if (!into)
        return no (why, "the record of customer %s, to which it is linked, is missing", from->customer.merged_into);
    for (size_t i = 0; i < n; i++)
        if (&entries[i] != from)
            drop (&entries[i], from_id);
    lead (from, "");
    for (size_t i = from->customer.merged_n; i-- > 0;) {
        char id[ID_SIZE];
        WORD_COPY (id, from->customer.merged[i]);
        customer_entry_t *third = entry_of (entries, n, id);
        if (third && names (&into->customer, id)) {
            lead (third, from_id);
            drop (into, id);
        } else
            drop (from, id); /* it was unlinked by itself meanwhile */
    }
    return CUSTOMER_DONE;
}
