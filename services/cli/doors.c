/* doors.c - where the services answer for their health.
 *
 * Hears: --services, as the console has it; --services-file, which deploy/up writes while it runs; one word of a command.
 * Says: names and URLs; what is wrong with the word, and what was perhaps meant. A slip is no name of a machine that is
 * asked for.
 * Limits: DOORS_MAX places; an answer must be whole within TIMEOUT_S, of its words the first DOOR_WORDS_SIZE bytes count;
 * what is no UTF-8 in them becomes '?'. */
#include "doors.h"

#include "meant.h"
#include "option_checks.h"
#include "values.h"
#include "xmalloc.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

enum { TIMEOUT_S = 4, FILE_MAX = DOORS_MAX * (NAME_SIZE + DOOR_URL_SIZE), PATH_ROOM = 16, DIGITS_MAX = 5 };
#define DIVIDERS ", \t\r\n"
#define HTTP     "http://"
#define TCP      "tcp://"

/* In the order in which they are asked. */
static const struct usual {
    const char *name;
    bool may_be_absent;
} usual[] = {{"intake", false},       {"routing", false}, {"escalation", false},
             {"notification", false}, {"console", false}, {"archive", true}};
enum { USUAL = sizeof usual / sizeof *usual };

void doors_options (doors_t *self, param_t rows[DOORS_ROWS])
{
    const param_t list[DOORS_ROWS] = {
        {"services", PARAM_STRING, NULL, 0, 0, &self->list,
         "where services answer for their health: intake=http://127.0.0.1:7421,routing=..."},
        {"services-file", PARAM_STRING, NULL, 0, 0, &self->file,
         "file that says so, a line each; deploy/up writes one while it runs"},
        {NULL}};
    memcpy (rows, list, sizeof list);
}

/* ---- the list */

/* "name=URL"; false: it is none. */
static bool add (doors_t *self, const char *text, size_t size)
{
    char why[PARAM_WHY_SIZE];
    const char *equals = memchr (text, '=', size);
    size_t length = equals ? (size_t)(equals - text) : 0, rest = equals ? size - length - 1 : 0;
    door_t *door = &self->items[self->n];
    if (!length || length >= sizeof door->name || rest + PATH_ROOM >= sizeof door->url || self->n == DOORS_MAX - 1)
        return false;
    *door = (door_t){.may_be_absent = false};
    memcpy (door->name, text, length);
    memcpy (door->url, equals + 1, rest);
    self->n++;
    return option_url (door->url, why);
}

static int add_all (doors_t *self, const char *from, const char *text)
{
    for (const char *at = text + strspn (text, DIVIDERS); *at; at += strspn (at, DIVIDERS)) {
        size_t size = strcspn (at, DIVIDERS);
        if (!add (self, at, size))
            return cli_fail (CLI_USAGE,
                             "%s: '%.*s' is not NAME=URL; write, at most %d: intake=http://127.0.0.1:7421,routing=...",
                             from, (int)(size > DOOR_URL_SIZE ? DOOR_URL_SIZE : size), at, DOORS_MAX - 1);
        at += size;
    }
    return CLI_GO;
}

static int read_file (doors_t *self)
{
    FILE *file = fopen (self->file, "r");
    if (!file)
        return cli_fail (CLI_UNREACHABLE,
                         "%s: %s: nobody says there where services answer\n  deploy/up writes it while it runs (does "
                         "it?); or name a PORT, or unset BUCKSTOP_SERVICES_FILE",
                         self->file, strerror (errno));
    char *text = xcalloc (1, FILE_MAX + 1);
    size_t size = fread (text, 1, FILE_MAX, file);
    fclose (file);
    text[size] = '\0';
    int rc = add_all (self, self->file, text);
    free (text);
    if (rc == CLI_GO && !self->n)
        rc = cli_fail (CLI_USAGE, "%s: it is empty; a line each: intake=http://127.0.0.1:7421", self->file);
    return rc;
}

static void add_usual (doors_t *self, size_t index)
{
    door_t *door = &self->items[self->n++];
    *door = (door_t){.may_be_absent = usual[index].may_be_absent};
    snprintf (door->name, sizeof door->name, "%s", usual[index].name);
    snprintf (door->url, sizeof door->url, HTTP "%s", service_default_health (usual[index].name));
}

static int open_list (doors_t *self)
{
    if (self->list && *self->list)
        return add_all (self, "--services", self->list);
    if (self->file && *self->file)
        return read_file (self);
    self->usual = true;
    for (size_t i = 0; i < USUAL; i++)
        add_usual (self, i);
    return CLI_GO;
}

/* ---- one of them */

static int fail_unknown (const doors_t *self, const char *word)
{
    const char *names[DOORS_MAX + USUAL];
    size_t n = 0;
    for (size_t i = 0; i < self->n; i++)
        names[n++] = self->items[i].name;
    for (size_t i = 0; i < USUAL; i++)
        names[n++] = usual[i].name;
    char meant[WORD_MEANT_SIZE];
    return cli_fail (CLI_USAGE,
                     "'%.60s' is neither a service nor PORT, HOST:PORT or URL%s\n"
                     "  services: intake, routing, escalation, notification, console, archive",
                     word, word_meant (word_nearest (word, names, n, sizeof *names), meant));
}

/* Where one word names a place: false, it does not. */
static bool is_at (const char *word, char url[DOOR_URL_SIZE])
{
    char why[PARAM_WHY_SIZE], place[DOOR_URL_SIZE - sizeof HTTP];
    size_t length = strlen (word);
    if (length + 2 * PATH_ROOM >= sizeof place)
        return false;
    if (strstr (word, "://")) {
        snprintf (url, DOOR_URL_SIZE, "%s", word);
        return option_url (url, why);
    }
    bool port = length && length <= DIGITS_MAX && strspn (word, "0123456789") == length;
    snprintf (place, sizeof place, TCP "%s%s", port ? "127.0.0.1:" : "", word);
    snprintf (url, DOOR_URL_SIZE, HTTP "%s", place + strlen (TCP));
    return option_endpoints (place, why) && option_url (url, why);
}

/* A name that the list has not: it is where it usually is. */
static int choose (doors_t *self, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->n; i++)
        if (strcmp (self->items[i].name, name) == 0)
            self->items[kept++] = self->items[i];
    for (size_t i = 0; i < USUAL && !kept; i++)
        if (strcmp (usual[i].name, name) == 0) {
            self->n = 0;
            add_usual (self, i);
            return CLI_GO;
        }
    if (!kept)
        return fail_unknown (self, name);
    self->n = kept;
    return CLI_GO;
}

/* A place needs no list, which may be that of a deploy/up that has ended. */
int doors_find (doors_t *self, const char *word)
{
    door_t *door = self->items;
    self->n = 0;
    if (word && is_at (word, door->url)) {
        snprintf (door->name, sizeof door->name, "%s", word);
        self->n = 1;
        return CLI_GO;
    }
    int rc = open_list (self);
    return rc == CLI_GO && word ? choose (self, word) : rc;
}

/* ---- the question */

void door_url (const door_t *self, const char *path, bool keep, char url[DOOR_URL_SIZE])
{
    size_t length = strlen (self->url);
    const char *host = strstr (self->url, "://"), *slash = host ? strchr (host + 3, '/') : NULL;
    bool has = slash && slash[1];
    while (!has && length && self->url[length - 1] == '/')
        length--;
    snprintf (url, DOOR_URL_SIZE, "%.*s%s", (int)length, self->url, has && keep ? "" : path);
}

static size_t on_bytes (char *bytes, size_t size, size_t n, void *arg)
{
    door_answer_t *answer = arg;
    size_t had = strlen (answer->words), room = sizeof answer->words - 1 - had,
           more = size * n < room ? size * n : room;
    memcpy (answer->words + had, bytes, more);
    answer->words[had + more] = '\0';
    return size * n;
}

void door_ask (const char *url, const char *body, door_answer_t *answer)
{
    *answer = (door_answer_t){.status = 0};
    CURL *curl = xcheck (curl_easy_init ());
    curl_easy_setopt (curl, CURLOPT_URL, url);
    curl_easy_setopt (curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt (curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt (curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt (curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt (curl, CURLOPT_NOPROXY, "*"); /* a service of ours is asked, whatever the way out is */
    if (body) {
        curl_easy_setopt (curl, CURLOPT_CUSTOMREQUEST, "PUT");
        curl_easy_setopt (curl, CURLOPT_POSTFIELDS, body);
    }
    CURLcode rc = curl_easy_perform (curl);
    curl_easy_getinfo (curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_cleanup (curl);
    if (rc != CURLE_OK) {
        answer->status = 0;
        snprintf (answer->words, sizeof answer->words, "%s", curl_easy_strerror (rc));
    }
    size_t length = strlen (answer->words);
    while (length && strchr ("\r\n", answer->words[length - 1]))
        answer->words[--length] = '\0';
    text_repair (answer->words); /* it may have been cut in the midst of a character */
}
