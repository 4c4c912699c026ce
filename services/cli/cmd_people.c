/* cmd_people.c - buckstop people: who is there, and being there.
 *
 * Hears: intake's JSON. Says: a table. `present` with --for holds the presence by a heartbeat until then (or until
 * Ctrl-C, which says away): presence is a lease.
 * Limits: a heartbeat that fails is tried again a second later; the lease outlasts several. One that is refused ends it,
 * with the words of intake.
 */
#include "commands.h"

#include "clock.h"
#include "lines.h"
#include "people_import.h"

#include <signal.h>
#include <string.h>
#include <time.h>

enum { PATH_SIZE = 256, HEARTBEAT_MIN_MS = 1000, HEARTBEAT_MAX_MS = 20000, HEARTBEAT_SHARE = 3 };

static void add_person (table_t *table, const json_t *person)
{
    char until[CLI_TIME_SIZE], in[CLI_TIME_SIZE], load[48];
    bool present = json_is_true (json_object_get (person, "present"));
    bool leaving = json_is_true (json_object_get (person, "leaving"));
    wall_ms_t at = cli_time_parse (json_text (person, "present_until"));
    snprintf (load, sizeof load, "%lld of %lld", (long long)json_number (person, "load"),
              (long long)json_number (person, "capacity"));
    table_row (table, json_text (person, "person"), json_text (person, "display"),
               leaving   ? "leaving"
               : present ? "present"
                         : "away",
               present ? cli_time (at, until) : "", present ? cli_in (at, clock_wall (), in) : "",
               json_object_get (person, "load") ? load : "", NULL);
}

static int list (cli_t *cli)
{
    static const char *const heads[] = {"PERSON", "NAME", "PRESENCE", "UNTIL", "", "LOAD", NULL};
    json_t *all = json_array (), *person;
    size_t index;
    int rc =
        cli_http_pages (cli, &(cli_pages_t){.path = "/v1/people", .array = "people", .limit = INT64_MAX, .all = all});
    if (rc == CLI_FINE && cli->json)
        cli_print_json (all);
    else if (rc == CLI_FINE) {
        table_t *table = table_new (heads);
        json_array_foreach (all, index, person)
        {
            add_person (table, person);
        }
        table_print (table, stdout);
        table_destroy (&table);
    }
    json_decref (all);
    return rc;
}

static void presence_path (const char *person, char path[PATH_SIZE])
{
    char *name = cli_escape (person);
    snprintf (path, PATH_SIZE, "/v1/people/%s/presence", name);
    free (name);
}

static int away (cli_t *cli, const char *person)
{
    char path[PATH_SIZE];
    json_t *answer = NULL;
    presence_path (person, path);
    int rc = cli_http (cli, &(cli_request_t){"DELETE", path, NULL, NULL, false}, &answer);
    if (rc == CLI_FINE && cli->json && answer)
        cli_print_json (answer);
    else if (rc == CLI_FINE)
        printf ("%s is away; what they held goes back to the matcher\n", person);
    json_decref (answer);
    return rc;
}

/* One heartbeat; *until: how long it holds. */
static int heartbeat (cli_t *cli, const char *person, bool quiet, wall_ms_t *until)
{
    char path[PATH_SIZE], text[CLI_TIME_SIZE];
    json_t *answer = NULL;
    presence_path (person, path);
    int rc = cli_http (cli, &(cli_request_t){"PUT", path, NULL, NULL, quiet}, &answer);
    *until = rc == CLI_FINE ? cli_time_parse (json_text (answer, "present_until")) : 0;
    if (rc == CLI_FINE && !quiet && cli->json)
        cli_print_json (answer);
    else if (rc == CLI_FINE && !quiet)
        printf ("%s is there, until %s\n", person, cli_time (*until, text));
    json_decref (answer);
    fflush (stdout);
    return rc;
}

/* Waits, and ends early on Ctrl-C. True: it was asked to end. */
static bool pause_for (const sigset_t *signals, int64_t ms)
{
    const struct timespec time = {.tv_sec = ms / MS_PER_SECOND, .tv_nsec = ms % MS_PER_SECOND * 1000000};
    return sigtimedwait (signals, NULL, &time) > 0;
}

static int hold (cli_t *cli, const char *person, int64_t ms)
{
    sigset_t signals;
    sigemptyset (&signals);
    sigaddset (&signals, SIGINT);
    sigaddset (&signals, SIGTERM);
    sigprocmask (SIG_BLOCK, &signals, NULL);
    mono_ms_t end = clock_mono () + ms;
    wall_ms_t until = 0;
    int rc = heartbeat (cli, person, false, &until);
    if (rc == CLI_NO)
        return rc;
    if (!cli->json)
        printf ("this stays here and keeps it up; Ctrl-C ends it, and says away\n");
    fflush (stdout);
    while (clock_mono () < end) {
        int64_t wait = rc == CLI_FINE ? (until - clock_wall ()) / HEARTBEAT_SHARE : HEARTBEAT_MIN_MS;
        wait = wait < HEARTBEAT_MIN_MS ? HEARTBEAT_MIN_MS : wait > HEARTBEAT_MAX_MS ? HEARTBEAT_MAX_MS : wait;
        if (pause_for (&signals, end - clock_mono () < wait ? end - clock_mono () + 1 : wait))
            break;
        if (clock_mono () < end && (rc = heartbeat (cli, person, true, &until)) == CLI_NO &&
            (rc = heartbeat (cli, person, false, &until)) == CLI_NO) /* once more, to say why */
            return rc;
    }
    return away (cli, person);
}

static int present (cli_t *cli, const char *person, const char *span)
{
    wall_ms_t until;
    if (!span)
        return heartbeat (cli, person, false, &until);
    int64_t ms = cli_duration_parse (span);
    if (ms < 0)
        return cli_fail (CLI_USAGE, "--for: '%s' is no span like 8h, 30m or 90s", span);
    return hold (cli, person, ms);
}

int cmd_people (cli_t *cli, const command_t *command, int argc, char **argv)
{
    const char *span;
    if (argc > 1 && strcmp (argv[1], "import") == 0)
        return cmd_people_import (cli, &people_import_command, argc - 1, argv + 1);
    const param_t own[] = {
        {"for", PARAM_STRING, NULL, 0, 0, &span, "present: hold it so long (8h, 30m), by a heartbeat"}, {NULL}};
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    const char *word = cli->words_n > 0 ? cli->words[0] : "list";
    if ((rc = cli_options_of (cli, word, "present", own, argv)) != CLI_GO)
        return rc;
    if (strcmp (word, "list") == 0 && cli->words_n < 2)
        return list (cli);
    if (strcmp (word, "present") == 0 && cli->words_n == 2)
        return present (cli, cli->words[1], span);
    if (strcmp (word, "away") == 0 && cli->words_n == 2)
        return away (cli, cli->words[1]);
    return cli_usage (cli, command);
}
