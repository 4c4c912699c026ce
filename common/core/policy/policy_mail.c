/* policy_mail.c - whose mail address it is, of the people of a policy.
 *
 * Hears: an address as a mail has it. Says: who is told at that address. Two spellings of one mailbox are one, as with
 * customers (identity.h).
 * Limits: each way of each person is looked at, so nothing asks it of every submission. */
#include "policy.h"

#include "identity.h"

#include <string.h>

static bool may_be_mail (const policy_way_t *way)
{
    return way->kind == BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL || way->kind == BUCKSTOP__V1__WAY_KIND__WAY_KIND_CHANNEL;
}

/* id: of the identity that is looked for. */
static bool is_told_at (const policy_person_t *person, const char *id)
{
    identity_t theirs;
    char their_id[ID_SIZE];
    for (size_t i = 0; i < person->ways_n; i++) {
        if (!may_be_mail (&person->ways[i]) || !identity_mail (person->ways[i].address, &theirs))
            continue;
        customer_id_of (&theirs, their_id);
        if (strcmp (their_id, id) == 0)
            return true;
    }
    return false;
}

bool policy_person_has_mail (const policy_person_t *person, const char *address)
{
    identity_t identity;
    char id[ID_SIZE];
    if (!person || !identity_mail (address, &identity))
        return false;
    customer_id_of (&identity, id);
    return is_told_at (person, id);
}

const policy_person_t *policy_person_by_mail (const policy_t *self, const char *address)
{
    identity_t identity;
    char id[ID_SIZE];
    if (!identity_mail (address, &identity))
        return NULL;
    customer_id_of (&identity, id);
    for (size_t i = 0; i < self->people_n; i++)
        if (is_told_at (&self->people[i], id))
            return &self->people[i];
    return NULL;
}
