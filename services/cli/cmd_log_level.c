/* cmd_log_level.c - buckstop log-level: how much a service that runs writes into its log, changed without a restart.
 *
 * Hears: what /log-level of the service's health port answers. Says: the level as it is now; exit status 0, 1 for another
 * answer, 3 for none. The service takes a change from its own machine alone, and forgets it when it ends.
 * Limits: the answer must be whole within TIMEOUT_S; WORDS_SIZE bytes of it are read. */
#include "commands.h"

#include "log.h"
#include "option_checks.h"
#include "xmalloc.h"

#include <curl/curl.h>
#include <string.h>

enum { TIMEOUT_S = 4, WORDS_SIZE = 256, URL_SIZE = 300, STATUS_OK = 200 };
#define PATH "/log-level"

typedef struct words {
    char text[WORDS_SIZE];
    size_t n;
} words_t;

static size_t on_bytes (char *bytes, size_t size, size_t n, void *arg)
{
    words_t *words = arg;
    size_t room = sizeof words->text - 1 - words->n, more = size * n < room ? size * n : room;
    memcpy (words->text + words->n, bytes, more);
    words->n += more;
    return size * n;
}

/* A service's name, or where one answers: a slip is no name of a machine that is asked for, or of nothing at all. */
static int check_service (const char *word)
{
    log_level_t level;
    if (service_default_health (word) || strchr (word, ':'))
        return CLI_GO;
    if (log_level_parse (word, &level))
        return cli_fail (CLI_USAGE, "'%s' is a level: of which service? 'buckstop log-level escalation %s'", word,
                         word);
    return cli_fail (CLI_USAGE,
                     "'%s' is neither a service nor HOST:PORT; services: intake, routing, escalation, notification, "
                     "console, archive",
                     word);
}

/* Where a service answers when it was told nothing else: "intake", "127.0.0.1:7421", or a URL. false: it is none. */
static bool url_of (const char *service, const char *health, char url[URL_SIZE], char why[PARAM_WHY_SIZE])
{
    const char *at = health && *health ? health : service_default_health (service);
    if (!at)
        at = service;
    int length = snprintf (url, URL_SIZE, "%s%s", strstr (at, "://") ? "" : "http://", at);
    if (length < 0 || length + (int)sizeof PATH > URL_SIZE || !option_url (url, why)) {
        snprintf (why, PARAM_WHY_SIZE, "it is neither a service nor HOST:PORT");
        return false;
    }
    length = (int)strlen (url);
    while (length > 0 && url[length - 1] == '/')
        url[--length] = '\0';
    snprintf (url + length, URL_SIZE - (size_t)length, PATH);
    return true;
}

static int ask (const char *url, const char *level, words_t *words, long *status)
{
    CURL *curl = xcheck (curl_easy_init ());
    curl_easy_setopt (curl, CURLOPT_URL, url);
    curl_easy_setopt (curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt (curl, CURLOPT_WRITEDATA, words);
    curl_easy_setopt (curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt (curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt (curl, CURLOPT_NOPROXY, "*"); /* a service of ours is asked, whatever the way out is */
    if (level) {
        curl_easy_setopt (curl, CURLOPT_CUSTOMREQUEST, "PUT");
        curl_easy_setopt (curl, CURLOPT_POSTFIELDS, level);
    }
    CURLcode rc = curl_easy_perform (curl);
    curl_easy_getinfo (curl, CURLINFO_RESPONSE_CODE, status);
    curl_easy_cleanup (curl);
    words->text[strcspn (words->text, "\r\n")] = '\0';
    if (rc == CURLE_OK)
        return CLI_FINE;
    return cli_fail (CLI_UNREACHABLE, "%.*s: %s\n  --health HOST:PORT says where its health answers",
                     (int)(strlen (url) - sizeof PATH + 1), url, curl_easy_strerror (rc));
}

static void say (const cli_t *cli, const char *service, const char *level)
{
    if (cli->json) {
        json_t *answer = json_pack ("{s:s, s:s}", "service", service, "level", level);
        cli_print_json (xcheck (answer));
        json_decref (answer);
    } else {
        printf ("%s\n", level);
    }
}

int cmd_log_level (cli_t *cli, const command_t *command, int argc, char **argv)
{
    const char *health;
    const param_t own[] = {
        {"health", PARAM_STRING, NULL, 0, 0, &health, "HOST:PORT of its health, where it is not the usual one"},
        {NULL}};
    char url[URL_SIZE], why[PARAM_WHY_SIZE];
    words_t words = {.n = 0};
    long status = 0;
    log_level_t level;
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    const char *wanted = cli->words_n > 1 ? cli->words[1] : NULL;
    if ((rc = check_service (cli->words[0])) != CLI_GO)
        return rc;
    if (wanted && !log_level_parse (wanted, &level))
        return cli_fail (CLI_USAGE, "'%s' is no level: error, warning, notice, info or debug", wanted);
    if (!url_of (cli->words[0], health, url, why))
        return cli_fail (CLI_USAGE, "%s: %s", cli->words[0], why);
    rc = ask (url, wanted, &words, &status);
    if (rc != CLI_FINE)
        return rc;
    if (status != STATUS_OK)
        return cli_fail (CLI_NO, "%s answers %ld: %s", cli->words[0], status, words.text);
    say (cli, cli->words[0], words.text);
    return CLI_FINE;
}
