/* cmd_contacts.c - buckstop submit, show, list, act: what people do with contacts, over HTTP.
 *
 * Hears: intake's JSON. Says: aligned pages for people, the JSON itself with --json.
 */
#include "commands.h"

#include "clock.h"
#include "ids.h"
#include "lines.h"
#include "xmalloc.h"

#include <unistd.h>

enum { PATH_SIZE = 2048, KEY_TEXT_SIZE = 64 };

/* A key of our own, so that a request whose answer was lost can be sent again. */
static const char *make_key (const char *given, char key[KEY_TEXT_SIZE])
{
    uint8_t random[ID_RANDOM_BYTES];
    char id[ID_SIZE];
    if (given)
        return given;
    clock_random (random, sizeof random);
    id_make (clock_wall (), random, id);
    snprintf (key, KEY_TEXT_SIZE, "cli-%s", id);
    return key;
}

static void set_some (json_t *object, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new (object, key, json_string (text));
}

static void print_receipt (const cli_t *cli, const json_t *receipt)
{
    char due[CLI_TIME_SIZE], in[CLI_TIME_SIZE];
    size_t index;
    json_t *promise;
    if (cli->json) {
        cli_print_json (receipt);
        return;
    }
    printf ("%s  %s, accountable: %s\n", json_text (receipt, "contact"), json_text (receipt, "disposition"),
            json_text (receipt, "accountable"));
    json_array_foreach (json_object_get (receipt, "promises"), index, promise)
    {
        wall_ms_t at = cli_time_parse (json_text (promise, "due"));
        printf ("  promised: %-16s %s  %s\n", json_text (promise, "kind"), cli_time (at, due),
                cli_in (at, clock_wall (), in));
    }
}

static int send_and_print (cli_t *cli, const char *path, json_t *body, const char *key)
{
    json_t *receipt = NULL;
    int status = cli_http (cli, &(cli_request_t){"POST", path, body, key, false}, &receipt);
    if (status == CLI_FINE)
        print_receipt (cli, receipt);
    json_decref (receipt);
    json_decref (body);
    return status;
}

int cmd_submit (cli_t *cli, const command_t *command, int argc, char **argv)
{
    const char *channel, *subject, *customer, *name, *thread, *language, *tier, *way, *to, *key, *contact;
    int64_t priority;
    char made[KEY_TEXT_SIZE], path[PATH_SIZE] = "/v1/contacts";
    const param_t own[] = {
        {"channel", PARAM_STRING, NULL, 0, 0, &channel, "chat, phone, mail, form, ... as the policy names it"},
        {"subject", PARAM_STRING, NULL, 0, 0, &subject, "one line"},
        {"customer", PARAM_STRING, NULL, 0, 0, &customer, "address or handle"},
        {"customer-name", PARAM_STRING, NULL, 0, 0, &name, "as they want to be called"},
        {"thread", PARAM_STRING, NULL, 0, 0, &thread, "the channel's thread; a known one is appended to"},
        {"language", PARAM_STRING, NULL, 0, 0, &language, "en, de, ..."},
        {"tier", PARAM_STRING, NULL, 0, 0, &tier, "as the policy names it"},
        {"priority", PARAM_NUMBER, "0", -100, 100, &priority, "higher is sooner"},
        {"return-way", PARAM_STRING, NULL, 0, 0, &way, "mail, callback or spoken"},
        {"return-to", PARAM_STRING, NULL, 0, 0, &to, "address or URL that answers go to"},
        {"contact", PARAM_STRING, NULL, 0, 0, &contact, "the customer says more on this contact"},
        {"key", PARAM_STRING, NULL, 0, 0, &key, "idempotency key; made when not given"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    json_t *body = json_pack ("{s:s}", "text", cli->words[0]);
    const char *const fields[][2] = {{"channel", channel},    {"subject", subject}, {"customer", customer},
                                     {"customer_name", name}, {"thread", thread},   {"language", language},
                                     {"tier", tier},          {"return_way", way},  {"return_to", to}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        set_some (body, fields[i][0], fields[i][1]);
    if (priority)
        json_object_set_new (body, "priority", json_integer (priority));
    if (contact) {
        char *id = cli_escape (contact);
        snprintf (path, sizeof path, "/v1/contacts/%s/messages", id);
        free (id);
    }
    return send_and_print (cli, path, body, make_key (key, made));
}

int cmd_act (cli_t *cli, const command_t *command, int argc, char **argv)
{
    const char *person, *text, *to_person, *to_team, *promise, *key;
    char made[KEY_TEXT_SIZE], path[PATH_SIZE];
    const param_t own[] = {
        {"person", PARAM_STRING, NULL, 0, 0, &person, "who acts; a token of scope person says so itself"},
        {"text", PARAM_STRING, NULL, 0, 0, &text, "reply, note, the question of wait, a reason"},
        {"to-person", PARAM_STRING, NULL, 0, 0, &to_person, "transfer: to whom"},
        {"to-team", PARAM_STRING, NULL, 0, 0, &to_team, "transfer: to which team"},
        {"promise", PARAM_STRING, NULL, 0, 0, &promise, "release: which, e.g. first_response"},
        {"key", PARAM_STRING, NULL, 0, 0, &key, "idempotency key; made when not given"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    char *id = cli_escape (cli->words[1]);
    snprintf (path, sizeof path, "/v1/contacts/%s/actions", id);
    free (id);
    json_t *body = json_pack ("{s:s}", "action", cli->words[0]);
    const char *const fields[][2] = {{"person", person},
                                     {"text", text               ? text
                                              : cli->words_n > 2 ? cli->words[2]
                                                                 : NULL},
                                     {"to_person", to_person},
                                     {"to_team", to_team},
                                     {"promise", promise}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        set_some (body, fields[i][0], fields[i][1]);
    return send_and_print (cli, path, body, make_key (key, made));
}

static void print_line (const char *name, const char *value)
{
    if (*value)
        printf ("  %-14s %s\n", name, value);
}

static void print_time (const json_t *contact, const char *name, const char *key)
{
    char text[CLI_TIME_SIZE], in[CLI_TIME_SIZE], both[2 * CLI_TIME_SIZE + 8];
    wall_ms_t at = cli_time_parse (json_text (contact, key));
    snprintf (both, sizeof both, "%s (%s)", cli_time (at, text), cli_in (at, clock_wall (), in));
    print_line (name, at ? both : "");
}

static void print_promises (const json_t *contact)
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
        snprintf (kind, sizeof kind, "  %s", json_text (promise, "kind"));
        table_row (table, kind, json_text (promise, "state"), cli_time (at, due),
                   paused ? "paused" : cli_in (at, clock_wall (), in),
                   cli_time (cli_time_parse (json_text (promise, "step_at")), step), NULL);
    }
    table_print (table, stdout);
    table_destroy (&table);
    const json_t *counts = json_object_get (contact, "counts");
    printf ("  promises opened %lld, kept %lld, broken %lld, released %lld\n",
            (long long)json_number (counts, "opened"), (long long)json_number (counts, "kept"),
            (long long)json_number (counts, "broken"), (long long)json_number (counts, "released"));
}

static void print_contact (const json_t *contact)
{
    static const char *const lines[][2] = {{"state", "state"},         {"accountable", "accountable"},
                                           {"owner", "owner"},         {"offered to", "offered_to"},
                                           {"team", "team"},           {"channel", "channel"},
                                           {"customer", "customer"},   {"called", "customer_name"},
                                           {"rule", "rule"},           {"tier", "tier"},
                                           {"language", "language"},   {"return way", "return_way"},
                                           {"return to", "return_to"}, {"continues", "continues"}};
    line_style_t style = {.color = isatty (STDOUT_FILENO) && !getenv ("NO_COLOR")};
    printf ("%s  %s\n", json_text (contact, "contact"), json_text (contact, "subject"));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        print_line (lines[i][0], json_text (contact, lines[i][1]));
    print_time (contact, "opened", "opened_at");
    print_time (contact, "offer expires", "offer_expires");
    print_time (contact, "pause ends", "pause_ends_at");
    print_time (contact, "closes", "close_at");
    print_time (contact, "next look", "next_due");
    print_promises (contact);
    puts ("timeline");
    size_t index;
    json_t *event;
    json_array_foreach (json_object_get (contact, "timeline"), index, event) lines_print (event, &style, stdout);
}

int cmd_show (cli_t *cli, const command_t *command, int argc, char **argv)
{
    char path[PATH_SIZE];
    json_t *contact = NULL;
    int rc = cli_options (cli, command, NULL, argc, argv);
    if (rc != CLI_GO)
        return rc;
    char *id = cli_escape (cli->words[0]);
    snprintf (path, sizeof path, "/v1/contacts/%s", id);
    free (id);
    rc = cli_http (cli, &(cli_request_t){"GET", path, NULL, NULL, false}, &contact);
    if (rc == CLI_FINE && cli->json)
        cli_print_json (contact);
    else if (rc == CLI_FINE)
        print_contact (contact);
    json_decref (contact);
    return rc;
}

/* The promise that is due first, of those in the list. */
static const json_t *first_promise (const json_t *contact)
{
    const json_t *first = NULL;
    size_t index;
    json_t *promise;
    json_array_foreach (json_object_get (contact, "promises"), index,
                        promise) if (!first || strcmp (json_text (promise, "due"), json_text (first, "due")) < 0)
        first = promise;
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

static void query_path (const list_query_t *query, const char *cursor, char path[PATH_SIZE])
{
    const char *const fields[][2] = {{"state", query->state},
                                     {"team", query->team},
                                     {"owner", query->owner},
                                     {"at_risk", query->at_risk ? "true" : NULL},
                                     {"cursor", cursor}};
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

/* Page after page, until there is none or the limit is reached. */
static int collect (cli_t *cli, const list_query_t *query, json_t *all)
{
    char path[PATH_SIZE], cursor[PATH_SIZE / 2] = "";
    for (;;) {
        json_t *page = NULL;
        query_path (query, cursor, path);
        int rc = cli_http (cli, &(cli_request_t){"GET", path, NULL, NULL, false}, &page);
        if (rc != CLI_FINE)
            return rc;
        size_t index;
        json_t *contact;
        json_array_foreach (json_object_get (page, "contacts"), index,
                            contact) if ((int64_t)json_array_size (all) < query->limit)
            json_array_append (all, contact);
        snprintf (cursor, sizeof cursor, "%s", json_text (page, "next"));
        json_decref (page);
        if (!*cursor || (int64_t)json_array_size (all) >= query->limit)
            return CLI_FINE;
    }
}

int cmd_list (cli_t *cli, const command_t *command, int argc, char **argv)
{
    static const char *const heads[] = {"CONTACT", "STATE", "ACCOUNTABLE", "WITH", "TEAM", "CHANNEL", "PROMISE",
                                        "DUE",     "",      "SUBJECT",     NULL};
    list_query_t query;
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
    rc = collect (cli, &query, all);
    if (rc == CLI_FINE && cli->json)
        cli_print_json (all);
    else if (rc == CLI_FINE) {
        table_t *table = table_new (heads);
        json_array_foreach (all, index, contact) list_row (table, contact);
        table_print (table, stdout);
        printf ("%zu contact%s\n", json_array_size (all), json_array_size (all) == 1 ? "" : "s");
        table_destroy (&table);
    }
    json_decref (all);
    return rc;
}
