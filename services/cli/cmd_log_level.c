/* cmd_log_level.c - buckstop log-level: how much a service that runs writes into its log, changed without a restart.
 *
 * Hears: what /log-level of the service's health port answers. Says: the level as it is now, a line for each replica; exit
 * status 0, 1 for another answer, 3 for none. The service takes a change from its own machine alone, and forgets it when
 * it ends.
 * Limits: doors.c's. */
#include "commands.h"

#include "doors.h"
#include "log.h"

#include <string.h>

enum { STATUS_OK = 200 };
#define PATH "/log-level"

/* A word that is a level: of which service? CLI_GO, or said, and the exit status. */
static int check_words (const char *service, const char *wanted)
{
    log_level_t level;
    if (log_level_parse (service, &level))
        return cli_fail (CLI_USAGE, "'%s' is a level: of which service? 'buckstop log-level escalation %s'", service,
                         service);
    if (wanted && !log_level_parse (wanted, &level))
        return cli_fail (CLI_USAGE, "'%s' is no level: error, warning, notice, info or debug", wanted);
    return CLI_GO;
}

static void say (const cli_t *cli, const char *service, const char *level)
{
    if (cli->json) {
        json_t *answer = json_pack ("{s:s, s:s}", "service", service, "level", level);
        cli_print_json (answer);
        json_decref (answer);
    } else {
        printf ("%s\n", level);
    }
}

static int ask (const cli_t *cli, const char *service, const door_t *door, const char *wanted)
{
    char url[DOOR_URL_SIZE];
    door_answer_t answer;
    door_url (door, PATH, false, url);
    door_ask (url, wanted, &answer);
    if (!answer.status)
        return cli_fail (CLI_UNREACHABLE, "%s: %s\n  --health HOST:PORT says where its health answers", door->url,
                         answer.words);
    if (answer.status != STATUS_OK)
        return cli_fail (CLI_NO, "%s answers %ld: %s", service, answer.status, answer.words);
    say (cli, service, answer.words);
    return CLI_FINE;
}

int cmd_log_level (cli_t *cli, const command_t *command, int argc, char **argv)
{
    const char *health;
    doors_t doors = {.n = 0};
    param_t own[1 + DOORS_ROWS] = {
        {"health", PARAM_STRING, NULL, 0, 0, &health, "HOST:PORT of its health, where it is not the usual one"}};
    doors_options (&doors, own + 1);
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    const char *service = cli->words[0], *wanted = cli->words_n > 1 ? cli->words[1] : NULL;
    rc = check_words (service, wanted);
    bool placed = health && *health;
    if (rc == CLI_GO && !(placed && service_default_health (service))) /* a place needs no list */
        rc = doors_find (&doors, service);
    if (rc == CLI_GO && placed)
        rc = doors_find (&doors, health);
    if (rc != CLI_GO)
        return rc;
    rc = CLI_FINE;
    for (size_t i = 0; i < doors.n && rc == CLI_FINE; i++)
        rc = ask (cli, service, &doors.items[i], wanted);
    return rc;
}
