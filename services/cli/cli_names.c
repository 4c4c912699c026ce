/* cli_names.c - does the policy have these names? Asked of intake, before something waits for what will never come. */
#include "cli.h"

#include "lines.h"

#include <string.h>

enum { ASK_SIZE = 512 };

static int ask (cli_t *cli, const char *filter, const char *name, size_t length, bool also_past)
{
    char path[ASK_SIZE], word[NAME_SIZE];
    snprintf (word, sizeof word, "%.*s", (int)length, name);
    char *escaped = cli_escape (word);
    snprintf (path, sizeof path, "/v1/contacts?limit=1&%s=%s", filter, escaped);
    free (escaped);
    json_t *page = NULL;
    int rc = cli_http (cli, &(cli_request_t){"GET", path, NULL, NULL, false}, &page);
    const char *hint = json_text (page, "hint");
    if (rc == CLI_FINE && *hint && !json_array_size (json_object_get (page, "contacts")))
        rc = cli_fail (also_past ? CLI_FINE : CLI_NO, "%s", hint);
    json_decref (page);
    return rc == CLI_FINE ? CLI_GO : rc;
}

int cli_names (cli_t *cli, const char *filter, const char *list, bool also_past)
{
    int rc = CLI_GO;
    for (const char *at = list ? list : ""; *at && rc == CLI_GO; at += *at == ',') {
        size_t length = strcspn (at, ",");
        rc = ask (cli, filter, at, length, also_past);
        at += length;
    }
    return rc;
}
