/* cmd_repair.c - buckstop repair: the same step for many contacts at once, over HTTP.
 *
 * Hears: the contacts that are not closed, page after page. Says: which fit, and what was done with each, or why not.
 * A step is an action as anybody takes it, by whoever is accountable or was asked, so that each contact's own rules hold
 * and the ledger has it; the reason and who repaired stand in its text. Every action has a key made of the run's and the
 * contact's id: the same run again with its --key does nothing twice.
 * Limits: closed contacts are not listed, so none is touched.
 */
#include "commands.h"

#include "clock.h"
#include "lines.h"
#include "repair_filter.h"
#include "xmalloc.h"

#include <string.h>
#include <unistd.h>

enum { KEY_TEXT_SIZE = 96, RUN_SIZE = 48, REASON_SIZE = 900 };

typedef struct repair repair_t;

/* What is to be done with one contact. action NULL: nothing, and why. */
typedef struct step {
    const char *action, *person, *why;
} step_t;

typedef step_t (step_fn) (const repair_t *self, const json_t *contact);

struct repair {
    cli_t *cli;
    step_fn *step;
    repair_filter_t filter;
    bool dry_run;
    int64_t limit;
    const char *reason, *by, *key, *to_person, *to_team;
    char run[RUN_SIZE], text[REASON_SIZE];
    json_t *done; /* rows */
    size_t steps, refused, left;
};

/* ---- the steps */

static bool is_state (const json_t *contact, const char *state)
{
    return strcmp (json_text (contact, "state"), state) == 0;
}

/* Whoever has it gives it back: routing looks for somebody else. */
static step_t step_reroute (const repair_t *self, const json_t *contact)
{
    (void)self;
    const char *owner = json_text (contact, "owner"), *offered = json_text (contact, "offered_to");
    if (is_state (contact, "offered"))
        return (step_t){"decline", offered, NULL};
    if (is_state (contact, "owned") || is_state (contact, "waiting"))
        return (step_t){"decline", owner, NULL};
    return (step_t){.why = is_state (contact, "resolved") ? "it is resolved" : "routing has it already"};
}

/* Proposed, as any transfer: it stays with its owner until somebody accepts. */
static step_t step_reassign (const repair_t *self, const json_t *contact)
{
    const char *owner = json_text (contact, "owner");
    if (!is_state (contact, "owned"))
        return (step_t){.why = is_state (contact, "waiting")    ? "it waits for the customer; reroute takes it away"
                               : is_state (contact, "resolved") ? "it is resolved"
                                                                : "nobody owns it yet: routing finds somebody"};
    if (self->to_person && strcmp (owner, self->to_person) == 0)
        return (step_t){.why = "theirs already"};
    return (step_t){"transfer", owner, NULL};
}

static step_t step_resolve (const repair_t *self, const json_t *contact)
{
    (void)self;
    const char *owner = json_text (contact, "owner"), *accountable = json_text (contact, "accountable");
    if (is_state (contact, "resolved"))
        return (step_t){.why = "it is resolved"};
    return (step_t){"resolve", *accountable ? accountable : owner, NULL};
}

/* ---- doing it */

static json_t *body_of (const repair_t *self, const step_t *step)
{
    json_t *body = json_pack ("{s:s, s:s, s:s}", "action", step->action, "person", step->person, "text", self->text);
    bool transfer = strcmp (step->action, "transfer") == 0;
    if (transfer && self->to_person)
        json_object_set_new (body, "to_person", json_string (self->to_person));
    if (transfer && self->to_team)
        json_object_set_new (body, "to_team", json_string (self->to_team));
    return xcheck (body);
}

static void note (repair_t *self, const json_t *contact, const char *outcome, const char *words)
{
    const char *owner = json_text (contact, "owner");
    json_array_append_new (self->done,
                           json_pack ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "contact", json_text (contact, "contact"),
                                      "outcome", outcome, "detail", words, "state", json_text (contact, "state"),
                                      "accountable", json_text (contact, "accountable"), "with",
                                      *owner ? owner : json_text (contact, "offered_to"), "subject",
                                      json_text (contact, "subject")));
}

/* CLI_GO: done, or refused for this one; else nothing more can be done. */
static int perform (repair_t *self, const json_t *contact, const step_t *step)
{
    char path[REPAIR_PATH_SIZE], key[KEY_TEXT_SIZE];
    const char *id = json_text (contact, "contact");
    json_t *receipt = NULL, *body = body_of (self, step);
    snprintf (path, sizeof path, "/v1/contacts/%s/actions", id);
    snprintf (key, sizeof key, "repair-%s-%s", self->run, id);
    fflush (stdout);
    int rc = cli_http (self->cli, &(cli_request_t){"POST", path, body, key, false}, &receipt);
    if (rc == CLI_FINE) {
        self->steps++;
        note (self, contact, "done", step->action);
    } else if (rc == CLI_NO) {
        self->refused++;
        fprintf (stderr, "  that was %s\n", id);
        note (self, contact, "refused", step->action);
    }
    json_decref (receipt);
    json_decref (body);
    return rc == CLI_FINE || rc == CLI_NO ? CLI_GO : rc;
}

static int take (repair_t *self, const json_t *contact)
{
    step_t step = self->step (self, contact);
    if (!step.action) {
        self->left++;
        note (self, contact, "left", step.why);
        return CLI_GO;
    }
    if (!self->dry_run)
        return perform (self, contact, &step);
    self->steps++;
    note (self, contact, "would", step.action);
    return CLI_GO;
}

static void progress (const repair_t *self, size_t at, size_t all)
{
    if (cli_slow (&self->cli->slow))
        fprintf (stderr, "-- %zu of %zu contacts\n", at, all);
}

/* All are listed before the first is changed: what a step changes would move the pages. */
static int work (repair_t *self, const json_t *contacts, size_t *fitting)
{
    wall_ms_t now = clock_wall ();
    size_t index;
    json_t *contact;
    int rc = CLI_GO;
    json_array_foreach (contacts, index, contact)
    {
        if (rc != CLI_GO || *fitting >= (size_t)self->limit || !repair_fits (&self->filter, contact, now))
            continue;
        (*fitting)++;
        progress (self, index, json_array_size (contacts));
        rc = take (self, contact);
    }
    return rc;
}

static void print_rows (const repair_t *self)
{
    static const char *const heads[] = {"CONTACT", "", "STEP", "STATE", "ACCOUNTABLE", "WITH", "SUBJECT", NULL};
    table_t *table = table_new (heads);
    table_fit (table, cli_width (), NULL, 0);
    size_t index;
    json_t *row;
    json_array_foreach (self->done, index, row)
    {
        table_row (table, json_text (row, "contact"), json_text (row, "outcome"), json_text (row, "detail"),
                   json_text (row, "state"), json_text (row, "accountable"), json_text (row, "with"),
                   lines_subject (row), NULL);
    }
    table_print (table, stdout);
    table_destroy (&table);
    printf ("%zu %s, %zu refused, %zu left as they are\n", self->steps, self->dry_run ? "would be changed" : "changed",
            self->refused, self->left);
}

static int conclude (const repair_t *self, int rc)
{
    if (self->cli->json) {
        json_t *answer = json_pack ("{s:b, s:s, s:I, s:I, s:I, s:O}", "dry_run", self->dry_run, "key", self->run,
                                    "changed", (json_int_t)self->steps, "refused", (json_int_t)self->refused, "left",
                                    (json_int_t)self->left, "contacts", self->done);
        cli_print_json (answer);
        json_decref (answer);
    } else
        print_rows (self);
    if (rc != CLI_GO)
        return cli_fail (rc, "not all was done: the same again with --key %s goes on", self->run);
    return self->refused ? CLI_NO : CLI_FINE;
}

static int run (repair_t *self)
{
    char path[REPAIR_PATH_SIZE];
    size_t fitting = 0;
    repair_path (&self->filter, path);
    cli_pages_t pages = {.path = path, .array = "contacts", .limit = INT64_MAX, .all = json_array ()};
    int rc = cli_http_pages (self->cli, &pages);
    if (rc == CLI_FINE) {
        self->done = json_array ();
        rc = conclude (self, work (self, pages.all, &fitting));
        if (*pages.hint)
            rc = cli_fail (fitting ? rc : CLI_NO, "%s", pages.hint);
        else if (!fitting)
            repair_say_unknown (&self->filter, pages.all);
        json_decref (self->done);
    }
    json_decref (pages.all);
    return rc;
}

/* ---- what was asked for */

static int check (repair_t *self, const char *word)
{
    bool to = self->to_person || self->to_team, reassign = self->step == step_reassign;
    const char *empty;
    size_t filters = repair_filters (&self->filter, &empty);
    if (empty)
        return cli_fail (CLI_USAGE, "--%s is empty, which would mean all: say --all if that is meant", empty);
    if (!filters)
        return cli_fail (CLI_USAGE, "which contacts? Say it by --state, --team, --owner, --channel, --customer, "
                                    "--subject, --older, --contact, --at-risk, --broken, or --all");
    if (!self->reason || !*self->reason)
        return cli_fail (CLI_USAGE, "--reason: why is it done? It stands on each contact's timeline");
    if (reassign && (!to || (self->to_person && self->to_team)))
        return cli_fail (CLI_USAGE, "reassign needs --to-person or --to-team, one of both");
    if (!reassign && to)
        return cli_fail (CLI_USAGE, "--to-person and --to-team belong to 'reassign'; '%s' does not use them", word);
    self->filter.older_ms = self->filter.older ? cli_duration_parse (self->filter.older) : 0;
    if (self->filter.older_ms < 0)
        return cli_fail (CLI_USAGE, "--older: '%s' is no span like 2d, 8h or 30m", self->filter.older);
    if (self->key && strlen (self->key) >= RUN_SIZE)
        return cli_fail (CLI_USAGE, "--key: at most %d characters", (int)RUN_SIZE - 1);
    if ((size_t)snprintf (self->text, REASON_SIZE, "%s (repair by %s)", self->reason, self->by) >= REASON_SIZE)
        return cli_fail (CLI_USAGE, "--reason: at most some %d bytes", (int)REASON_SIZE - 100);
    return CLI_GO;
}

static void name_run (repair_t *self)
{
    char id[ID_SIZE];
    snprintf (self->run, sizeof self->run, "%s", self->key ? self->key : cli_key (id));
}

static step_fn *step_of (const char *word)
{
    static const struct {
        const char *word;
        step_fn *step;
    } rows[] = {{"reroute", step_reroute}, {"reassign", step_reassign}, {"resolve", step_resolve}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp (rows[i].word, word) == 0)
            return rows[i].step;
    return NULL;
}

int cmd_repair (cli_t *cli, const command_t *command, int argc, char **argv)
{
    repair_t self = {.cli = cli};
    const char *login = getlogin ();
    const param_t own[] = {
        {"state", PARAM_STRING, NULL, 0, 0, &self.filter.state, "received, offered, queued, owned, waiting, resolved",
         .values = "states"},
        {"team", PARAM_STRING, NULL, 0, 0, &self.filter.team, "of this team", .values = "teams"},
        {"owner", PARAM_STRING, NULL, 0, 0, &self.filter.owner, "of this person", .values = "people"},
        {"channel", PARAM_STRING, NULL, 0, 0, &self.filter.channel, "that came by it", .values = "channels"},
        {"customer", PARAM_STRING, NULL, 0, 0, &self.filter.customer, "of this customer: address, name or id"},
        {"subject", PARAM_STRING, NULL, 0, 0, &self.filter.subject, "with these words in the subject"},
        {"older", PARAM_STRING, NULL, 0, 0, &self.filter.older, "opened so long ago (2d, 8h)"},
        {"contact", PARAM_STRING, NULL, 0, 0, &self.filter.contact, "only this one; its last characters will do"},
        {"at-risk", PARAM_SWITCH, "no", 0, 0, &self.filter.at_risk, "where a promise is broken or nearly"},
        {"broken", PARAM_SWITCH, "no", 0, 0, &self.filter.broken, "where a promise is broken"},
        {"all", PARAM_SWITCH, "no", 0, 0, &self.filter.everything, "every contact that is not closed"},
        {"limit", PARAM_NUMBER, "100000", 1, 1000000, &self.limit, "at most so many, the oldest ones"},
        {"reason", PARAM_STRING, NULL, 0, 0, &self.reason, "why; it stands on each timeline"},
        {"by", PARAM_STRING, login ? login : "operator", 0, 0, &self.by,
         "who does it, as the reason names them; not looked up in the policy"},
        {"to-person", PARAM_STRING, NULL, 0, 0, &self.to_person, "reassign: to whom", .values = "people"},
        {"to-team", PARAM_STRING, NULL, 0, 0, &self.to_team, "reassign: to which team", .values = "teams"},
        {"dry-run", PARAM_SWITCH, "no", 0, 0, &self.dry_run, "only say what would be done"},
        {"key", PARAM_STRING, NULL, 0, 0, &self.key, "of a run that was interrupted: go on with it"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    self.step = step_of (cli->words[0]);
    if (!self.step)
        return cli_usage (cli, command);
    rc = check (&self, cli->words[0]);
    if (rc == CLI_GO) /* a name that nobody has would be refused for each contact, or for none */
        rc = cli_names (cli, "owner", self.to_person, false);
    if (rc == CLI_GO)
        rc = cli_names (cli, "team", self.to_team, false);
    if (rc != CLI_GO)
        return rc;
    name_run (&self);
    return run (&self);
}
