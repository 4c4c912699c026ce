/* cmd_show.c - buckstop show: one contact, its promises, whose it is and its whole timeline, over HTTP.
 *
 * Hears: intake's JSON, the timeline page after page. Says: an aligned page for people, the JSON itself with --json.
 */
#include "commands.h"

#include "clock.h"
#include "lines.h"
#include "show.h"
#include "show_about.h"
#include "watch_fold.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_line (FILE *out, const char *name, const char *value)
{
    if (*value)
        fprintf (out, "  %-14s %s\n", name, value);
}

static void print_time (FILE *out, const json_t *contact, const char *name, const char *key)
{
    char text[CLI_TIME_SIZE], in[CLI_TIME_SIZE], both[2 * CLI_TIME_SIZE + 8];
    wall_ms_t at = cli_time_parse (json_text (contact, key));
    snprintf (both, sizeof both, "%s (%s)", cli_time (at, text), cli_in (at, clock_wall (), in));
    print_line (out, name, at ? both : "");
}

static void print_promises (const json_t *contact, FILE *out)
{
    static const char *const heads[] = {"  PROMISE", "STATE", "DUE", "", "NEXT STEP", NULL};
    size_t index;
    json_t *promise;
    table_t *table = table_new (heads);
    json_array_foreach (json_object_get (contact, "promises"), index, promise)
    {
        char kind[64], due[CLI_TIME_SIZE], in[CLI_TIME_SIZE], step[CLI_TIME_SIZE];
        wall_ms_t at = cli_time_parse (json_text (promise, "due"));
        bool paused = json_is_true (json_object_get (promise, "paused"));
        bool answered = json_object_get (promise, "answered_at");
        snprintf (kind, sizeof kind, "  %s", json_text (promise, "kind"));
        table_row (table, kind, answered ? "answered, on its way" : json_text (promise, "state"), cli_time (at, due),
                   paused     ? "paused"
                   : answered ? ""
                              : cli_in (at, clock_wall (), in),
                   cli_time (cli_time_parse (json_text (promise, "step_at")), step), NULL);
    }
    table_print (table, out);
    table_destroy (&table);
    const json_t *counts = json_object_get (contact, "counts");
    fprintf (out, "  promises opened %lld, kept %lld, broken %lld, released %lld\n",
             (long long)json_number (counts, "opened"), (long long)json_number (counts, "kept"),
             (long long)json_number (counts, "broken"), (long long)json_number (counts, "released"));
}

/* A contact's own events do not repeat what it is about. */
static void print_timeline (const json_t *contact, bool each, const line_style_t *style, FILE *out)
{
    watch_fold_t fold = {.runs = true};
    char last[CLI_TIME_SIZE] = "";
    size_t index;
    json_t *event;
    fputs ("timeline\n", out);
    json_array_foreach (json_object_get (contact, "timeline"), index, event)
    {
        json_object_set (event, "channel", json_object_get (contact, "channel"));
        json_object_set (event, "subject", json_object_get (contact, "subject"));
        const char *day = lines_new_day (event, last);
        if (day) {
            watch_fold_print (&fold, 0, true, style, out);
            fprintf (out, "%s\n", day);
        }
        if (each || !watch_fold_take (&fold, event, 0, style, out))
            lines_print (event, style, out);
    }
    watch_fold_print (&fold, 0, true, style, out);
}

void show_print (const json_t *contact, bool each, bool color, FILE *out)
{
    static const char *const lines[][2] = {{"state", "state"},         {"accountable", "accountable"},
                                           {"owner", "owner"},         {"offered to", "offered_to"},
                                           {"team", "team"},           {"channel", "channel"},
                                           {"customer", "customer"},   {"called", "customer_name"},
                                           {"call", "call"},           {"linked to", "linked"},
                                           {"rule", "rule"},           {"tier", "tier"},
                                           {"language", "language"},   {"return way", "return_way"},
                                           {"return to", "return_to"}, {"continues", "continues"}};
    line_style_t style = {.color = color};
    const char *subject = *json_text (contact, "subject") ? json_text (contact, "subject") : "(no subject)";
    fprintf (out, "%s  ", json_text (contact, "contact"));
    cli_quote (out, subject, strlen (subject), SIZE_MAX);
    fputc ('\n', out);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        print_line (out, lines[i][0], json_text (contact, lines[i][1]));
    print_time (out, contact, "opened", "opened_at");
    print_time (out, contact, "offer expires", "offer_expires");
    print_time (out, contact, "pause ends", "pause_ends_at");
    print_time (out, contact, "closes", "close_at");
    print_time (out, contact, "next look", "next_due");
    print_promises (contact, out);
    show_about (contact, out);
    print_timeline (contact, each, &style, out);
}

void show_path (const char *contact_id, char path[SHOW_PATH_SIZE])
{
    char *id = cli_escape (contact_id);
    snprintf (path, SHOW_PATH_SIZE, "/v1/contacts/%s", id);
    free (id);
}

void show_add_page (json_t **contact, const json_t *page, char path[SHOW_PATH_SIZE])
{
    snprintf (path, SHOW_PATH_SIZE, "%s", json_text (page, "next"));
    if (!*contact) {
        *contact = json_deep_copy (page);
        json_object_del (*contact, "next");
        return;
    }
    json_array_extend (json_object_get (*contact, "timeline"), json_object_get (page, "timeline"));
}

static int fetch (cli_t *cli, const char *id, json_t **contact)
{
    char path[SHOW_PATH_SIZE];
    int rc = CLI_FINE;
    for (show_path (id, path); *path && rc == CLI_FINE;) {
        json_t *page = NULL;
        rc = cli_http (cli, &(cli_request_t){.method = "GET", .path = path}, &page);
        if (rc == CLI_FINE)
            show_add_page (contact, page, path);
        json_decref (page);
    }
    return rc;
}

int cmd_show (cli_t *cli, const command_t *command, int argc, char **argv)
{
    json_t *contact = NULL;
    char whole[ID_SIZE];
    bool each;
    const param_t own[] = {
        {"all", PARAM_SWITCH, "no", 0, 0, &each,
         "each delivery that is tried again or held, not a line for all of a reason"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc == CLI_GO)
        rc = cli_contact (cli, cli->words[0], whole);
    if (rc != CLI_GO)
        return rc;
    rc = fetch (cli, whole, &contact);
    if (rc == CLI_FINE && cli->json)
        cli_print_json (contact);
    else if (rc == CLI_FINE)
        show_print (contact, each, isatty (STDOUT_FILENO) && !getenv ("NO_COLOR"), stdout);
    json_decref (contact);
    return rc;
}
