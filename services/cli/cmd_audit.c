/* cmd_audit.c - buckstop audit: proves on a running system that nothing is lost (laws 1 and 2 of the design).
 *
 * Hears: a round over all that the store holds (common/audit). Says: a table of what is wrong, and counts; how far it
 * is, once that takes long. Writes that Redis lost after it had acknowledged them are named until somebody has looked,
 * and says --forget-losses: that shows them once more, and forgets what it has shown.
 * Limits: of many findings the first SHOWN_MAX are shown, all are counted.
 */
#include "commands.h"

#include "audit.h"
#include "cli_wait.h"
#include "keys.h"
#include "values.h"
#include "xmalloc.h"

#include <inttypes.h>

enum { SETTLE_MS = 2000, PATIENCE_MS = 3000, PROGRESS_MS = 2000, SHOWN_MAX = 1000 };

typedef struct audit {
    cli_t *cli;
    audit_round_t *round;
    audit_finding_t *shown;
    size_t shown_n;
    audit_result_t result;
    mono_ms_t began;
    loop_timer_t *progress;
    bool forget_losses, answered;
    json_t *forgotten; /* lines */
} audit_t;

/* --------------------------------------------------------------------- losses */

static void on_losses (void *arg, const store_values_t *values)
{
    audit_t *self = arg;
    self->answered = !values->away;
    for (size_t i = 0; i < values->n; i++)
        json_array_append_new (self->forgotten, value_text (values->items[i].bytes));
    loop_stop (self->cli->loop);
}

static void on_forgotten (void *arg, const store_values_t *values)
{
    audit_t *self = arg;
    self->answered = !values->away;
    loop_stop (self->cli->loop);
}

static void show_losses (const audit_t *self)
{
    for (size_t i = 0; i < json_array_size (self->forgotten); i++)
        fprintf (self->cli->json ? stderr : stdout, "forgotten: %s\n",
                 json_string_value (json_array_get (self->forgotten, i)));
    fflush (stdout);
}

/* Somebody has looked: at these lines, not at those that come meanwhile. False: interrupted, or the store went away. */
static bool forget_losses (audit_t *self)
{
    if (!self->forget_losses)
        return true;
    store_list (self->cli->store, KEY_LOST, 0, LOST_LINES_MAX - 1, on_losses, self);
    if (!cli_wait (self->cli) || !self->answered)
        return false;
    show_losses (self);
    self->answered = false;
    store_list_drop (self->cli->store, KEY_LOST, (int64_t)json_array_size (self->forgotten), on_forgotten, self);
    return cli_wait (self->cli) && self->answered;
}

/* ------------------------------------------------------------------ the round */

static void on_found (void *arg, const audit_finding_t *finding)
{
    audit_t *self = arg;
    if (self->shown_n < SHOWN_MAX)
        self->shown[self->shown_n++] = *finding;
}

static void on_done (void *arg, const audit_result_t *result)
{
    audit_t *self = arg;
    self->result = *result;
    loop_stop (self->cli->loop);
}

static double seconds_of (const audit_t *self)
{
    double seconds = (double)(loop_now (self->cli->loop) - self->began) / (double)MS_PER_SECOND;
    return seconds > 0 ? seconds : 0.001;
}

static void on_progress (void *arg)
{
    audit_t *self = arg;
    const audit_result_t *so_far = audit_so_far (self->round);
    fprintf (stderr, "-- %" PRIu64 " contacts read, %.0f a second; %" PRIu64 " findings\n", so_far->counts.contacts,
             (double)so_far->counts.contacts / seconds_of (self), so_far->findings);
    self->progress = loop_at (self->cli->loop, loop_now (self->cli->loop) + PROGRESS_MS, on_progress, self);
}

/* False: interrupted, or the store went away. */
static bool audit_all (audit_t *self)
{
    cli_t *cli = self->cli;
    workspaces_t *workspaces = workspaces_new (cli->loop, cli->store);
    self->began = loop_now (cli->loop);
    self->shown = xcalloc (SHOWN_MAX, sizeof *self->shown);
    self->round = audit_begin (&(audit_order_t){.loop = cli->loop,
                                                .store = cli->store,
                                                .workspaces = workspaces,
                                                .workspace = cli->workspace,
                                                .settle_ms = SETTLE_MS,
                                                .patience_ms = PATIENCE_MS,
                                                .found = on_found,
                                                .done = on_done,
                                                .arg = self});
    self->progress = loop_at (cli->loop, self->began + PROGRESS_MS, on_progress, self);
    bool read = cli_run (cli) && self->result.whole;
    loop_cancel (cli->loop, &self->progress);
    audit_end (&self->round);
    workspaces_destroy (&workspaces);
    return read;
}

/* ----------------------------------------------------------------------- words */

static uint64_t open_of (const audit_counts_t *counts)
{
    return counts->contacts - counts->resolved - counts->closed;
}

static void print_json (const audit_t *self)
{
    json_t *list = json_array ();
    for (size_t i = 0; i < self->shown_n; i++) {
        const audit_finding_t *finding = &self->shown[i];
        json_array_append_new (list, json_pack ("{s:s, s:o, s:o, s:I, s:o}", "fault", audit_fault_name (finding->fault),
                                                "workspace", value_text (finding->workspace), "subject",
                                                value_text (finding->subject), "version", (json_int_t)finding->version,
                                                "detail", value_text (finding->detail)));
    }
    const audit_counts_t *counts = &self->result.counts;
    const struct {
        const char *name;
        uint64_t count;
    } numbers[] = {{"contacts", counts->contacts},
                   {"open", open_of (counts)},
                   {"resolved", counts->resolved},
                   {"closed", counts->closed},
                   {"people", counts->people},
                   {"customers", counts->customers},
                   {"deliveries", counts->deliveries},
                   {"dead", counts->dead},
                   {"timers", counts->timers},
                   {"promises", counts->promises},
                   {"unsettled", self->result.unsettled},
                   {"moving", self->result.moving},
                   {"newer", counts->newer},
                   {"found", self->result.findings}};
    json_t *answer = json_object ();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_object_set_new (answer, numbers[i].name, json_integer ((json_int_t)numbers[i].count));
    json_object_set_new (answer, "seconds", json_real (seconds_of (self)));
    json_object_set_new (answer, "findings", list);
    if (self->forget_losses)
        json_object_set (answer, "forgotten", self->forgotten);
    cli_print_json (answer);
    json_decref (answer);
}

static void print_page (const audit_t *self)
{
    static const char *const heads[] = {"FAULT", "WORKSPACE", "SUBJECT", "WHAT", NULL};
    const audit_counts_t *counts = &self->result.counts;
    uint64_t findings = self->result.findings, moving = self->result.moving;
    uint64_t unsettled = self->result.unsettled - moving;
    table_t *table = table_new (heads);
    table_whole_from (table, 0); /* keys, to be put back; of a lost write the time stands at the end */
    for (size_t i = 0; i < self->shown_n; i++) {
        const audit_finding_t *finding = &self->shown[i];
        table_row (table, audit_fault_name (finding->fault), *finding->workspace ? finding->workspace : "-",
                   finding->subject, finding->detail, NULL);
    }
    table_print (table, stdout);
    table_destroy (&table);
    if (findings > self->shown_n)
        printf ("and %" PRIu64 " more\n", findings - self->shown_n);
    printf ("read: %" PRIu64 " contacts: %" PRIu64 " open, %" PRIu64 " resolved, %" PRIu64 " closed; %" PRIu64
            " people, %" PRIu64 " customers, %" PRIu64 " deliveries pending, %" PRIu64 " dead letters, %" PRIu64
            " timers, %" PRIu64 " promises; in %.1f s\n",
            counts->contacts, open_of (counts), counts->resolved, counts->closed, counts->people, counts->customers,
            counts->deliveries - counts->dead, counts->dead, counts->timers, counts->promises, seconds_of (self));
    if (counts->newer > 0)
        printf ("%" PRIu64 " of a newer schema %s left to newer services\n", counts->newer,
                counts->newer == 1 ? "is" : "are");
    if (moving > 0)
        printf ("%" PRIu64 " contact%s of people whose presence ended %s being moved on\n", moving,
                moving == 1 ? "" : "s", moving == 1 ? "is" : "are");
    if (unsettled > 0)
        printf ("%" PRIu64 " suspect%s kept changing and could not be settled: audit again\n", unsettled,
                unsettled == 1 ? "" : "s");
    printf ("%" PRIu64 " finding%s\n", findings, findings == 1 ? "" : "s");
}

int cmd_audit (cli_t *cli, const command_t *command, int argc, char **argv)
{
    audit_t self = {.cli = cli, .forgotten = json_array ()};
    const param_t own[] = {{"forget-losses", PARAM_SWITCH, "no", 0, 0, &self.forget_losses,
                            "somebody has looked at the acknowledged writes that redis lost"},
                           {NULL}};
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc == CLI_GO)
        rc = cli_store_open_to_read (cli);
    if (rc == CLI_GO && cli->workspace && (rc = cli_workspace_known (cli)) != CLI_GO)
        cli_store_close (cli);
    if (rc != CLI_GO) {
        json_decref (self.forgotten);
        return rc;
    }
    bool read = forget_losses (&self) && audit_all (&self);
    if (!read)
        cli_fail (CLI_UNREACHABLE, "the store could not be read to the end");
    else if (cli->json)
        print_json (&self);
    else
        print_page (&self);
    rc = !read ? CLI_UNREACHABLE : self.result.findings > 0 ? CLI_NO : CLI_FINE;
    cli_store_close (cli);
    json_decref (self.forgotten);
    free (self.shown);
    return rc;
}
