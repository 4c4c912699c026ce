/* cmd_archive.c - buckstop archive: what an archive holds, and how far each is.
 *
 * Hears: the files of an archive (shelves.h); of the store, the archives' cursors. Says: events as 'watch' prints them, each
 * once; what is wrong with the files, on standard error; a table of archives. */
#include "cmd_archive.h"
#include "cli_wait.h"
#include "commands.h"
#include "keys.h"
#include "line.h"
#include "lines.h"
#include "watch_filter.h"
#include "words.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

typedef struct archive_command {
    cli_t *cli;
    watch_filter_t filter;
    const char *workspace, *from, *to;
    wall_ms_t from_at, to_at;
    line_style_t style;
    json_t *forgotten; /* forget: contacts */
} archive_command_t;

/* ---- read */

static bool is_between (const archive_command_t *self, const json_t *line)
{
    wall_ms_t at = cli_time_parse (json_text (line, "at"));
    bool workspace = !self->workspace || strcmp (self->workspace, json_text (line, "workspace")) == 0;
    return workspace && (!self->from_at || at >= self->from_at) && (!self->to_at || at < self->to_at);
}

static bool print_line (void *arg, const json_t *line)
{
    archive_command_t *self = arg;
    json_t *wanted = NULL;
    if (!is_between (self, line) || watch_filter_take (&self->filter, self->cli, (json_t *)line, &wanted) != WATCH_YES)
        return true;
    if (self->cli->json) {
        json_dumpf (wanted, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        putchar ('\n');
    } else
        lines_print (wanted, &self->style, stdout);
    json_decref (wanted);
    return !ferror (stdout);
}

static int say_found (const shelves_found_t *found)
{
    if (found->undone)
        fprintf (stderr, "-- %" PRIu64 " events of a past that the store has left are passed over\n", found->undone);
    if (found->gaps)
        fprintf (stderr,
                 "-- %" PRIu64 " numbers are missing, in %" PRIu64 " places: forgotten, or not archived in time\n",
                 found->missing, found->gaps);
    if (found->damaged)
        return cli_fail (CLI_NO, "damaged in %" PRIu64 " place(s); the first: %s", found->damaged, found->damage);
    return CLI_FINE;
}

typedef struct counted {
    shelves_fn *fn;
    void *arg;
    cli_slow_t slow;
    uint64_t n;
} counted_t;

static bool count_line (void *arg, const json_t *line)
{
    counted_t *self = arg;
    self->n++;
    if (cli_slow (&self->slow))
        fprintf (stderr, "-- %" PRIu64 " events read\n", self->n);
    return self->fn (self->arg, line);
}

static const char how_to_have_one[] =
    "an archive is a folder that buckstop-archive writes to, beside the services:\n"
    "  mkdir -m 700 DIR && buckstop-archive --dir DIR      with --redis as they have it";

int archive_read (const cli_t *cli, int first, shelves_fn *fn, void *arg)
{
    shelves_found_t found;
    counted_t counted = {.fn = fn, .arg = arg};
    int rc = shelves_read ((const char *const *)cli->words + first, (size_t)(cli->words_n - first), count_line,
                           &counted, &found);
    if (rc == -ENOENT)
        return cli_fail (CLI_NO, "%s: %s; %s", found.damage, strerror (-rc), how_to_have_one);
    if (rc < 0)
        return cli_fail (CLI_NO, "%s: %s", found.damage, strerror (-rc));
    if (found.files == 0)
        fprintf (stderr, "-- no file of an archive is there; %s\n", how_to_have_one);
    return say_found (&found);
}

static int read_time (const char *option, const char *text, wall_ms_t *at)
{
    char whole[CLI_TIME_SIZE];
    snprintf (whole, sizeof whole, "%.20s%s", text ? text : "", text && !strchr (text, 'T') ? "T00:00:00Z" : "");
    *at = text ? cli_time_parse (whole) : 0;
    return !text || *at
               ? CLI_GO
               : cli_fail (CLI_USAGE, "--%s wants a day or a time in UTC, 2026-05-02 or 2026-05-02T10:00:00Z, not '%s'",
                           option, text);
}

int archive_times (const char *from, const char *to, wall_ms_t *from_at, wall_ms_t *to_at)
{
    int rc = read_time ("from", from, from_at);
    return rc == CLI_GO ? read_time ("to", to, to_at) : rc;
}

static int perform_read (archive_command_t *self)
{
    int rc = archive_times (self->from, self->to, &self->from_at, &self->to_at);
    rc = rc == CLI_GO ? watch_filter_check (&self->filter) : rc;
    if (rc != CLI_GO)
        return rc;
    self->style = (line_style_t){.contact = true, .color = isatty (STDOUT_FILENO) && !getenv ("NO_COLOR")};
    rc = archive_read (self->cli, 1, print_line, self);
    watch_filter_clear (&self->filter);
    return rc;
}

/* ---- forget */

/* Contacts that an event of the archive itself says are forgotten, and those that are named. */
static bool note_forgotten (void *arg, const json_t *line)
{
    archive_command_t *self = arg;
    size_t index;
    const json_t *fact;
    const char *contact = json_text (line, "contact");
    json_array_foreach (json_object_get (line, "facts"), index, fact)
    {
        if (*contact && strcmp (json_text (fact, "fact"), "forgotten") == 0)
            json_object_set_new (self->forgotten, contact, json_true ());
    }
    return true;
}

static json_t *forget_line (void *arg, const json_t *line)
{
    const archive_command_t *self = arg;
    const char *contact = json_text (line, "contact");
    const json_t *facts = json_object_get (line, "facts");
    bool says_so =
        json_array_size (facts) == 1 && strcmp (json_text (json_array_get (facts, 0), "fact"), "forgotten") == 0;
    if (!*contact || says_so || !json_object_get (self->forgotten, contact))
        return NULL;
    return line_forgotten (line);
}

static int perform_forget (archive_command_t *self)
{
    uint64_t changed = 0, open = 0;
    shelves_found_t found;
    cli_t *cli = self->cli;
    self->forgotten = json_object ();
    int rc = archive_read (cli, 1, note_forgotten, self);
    if (rc == CLI_FINE && self->filter.contact)
        json_object_set_new (self->forgotten, self->filter.contact, json_true ());
    if (rc == CLI_FINE) {
        int done = shelves_rewrite ((const char *const *)cli->words + 1, (size_t)(cli->words_n - 1), forget_line, self,
                                    &changed, &open, &found);
        rc = done < 0 ? cli_fail (CLI_NO, "%s: %s", found.damage, strerror (-done)) : CLI_FINE;
    }
    size_t contacts = json_object_size (self->forgotten);
    if (rc == CLI_FINE && cli->json)
        printf ("{\"contacts\": %zu, \"events\": %" PRIu64 ", \"open_files\": %" PRIu64 "}\n", contacts, changed, open);
    else if (rc == CLI_FINE) {
        printf ("%" PRIu64 " events of %zu contact%s are forgotten in the archive\n", changed, contacts,
                contacts == 1 ? "" : "s");
        if (open)
            printf ("%" PRIu64
                    " file%s still written, and passed over: again while the archive is stopped, or once closed "
                    "(--file-age of buckstop-archive: an hour)\n",
                    open, open == 1 ? " is" : "s are");
    }
    json_decref (self->forgotten);
    return rc;
}

/* ---- the store's cursors */

static int list_cursors (archive_command_t *self)
{
    static const char *const heads[] = {"ARCHIVE", "HAS", "BEHIND", NULL};
    cli_t *cli = self->cli;
    char key[KEY_SIZE];
    int shard = store_shard (cli->store, cli->workspace);
    cli_values_t archives = {0}, last = {0};
    store_range (cli->store, key_archives (key, shard, cli->workspace), 0, INT64_MAX, 0, 256, cli_take,
                 cli_ask (cli, &archives));
    int rc = cli_got (&archives);
    if (rc == CLI_GO) {
        store_events_last (cli->store, key_events (key, shard, cli->workspace), cli_take, cli_ask (cli, &last));
        rc = cli_got (&last);
    }
    int64_t newest = last.n ? last.items[0].score : 0;
    table_t *table = table_new (heads);
    json_t *list = json_array ();
    for (size_t i = 0; rc == CLI_GO && i < archives.n; i++) {
        char has[24], behind[24];
        int64_t at = archives.items[i].score;
        snprintf (has, sizeof has, "%" PRId64, at);
        snprintf (behind, sizeof behind, "%" PRId64, newest - at);
        table_row (table, archives.items[i].bytes, has, behind, NULL);
        json_array_append_new (list, json_pack ("{s:s, s:I, s:I}", "name", archives.items[i].bytes, "has",
                                                (json_int_t)at, "behind", (json_int_t)(newest - at)));
    }
    if (rc == CLI_GO && cli->json)
        cli_print_json (list);
    else if (rc == CLI_GO) {
        table_print (table, stdout);
        printf ("%zu archive%s; the newest event is %" PRId64 "\n", archives.n, archives.n == 1 ? "" : "s", newest);
    }
    table_destroy (&table);
    json_decref (list);
    cli_values_clear (&archives);
    cli_values_clear (&last);
    return rc == CLI_GO ? CLI_FINE : rc;
}

static int remove_cursor (archive_command_t *self)
{
    cli_t *cli = self->cli;
    char key[KEY_SIZE];
    cli_values_t score = {0};
    cli_committed_t committed;
    const char *name = cli->words[1];
    int shard = store_shard (cli->store, cli->workspace);
    key_archives (key, shard, cli->workspace);
    store_score (cli->store, key, name, cli_take, cli_ask (cli, &score));
    int rc = cli_got (&score);
    bool there = rc == CLI_GO && score.n && score.items[0].bytes;
    cli_values_clear (&score);
    if (rc != CLI_GO)
        return rc;
    if (!there)
        return cli_fail (CLI_NO, "workspace %s has no archive '%s': 'buckstop archive list'", cli->workspace, name);
    commit_t *commit = commit_new (shard);
    commit_unplace (commit, key, name);
    commit_delete (commit, key_archive_whose (key, shard, cli->workspace, name)); /* it may be another's from now on */
    rc = cli_commit (cli, &commit, &committed);
    if (rc == CLI_GO)
        puts (cli->json ? "{\"removed\": true}" : "nothing waits for it any more; one that runs comes back by itself");
    return rc == CLI_GO ? CLI_FINE : rc;
}

static int perform_stored (archive_command_t *self, int (*run) (archive_command_t *self))
{
    self->cli->workspace = self->workspace;
    int rc = run == list_cursors ? cli_store_open_to_read (self->cli) : cli_store_open (self->cli);
    if (rc != CLI_GO)
        return rc;
    rc = cli_workspace (self->cli);
    if (rc == CLI_GO)
        rc = run (self);
    cli_store_close (self->cli);
    return rc;
}

int cmd_archive (cli_t *cli, const command_t *command, int argc, char **argv)
{
    archive_command_t self = {.cli = cli};
    const param_t own[] = {
        {"workspace", PARAM_STRING, NULL, 0, 0, &self.workspace, "only of this one"},
        {"contact", PARAM_STRING, NULL, 0, 0, &self.filter.contact,
         "read: only this one; its last characters are enough. forget: this one, too; its whole id"},
        {"person", PARAM_STRING, NULL, 0, 0, &self.filter.person, "read: only what this person has a part in"},
        {"team", PARAM_STRING, NULL, 0, 0, &self.filter.team, "read: only contacts of this team"},
        {"channel", PARAM_STRING, NULL, 0, 0, &self.filter.channel, "read: only contacts of this channel"},
        {"kind", PARAM_STRING, NULL, 0, 0, &self.filter.kind, "read: only these facts: promise_broken,step"},
        {"from", PARAM_STRING, NULL, 0, 0, &self.from, "read: not before this day or time (UTC)"},
        {"to", PARAM_STRING, NULL, 0, 0, &self.to, "read: before this day or time (UTC)"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    const char *word = cli->words[0];
    if (strcmp (word, "read") == 0 && cli->words_n > 1)
        return perform_read (&self);
    if (strcmp (word, "forget") == 0 && cli->words_n > 1)
        return perform_forget (&self);
    if (strcmp (word, "list") == 0 && cli->words_n == 1)
        return perform_stored (&self, list_cursors);
    if (strcmp (word, "remove") == 0 && cli->words_n == 2)
        return perform_stored (&self, remove_cursor);
    return cli_usage (cli, command);
}
