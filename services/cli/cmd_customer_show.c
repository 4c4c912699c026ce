/* cmd_customer_show.c - buckstop customer show: all that is known of somebody, on one page.
 *
 * Hears: the record that counts, those that are linked to it, the contacts of each. Says: who they are, by what they
 * are known, what waits for a decision, what is open and what was before.
 * Limits: of the contacts those that the customer's index keeps, CUSTOMER_CONTACTS_KEPT a record.
 */
#include "cmd_customer.h"

#include "keys.h"
#include "values.h"
#include "words.h"
#include "xmalloc.h"

typedef struct page {
    customer_command_t *command;
    const family_t *family;
    contact_t *contacts; /* open ones first, the newest first */
    size_t contacts_n;
} page_t;

/* ---- contacts */

static bool is_open (const contact_t *contact)
{
    return contact->state != BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED &&
           contact->state != BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED;
}

static int by_age (const void *a, const void *b)
{
    const contact_t *one = a, *two = b;
    if (is_open (one) != is_open (two))
        return is_open (one) ? -1 : 1;
    return one->opened_at > two->opened_at ? -1 : one->opened_at < two->opened_at;
}

/* What can't be read is the audit's to say; one that is gone was deleted for age. */
static int read_contacts (page_t *self, const cli_values_t *ids)
{
    char keys[CUSTOMER_CONTACTS_KEPT][KEY_SIZE];
    const char *list[CUSTOMER_CONTACTS_KEPT];
    cli_values_t values = {0};
    cli_t *cli = self->command->cli;
    size_t n = 0;
    for (; n < ids->n && n < CUSTOMER_CONTACTS_KEPT; n++)
        list[n] = key_contact (keys[n], self->command->shard, cli->workspace, ids->items[n].bytes);
    if (!n)
        return CLI_GO;
    store_get (cli->store, list, n, cli_take, cli_ask (cli, &values));
    int rc = cli_got (&values);
    for (size_t i = 0; rc == CLI_GO && i < values.n; i++) {
        record_head_t head;
        const store_value_t *value = &values.items[i];
        if (value->bytes &&
            contact_unpack (value->bytes, value->size, &head, &self->contacts[self->contacts_n]) == RECORD_OK)
            self->contacts_n++;
    }
    cli_values_clear (&values);
    return rc;
}

static int find_contacts (page_t *self)
{
    int rc = CLI_GO;
    cli_t *cli = self->command->cli;
    self->contacts = xcalloc (FAMILY_MAX * CUSTOMER_CONTACTS_KEPT, sizeof *self->contacts);
    for (size_t i = 0; rc == CLI_GO && i < self->family->n; i++) {
        char key[KEY_SIZE];
        cli_values_t ids = {0};
        key_customer_contacts (key, self->command->shard, cli->workspace, self->family->entries[i].customer.id);
        store_range (cli->store, key, INT64_MIN, INT64_MAX, 0, CUSTOMER_CONTACTS_KEPT, cli_take, cli_ask (cli, &ids));
        rc = cli_got (&ids);
        if (rc == CLI_GO)
            rc = read_contacts (self, &ids);
        cli_values_clear (&ids);
    }
    qsort (self->contacts, self->contacts_n, sizeof *self->contacts, by_age);
    return rc;
}

/* ---- for people */

static void line (const char *what, const char *text)
{
    if (!*text)
        return;
    printf ("  %-13s", what);
    cli_quote (stdout, text, strlen (text), SIZE_MAX);
    putchar ('\n');
}

static void print_notes (const char *notes)
{
    for (const char *at = notes; *at;) {
        size_t size = strcspn (at, "\r\n");
        printf ("  %-13s", at == notes ? "notes" : "");
        cli_quote (stdout, at, size, SIZE_MAX);
        putchar ('\n');
        at += size + strspn (at + size, "\r\n");
    }
}

static void print_record (const customer_t *customer, const char *heading)
{
    char text[IDENTITY_TEXT_SIZE], at[CLI_TIME_SIZE];
    printf ("%s %s%s%s, since %s\n", heading, customer->id,
            customer->provisional ? " (nobody has confirmed who it is)" : "", customer->forgotten ? " (forgotten)" : "",
            cli_time (customer->created_at, at));
    line ("name", customer->name);
    line ("language", customer->language);
    line ("prefers", customer->preferred_channel);
    line ("tier", customer->tier);
    line ("owner", customer->owner);
    line ("deputy", customer->deputy);
    print_notes (customer->notes);
    for (size_t i = 0; i < customer->identities_n; i++)
        line (identity_kind_name (customer->identities[i].kind), identity_text (&customer->identities[i], text));
    for (size_t i = 0; i < customer->proposals_n; i++) {
        line ("perhaps also", identity_text (&customer->proposals[i].identity, text));
        line ("", customer->proposals[i].reason);
    }
}

static void print_contacts (const page_t *self)
{
    static const char *const heads[] = {"CONTACT", "STATE", "OPENED", "CHANNEL", "ACCOUNTABLE", "SUBJECT", NULL};
    table_t *table = table_new (heads);
    size_t open = 0;
    for (size_t i = 0; i < self->contacts_n; i++) {
        const contact_t *contact = &self->contacts[i];
        char at[CLI_TIME_SIZE];
        table_row (table, contact->id, contact_state_name (contact->state), cli_time (contact->opened_at, at),
                   contact->channel, contact->accountable, contact->subject, NULL);
        open += is_open (contact);
    }
    table_print (table, stdout);
    table_destroy (&table);
    printf ("%zu contact%s, %zu open\n", self->contacts_n, self->contacts_n == 1 ? "" : "s", open);
}

static void print_page (const page_t *self)
{
    for (size_t i = 0; i < self->family->n; i++)
        print_record (&self->family->entries[i].customer, i ? "linked to it:" : "customer");
    print_contacts (self);
}

/* ---- for programs */

static json_t *identity_json (const identity_t *identity)
{
    char text[IDENTITY_TEXT_SIZE];
    return json_pack ("{s:s, s:s, s:o}", "kind", identity_kind_name (identity->kind), "platform", identity->platform,
                      "value", value_text (identity_text (identity, text)));
}

static json_t *record_json (const customer_t *customer)
{
    json_t *identities = json_array (), *proposals = json_array ();
    for (size_t i = 0; i < customer->identities_n; i++)
        json_array_append_new (identities, identity_json (&customer->identities[i]));
    for (size_t i = 0; i < customer->proposals_n; i++)
        json_array_append_new (proposals, json_pack ("{s:o, s:o, s:o}", "identity",
                                                     identity_json (&customer->proposals[i].identity), "reason",
                                                     value_text (customer->proposals[i].reason), "at",
                                                     value_time (customer->proposals[i].at)));
    return json_pack ("{s:s, s:o, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:b, s:b, s:o, s:o, s:o}", "customer",
                      customer->id, "name", value_text (customer->name), "language", value_some (customer->language),
                      "channel", value_some (customer->preferred_channel), "tier", value_some (customer->tier), "owner",
                      value_some (customer->owner), "deputy", value_some (customer->deputy), "notes",
                      value_some (customer->notes), "provisional", customer->provisional, "forgotten",
                      customer->forgotten, "created_at", value_time (customer->created_at), "identities", identities,
                      "proposals", proposals);
}

static void print_json (const page_t *self)
{
    json_t *answer = record_json (&self->family->entries[0].customer), *linked = json_array (),
           *contacts = json_array ();
    for (size_t i = 1; i < self->family->n; i++)
        json_array_append_new (linked, record_json (&self->family->entries[i].customer));
    for (size_t i = 0; i < self->contacts_n; i++) {
        const contact_t *contact = &self->contacts[i];
        json_array_append_new (contacts,
                               json_pack ("{s:s, s:s, s:b, s:o, s:s, s:s, s:o*, s:o}", "contact", contact->id, "state",
                                          contact_state_name (contact->state), "open", is_open (contact), "opened_at",
                                          value_time (contact->opened_at), "channel", contact->channel, "accountable",
                                          contact->accountable, "owner", value_some (contact->owner), "subject",
                                          value_text (contact->subject)));
    }
    json_object_set_new (answer, "linked", linked);
    json_object_set_new (answer, "contacts", contacts);
    cli_print_json (answer);
    json_decref (answer);
}

int customer_show (customer_command_t *self)
{
    family_t *family = xcalloc (1, sizeof *family);
    page_t page = {.command = self, .family = family};
    int rc = customer_find (self, self->cli->words[1], family);
    if (rc == CLI_GO)
        rc = find_contacts (&page);
    if (rc == CLI_GO) {
        (self->cli->json ? print_json : print_page) (&page);
        rc = CLI_FINE;
    }
    free (page.contacts);
    free (family);
    return rc;
}
