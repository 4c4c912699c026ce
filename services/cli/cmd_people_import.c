/* cmd_people_import.c - buckstop people import: the company's own list of people into the policy.
 *
 * Hears: CSV or LDIF; the policy in force, or with --policy the file that it comes from. Says: every row that is wrong, who
 * is new, who is gone; then the policy with that list is in force, and in the file.
 * The list is a file that the policy names (`people_from: people.yaml`): it is written anew as a whole, and nothing else of
 * the policy changes, but for that one line where it is missing. What the policy itself says of a person counts before it.
 */
#include "commands.h"

#include "cmd_policy.h"
#include "import_file.h"
#include "people_import.h"
#include "people_table.h"
#include "policy_read.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, LISTED_MAX = 20 };

typedef struct import {
    policy_command_t policy; /* text: of the policy as it will be */
    const char *source, *format, *map_text, *file;
    people_map_t map;
    people_table_t table;
    char *old_text; /* of the policy as it is */
    size_t old_size;
    char *people_file; /* as the policy names it */
    size_t line;       /* of the policy that was put in to name it; 0: it named it before */
    policy_t *before;  /* NULL: there is none, or none that can be read */
} import_t;

/* ---- reading */

static bool ends_with (const char *text, const char *end)
{
    size_t length = strlen (text), part = strlen (end);
    return length >= part && strcasecmp (text + length - part, end) == 0;
}

static int read_table (import_t *self)
{
    char why[PARAM_WHY_SIZE];
    size_t size;
    bool ldif = self->format ? strcmp (self->format, "ldif") == 0 : ends_with (self->source, ".ldif");
    bool csv = self->format ? strcmp (self->format, "csv") == 0 : ends_with (self->source, ".csv");
    if (!ldif && !csv)
        return cli_fail (CLI_USAGE, "--format is csv or ldif; '%s' does not say it",
                         self->format ? self->format : self->source);
    char *text = policy_read_file (self->source, &size, why);
    if (!text)
        return cli_fail (CLI_USAGE, "%s", why);
    people_table_read (ldif ? PEOPLE_LDIF : PEOPLE_CSV, self->source, text, size, &self->map, &self->table);
    free (text);
    for (size_t i = 0; i < self->table.errors_n; i++)
        fprintf (stderr, "%s\n", self->table.errors[i]);
    if (self->table.errors_n)
        return cli_fail (CLI_NO, "nothing was changed");
    return CLI_GO;
}

/* The store is open when it is what the policy is read from. */
static int read_policy (import_t *self)
{
    char why[PARAM_WHY_SIZE];
    policy_version_t version = {.text = NULL};
    if (self->file) {
        self->old_text = policy_read_file (self->file, &self->old_size, why);
        return self->old_text ? CLI_GO : cli_fail (CLI_USAGE, "%s", why);
    }
    int rc = policy_version_load (&self->policy, NULL, &version);
    if (rc == CLI_GO) {
        self->old_text = version.text;
        self->old_size = strlen (version.text);
    }
    return rc;
}

/* ---- the policy as it will be */

/* old_text names the file, after it perhaps got the line for that. */
static int name_file (import_t *self)
{
    self->people_file = policy_people_file (self->old_text, self->old_size);
    if (self->people_file)
        return CLI_GO;
    char *whole = import_file_line (self->old_text, self->old_size, &self->old_size, &self->line);
    if (!whole)
        return cli_fail (CLI_NO, "the policy does not say where its people are: write the line\n"
                                 "  people_from: " PEOPLE_FILE "\nbeside 'people' into it");
    free (self->old_text);
    self->old_text = whole;
    self->people_file = xstrdup (PEOPLE_FILE);
    return CLI_GO;
}

static char *with_list (const import_t *self, const char *text, size_t *size)
{
    const people_table_t *table = &self->table;
    return policy_replace_used (text, *size, self->people_file, table->document, table->size, size);
}

/* What stands in a file that the policy uses besides is read as `policy apply` reads it, which does not read the list
 * then; and in its order, or the next one would find a difference. */
static int compose (import_t *self)
{
    char why[PARAM_WHY_SIZE];
    size_t size = self->old_size;
    char *text = with_list (self, self->old_text, &size);
    if (self->file) {
        char *whole = policy_read_used (self->file, text, &size, why);
        if (!whole)
            return cli_fail (CLI_USAGE, "%s", why);
        text = with_list (self, whole, &size);
        free (whole);
    }
    self->policy.text = text;
    self->policy.size = size;
    return CLI_GO;
}

/* A mistake in the list is one of its row. */
static void say_error (const import_t *self, const policy_error_t *error)
{
    char file[ADDRESS_SIZE];
    int own = error->line;
    bool used = policy_place (self->policy.text, self->policy.size, error->line, file, &own);
    size_t line = used && strcmp (file, self->people_file) == 0 ? people_table_line (&self->table, (size_t)own) : 0;
    if (line)
        fprintf (stderr, "%s:%zu: ", self->source, line);
    else
        fprintf (stderr, "%s:%d:%d: ", used ? file : self->file ? self->file : "the policy", own, error->column);
    cli_quote (stderr, error->what, strlen (error->what), SIZE_MAX);
    fprintf (stderr, "\n    expected: %s\n", error->expected);
}

static policy_t *check (const import_t *self)
{
    policy_errors_t errors = {0};
    policy_t *policy = policy_parse (self->policy.text, self->policy.size, &errors);
    for (size_t i = 0; i < errors.n; i++)
        say_error (self, &errors.items[i]);
    policy_errors_clear (&errors);
    return policy;
}

/* ---- who comes and goes */

static json_t *missing_in (const policy_t *from, const policy_t *in)
{
    json_t *names = json_array ();
    for (size_t i = 0; from && i < from->people_n; i++)
        if (!in || !policy_person (in, from->people[i].name))
            json_array_append_new (names, json_string (from->people[i].name));
    return names;
}

static void print_names (const char *what, const json_t *names)
{
    size_t index, n = json_array_size (names);
    json_t *name;
    if (!n)
        return;
    printf ("%s:", what);
    json_array_foreach (names, index, name)
    {
        if (index < LISTED_MAX)
            printf (" %s", json_string_value (name));
    }
    printf (n > LISTED_MAX ? " and %zu more\n" : "\n", n - LISTED_MAX);
}

/* Before the policy gets the line that names the list: with it alone it can't be read. */
static void keep_before (import_t *self)
{
    policy_errors_t errors = {0};
    char why[PARAM_WHY_SIZE];
    size_t size = self->old_size;
    char *whole = self->file ? policy_read (self->file, &size, why) : xstrdup (self->old_text);
    self->before = whole ? policy_parse (whole, size, &errors) : NULL;
    policy_errors_clear (&errors);
    free (whole);
}

/* What is not the list's own: the line in the policy, the file. */
static void say_files (const import_t *self)
{
    const char *would = self->policy.dry_run ? " would be" : "";
    const char *policy = self->file ? self->file : "the policy in force";
    if (self->line)
        printf (self->policy.dry_run ? "%s: would name %s, in line %zu\n" : "%s: names %s now, in line %zu\n", policy,
                self->people_file, self->line);
    if (self->file)
        printf ("%s:%s written\n", self->people_file, would);
}

static void say_changes (const import_t *self, const policy_t *after)
{
    json_t *come = missing_in (after, self->before), *gone = missing_in (self->before, after);
    if (self->policy.cli->json) {
        json_t *answer =
            json_pack ("{s:b, s:I, s:I, s:O, s:O}", "dry_run", self->policy.dry_run, "people",
                       (json_int_t)self->table.n, "passed", (json_int_t)self->table.passed, "new", come, "gone", gone);
        cli_print_json (answer);
        json_decref (answer);
    } else {
        printf ("%s: %zu people", self->source, self->table.n);
        if (self->table.passed)
            printf (" (%zu entries without an id are passed over)", self->table.passed);
        putchar ('\n');
        print_names ("new", come);
        print_names ("gone", gone);
    }
    json_decref (come);
    json_decref (gone);
}

/* ---- into the files */

/* The list beside the policy; and the policy, where it got the line that names it. A text that holds its files itself, as
 * `policy show` prints it, gets all in its place. */
static int write_files (const import_t *self)
{
    char path[PATH_SIZE];
    const char *slash = strrchr (self->file, '/');
    size_t length = *self->people_file == '/' || !slash ? 0 : (size_t)(slash - self->file) + 1;
    snprintf (path, sizeof path, "%.*s%s", (int)length, self->file, self->people_file);
    int rc = import_file_write (path, self->table.document, self->table.size);
    if (rc == CLI_GO && self->line)
        rc = import_file_write (self->file, self->old_text, self->old_size);
    return rc;
}

/* ---- the order */

static int finish (import_t *self)
{
    int rc = self->file && !self->policy.dry_run ? write_files (self) : CLI_GO;
    if (rc == CLI_GO && !self->policy.cli->json)
        say_files (self);
    if (self->policy.dry_run)
        return CLI_FINE;
    return rc == CLI_GO ? policy_command_apply (&self->policy) : rc;
}

static int import_checked (import_t *self)
{
    keep_before (self);
    int rc = name_file (self);
    if (rc == CLI_GO)
        rc = compose (self);
    policy_t *after = rc == CLI_GO ? check (self) : NULL;
    if (rc == CLI_GO && !after)
        rc = cli_fail (CLI_NO, "nothing was changed");
    if (rc == CLI_GO) {
        say_changes (self, after);
        rc = finish (self);
    }
    policy_destroy (&after);
    return rc;
}

static int import_people (import_t *self)
{
    cli_t *cli = self->policy.cli;
    bool store = !self->file || !self->policy.dry_run;
    int rc = read_table (self);
    if (rc == CLI_GO && store)
        rc = self->policy.dry_run ? cli_store_open_to_read (cli) : cli_store_open (cli);
    if (rc != CLI_GO)
        return rc;
    rc = self->file ? CLI_GO : cli_workspace (cli);
    if (rc == CLI_GO)
        rc = read_policy (self);
    if (rc == CLI_GO)
        rc = import_checked (self);
    if (store)
        cli_store_close (cli);
    return rc;
}

static const char notes[] =
    "CSV begins with a line of columns: id, name, mail, slack, phone, languages, skills, capacity, teams, shift,\n"
    "quiet; id is the person's name in the policy. Cells are divided by ',' or ';', the words in one by ';' or blanks\n"
    "(en de), skills have levels (cards:3 pin:1). LDIF, as ldapsearch prints it: uid (or sAMAccountName),\n"
    "displayName (or cn), mail, telephoneNumber, preferredLanguage; entries without an id are passed over. --map\n"
    "FIELD=COLUMN,... takes a field from another column or attribute.\n"
    "The list becomes the file that the policy names with 'people_from' (people.yaml). A policy that names none gets\n"
    "that line, 'people_from: people.yaml', before its people, and stays as it is otherwise. Who is in the list no "
    "more\n"
    "leaves, as with any policy. With --policy FILE two files may be written, FILE for that line and the list beside\n"
    "it; without, none is, and the policy in force is changed: 'buckstop policy show'. Either way it is in force then.";

const command_t people_import_command = {"people import",
                                         "the company's own list of people into the policy",
                                         "FILE.csv | FILE.ldif [options]",
                                         "buckstop people import staff.csv --policy my.yaml --dry-run\n"
                                         "  ldapsearch -LLL -x '(objectClass=inetOrgPerson)' > staff.ldif && buckstop "
                                         "people import staff.ldif --map teams=ou",
                                         1,
                                         1,
                                         USES_STORE | USES_WORKSPACE,
                                         cmd_people_import,
                                         notes};

int cmd_people_import (cli_t *cli, const command_t *command, int argc, char **argv)
{
    import_t self = {.policy = {.cli = cli}};
    char why[DETAIL_SIZE];
    const char *login = getlogin ();
    const param_t own[] = {
        {"format", PARAM_STRING, NULL, 0, 0, &self.format, "csv or ldif; else by the file's name"},
        {"map", PARAM_STRING, NULL, 0, 0, &self.map_text, "teams=ou,...: fields from other columns or attributes"},
        {"policy", PARAM_STRING, NULL, 0, 0, &self.file, "the policy's file; the list is written beside it"},
        {"by", PARAM_STRING, login ? login : "operator", 0, 0, &self.policy.by, "who does it"},
        {"dry-run", PARAM_SWITCH, "no", 0, 0, &self.policy.dry_run, "only say who would come and go"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    if (!people_map_parse (self.map_text, &self.map, why))
        return cli_fail (CLI_USAGE, "--map: %s", why);
    self.source = cli->words[0];
    rc = import_people (&self);
    people_table_clear (&self.table);
    policy_destroy (&self.before);
    free (self.policy.text);
    free (self.old_text);
    free (self.people_file);
    return rc;
}
