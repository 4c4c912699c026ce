/* cmd_report.c - buckstop report: promises kept and broken, and where the time was lost, from an archive.
 *
 * Hears: the files of an archive. Says: tables, or JSON (report.h). */
#include "cmd_archive.h"
#include "commands.h"
#include "report.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <string.h>

typedef struct report_command {
    cli_t *cli;
    const char *workspace, *from, *to;
    report_t *report;
    json_t *names; /* of the workspaces whose events were read */
} report_command_t;

static bool take (void *arg, const json_t *line)
{
    const report_command_t *self = arg;
    const char *workspace = json_string_value (json_object_get (line, "workspace"));
    if (workspace)
        json_object_set_new (self->names, workspace, json_true ());
    if (!self->workspace || (workspace && strcmp (self->workspace, workspace) == 0))
        report_take (self->report, line);
    return true;
}

/* Nothing of the workspace that was asked for, but of others: perhaps it is new, perhaps its name is another. */
static void check_name (const report_command_t *self)
{
    const char *name;
    json_t *value;
    if (!self->workspace || !json_object_size (self->names) || json_object_get (self->names, self->workspace))
        return;
    fprintf (stderr, "-- there is no event of workspace '%.60s', only of:", self->workspace);
    json_object_foreach (self->names, name, value) fprintf (stderr, " %s", name);
    fputs ("; --workspace (BUCKSTOP_WORKSPACE) takes one of these, or leave it out\n", stderr);
}

/* ---- tables */

/* Why a person's numbers need not add up. */
static const char legend[] =
    "Promises to customers. Each counts for whoever was accountable when it was made (PROMISED), and for whoever was\n"
    "when it ended: somebody who took over may have KEPT more than PROMISED. SHARE KEPT is of kept and broken.\n\n";

/* The words of report.h are keys for programs; these are for people. */
static const char *plain (const char *cause)
{
    static const struct {
        const char *cause, *words;
    } rows[] = {{"nobody had looked", "nobody had been asked to take it yet"},
                {"somebody was asked", "somebody was asked to take it"},
                {"nobody could take it", "nobody could take it: busy, away, or without the skill"},
                {"somebody had it", "somebody had it, and had not answered"},
                {"it lay with the customer", "the customer was to answer"},
                {"it was thought to be done", "it counted as resolved"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp (rows[i].cause, cause) == 0)
            return rows[i].words;
    return cause;
}

static json_int_t number_of (const json_t *row, const char *key)
{
    return json_integer_value (json_object_get (row, key));
}

static const char *number_text (json_int_t number, char text[24])
{
    snprintf (text, 24, "%" JSON_INTEGER_FORMAT, number);
    return text;
}

static void print_promises (const json_t *report, const char *group, const char *head)
{
    const char *const heads[] = {head, "PROMISED", "KEPT", "BROKEN", "RELEASED", "SHARE KEPT", NULL};
    json_t *rows = json_object_get (report, group), *row;
    const char *name;
    table_t *table = table_new (heads);
    json_object_foreach (rows, name, row)
    {
        char opened[24], kept[24], broken[24], released[24], share[24] = "-";
        json_int_t ended = number_of (row, "kept") + number_of (row, "broken");
        if (ended)
            snprintf (share, sizeof share, "%.1f %%", 100.0 * (double)number_of (row, "kept") / (double)ended);
        table_row (table, name, number_text (number_of (row, "opened"), opened),
                   number_text (number_of (row, "kept"), kept), number_text (number_of (row, "broken"), broken),
                   number_text (number_of (row, "released"), released), share, NULL);
    }
    table_print (table, stdout);
    putchar ('\n');
    table_destroy (&table);
}

static void print_lost (const json_t *report)
{
    static const char *const heads[] = {"WHERE THE TIME OF BROKEN PROMISES WENT", "TIME", "SHARE", "PROMISES", NULL};
    json_t *lost = json_object_get (report, "lost"), *row, *before = json_object_get (report, "happened");
    const char *name;
    json_int_t all = 0;
    table_t *table = table_new (heads);
    json_object_foreach (lost, name, row) all += number_of (row, "ms");
    json_object_foreach (lost, name, row)
    {
        char span[CLI_TIME_SIZE], share[24], n[24];
        snprintf (share, sizeof share, "%.1f %%", all ? 100.0 * (double)number_of (row, "ms") / (double)all : 0.0);
        table_row (table, plain (name), cli_span (number_of (row, "ms"), span), share,
                   number_text (number_of (row, "promises"), n), NULL);
    }
    table_print (table, stdout);
    table_destroy (&table);
    json_object_foreach (before, name, row)
    {
        char words[NAME_SIZE];
        WORD_COPY (words, name);
        printf ("of the broken ones, %" JSON_INTEGER_FORMAT " came after: %s\n", json_integer_value (row),
                word_spaced (words));
    }
}

static void print_report (const json_t *report)
{
    printf ("%" JSON_INTEGER_FORMAT " events, %" JSON_INTEGER_FORMAT " contacts opened\n\n",
            number_of (report, "events"), number_of (report, "contacts"));
    if (!number_of (report, "events"))
        return;
    fputs (legend, stdout);
    print_promises (report, "promises", "PROMISE");
    print_promises (report, "channel", "CHANNEL");
    print_promises (report, "team", "TEAM");
    print_promises (report, "person", "ACCOUNTABLE");
    print_promises (report, "topic", "TOPIC (RULE)");
    print_lost (report);
}

int cmd_report (cli_t *cli, const command_t *command, int argc, char **argv)
{
    report_command_t self = {.cli = cli};
    wall_ms_t from = 0, to = 0;
    const param_t own[] = {
        {"workspace", PARAM_STRING, NULL, 0, 0, &self.workspace, "only of this one"},
        {"from", PARAM_STRING, NULL, 0, 0, &self.from, "what happened from this day or time on (UTC)"},
        {"to", PARAM_STRING, NULL, 0, 0, &self.to, "and before this one"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    rc = rc == CLI_GO ? archive_times (self.from, self.to, &from, &to) : rc;
    if (rc != CLI_GO)
        return rc;
    self.report = report_new (from, to);
    self.names = xcheck (json_object ());
    rc = archive_read (cli, 0, take, &self);
    check_name (&self);
    json_t *report = report_json (self.report);
    bool none = rc != CLI_FINE && !number_of (report, "events"); /* said: nothing could be read */
    if (!none && cli->json)
        cli_print_json (report);
    else if (!none)
        print_report (report);
    json_decref (report);
    json_decref (self.names);
    report_destroy (&self.report);
    return rc;
}
