/* cmd_health.c - buckstop health: asks one service whether it is well, for supervisors of containers that have no curl.
 *
 * Hears: what /healthz or /readyz answers. Says: its words; exit status 0 for 200, 1 for another answer, 3 for none.
 * Limits: the answer must be whole within TIMEOUT_S; WORDS_SIZE bytes of it are printed. */
#include "commands.h"

#include "option_checks.h"
#include "xmalloc.h"

#include <curl/curl.h>

enum { TIMEOUT_S = 4, WORDS_SIZE = 512, STATUS_OK = 200 };
#define URL_DEFAULT "http://127.0.0.1:7421/readyz" /* intake's, where nothing else was said to it */

typedef struct words {
    char text[WORDS_SIZE];
    size_t n;
} words_t;

static size_t on_bytes (char *bytes, size_t size, size_t n, void *arg)
{
    words_t *words = arg;
    size_t room = sizeof words->text - words->n, more = size * n < room ? size * n : room;
    memcpy (words->text + words->n, bytes, more);
    words->n += more;
    return size * n;
}

static int ask (const cli_t *cli, const char *url)
{
    words_t words = {.n = 0};
    long status = 0;
    CURL *curl = xcheck (curl_easy_init ());
    curl_easy_setopt (curl, CURLOPT_URL, url);
    curl_easy_setopt (curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt (curl, CURLOPT_WRITEDATA, &words);
    curl_easy_setopt (curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt (curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt (curl, CURLOPT_NOPROXY, "*"); /* a service of ours is asked, whatever the way out is */
    CURLcode rc = curl_easy_perform (curl);
    curl_easy_getinfo (curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup (curl);
    if (rc != CURLE_OK)
        return cli_fail (CLI_UNREACHABLE, "%s: %s", url, curl_easy_strerror (rc));
    while (words.n > 0 && words.text[words.n - 1] == '\n')
        words.n--;
    if (cli->json) {
        json_t *answer = json_pack ("{s:I, s:o}", "status", (json_int_t)status, "words",
                                    xcheck (json_stringn_nocheck (words.text, words.n)));
        cli_print_json (answer);
        json_decref (answer);
    } else {
        cli_quote (stdout, words.text, words.n, WORDS_SIZE);
        putchar ('\n');
    }
    return status == STATUS_OK ? CLI_FINE : CLI_NO;
}

int cmd_health (cli_t *cli, const command_t *command, int argc, char **argv)
{
    char why[PARAM_WHY_SIZE];
    int rc = cli_options (cli, command, NULL, argc, argv);
    if (rc != CLI_GO)
        return rc;
    const char *url = cli->words_n ? cli->words[0] : URL_DEFAULT;
    if (!option_url (url, why))
        return cli_fail (CLI_USAGE, "%s: %s", url, why);
    return ask (cli, url);
}
