/* views_customer.c - customers as JSON, for the people who are to know them. */
#include "views.h"

#include "xmalloc.h"

#include <string.h>

static json_t *view_identity (const identity_t *identity)
{
    char text[IDENTITY_TEXT_SIZE];
    return json_pack ("{s:o, s:o*, s:o, s:o}", "kind", value_text (identity_kind_name (identity->kind)), /**/
                      "platform", value_some (identity->platform),                                       /**/
                      "value", value_text (identity->value),                                             /**/
                      "text", value_text (identity_text (identity, text)));
}

/* `of`: the linked record that it belongs to; NULL: the one that counts. */
static void put_identities (json_t *identities, const customer_t *customer, const char *of)
{
    for (size_t i = 0; i < customer->identities_n; i++) {
        json_t *view = view_identity (&customer->identities[i]);
        if (of)
            json_object_set_new (view, "linked", value_text (of));
        json_array_append_new (identities, view);
    }
}

static void put_proposals (json_t *proposals, const customer_t *customer)
{
    for (size_t i = 0; i < customer->proposals_n; i++)
        json_array_append_new (proposals, json_pack ("{s:o, s:o, s:o, s:o}",                                       /**/
                                                     "customer", value_text (customer->id),                        /**/
                                                     "identity", view_identity (&customer->proposals[i].identity), /**/
                                                     "reason", value_text (customer->proposals[i].reason),         /**/
                                                     "at", value_time (customer->proposals[i].at)));
}

static json_t *view_merged (const customer_t *customer)
{
    json_t *merged = customer->merged_n ? json_array () : NULL;
    for (size_t i = 0; i < customer->merged_n; i++)
        json_array_append_new (merged, value_text (customer->merged[i]));
    return merged;
}

/* What the record that counts does not say, one of those that were linked to it may. */
static json_t *view_field (const customer_t *customer, const customer_t *merged, size_t n, size_t offset)
{
    const char *text = (const char *)customer + offset;
    for (size_t i = 0; i < n && !*text; i++)
        text = (const char *)&merged[i] + offset;
    return value_some (text);
}

json_t *view_customer (const customer_t *customer, const customer_t *merged, size_t merged_n)
{
#define FIELD(f) view_field (customer, merged, merged_n, offsetof (customer_t, f))
    json_t *identities = json_array (), *proposals = json_array ();
    put_identities (identities, customer, NULL);
    put_proposals (proposals, customer);
    for (size_t i = 0; i < merged_n; i++) {
        put_identities (identities, &merged[i], merged[i].id);
        put_proposals (proposals, &merged[i]);
    }
    return xcheck (
        json_pack ("{s:o, s:I, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:b, s:o*, s:o, s:o, s:o*, s:o}", /**/
                   "customer", value_text (customer->id),                                                  /**/
                   "version", (json_int_t)customer->version,                                               /**/
                   "name", FIELD (name),                                                                   /**/
                   "language", FIELD (language),                                                           /**/
                   "preferred_channel", FIELD (preferred_channel),                                         /**/
                   "tier", FIELD (tier),                                                                   /**/
                   "owner", FIELD (owner),                                                                 /**/
                   "deputy", FIELD (deputy),                                                               /**/
                   "notes", FIELD (notes),                                                                 /**/
                   "provisional", customer->provisional,                                                   /**/
                   "forgotten", customer->forgotten ? json_true () : NULL,                                 /**/
                   "identities", identities,                                                               /**/
                   "proposals", proposals,                                                                 /**/
                   "merged", view_merged (customer),                                                       /**/
                   "created_at", value_time (customer->created_at)));
#undef FIELD
}

json_t *view_contact_brief (const contact_t *contact)
{
    return xcheck (json_pack ("{s:o, s:o, s:o, s:o, s:o*, s:o*, s:o}",                   /**/
                              "contact", value_text (contact->id),                       /**/
                              "channel", value_text (contact->channel),                  /**/
                              "subject", value_text (contact->subject),                  /**/
                              "state", value_text (contact_state_name (contact->state)), /**/
                              "owner", value_some (contact->owner),                      /**/
                              "accountable", value_some (contact->accountable),          /**/
                              "opened_at", value_time (contact->opened_at)));
}
