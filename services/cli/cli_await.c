/* cli_await.c - intake answers, but not now: it is waited for, before something that lasts is begun.
 *
 * Hears: its answer to one request. Says: on stderr what is waited for, once, and when that is over.
 * Limits: PATIENCE_MS, then whoever asks next says why there is nothing. Ctrl-C ends it.
 */
#include "cli.h"

#include "clock.h"

#include <poll.h>

enum { AGAIN_MS = 1000, PATIENCE_MS = 5 * 60 * 1000 };

void cli_say_later (const cli_t *cli, long status, const char *why)
{
    if (status) /* there is an answer: not now */
        fprintf (stderr, "-- %s can't say it now: %s; going on as soon as it can (Ctrl-C ends)\n", cli->server, why);
    else
        fprintf (stderr, "-- %s does not answer; going on as soon as it does (Ctrl-C ends)\n", cli->server);
}

int cli_await (cli_t *cli, const char *path, json_t **answer)
{
    char why[DETAIL_SIZE] = "";
    long status = 0;
    const cli_request_t quiet = {"GET", path, NULL, NULL, true, why, sizeof why, &status};
    mono_ms_t end = clock_mono () + PATIENCE_MS;
    int rc = cli_http (cli, &quiet, answer);
    if (rc == CLI_UNREACHABLE && status)
        cli_say_later (cli, status, why);
    for (bool gone = false; rc == CLI_UNREACHABLE && (gone || status) && clock_mono () < end;) {
        poll (NULL, 0, AGAIN_MS);
        rc = cli_http (cli, &quiet, answer);
        gone = !status; /* it did answer before: it is being exchanged */
        if (rc == CLI_FINE)
            fprintf (stderr, "-- going on\n");
    }
    return rc == CLI_FINE ? rc : cli_http (cli, &(cli_request_t){"GET", path, NULL, NULL, false}, answer);
}
