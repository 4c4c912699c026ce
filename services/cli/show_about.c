/* show_about.c - the customer beside a contact: whoever has it need not ask what is known.
 *
 * Hears: `about` of intake's view of a contact. Says: who they are, by what they are known and how they like to be
 * answered, what may be theirs too, and their other contacts.
 */
#include "show_about.h"

#include "cli.h"
#include "lines.h"

#include <string.h>

static void print_line (FILE *out, const char *what, const char *text, const char *more)
{
    if (!*text)
        return;
    fprintf (out, "  %-14s ", what);
    cli_quote (out, text, strlen (text), SIZE_MAX);
    fprintf (out, "%s\n", more);
}

static const char *identity_word (const json_t *identity)
{
    return json_text (identity, "text");
}

static void print_identities (FILE *out, const json_t *about)
{
    size_t index;
    json_t *one;
    json_array_foreach (json_object_get (about, "identities"), index, one)
    {
        print_line (out, index ? "" : "known by", identity_word (one), *json_text (one, "linked") ? " (linked)" : "");
    }
    json_array_foreach (json_object_get (about, "proposals"), index, one)
    {
        print_line (out, index ? "" : "perhaps also", identity_word (json_object_get (one, "identity")), "");
        print_line (out, "", json_text (one, "reason"), "");
    }
}

static void print_contacts (FILE *out, const json_t *contact, const json_t *about)
{
    static const char *const heads[] = {"  OTHER CONTACT", "STATE", "OPENED", "CHANNEL", "OWNER", "SUBJECT", NULL};
    size_t index, others = 0;
    json_t *other;
    table_t *table = table_new (heads);
    json_array_foreach (json_object_get (about, "contacts"), index, other)
    {
        char id[64], at[CLI_TIME_SIZE];
        if (strcmp (json_text (other, "contact"), json_text (contact, "contact")) == 0)
            continue;
        others++;
        snprintf (id, sizeof id, "  %s", json_text (other, "contact"));
        table_row (table, id, json_text (other, "state"),
                   cli_time (cli_time_parse (json_text (other, "opened_at")), at), json_text (other, "channel"),
                   json_text (other, "owner"), lines_subject (other), NULL);
    }
    if (others)
        table_print (table, out);
    table_destroy (&table);
    int64_t known = json_number (about, "contacts_known");
    if (known > 1 && (size_t)known > others + 1)
        fprintf (out, "  and %lld more: buckstop customer show %s\n", (long long)known - (long long)others - 1,
                 json_text (about, "customer"));
}

void show_about (const json_t *contact, FILE *out)
{
    static const char *const lines[][2] = {
        {"name", "name"},  {"language", "language"}, {"prefers", "preferred_channel"},
        {"tier", "tier"},  {"account", "owner"},     {"deputy", "deputy"},
        {"notes", "notes"}};
    const json_t *about = json_object_get (contact, "about");
    if (!about)
        return;
    fprintf (out, "customer %s%s%s\n", json_text (about, "customer"),
             json_is_true (json_object_get (about, "provisional")) ? " (nobody has confirmed who it is)" : "",
             json_is_true (json_object_get (about, "forgotten")) ? " (forgotten)" : "");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        print_line (out, lines[i][0], json_text (about, lines[i][1]), "");
    print_identities (out, about);
    print_contacts (out, contact, about);
}
