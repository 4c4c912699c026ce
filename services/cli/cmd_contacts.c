/* cmd_contacts.c - buckstop submit, act: what goes in, over HTTP.
 *
 * Hears: intake's receipts. Says: what was promised by when, or the receipt itself with --json.
 */
#include "commands.h"

#include "clock.h"
#include "lines.h"
#include "meant.h"
#include "xmalloc.h"

enum { PATH_SIZE = 2048, KEY_TEXT_SIZE = 64 };

/* A key of our own, so that a request whose answer was lost can be sent again. */
static const char *make_key (const char *given, char key[KEY_TEXT_SIZE])
{
    char id[ID_SIZE];
    if (given)
        return given;
    snprintf (key, KEY_TEXT_SIZE, "cli-%s", cli_key (id));
    return key;
}

typedef struct field {
    const char *key, *text;
} field_t;

/* Those that are given; NULL: said, since one left out would be another request. */
static json_t *body_of (const field_t *fields, size_t n)
{
    json_t *body = json_object ();
    for (size_t i = 0; i < n; i++) {
        bool given = fields[i].text && *fields[i].text;
        if (!given || json_object_set_new (body, fields[i].key, json_string (fields[i].text)) == 0)
            continue;
        cli_fail (CLI_USAGE, "%s: it is no UTF-8 text", fields[i].key);
        json_decref (body);
        return NULL;
    }
    return body;
}

static void print_id (const cli_t *cli, const json_t *receipt)
{
    (void)cli;
    puts (json_text (receipt, "contact"));
}

static void print_receipt (const cli_t *cli, const json_t *receipt)
{
    char due[CLI_TIME_SIZE], in[CLI_TIME_SIZE];
    size_t index;
    json_t *promise, *warning;
    if (cli->json) {
        cli_print_json (receipt);
        return;
    }
    printf ("%s  %s, accountable: %s\n", json_text (receipt, "contact"), json_text (receipt, "disposition"),
            json_text (receipt, "accountable"));
    json_array_foreach (json_object_get (receipt, "promises"), index, promise)
    {
        wall_ms_t at = cli_time_parse (json_text (promise, "due"));
        if (json_is_true (json_object_get (promise, "answered"))) {
            printf ("  answered: %-16s on its way to the customer\n", json_text (promise, "kind"));
            continue;
        }
        printf ("  promised: %-16s %s  %s\n", json_text (promise, "kind"), cli_time (at, due),
                cli_in (at, clock_wall (), in));
    }
    json_array_foreach (json_object_get (receipt, "warnings"), index, warning)
    {
        printf ("  but %s\n", json_text (warning, "detail"));
    }
}

typedef void (print_fn) (const cli_t *cli, const json_t *receipt);

static int send_and_print (cli_t *cli, const char *path, json_t *body, const char *key, print_fn *print)
{
    json_t *receipt = NULL;
    int status = cli_http (cli, &(cli_request_t){"POST", path, body, key, false}, &receipt);
    if (status == CLI_FINE)
        print (cli, receipt);
    json_decref (receipt);
    json_decref (body);
    return status;
}

static void path_below (char path[PATH_SIZE], const char *contact, const char *what)
{
    char *id = cli_escape (contact);
    snprintf (path, PATH_SIZE, "/v1/contacts/%s/%s", id, what);
    free (id);
}

int cmd_submit (cli_t *cli, const command_t *command, int argc, char **argv)
{
    const char *channel, *subject, *customer, *name, *thread, *language, *tier, *way, *to, *key, *contact;
    int64_t priority;
    bool only_id;
    char made[KEY_TEXT_SIZE], path[PATH_SIZE] = "/v1/contacts", id[ID_SIZE];
    const param_t own[] = {
        {"channel", PARAM_STRING, NULL, 0, 0, &channel, "chat, phone, mail, form, ... as the policy names it",
         .values = "channels"},
        {"subject", PARAM_STRING, NULL, 0, 0, &subject, "one line"},
        {"customer", PARAM_STRING, NULL, 0, 0, &customer, "address or handle"},
        {"customer-name", PARAM_STRING, NULL, 0, 0, &name, "as they want to be called"},
        {"thread", PARAM_STRING, NULL, 0, 0, &thread, "the channel's thread; a known one is appended to"},
        {"language", PARAM_STRING, NULL, 0, 0, &language, "en, de, ..."},
        {"tier", PARAM_STRING, NULL, 0, 0, &tier, "as the policy names it"},
        {"priority", PARAM_NUMBER, "0", -100, 100, &priority, "higher is sooner"},
        {"return-way", PARAM_STRING, NULL, 0, 0, &way, "mail, callback or spoken"},
        {"return-to", PARAM_STRING, NULL, 0, 0, &to, "address or URL that answers go to"},
        {"contact", PARAM_STRING, NULL, 0, 0, &contact,
         "the customer says more on this one; its last characters will do", .values = "contacts"},
        {"id", PARAM_SWITCH, "no", 0, 0, &only_id, "print the contact's id and nothing else, for scripts"},
        {"key", PARAM_STRING, NULL, 0, 0, &key, "idempotency key; made when not given"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc == CLI_GO && contact && (rc = cli_contact (cli, contact, id)) == CLI_GO)
        path_below (path, id, "messages");
    if (rc != CLI_GO)
        return rc;
    const field_t fields[] = {{"text", cli->words[0]}, {"channel", channel},    {"subject", subject},
                              {"customer", customer},  {"customer_name", name}, {"thread", thread},
                              {"language", language},  {"tier", tier},          {"return_way", way},
                              {"return_to", to}};
    json_t *body = body_of (fields, sizeof fields / sizeof *fields);
    if (!body)
        return CLI_USAGE;
    if (priority)
        json_object_set_new (body, "priority", json_integer (priority));
    return send_and_print (cli, path, body, make_key (key, made), only_id ? print_id : print_receipt);
}

/* The word before the contact: that one may be right. */
static int check_action (const char *word)
{
    static const char *const actions[] = {"accept",   "decline", "reply",  "note",        "wait",
                                          "transfer", "resolve", "reopen", "acknowledge", "release"};
    const size_t n = sizeof actions / sizeof *actions;
    for (size_t i = 0; i < n; i++)
        if (strcmp (actions[i], word) == 0)
            return CLI_GO;
    const char *near = word_nearest (word, actions, n, sizeof *actions);
    char meant[WORD_MEANT_SIZE];
    cli_fail (CLI_USAGE, "there is no action '%s'%s", word, word_meant (near, meant));
    fputs ("  they are:", stderr);
    for (size_t i = 0; i < n; i++)
        fprintf (stderr, " %s", actions[i]);
    fputc ('\n', stderr);
    return CLI_USAGE;
}

int cmd_act (cli_t *cli, const command_t *command, int argc, char **argv)
{
    const char *person, *text, *to_person, *to_team, *promise, *key;
    char made[KEY_TEXT_SIZE], path[PATH_SIZE], contact[ID_SIZE];
    const param_t own[] = {
        {"person", PARAM_STRING, NULL, 0, 0, &person, "who acts; a token of scope person says so itself",
         .values = "people"},
        {"text", PARAM_STRING, NULL, 0, 0, &text,
         "as TEXT: reply and wait go to the CUSTOMER; note, and a reason, stay here"},
        {"to-person", PARAM_STRING, NULL, 0, 0, &to_person, "transfer: to whom", .values = "people"},
        {"to-team", PARAM_STRING, NULL, 0, 0, &to_team, "transfer: to which team", .values = "teams"},
        {"promise", PARAM_STRING, NULL, 0, 0, &promise, "release: which, e.g. first_response"},
        {"key", PARAM_STRING, NULL, 0, 0, &key, "idempotency key; made when not given"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc == CLI_GO)
        rc = check_action (cli->words[0]);
    if (rc == CLI_GO)
        rc = cli_contact (cli, cli->words[1], contact);
    if (rc != CLI_GO)
        return rc;
    path_below (path, contact, "actions");
    if (!text && cli->words_n > 2)
        text = cli->words[2];
    const field_t fields[] = {{"action", cli->words[0]}, {"person", person},   {"text", text},
                              {"to_person", to_person},  {"to_team", to_team}, {"promise", promise}};
    json_t *body = body_of (fields, sizeof fields / sizeof *fields);
    if (!body)
        return CLI_USAGE;
    return send_and_print (cli, path, body, make_key (key, made), print_receipt);
}
