/* cmd_audit.c - buckstop audit: proves on a running system that nothing is lost (laws 1 and 2 of the design).
 *
 * Hears: every record and every set (audit_read.c). Says: a table of what is wrong, and counts. While services work,
 * a record and what stands about it are read at different moments, so what the walk finds is a suspect: it is
 * named when a second look, at it alone, finds something about a record that stood still meanwhile.
 */
#include "commands.h"

#include "audit_read.h"
#include "keys.h"
#include "xmalloc.h"

#include <inttypes.h>

typedef struct audit {
    cli_t *cli;
    audit_findings_t named;
    audit_counts_t counts;
    size_t unsettled;
    char (*workspaces)[NAME_SIZE];
    size_t workspaces_n;
    bool away;
} audit_t;

static bool run (void *arg)
{
    return cli_run (arg);
}

static bool audit_workspace (audit_t *self, const char *workspace)
{
    const audit_way_t way = {.loop = self->cli->loop, .store = self->cli->store, .run = run, .arg = self->cli};
    return audit_read (&way, workspace, &self->named, &self->counts, &self->unsettled);
}

static void on_workspaces (void *arg, const store_values_t *values)
{
    audit_t *self = arg;
    self->away = values->away;
    self->workspaces = xcalloc (values->n, sizeof *self->workspaces);
    for (size_t i = 0; !values->away && i < values->n; i++)
        snprintf (self->workspaces[self->workspaces_n++], NAME_SIZE, "%.*s", (int)values->items[i].size,
                  values->items[i].bytes);
    loop_stop (self->cli->loop);
}

static bool audit_all (audit_t *self)
{
    if (self->cli->workspace)
        return audit_workspace (self, self->cli->workspace);
    store_set (self->cli->store, KEY_WORKSPACES, on_workspaces, self);
    bool read = cli_run (self->cli) && !self->away;
    for (size_t i = 0; read && i < self->workspaces_n; i++)
        read = audit_workspace (self, self->workspaces[i]);
    return read;
}

static uint64_t open_of (const audit_counts_t *counts)
{
    return counts->contacts - counts->resolved - counts->closed;
}

static void print_json (const audit_t *self)
{
    json_t *list = json_array ();
    for (size_t i = 0; i < self->named.n; i++) {
        const audit_finding_t *finding = &self->named.items[i];
        json_array_append_new (list, json_pack ("{s:s, s:s, s:I, s:s}", "fault", audit_fault_name (finding->fault),
                                                "subject", finding->subject, "version", (json_int_t)finding->version,
                                                "detail", finding->detail));
    }
    const audit_counts_t *counts = &self->counts;
    const struct {
        const char *name;
        uint64_t count;
    } numbers[] = {{"contacts", counts->contacts}, {"open", open_of (counts)}, {"resolved", counts->resolved},
                   {"closed", counts->closed},     {"people", counts->people}, {"deliveries", counts->deliveries},
                   {"dead", counts->dead},         {"timers", counts->timers}, {"promises", counts->promises},
                   {"unsettled", self->unsettled}};
    json_t *answer = json_object ();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_object_set_new (answer, numbers[i].name, json_integer ((json_int_t)numbers[i].count));
    json_object_set_new (answer, "findings", list);
    cli_print_json (answer);
    json_decref (answer);
}

static void print_page (const audit_t *self)
{
    static const char *const heads[] = {"FAULT", "SUBJECT", "WHAT", NULL};
    const audit_counts_t *counts = &self->counts;
    table_t *table = table_new (heads);
    for (size_t i = 0; i < self->named.n; i++)
        table_row (table, audit_fault_name (self->named.items[i].fault), self->named.items[i].subject,
                   self->named.items[i].detail, NULL);
    table_print (table, stdout);
    table_destroy (&table);
    printf ("read: %" PRIu64 " contacts: %" PRIu64 " open, %" PRIu64 " resolved, %" PRIu64 " closed; %" PRIu64
            " people, %" PRIu64 " deliveries pending, %" PRIu64 " dead letters, %" PRIu64 " timers, %" PRIu64
            " promises\n",
            counts->contacts, open_of (counts), counts->resolved, counts->closed, counts->people,
            counts->deliveries - counts->dead, counts->dead, counts->timers, counts->promises);
    if (self->unsettled > 0)
        printf ("%zu suspect%s kept changing and could not be settled: audit again\n", self->unsettled,
                self->unsettled == 1 ? "" : "s");
    printf ("%zu finding%s\n", self->named.n, self->named.n == 1 ? "" : "s");
}

int cmd_audit (cli_t *cli, const command_t *command, int argc, char **argv)
{
    audit_t self = {.cli = cli};
    int rc = cli_options (cli, command, NULL, argc, argv);
    if (rc == CLI_GO)
        rc = cli_store_open (cli);
    if (rc != CLI_GO)
        return rc;
    bool read = audit_all (&self);
    if (!read)
        cli_fail (CLI_UNREACHABLE, "the store could not be read to the end");
    else if (cli->json)
        print_json (&self);
    else
        print_page (&self);
    rc = !read ? CLI_UNREACHABLE : self.named.n > 0 ? CLI_NO : CLI_FINE;
    if (read)
        cli_store_close (cli); /* else answers may be under way to who is not there any more: the process ends */
    audit_clear (&self.named);
    free (self.workspaces);
    return rc;
}
