/* cmd_list.c - buckstop list: contacts by state, team, owner, risk, over HTTP.
 *
 * Hears: intake's JSON, page after page. Says: a table, or one JSON array with --json.
 */
#include "commands.h"

#include "clock.h"
#include "lines.h"

#include <stdlib.h>

enum { PATH_SIZE = 2048, PAGE_MAX = 500 };

/* "!!": broken; "!": nearly, or the answer is on its way and not there in time. */
static const char *risk_of (const json_t *contact, bool answered, wall_ms_t due, wall_ms_t now)
{
    bool late = due && due < now;
    return late && !answered ? "!!" : late || json_is_true (json_object_get (contact, "at_risk")) ? "!" : "";
}

/* On a terminal the end of an id tells enough, and what follows fits. */
static void list_row (table_t *table, const json_t *contact, bool terminal)
{
    char in[CLI_TIME_SIZE], kind[64];
    const char *id = json_text (contact, "contact");
    wall_ms_t now = clock_wall ();
    const json_t *next = json_object_get (contact, "next_promise");
    const json_t *answered = next ? NULL : json_object_get (contact, "answered_promise");
    const char *owner = json_text (contact, "owner"), *offered = json_text (contact, "offered_to");
    const json_t *promise = next ? next : answered;
    wall_ms_t due = promise ? cli_time_parse (json_text (promise, "due")) : 0;
    snprintf (kind, sizeof kind, "%s%s", promise ? json_text (promise, "kind") : "", answered ? ", on its way" : "");
    table_row (table, terminal ? short_id (id) : id, json_text (contact, "state"), json_text (contact, "accountable"),
               *owner ? owner : offered, json_text (contact, "team"), json_text (contact, "channel"), kind,
               cli_in (due, now, in), risk_of (contact, answered, due, now), lines_subject (contact), NULL);
}

typedef struct list_query {
    const char *state, *team, *owner, *after;
    bool at_risk, newest;
    int64_t limit;
} list_query_t;

static void query_path (const list_query_t *query, char path[PATH_SIZE])
{
    const char *const fields[][2] = {{"state", query->state},
                                     {"team", query->team},
                                     {"owner", query->owner},
                                     {"at_risk", query->at_risk ? "true" : NULL}};
    int64_t page =
        query->newest || query->limit >= PAGE_MAX ? PAGE_MAX : query->limit + 1; /* one more: is there one? */
    size_t used = (size_t)snprintf (path, PATH_SIZE, "/v1/contacts?limit=%d", (int)page);
    for (size_t i = 0; i < sizeof fields / sizeof *fields && used < PATH_SIZE; i++) {
        if (!fields[i][1] || !*fields[i][1])
            continue;
        char *value = cli_escape (fields[i][1]);
        used += (size_t)snprintf (path + used, PATH_SIZE - used, "&%s=%s", fields[i][0], value);
        free (value);
    }
}

/* What of all was shown, and how to see the rest. */
static void print_foot (const list_query_t *query, const cli_pages_t *pages)
{
    size_t n = json_array_size (pages->all);
    if (pages->seen <= query->limit)
        printf ("%zu contact%s\n", n, n == 1 ? "" : "s");
    else if (query->newest)
        printf ("the newest %zu of %lld contacts, oldest first; --limit shows more\n", n, (long long)pages->seen);
    else
        printf ("the oldest %zu contacts of more; --limit shows more, --newest the newest, --after %s the next ones\n",
                n, json_text (json_array_get (pages->all, n - 1), "contact"));
}

static int print_list (const cli_t *cli, const list_query_t *query, const cli_pages_t *pages)
{
    static const char *const heads[] = {"CONTACT", "STATE", "ACCOUNTABLE", "WITH", "TEAM", "CHANNEL", "PROMISE",
                                        "DUE",     "",      "SUBJECT",     NULL};
    static const size_t spare[] = {5, 4, 3}; /* channel, team, with */
    size_t index;
    json_t *contact;
    if (cli->json)
        cli_print_json (pages->all);
    else {
        size_t width = cli_width ();
        table_t *table = table_new (heads);
        table_fit (table, width, spare, sizeof spare / sizeof *spare);
        json_array_foreach (pages->all, index, contact)
        {
            list_row (table, contact, width > 0);
        }
        table_print (table, stdout);
        print_foot (query, pages);
        table_destroy (&table);
    }
    return *pages->hint ? cli_fail (pages->seen ? CLI_FINE : CLI_NO, "%s", pages->hint) : CLI_FINE;
}

int cmd_list (cli_t *cli, const command_t *command, int argc, char **argv)
{
    list_query_t query;
    char path[PATH_SIZE];
    const param_t own[] = {
        {"state", PARAM_STRING, NULL, 0, 0, &query.state, "received, offered, queued, owned, waiting, resolved",
         .values = "open-states"},
        {"team", PARAM_STRING, NULL, 0, 0, &query.team, "of this team", .values = "teams"},
        {"owner", PARAM_STRING, NULL, 0, 0, &query.owner, "of this person", .values = "people"},
        {"at-risk", PARAM_SWITCH, "no", 0, 0, &query.at_risk, "only where a promise is broken or nearly"},
        {"limit", PARAM_NUMBER, "200", 1, 1000000, &query.limit, "at most so many, the oldest ones"},
        {"newest", PARAM_SWITCH, "no", 0, 0, &query.newest, "the newest ones instead; all are read for it"},
        {"after", PARAM_STRING, NULL, 0, 0, &query.after, "only those behind this one, as the last line names it"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    cli_pages_t pages = {.path = path, .array = "contacts", .after = query.after, .limit = query.limit};
    pages.newest = query.newest;
    pages.all = json_array ();
    query_path (&query, path);
    rc = cli_http_pages (cli, &pages);
    cli_say_held (pages.held);
    if (rc == CLI_FINE)
        rc = print_list (cli, &query, &pages);
    json_decref (pages.all);
    return rc;
}
