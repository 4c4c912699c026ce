/* cmd_health.c - buckstop health: are the services well? For who looks, and for supervisors of containers without curl.
 *
 * Hears: what /readyz, or the path of a URL, answers. Says: its words; of several a line each. Exit status 0 when all
 * answer 200, 1 for another answer, 3 for none.
 * Limits: doors.c's. */
#include "commands.h"

#include "doors.h"

#include <string.h>

enum { STATUS_OK = 200 };
#define PATH "/readyz"

static json_t *row_json (const door_t *door, const char *url, const door_answer_t *answer)
{
    return json_pack ("{s:s, s:s, s:I, s:o}", "service", door->name, "url", url, "status", (json_int_t)answer->status,
                      "words", json_stringn_nocheck (answer->words, strlen (answer->words)));
}

static int status_of (const door_answer_t *answer)
{
    if (!answer->status)
        return CLI_UNREACHABLE;
    return answer->status == STATUS_OK ? CLI_FINE : CLI_NO;
}

/* Its lines in one. */
static void print_words (const char *words)
{
    for (const char *at = words; *at; at += strspn (at, "\r\n")) {
        size_t size = strcspn (at, "\r\n");
        fputs (at == words ? "" : "; ", stdout);
        cli_quote (stdout, at, size, DOOR_WORDS_SIZE);
        at += size;
    }
    putchar ('\n');
}

/* One alone: its words as they are, or why there are none. */
static int ask_one (const cli_t *cli, const doors_t *doors)
{
    char url[DOOR_URL_SIZE];
    door_answer_t answer;
    door_url (&doors->items[0], PATH, true, url);
    door_ask (url, NULL, &answer);
    if (!answer.status)
        return cli_fail (CLI_UNREACHABLE,
                         "%s: %s\n  Does the service run, and is that its --health? deploy/up prints them all, and "
                         "a line to paste.",
                         url, answer.words);
    if (cli->json) {
        json_t *row = row_json (&doors->items[0], url, &answer);
        cli_print_json (row);
        json_decref (row);
    } else {
        print_words (answer.words);
    }
    return status_of (&answer);
}

static void print_row (const door_t *door, const char *url, const door_answer_t *answer)
{
    printf ("%-12s  %-36s  ", door->name, url);
    if (!answer->status)
        fputs ("no answer: ", stdout);
    print_words (answer->words);
    fflush (stdout); /* the next may take seconds */
}

/* Several, one after the other: the worst is the exit status. */
static int ask_all (const cli_t *cli, const doors_t *doors)
{
    int worst = CLI_FINE;
    size_t answered = 0;
    json_t *list = json_array ();
    for (const door_t *door = doors->items; door < doors->items + doors->n; door++) {
        char url[DOOR_URL_SIZE];
        door_answer_t answer;
        door_url (door, PATH, true, url);
        door_ask (url, NULL, &answer);
        answered += answer.status != 0;
        if (!answer.status && door->may_be_absent)
            continue;
        if (status_of (&answer) > worst)
            worst = status_of (&answer);
        if (cli->json)
            json_array_append_new (list, row_json (door, url, &answer));
        else
            print_row (door, url, &answer);
    }
    if (cli->json)
        cli_print_json (list);
    json_decref (list);
    if (doors->usual && !answered)
        return cli_fail (worst, "none answers where services usually do\n  deploy/up prints the line to paste; or name "
                                "a PORT, HOST:PORT or URL");
    return worst;
}

int cmd_health (cli_t *cli, const command_t *command, int argc, char **argv)
{
    doors_t doors = {.n = 0};
    param_t own[DOORS_ROWS];
    doors_options (&doors, own);
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    rc = doors_find (&doors, cli->words_n ? cli->words[0] : NULL);
    if (rc != CLI_GO)
        return rc;
    return cli->words_n && doors.n == 1 ? ask_one (cli, &doors) : ask_all (cli, &doors);
}
