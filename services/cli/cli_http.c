/* cli_http.c - the way to intake over HTTP: one request, one answer; a command has nothing else to do meanwhile.
 *
 * Hears: JSON, or a problem document (RFC 9457). Says: what was wrong and what to do, in words on stderr.
 * Limits: ANSWER_TIMEOUT_S for the whole exchange, or cli->patience_ms. A request with an Idempotency-Key whose answer
 * was lost is sent once more: the key makes that harmless.
 */
#include "cli_exchange.h"

#include "clock.h"
#include "ids.h"
#include "xmalloc.h"

#include <inttypes.h>

enum { ANSWER_TIMEOUT_S = 15, CONNECT_TIMEOUT_S = 5, ANSWER_MAX = 64 * 1024 * 1024, URL_SIZE = 2048, LINE_SIZE = 256 };

static size_t on_bytes (char *bytes, size_t size, size_t n, void *arg)
{
    cli_answer_t *answer = arg;
    size_t more = size * n;
    if (answer->size + more > ANSWER_MAX)
        return 0;
    answer->bytes = xrealloc (answer->bytes, answer->size + more + 1);
    memcpy (answer->bytes + answer->size, bytes, more);
    answer->size += more;
    answer->bytes[answer->size] = '\0';
    return more;
}

/* Called about once a second while an answer is waited for. */
static int on_waiting (void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
    cli_exchange_t *self = arg;
    (void)down_all, (void)down, (void)up_all, (void)up;
    if (cli_slow (&self->slow))
        fprintf (stderr, "-- waiting for %s\n", self->cli->server);
    return 0;
}

static struct curl_slist *headers_of (const cli_t *cli, const cli_request_t *request)
{
    char line[LINE_SIZE];
    struct curl_slist *list = curl_slist_append (NULL, "Accept: application/json");
    if (request->body)
        list = curl_slist_append (list, "Content-Type: application/json");
    if (cli->token && *cli->token) {
        snprintf (line, sizeof line, "Authorization: Bearer %s", cli->token);
        list = curl_slist_append (list, line);
    }
    if (cli->workspace && *cli->workspace) {
        snprintf (line, sizeof line, "Buckstop-Workspace: %s", cli->workspace);
        list = curl_slist_append (list, line);
    }
    if (request->key) {
        static const char name[] = "Idempotency-Key: ";
        size_t size = sizeof name + strlen (request->key); /* whole: cut, another's might be meant */
        char *key = xmalloc (size);
        snprintf (key, size, "%s%s", name, request->key);
        list = curl_slist_append (list, key);
        free (key);
    }
    return list;
}

void cli_exchange_open (cli_exchange_t *self)
{
    char url[URL_SIZE];
    const cli_t *cli = self->cli;
    const cli_request_t *request = &self->request;
    size_t length = strlen (cli->server);
    while (length > 0 && cli->server[length - 1] == '/')
        length--;
    snprintf (url, sizeof url, "%.*s%s", (int)length, cli->server, request->path);
    self->curl = xcheck (curl_easy_init ());
    self->headers = headers_of (cli, request);
    self->body = request->body ? json_dumps (request->body, JSON_COMPACT) : NULL;
    curl_easy_setopt (self->curl, CURLOPT_URL, url);
    curl_easy_setopt (self->curl, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt (self->curl, CURLOPT_HTTPHEADER, self->headers);
    curl_easy_setopt (self->curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt (self->curl, CURLOPT_WRITEDATA, &self->answer);
    curl_easy_setopt (self->curl, CURLOPT_ERRORBUFFER, self->answer.error);
    curl_easy_setopt (self->curl, CURLOPT_TIMEOUT_MS,
                      cli->patience_ms ? (long)cli->patience_ms : (long)ANSWER_TIMEOUT_S * MS_PER_SECOND);
    curl_easy_setopt (self->curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    curl_easy_setopt (self->curl, CURLOPT_NOSIGNAL, 1L);
    if (!request->quiet && !request->why) {
        curl_easy_setopt (self->curl, CURLOPT_XFERINFOFUNCTION, on_waiting);
        curl_easy_setopt (self->curl, CURLOPT_XFERINFODATA, self);
        curl_easy_setopt (self->curl, CURLOPT_NOPROGRESS, 0L);
    }
    if (self->body)
        curl_easy_setopt (self->curl, CURLOPT_POSTFIELDS, self->body);
}

void cli_exchange_close (cli_exchange_t *self)
{
    curl_slist_free_all (self->headers);
    if (self->curl)
        curl_easy_cleanup (self->curl);
    free (self->body);
    free (self->answer.bytes);
    *self = (cli_exchange_t){.cli = self->cli, .request = self->request};
}

static const char *text_of (const json_t *problem, const char *key)
{
    const char *text = json_string_value (json_object_get (problem, key));
    return text ? text : "";
}

/* What intake says is meant for programs that speak HTTP; here it is said for this command's options. */
typedef struct saying {
    const char *code, *detail, *hint; /* detail NULL: as it came */
    int status;                       /* the command's, if it is not CLI_NO */
} saying_t;

static const saying_t sayings[] = {
    {"no-token", "none was sent", "Set BUCKSTOP_TOKEN, or --token-file FILE; 'buckstop token issue' makes one."},
    {"bad-token", "it is wrong, or was revoked",
     "Set BUCKSTOP_TOKEN, or --token-file FILE, to one that is known; 'buckstop token issue' makes one."},
    {"not-you", NULL, "Leave --person out, or use an operator's token."},
    {"other-workspace", NULL, CLI_OTHER_WORKSPACE, CLI_USAGE},
    {"no-such-path", NULL, "Is --server (BUCKSTOP_SERVER) the address of intake, and of this version?"},
    {"no-such-person", NULL, "'buckstop people' lists those it names."},
    {"unknown-person", NULL, "'buckstop people' lists those it names."},
    {"invalid", NULL, "Correct what it names: 'person' is the option --person, and so on; 'text' is the TEXT itself."},
    {"key-reused", NULL, "Take a new --key for each request; say the same again to repeat one."},
    /* of what has no key: it only reads, or doing it twice is doing it once */
    {"store-away", NULL, "It passes: say the same again in a moment."},
    {"contended", NULL, "It passes: say the same again in a moment."},
    {"busy", NULL, "It passes: say the same again in a moment."},
    {"store-damaged", NULL, "Say the same again later; 'buckstop audit' names it."},
};

static const saying_t *saying_of (const char *code)
{
    for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++)
        if (strcmp (sayings[i].code, code) == 0)
            return &sayings[i];
    return NULL;
}

static void say_problem (const cli_t *cli, const cli_request_t *request, const json_t *problem,
                         const cli_answer_t *answer)
{
    if (request->why) {
        const char *detail = text_of (problem, "detail"), *title = text_of (problem, "title");
        snprintf (request->why, request->why_size, "%s", *detail ? detail : *title ? title : "refused");
        return;
    }
    if (cli->json && problem) {
        cli_print_json (problem);
        return;
    }
    if (!problem) {
        cli_fail (CLI_NO, "HTTP %ld from %s", answer->status, cli->server);
        return;
    }
    const saying_t *saying = saying_of (text_of (problem, "code"));
    const char *hint = saying ? saying->hint : text_of (problem, "hint");
    cli_fail (CLI_NO, "%s (%ld): %s", text_of (problem, "title"), answer->status,
              saying && saying->detail ? saying->detail : text_of (problem, "detail"));
    if (answer->status == 503 && request->key)
        fprintf (stderr, "  Say it again with --key %s: then it is done once.\n", request->key);
    else if (*hint)
        fprintf (stderr, "  %s\n", hint);
}

static int judge (const cli_exchange_t *self, CURLcode rc, json_t **out)
{
    json_error_t error;
    const cli_t *cli = self->cli;
    const cli_request_t *request = &self->request;
    const cli_answer_t *answer = &self->answer;
    if (rc != CURLE_OK) {
        if (request->why)
            snprintf (request->why, request->why_size, "can't reach %s: %s", cli->server, answer->error);
        else if (!request->quiet)
            cli_fail (CLI_UNREACHABLE,
                      "can't reach %s: %s\n  --server or BUCKSTOP_SERVER names it (deploy/up prints the line to paste)",
                      cli->server, answer->error);
        return CLI_UNREACHABLE;
    }
    json_t *value = answer->size > 0 ? json_loadb (answer->bytes, answer->size, 0, &error) : NULL;
    if (answer->status >= 200 && answer->status < 300) {
        *out = value;
        return CLI_FINE;
    }
    const saying_t *saying = saying_of (text_of (value, "code"));
    if (!request->quiet)
        say_problem (cli, request, value, answer);
    json_decref (value);
    /* too much at once, or out of order: neither says that the same will not be done later */
    return answer->status == 429 || answer->status >= 500 ? CLI_UNREACHABLE
           : saying && saying->status                     ? saying->status
                                                          : CLI_NO;
}

int cli_exchange_end (cli_exchange_t *self, CURLcode rc, json_t **out)
{
    *out = NULL;
    curl_easy_getinfo (self->curl, CURLINFO_RESPONSE_CODE, &self->answer.status);
    if (rc != CURLE_OK && !*self->answer.error)
        snprintf (self->answer.error, sizeof self->answer.error, "%s", curl_easy_strerror (rc));
    int status = judge (self, rc, out);
    if (self->request.http_status)
        *self->request.http_status = rc == CURLE_OK ? self->answer.status : 0;
    cli_exchange_close (self);
    return status;
}

int cli_http (cli_t *cli, const cli_request_t *request, json_t **out)
{
    cli_exchange_t exchange = {.cli = cli, .request = *request};
    cli_exchange_open (&exchange);
    CURLcode rc = curl_easy_perform (exchange.curl);
    if (rc != CURLE_OK && rc != CURLE_COULDNT_CONNECT && request->key) {
        cli_exchange_close (&exchange);
        cli_exchange_open (&exchange);
        rc = curl_easy_perform (exchange.curl);
    }
    return cli_exchange_end (&exchange, rc, out);
}

static void take_page (cli_pages_t *self, const json_t *page)
{
    size_t index;
    json_t *item;
    json_array_foreach (json_object_get (page, self->array), index, item)
    {
        self->seen++;
        if (self->newest || self->seen <= self->limit)
            json_array_append (self->all, item);
        if (self->newest && self->seen > self->limit)
            json_array_remove (self->all, 0);
    }
    snprintf (self->hint, sizeof self->hint, "%s", text_of (page, "hint"));
    if (*text_of (page, "held"))
        snprintf (self->held, sizeof self->held, "%s", text_of (page, "held"));
}

void cli_say_held (const char *held)
{
    if (*held)
        fprintf (stderr, "-- %s: nothing goes out, answers neither; 'buckstop held' shows what waits\n", held);
}

int cli_http_pages (cli_t *cli, cli_pages_t *self)
{
    char whole[URL_SIZE];
    char *after = self->after ? cli_escape (self->after) : NULL;
    bool more;
    do {
        json_t *page = NULL;
        int used = snprintf (whole, sizeof whole, "%s", self->path);
        if (after)
            snprintf (whole + used, sizeof whole - (size_t)used, "%cafter=%s", strchr (self->path, '?') ? '&' : '?',
                      after);
        free (after);
        int rc = cli_http (cli, &(cli_request_t){"GET", whole, NULL, NULL, false}, &page);
        if (rc != CLI_FINE)
            return rc;
        take_page (self, page);
        const char *next = text_of (page, "next");
        more = *next && (self->newest || self->seen <= self->limit);
        after = more ? cli_escape (next) : NULL;
        json_decref (page);
        if (more && cli_slow (&cli->slow))
            fprintf (stderr, "-- %" PRId64 " read so far\n", self->seen);
    } while (more);
    return CLI_FINE;
}

const char *cli_key (char id[ID_SIZE])
{
    uint8_t random[ID_RANDOM_BYTES];
    clock_random (random, sizeof random);
    id_make (clock_wall (), random, id);
    return id;
}

char *cli_escape (const char *text)
{
    static const char digits[] = "0123456789ABCDEF", plain[] = "-._~";
    char *escaped = xcalloc (strlen (text) * 3 + 1, 1), *to = escaped;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || strchr (plain, c)) {
            *to++ = (char)c;
            continue;
        }
        *to++ = '%';
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    return escaped;
}
