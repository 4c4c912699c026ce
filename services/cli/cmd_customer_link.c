/* cmd_customer_link.c - buckstop customer link, unlink: two records that are one person, and the way back; and the
 * doubtful matches that wait for somebody to decide.
 *
 * Hears: the records concerned. Says: what is seen as one from now on; one commit, with an event that names who did
 * it.
 */
#include "cmd_customer.h"

#include "ids.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>

enum { TRIES_MAX = 6 };

/* ---- what both write */

typedef customer_outcome_t (change_fn) (family_t *family, const char *into, const char *from, char why[DETAIL_SIZE]);

static event_id_t event_of (const family_t *family, const char *what, const char *from)
{
    char version[24];
    snprintf (version, sizeof version, "%" PRIu64, family->entries[0].head.version);
    return event_id_of (what, family->entries[0].customer.id, from, version, NULL);
}

static int commit_change (customer_command_t *self, family_t *family, const char *what, const char *from, bool *refused)
{
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_LINKED, .at = store_now (self->cli->store)};
    WORD_COPY (fact.by, self->by);
    bool link = strcmp (what, "link") == 0;
    snprintf (fact.detail, sizeof fact.detail, "customer %s is %s %s%s%.100s", from,
              link ? "linked to" : "unlinked from", family->entries[0].customer.id, self->reason ? ": " : "",
              self->reason ? self->reason : "");
    return family_commit (self, family, event_of (family, what, from), &fact, refused);
}

/* The event's text is kept in the stream, and says whose it is without what it is. */
static int commit_identity (customer_command_t *self, family_t *family, const char *what, bool *refused)
{
    const char *derived = *family->added ? family->added : family->removed;
    customer_entry_t *entry = &family->entries[0];
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_LINKED, .at = store_now (self->cli->store)};
    WORD_COPY (fact.by, self->by);
    snprintf (fact.detail, sizeof fact.detail, "customer %s %s an identity%s%.100s", entry->customer.id,
              *family->added ? "has" : "has no more", self->reason ? ": " : "", self->reason ? self->reason : "");
    entry->changed = true;
    return family_commit (self, family, event_of (family, what, derived), &fact, refused);
}

static void print_identities (const customer_t *customer)
{
    char text[IDENTITY_TEXT_SIZE];
    for (size_t i = 0; i < customer->identities_n; i++) {
        identity_text (&customer->identities[i], text);
        fputs (i ? ", " : "", stdout);
        cli_quote (stdout, text, strlen (text), SIZE_MAX);
    }
}

static void print_called (const customer_t *customer)
{
    const char *name = customer_called (customer);
    cli_quote (stdout, name, strlen (name), SIZE_MAX);
}

static void print_json (const char *what, const char *into, const char *from, bool changed)
{
    json_t *answer =
        json_pack ("{s:s, s:s, s:s, s:b}", "done", what, "customer", into, "other", from, "changed", changed);
    cli_print_json (answer);
    json_decref (answer);
}

/* ---- link */

/* `from` without a version: nobody is known by that, and it is one more identity of `into`. */
static int find_both (customer_command_t *self, family_t *into, family_t *from)
{
    identity_t identity;
    int rc = customer_find (self, self->cli->words[1], into);
    self->unrecorded = customer_identity (self, self->cli->words[2], &identity);
    if (rc == CLI_GO)
        rc = customer_find (self, self->cli->words[2], from);
    self->unrecorded = false;
    return rc;
}

/* What a proposal mostly means: an address of theirs from which nobody has written yet. */
static int add_identity (customer_command_t *self, family_t *into, bool *again)
{
    identity_t identity;
    char why[DETAIL_SIZE] = "", text[IDENTITY_TEXT_SIZE];
    customer_t *customer = &into->entries[0].customer;
    (void)customer_identity (self, self->cli->words[2], &identity);
    if (customer_add (customer, &identity, why) == CUSTOMER_REFUSED)
        return cli_fail (CLI_NO, "%s", why);
    customer_id_of (&identity, into->added);
    int rc = commit_identity (self, into, "add", again);
    if (rc != CLI_GO || *again)
        return rc;
    identity_text (&identity, text);
    if (self->cli->json)
        print_json ("link", customer->id, text, true);
    else {
        printf ("customer %s (", customer->id);
        print_called (customer);
        fputs (") is known by ", stdout);
        cli_quote (stdout, text, strlen (text), SIZE_MAX);
        fputs (", too; 'buckstop customer unlink' with it takes it back\n", stdout);
    }
    return CLI_FINE;
}

/* What customer_link refuses in the words of ids, said with what to do. */
static int check_pair (const family_t *into, const family_t *from)
{
    const customer_t *a = &into->entries[0].customer, *b = &from->entries[0].customer;
    if (strcmp (a->id, b->id) != 0)
        return strcmp (from->given, b->id) == 0
                   ? CLI_GO
                   : cli_fail (CLI_NO, "customer %s is linked to %s already: buckstop customer unlink %s, first",
                               from->given, b->id, from->given);
    if (strcmp (into->given, from->given) == 0)
        return cli_fail (CLI_NO, "both are customer %s", a->id);
    return CLI_FINE;
}

static void say_owners (const customer_t *into, const customer_t *from)
{
    if (*into->owner && *from->owner && strcmp (into->owner, from->owner) != 0)
        printf ("the account's owner is %s from now on; of the other one it was %s\n", into->owner, from->owner);
    else if (!*into->owner && *from->owner)
        printf ("customer %s names no account owner; %s, of the other one, does not count while they are linked\n",
                into->id, from->owner);
}

static int say_linked (const customer_command_t *self, const family_t *all, const char *into, const char *from,
                       bool changed)
{
    if (self->cli->json) {
        print_json ("link", into, from, changed);
        return CLI_FINE;
    }
    const customer_t *first = &all->entries[0].customer, *second = NULL;
    if (!changed) {
        printf ("customer %s is linked to %s already\n", from, into);
        return CLI_FINE;
    }
    printf ("customer %s (", into);
    print_called (first);
    printf (") is seen as one with:\n");
    for (size_t i = 1; i < all->n; i++) {
        const customer_t *other = &all->entries[i].customer;
        if (strcmp (other->merged_into, into) != 0)
            continue;
        printf ("  %s  ", other->id);
        print_called (other);
        fputs ("  ", stdout);
        print_identities (other);
        putchar ('\n');
        second = strcmp (other->id, from) == 0 ? other : second;
    }
    if (second)
        say_owners (first, second);
    printf ("buckstop customer unlink %s takes it back\n", from);
    return CLI_FINE;
}

static int link_records (customer_command_t *self, family_t *into, family_t *from, bool *again)
{
    const char *into_id = into->entries[0].customer.id, *from_id = from->entries[0].customer.id;
    char why[DETAIL_SIZE] = "";
    int rc = check_pair (into, from);
    if (rc == CLI_FINE)
        return say_linked (self, into, into_id, from->given, false);
    if (rc != CLI_GO)
        return rc;
    if (into->n + from->n > FAMILY_MAX)
        return cli_fail (CLI_NO, "more than %d records would be linked to customer %s", (int)CUSTOMER_MERGED_MAX,
                         into_id);
    family_t *all = xmemdup (into, sizeof *into);
    memcpy (all->entries + all->n, from->entries, from->n * sizeof *from->entries);
    all->n += from->n;
    if (customer_link (all->entries, all->n, into_id, from_id, why) == CUSTOMER_REFUSED)
        rc = cli_fail (CLI_NO, "%s", why);
    else
        rc = commit_change (self, all, "link", from_id, again);
    if (rc == CLI_GO && !*again)
        rc = say_linked (self, all, into_id, from_id, true);
    free (all);
    return rc;
}

static int link_once (customer_command_t *self, bool *again)
{
    family_t *into = xcalloc (1, sizeof *into), *from = xcalloc (1, sizeof *from);
    int rc = find_both (self, into, from);
    *again = false;
    if (rc == CLI_GO)
        rc = from->entries[0].head.version ? link_records (self, into, from, again) : add_identity (self, into, again);
    free (into);
    free (from);
    return rc;
}

static int until_done (customer_command_t *self, int (*once) (customer_command_t *self, bool *again))
{
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        bool again = false;
        int rc = once (self, &again);
        if (rc != CLI_GO || !again)
            return rc;
    }
    return cli_fail (CLI_UNREACHABLE, "others keep changing these records: try again");
}

int customer_link_two (customer_command_t *self)
{
    return until_done (self, link_once);
}

/* ---- unlink */

/* What 'link' added. CUSTOMER_NOTHING: it is none of theirs, or what their record began with. */
static customer_outcome_t take_identity (const customer_command_t *self, family_t *family)
{
    identity_t identity;
    char why[DETAIL_SIZE];
    customer_t *customer = &family->entries[0].customer;
    if (!customer_identity (self, self->cli->words[1], &identity) ||
        customer_remove (customer, &identity, why) != CUSTOMER_DONE)
        return CUSTOMER_NOTHING;
    customer_id_of (&identity, family->removed);
    return CUSTOMER_DONE;
}

static int unlink_once (customer_command_t *self, bool *again)
{
    family_t *family = xcalloc (1, sizeof *family);
    char why[DETAIL_SIZE] = "", into[ID_SIZE];
    int rc = customer_find (self, self->cli->words[1], family);
    WORD_COPY (into, family->entries[0].customer.id);
    const char *from = family->given;
    customer_outcome_t outcome = rc == CLI_GO ? customer_unlink (family->entries, family->n, from, why) : CUSTOMER_DONE;
    if (rc == CLI_GO && outcome == CUSTOMER_NOTHING)
        outcome = take_identity (self, family);
    if (rc == CLI_GO && *family->removed)
        rc = commit_identity (self, family, "remove", again);
    else if (rc == CLI_GO && outcome == CUSTOMER_NOTHING)
        rc = cli_fail (CLI_NO, "customer %s is linked to nobody", from);
    else if (rc == CLI_GO && outcome == CUSTOMER_REFUSED)
        rc = cli_fail (CLI_NO, "%s", why);
    else if (rc == CLI_GO)
        rc = commit_change (self, family, "unlink", from, again);
    if (rc == CLI_GO && !*again) {
        if (self->cli->json)
            print_json ("unlink", into, from, true);
        else if (*family->removed)
            printf ("customer %s is not known by that any more\n", into);
        else
            printf ("customer %s is one of its own again; it was linked to %s\n", from, into);
        rc = CLI_FINE;
    }
    free (family);
    return rc;
}

int customer_unlink_one (customer_command_t *self)
{
    return until_done (self, unlink_once);
}

/* ---- proposals */

typedef struct listing {
    table_t *table;
    json_t *list;
} listing_t;

static int add_proposals (void *arg, const customer_t *customer)
{
    listing_t *self = arg;
    char text[IDENTITY_TEXT_SIZE], at[CLI_TIME_SIZE];
    for (size_t i = 0; i < customer->proposals_n; i++) {
        const proposal_t *proposal = &customer->proposals[i];
        identity_text (&proposal->identity, text);
        table_row (self->table, customer->id, customer->name, text, cli_time (proposal->at, at), proposal->reason,
                   NULL);
        json_array_append_new (self->list, json_pack ("{s:s, s:s, s:s, s:I, s:s}", "customer", customer->id, "name",
                                                      customer->name, "identity", text, "at", (json_int_t)proposal->at,
                                                      "reason", proposal->reason));
    }
    return CLI_GO;
}

int customer_proposals (customer_command_t *self)
{
    static const char *const heads[] = {"CUSTOMER", "NAME", "PERHAPS ALSO", "SINCE", "WHY", NULL};
    listing_t listing = {.table = table_new (heads), .list = json_array ()};
    table_whole_from (listing.table, sizeof heads / sizeof *heads - 2);
    int rc = customer_each (self, add_proposals, &listing);
    size_t n = json_array_size (listing.list);
    if (rc == CLI_GO && self->cli->json)
        cli_print_json (listing.list);
    else if (rc == CLI_GO) {
        table_print (listing.table, stdout);
        printf ("%zu proposal%s\n", n, n == 1 ? "" : "s");
        if (n)
            puts ("it is so:   buckstop customer link CUSTOMER 'PERHAPS ALSO' --by NAME\n"
                  "it is not:  buckstop customer drop-proposal CUSTOMER 'PERHAPS ALSO' --by NAME");
    }
    table_destroy (&listing.table);
    json_decref (listing.list);
    return rc == CLI_GO ? CLI_FINE : rc;
}

static int drop_once (customer_command_t *self, bool *again)
{
    const char *text = self->cli->words[2];
    family_t *family = xcalloc (1, sizeof *family);
    identity_t identity;
    int rc = customer_find (self, self->cli->words[1], family);
    if (rc == CLI_GO && !identity_parse (text, &identity))
        rc = cli_fail (CLI_USAGE, "'%s' is none of what 'buckstop customer proposals' lists", text);
    customer_entry_t *entry = rc == CLI_GO ? family_entry (family, family->given) : NULL;
    bool dropped = entry && customer_dismiss (&entry->customer, &identity);
    if (rc == CLI_GO && !dropped)
        rc = cli_fail (CLI_NO, "customer %s has no proposal '%s'", family->given, text);
    else if (dropped) {
        entry->changed = true;
        rc = family_commit (self, family, event_of (family, "drop-proposal", text), NULL, again);
    }
    if (rc == CLI_GO && !*again) {
        puts (self->cli->json ? "{\"dropped\": true}" : "dropped");
        rc = CLI_FINE;
    }
    free (family);
    return rc;
}

int customer_drop_proposal (customer_command_t *self)
{
    return until_done (self, drop_once);
}
