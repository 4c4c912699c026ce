/* cmd_customer_import.c - buckstop customer import: a table of customers into the store.
 *
 * Hears: CSV or JSON lines. Says: every bad row with its line and what was expected, before anything is written; then
 * what became of the rows, and which matches are doubtful: those are proposed, and left to a person.
 * Rows go at the same time, but those that share an identity one after the other, so that the last one of a customer
 * is what counts. Imported again, nothing changes.
 * Limits: FILE_MAX; of errors and doubts the first SHOWN_MAX are shown, all are counted. Namesakes are looked for
 * among the records, which are all read once.
 */
#include "cmd_customer_import.h"

#include "words.h"
#include "xmalloc.h"

#include <errno.h>

enum { FILE_MAX = 256 * 1024 * 1024, READ_STEP = 1024 * 1024, SHOWN_MAX = 100, PROGRESS_MS = 2000 };

/* ---- the file */

static int read_stream (import_t *self, FILE *file)
{
    size_t room = 0;
    while (self->size <= FILE_MAX) {
        if (self->size == room) {
            room = room ? room * 2 : READ_STEP;
            self->text = xrealloc (self->text, room);
        }
        size_t n = fread (self->text + self->size, 1, room - self->size, file);
        self->size += n;
        if (n == 0)
            break;
    }
    if (ferror (file))
        return cli_fail (CLI_USAGE, "%s: it can't be read", self->file);
    if (self->size > FILE_MAX)
        return cli_fail (CLI_USAGE, "%s: larger than %d bytes: divide it", self->file, (int)FILE_MAX);
    return CLI_GO;
}

static int read_file (import_t *self, const char *path)
{
    FILE *file = strcmp (path, "-") == 0 ? stdin : fopen (path, "r");
    if (!file)
        return cli_fail (CLI_USAGE, "%s: %s", path, strerror (errno));
    int rc = read_stream (self, file);
    if (file != stdin)
        fclose (file);
    return rc;
}

static bool ends_with (const char *text, const char *end)
{
    size_t length = strlen (text), part = strlen (end);
    return length >= part && strcasecmp (text + length - part, end) == 0;
}

static int format_of (const customer_command_t *self, const char *path, rows_format_t *format)
{
    static const struct {
        const char *name, *end;
        rows_format_t format;
    } rows[] = {{"csv", ".csv", ROWS_CSV},
                {"json", ".json", ROWS_JSON},
                {"json", ".jsonl", ROWS_JSON},
                {"json", ".ndjson", ROWS_JSON}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (self->format ? strcmp (self->format, rows[i].name) == 0 : ends_with (path, rows[i].end)) {
            *format = rows[i].format;
            return CLI_GO;
        }
    return cli_fail (CLI_USAGE, "--format is csv or json; '%s' does not say it", self->format ? self->format : path);
}

/* ---- what is wrong with it */

static void say_bad (import_t *self, const rows_place_t *place)
{
    if (++self->bad > SHOWN_MAX)
        return;
    if (self->command->cli->json) {
        json_array_append_new (self->list,
                               json_pack ("{s:s, s:I, s:s, s:s}", "outcome", "bad", "line", (json_int_t)place->line,
                                          "what", place->what, "expected", place->expected));
        return;
    }
    fprintf (stderr, "%s:%zu: ", self->file, place->line);
    cli_quote (stderr, place->what, strlen (place->what), SIZE_MAX);
    fprintf (stderr, "\n    expected: %s\n", place->expected);
}

/* All rows, before the first is written. */
static int check (import_t *self, rows_format_t format)
{
    customer_row_t row;
    rows_place_t place;
    rows_outcome_t outcome;
    size_t fine = 0;
    rows_t *rows = rows_new (format, self->text, self->size, self->command->policy);
    while ((outcome = rows_next (rows, &row, &place)) == ROWS_ROW || outcome == ROWS_BAD) {
        if (outcome == ROWS_BAD)
            say_bad (self, &place);
        else
            fine++;
    }
    if (outcome == ROWS_NONE)
        say_bad (self, &place);
    rows_destroy (&rows);
    if (self->bad > SHOWN_MAX)
        fprintf (stderr, "and %zu more\n", self->bad - SHOWN_MAX);
    if (!self->bad || (self->command->skip_bad && outcome != ROWS_NONE))
        return CLI_GO;
    if (self->command->cli->json)
        cli_print_json (self->list);
    return cli_fail (CLI_NO, "%zu row%s bad, %zu fine: nothing was written%s", self->bad,
                     self->bad == 1 ? " is" : "s are", fine, fine ? " (--skip-bad: the fine ones are)" : "");
}

static int add_name (void *arg, const customer_t *customer)
{
    import_t *self = arg;
    names_seen_add (self->names, customer->name, customer_counts (customer));
    return CLI_GO;
}

/* ---- rows under way */

/* Does one under way speak of the same customer, as far as the row says? */
static bool is_taken (const import_t *self, const row_job_t *job)
{
    for (const row_job_t *other = self->jobs; other; other = other->next_job) {
        if (*job->row.id && strcmp (job->row.id, other->row.id) == 0)
            return true;
        for (size_t i = 0; i < job->row.identities_n; i++)
            for (size_t k = 0; k < other->row.identities_n; k++)
                if (strcmp (job->derived[i], other->derived[k]) == 0)
                    return true;
    }
    return false;
}

/* The next good row; NULL: there is none. */
static row_job_t *read_row (import_t *self)
{
    row_job_t *job = xcalloc (1, sizeof *job);
    rows_place_t place;
    rows_outcome_t outcome;
    do
        outcome = rows_next (self->rows, &job->row, &place);
    while (outcome == ROWS_BAD);
    if (outcome != ROWS_ROW) {
        free (job);
        self->all_read = true;
        return NULL;
    }
    job->import = self;
    job->line = place.line;
    for (size_t i = 0; i < job->row.identities_n; i++)
        customer_id_of (&job->row.identities[i], job->derived[i]);
    return job;
}

static void go_on (import_t *self)
{
    while (!self->away && !self->all_read && self->jobs_n < (size_t)self->command->in_flight) {
        row_job_t *job = self->next ? self->next : read_row (self);
        self->next = job;
        if (!job || is_taken (self, job))
            break;
        self->next = NULL;
        job->next_job = self->jobs;
        self->jobs = job;
        self->jobs_n++;
        import_row_begin (job);
    }
    if (!self->jobs_n && (self->all_read || self->away))
        loop_stop (self->command->cli->loop);
}

static void drop_job (row_job_t *job)
{
    import_t *self = job->import;
    row_job_t **at = &self->jobs;
    while (*at != job)
        at = &(*at)->next_job;
    *at = job->next_job;
    self->jobs_n--;
    free (job->existing);
    free (job);
}

void import_doubt (row_job_t *job, const char *identity, const char *words)
{
    import_t *self = job->import;
    char line[24];
    if (++self->doubts > SHOWN_MAX)
        return;
    snprintf (line, sizeof line, "%zu", job->line);
    table_row (self->table, line, job->result.after.id, identity, words, NULL);
    json_array_append_new (self->list,
                           json_pack ("{s:s, s:I, s:s, s:s, s:s}", "outcome", "doubtful", "line", (json_int_t)job->line,
                                      "customer", job->result.after.id, "identity", identity, "what", words));
}

static void say_refused (const row_job_t *job, const char *why)
{
    import_t *self = job->import;
    char line[24];
    if (self->ended[ROW_REFUSED] > SHOWN_MAX)
        return;
    snprintf (line, sizeof line, "%zu", job->line);
    table_row (self->table, line, job->target, "not done", why, NULL);
    json_array_append_new (
        self->list, json_pack ("{s:s, s:I, s:s}", "outcome", "refused", "line", (json_int_t)job->line, "what", why));
}

void import_row_ended (row_job_t *job, row_end_t end, const char *why)
{
    import_t *self = job->import;
    self->ended[end]++;
    if (end == ROW_REFUSED)
        say_refused (job, why);
    else if (end == ROW_OPENED)
        names_seen_add (self->names, job->result.after.name, job->result.after.id);
    drop_job (job);
    go_on (self);
}

void import_row_away (row_job_t *job)
{
    import_t *self = job->import;
    self->away = true;
    drop_job (job);
    go_on (self);
}

/* ---- the whole */

static size_t ended (const import_t *self)
{
    size_t n = 0;
    for (size_t i = 0; i < ROW_ENDS; i++)
        n += self->ended[i];
    return n;
}

static void on_progress (void *arg)
{
    import_t *self = arg;
    loop_t *loop = self->command->cli->loop;
    double seconds = (double)(loop_now (loop) - self->began) / (double)MS_PER_SECOND;
    fprintf (stderr, "-- %zu rows, %.0f a second, %.0f %% of the file\n", ended (self),
             (double)ended (self) / (seconds > 0 ? seconds : 1),
             100.0 * (double)rows_read (self->rows) / (double)self->size);
    self->progress = loop_at (loop, loop_now (loop) + PROGRESS_MS, on_progress, self);
}

static void begin (void *arg)
{
    go_on (arg);
}

/* False: interrupted, or the store went away. What is under way then is answered while the store is closed. */
static bool import_rows (import_t *self, rows_format_t format)
{
    cli_t *cli = self->command->cli;
    self->rows = rows_new (format, self->text, self->size, self->command->policy);
    self->began = loop_now (cli->loop);
    self->progress = loop_at (cli->loop, self->began + PROGRESS_MS, on_progress, self);
    (void)loop_at (cli->loop, self->began, begin, self);
    while (cli_run (cli) && (self->jobs_n || !(self->all_read || self->away)))
        ;
    loop_cancel (cli->loop, &self->progress);
    return self->all_read && !self->jobs_n && !self->away;
}

static void print_json (const import_t *self, double seconds)
{
    json_t *answer =
        json_pack ("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:O}", "dry_run", self->command->dry_run, "rows",
                   (json_int_t)ended (self), "opened", (json_int_t)self->ended[ROW_OPENED], "changed",
                   (json_int_t)self->ended[ROW_CHANGED], "same", (json_int_t)self->ended[ROW_SAME], "refused",
                   (json_int_t)self->ended[ROW_REFUSED], "bad", (json_int_t)self->bad, "doubtful",
                   (json_int_t)self->doubts, "seconds", seconds, "list", self->list);
    cli_print_json (answer);
    json_decref (answer);
}

static void print_page (const import_t *self, double seconds)
{
    const char *would = self->command->dry_run ? " would be" : "";
    table_print (self->table, stdout);
    if (self->doubts)
        printf (
            "%zu match%s doubtful: nothing was joined; 'buckstop customer proposals' lists what waits for a decision\n",
            self->doubts, self->doubts == 1 ? " is" : "es are");
    printf ("%zu row%s in %.1f s:%s %zu new, %zu changed, %zu as they were, %zu refused, %zu bad\n", ended (self),
            ended (self) == 1 ? "" : "s", seconds, would, self->ended[ROW_OPENED], self->ended[ROW_CHANGED],
            self->ended[ROW_SAME], self->ended[ROW_REFUSED], self->bad);
}

static int conclude (import_t *self, bool whole)
{
    cli_t *cli = self->command->cli;
    double seconds = (double)(loop_now (cli->loop) - self->began) / (double)MS_PER_SECOND;
    if (cli->json)
        print_json (self, seconds);
    else
        print_page (self, seconds);
    if (self->away)
        return cli_away (cli, ": import the file again, what is there already stays as it is");
    if (!whole)
        return cli_fail (CLI_UNREACHABLE, "interrupted: import the file again, what is there already stays as it is");
    return self->ended[ROW_REFUSED] || self->bad ? CLI_NO : CLI_FINE;
}

int customer_import_file (customer_command_t *command)
{
    static const char *const heads[] = {"LINE", "CUSTOMER", "PERHAPS ALSO", "WHY", NULL};
    const char *path = command->cli->words[1];
    rows_format_t format = ROWS_CSV;
    int rc = format_of (command, path, &format);
    if (rc != CLI_GO)
        return rc;
    import_t *self = xcalloc (1, sizeof *self); /* what is under way when somebody interrupts still uses it */
    self->command = command;
    self->file = strcmp (path, "-") == 0 ? "stdin" : path;
    self->table = table_new (heads);
    table_whole_from (self->table, sizeof heads / sizeof *heads - 2);
    self->list = json_array ();
    self->names = names_seen_new ();
    rc = read_file (self, path);
    if (rc == CLI_GO)
        rc = check (self, format);
    if (rc == CLI_GO)
        rc = customer_each (command, add_name, self);
    if (rc == CLI_GO)
        rc = conclude (self, import_rows (self, format));
    self->all_read = true;
    workspaces_destroy (&command->workspaces);
    cli_store_close (command->cli); /* each row under way is answered now */
    free (self->next);
    rows_destroy (&self->rows);
    names_seen_destroy (&self->names);
    table_destroy (&self->table);
    json_decref (self->list);
    free (self->text);
    free (self);
    return rc;
}
