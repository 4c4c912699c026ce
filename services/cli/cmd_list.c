/* cmd_list.c - buckstop list: contacts by state, team, owner, risk, over HTTP.
 *
 * Hears: intake's JSON, page after page. Says: a table, or one JSON array with --json.
 */
#include "commands.h"

#include "clock.h"
#include "lines.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 2048 };

/* The promise that is due first, of those in the list. */
static const json_t *first_promise (const json_t *contact)
{
    const json_t *first = NULL;
    size_t index;
    json_t *promise;
    json_array_foreach (json_object_get (contact, "promises"), index, promise)
    {
        if (!first || strcmp (json_text (promise, "due"), json_text (first, "due")) < 0)
            first = promise;
    }
    return first;
}

static void list_row (table_t *table, const json_t *contact)
{
    char in[CLI_TIME_SIZE];
    const json_t *promise = first_promise (contact);
    const char *owner = json_text (contact, "owner"), *offered = json_text (contact, "offered_to");
    wall_ms_t due = promise ? cli_time_parse (json_text (promise, "due")) : 0;
    table_row (table, json_text (contact, "contact"), json_text (contact, "state"), json_text (contact, "accountable"),
               *owner ? owner : offered, json_text (contact, "team"), json_text (contact, "channel"),
               promise ? json_text (promise, "kind") : "", cli_in (due, clock_wall (), in),
               json_is_true (json_object_get (contact, "at_risk")) ? "!" : "", json_text (contact, "subject"), NULL);
}

typedef struct list_query {
    const char *state, *team, *owner;
    bool at_risk;
    int64_t limit;
} list_query_t;

static void query_path (const list_query_t *query, char path[PATH_SIZE])
{
    const char *const fields[][2] = {{"state", query->state},
                                     {"team", query->team},
                                     {"owner", query->owner},
                                     {"at_risk", query->at_risk ? "true" : NULL}};
    size_t used = (size_t)snprintf (path, PATH_SIZE, "/v1/contacts");
    char mark = '?';
    for (size_t i = 0; i < sizeof fields / sizeof *fields && used < PATH_SIZE; i++) {
        if (!fields[i][1] || !*fields[i][1])
            continue;
        char *value = cli_escape (fields[i][1]);
        used += (size_t)snprintf (path + used, PATH_SIZE - used, "%c%s=%s", mark, fields[i][0], value);
        free (value);
        mark = '&';
    }
}

int cmd_list (cli_t *cli, const command_t *command, int argc, char **argv)
{
    static const char *const heads[] = {"CONTACT", "STATE", "ACCOUNTABLE", "WITH", "TEAM", "CHANNEL", "PROMISE",
                                        "DUE",     "",      "SUBJECT",     NULL};
    list_query_t query;
    char path[PATH_SIZE];
    const param_t own[] = {
        {"state", PARAM_STRING, NULL, 0, 0, &query.state, "received, offered, queued, owned, waiting, resolved"},
        {"team", PARAM_STRING, NULL, 0, 0, &query.team, "of this team"},
        {"owner", PARAM_STRING, NULL, 0, 0, &query.owner, "of this person"},
        {"at-risk", PARAM_SWITCH, "no", 0, 0, &query.at_risk, "only where a promise is broken or nearly"},
        {"limit", PARAM_NUMBER, "200", 1, 1000000, &query.limit, "at most so many"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    json_t *all = json_array (), *contact;
    size_t index;
    query_path (&query, path);
    rc = cli_http_pages (cli, path, "contacts", query.limit, all);
    if (rc == CLI_FINE && cli->json)
        cli_print_json (all);
    else if (rc == CLI_FINE) {
        table_t *table = table_new (heads);
        json_array_foreach (all, index, contact)
        {
            list_row (table, contact);
        }
        table_print (table, stdout);
        printf ("%zu contact%s\n", json_array_size (all), json_array_size (all) == 1 ? "" : "s");
        table_destroy (&table);
    }
    json_decref (all);
    return rc;
}
