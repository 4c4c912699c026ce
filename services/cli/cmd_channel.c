/* cmd_channel.c - buckstop channel: what would a payload become?
 *
 * Hears: a channel's description, alone in a file or in a policy, and a payload on standard input. Says, field by field,
 * what intake would make of it; whether it is signed as it must be, where a header, a secret or a URL is given; what is
 * ignored and why; what is missing and where it was looked for. Needs no running system.
 */
#include "cmd_channel.h"

#include "commands.h"
#include "policy_read.h"
#include "xmalloc.h"

#include <gmime/gmime.h>
#include <strings.h>
#include <time.h>

enum { PAYLOAD_MAX = 4 * 1024 * 1024 };

/* ------------------------------------------------------------ its options */

/* An option may stand there several times; the shared reader keeps the last. */
static void collect (named_t *self, char separator, const char *option, int argc, char **argv)
{
    size_t length = strlen (option);
    self->separator = separator;
    for (int i = 1; i < argc && self->n < NAMED_MAX; i++) {
        if (strncmp (argv[i], option, length) != 0)
            continue;
        if (argv[i][length] == '=')
            self->words[self->n++] = argv[i] + length + 1;
        else if (!argv[i][length] && i + 1 < argc)
            self->words[self->n++] = argv[i + 1];
    }
}

static const char *value_of (const named_t *self, const char *name)
{
    size_t length = strlen (name);
    for (size_t i = 0; i < self->n; i++)
        if (strncasecmp (self->words[i], name, length) == 0 && self->words[i][length] == self->separator) {
            const char *value = self->words[i] + length + 1;
            return value + strspn (value, " ");
        }
    return NULL;
}

static const char *header (const void *arg, const char *name)
{
    const channel_command_t *self = arg;
    return strcasecmp (name, "Content-Type") == 0 && self->content_type ? self->content_type
                                                                        : value_of (&self->headers, name);
}

static const char *query (const void *arg, const char *name)
{
    return value_of (&((const channel_command_t *)arg)->queries, name);
}

/* ---------------------------------------------------------- its description */

static bool is_policy (const char *text)
{
    return strncmp (text, "workspace:", 10) == 0 || strstr (text, "\nworkspace:");
}

/* The least policy that has such a channel. */
static void wrap (channel_command_t *self)
{
    static const char people[] = "workspace: test\nlast_resort: nobody\npeople: { nobody: {} }\nchannels:\n";
    size_t room = sizeof people + strlen (self->path) + 128, size = 0;
    for (size_t i = 0; i < self->sets.n; i++)
        room += 2 * strlen (self->sets.words[i]) + 16;
    char *policy = xmalloc (room);
    size +=
        (size_t)snprintf (policy, room, "%s  %s:\n    use: \"%s\"\n    settings: {", people, self->name, self->path);
    for (size_t i = 0; i < self->sets.n; i++) {
        size_t name = strcspn (self->sets.words[i], "=");
        json_t *value = json_string (self->sets.words[i] + name + (self->sets.words[i][name] == '='));
        char *quoted = value ? json_dumps (value, JSON_ENCODE_ANY) : NULL;
        size += (size_t)snprintf (policy + size, room - size, "%s %.*s: %s", i ? "," : "", (int)name,
                                  self->sets.words[i], quoted ? quoted : "\"\"");
        free (quoted);
        json_decref (value);
    }
    size += (size_t)snprintf (policy + size, room - size, " }\n");
    char *whole = policy_append_used (policy, size, self->path, self->text, self->size, &self->size);
    free (policy);
    free (self->text);
    self->text = whole;
}

static int say_errors (const channel_command_t *self, const policy_errors_t *errors)
{
    char place[POLICY_PLACE_SIZE];
    for (size_t i = 0; i < errors->n; i++) {
        fprintf (stderr, "%s: ", policy_place_words (self->path, self->text, self->size, &errors->items[i], place));
        cli_quote (stderr, errors->items[i].what, strlen (errors->items[i].what), SIZE_MAX);
        fprintf (stderr, "\n    expected: %s\n", errors->items[i].expected);
    }
    return CLI_NO;
}

/* A name for a description that stands alone: that of its file. */
static const char *name_of (const char *path, char name[NAME_SIZE])
{
    const char *slash = strrchr (path, '/');
    const char *base = slash ? slash + 1 : path;
    snprintf (name, NAME_SIZE, "%.*s", (int)strcspn (base, "."), base);
    return *name ? name : "channel";
}

static int load (channel_command_t *self, char name[NAME_SIZE])
{
    char why[PARAM_WHY_SIZE];
    policy_errors_t errors = {0};
    self->text = policy_read (self->path, &self->size, why);
    if (!self->text)
        return cli_fail (CLI_USAGE, "%s", why);
    bool policy = is_policy (self->text);
    if (policy && !self->name)
        return cli_fail (CLI_USAGE, "%s is a policy: name the channel with --channel NAME", self->path);
    if (!policy) {
        self->name = self->name ? self->name : name_of (self->path, name);
        wrap (self);
    }
    self->policy = policy_parse (self->text, self->size, &errors);
    int rc = self->policy ? CLI_GO : say_errors (self, &errors);
    policy_errors_clear (&errors);
    self->channel = self->policy ? policy_channel (self->policy, self->name) : NULL;
    if (rc == CLI_GO && !self->channel)
        return cli_fail (CLI_USAGE, "%s has no channel '%s'", self->path, self->name);
    if (rc == CLI_GO && !self->channel->in)
        return cli_fail (CLI_USAGE, "channel '%s' has no 'in:', and takes no webhooks", self->name);
    return rc;
}

/* ---------------------------------------------------------------------- test */

/* A type that the description takes, where none is given: the payload looks like JSON, or it does not. */
static const char *guessed_type (int content, const char *body)
{
    bool json = body[strspn (body, " \t\r\n")] == '{' || body[strspn (body, " \t\r\n")] == '[';
    if (content & IN_JSON && (json || !(content & IN_FORM)))
        return "application/json";
    return content & IN_FORM ? "application/x-www-form-urlencoded" : "";
}

/* "good", or why not; only looked at when a secret is given. */
static void check_signature (channel_command_t *self, pick_scope_t *scope, char words[DETAIL_SIZE + 64])
{
    const signature_scheme_t *scheme = &self->channel->in->verify;
    char why[DETAIL_SIZE];
    snprintf (words, DETAIL_SIZE + 64, "%s",
              scheme->kind == SIGNATURE_NONE ? "none is asked for" : "not looked at; give --secret FILE");
    if (scheme->kind == SIGNATURE_NONE || !self->secret_text)
        return;
    wall_ms_t now = self->at ? channel_time (self->at) : (wall_ms_t)time (NULL) * MS_PER_SECOND;
    signature_verdict_t verdict = signature_check (scheme, scope, &self->key, 1, now, why);
    if (verdict != SIGNATURE_GOOD)
        self->status = CLI_NO;
    snprintf (words, DETAIL_SIZE + 64, "%s%s%s", signature_verdict_word (verdict), *why ? ": " : "", why);
}

/* A question at set-up. One that comes by GET is not signed, but names a token. */
static int answer_question (channel_command_t *self, pick_scope_t *scope, const in_challenge_t *row,
                            const char *signature)
{
    bool get = strcmp (self->method, "GET") == 0;
    GString *answer = g_string_new (NULL);
    const char *verdict = !row->secret ? "none is asked for" : "not looked at; give --secret FILE";
    if (self->secret_text && row->secret) {
        g_string_free (answer, TRUE);
        (void)channel_challenge (self->channel->in, scope, &self->key, 1, &row, &answer);
        verdict = answer ? "good" : "wrong: intake answers 401";
        self->status = answer ? self->status : CLI_NO;
    } else
        pick_text (&row->answer, scope, answer);
    int status =
        channel_finish (self, get ? "token" : "signature", get ? verdict : signature, answer ? answer->str : NULL);
    if (answer)
        g_string_free (answer, TRUE);
    return status;
}

static int read_secret (channel_command_t *self)
{
    char why[PARAM_WHY_SIZE];
    size_t size = 0;
    if (!self->secret)
        return CLI_GO;
    self->secret_text = policy_read_file (self->secret, &size, why);
    if (!self->secret_text)
        return cli_fail (CLI_USAGE, "--secret: %s", why);
    while (size && (self->secret_text[size - 1] == '\n' || self->secret_text[size - 1] == '\r'))
        size--;
    if (!size)
        return cli_fail (CLI_USAGE, "--secret: %s is empty", self->secret);
    self->key = (signature_secret_t){self->secret_text, size};
    return CLI_GO;
}

static int test_payload (channel_command_t *self, const void *body, size_t size)
{
    const channel_in_t *in = self->channel->in;
    in_fault_t fault;
    char why[DETAIL_SIZE] = "", words[DETAIL_SIZE + 64];
    if (!self->content_type)
        self->content_type = value_of (&self->headers, "Content-Type");
    if (!self->content_type)
        self->content_type = guessed_type (in->content, body);
    bool get = strcmp (self->method, "GET") == 0;
    pick_request_t request = {.header = header, .query = query, .arg = self, .method = self->method};
    request.url = in->verify.url ? in->verify.url : self->url;
    request.body = body;
    request.size = size;
    pick_scope_t scope = {.request = &request, .channel = self->channel};
    json_t *payload =
        channel_payload_read (in, get ? NULL : self->content_type, body, get ? 0 : size, NULL, &fault, why);
    if (!payload && !get)
        return cli_fail (CLI_NO, "the payload can't be read as %s: %s; --content-type says what it is",
                         *self->content_type ? self->content_type : "a type that is not given", why);
    scope.trail[0] = payload;
    scope.trail_n = payload != NULL;
    const in_challenge_t *row = channel_challenged (in, &scope);
    channel_found_t found = {0};
    int status;
    if (!row || !get)
        check_signature (self, &scope, words);
    if (!row && payload)
        found = channel_find (self->channel, &scope, channel_keep_message, channel_keep_receipt, self);
    bool nothing = !row && found.messages + found.ignored + found.receipts == 0;
    status = row ? answer_question (self, &scope, row, words) : channel_finish (self, "signature", words, NULL);
    pick_scope_clear (&scope);
    json_decref (payload);
    return nothing ? cli_fail (CLI_NO, "there is no message in it: nothing stands at 'each', and no rule ignores it")
                   : status;
}

static int test (channel_command_t *self)
{
    char name[NAME_SIZE], why[PARAM_WHY_SIZE];
    int rc = load (self, name);
    if (rc != CLI_GO)
        return rc;
    if ((rc = read_secret (self)) != CLI_GO)
        return rc;
    size_t size = 0;
    char *body = strcmp (self->method, "GET") == 0 ? xcalloc (1, 1) : policy_read_file ("-", &size, why);
    if (!body)
        return cli_fail (CLI_USAGE, "%s", why);
    self->messages = json_array ();
    self->ignored = json_array ();
    self->receipts = json_array ();
    rc = test_payload (self, body, size);
    json_decref (self->messages);
    json_decref (self->ignored);
    json_decref (self->receipts);
    free (body);
    return rc;
}

int cmd_channel (cli_t *cli, const command_t *command, int argc, char **argv)
{
    channel_command_t self = {.cli = cli, .status = CLI_FINE};
    const param_t own[] = {
        {"channel", PARAM_STRING, NULL, 0, 0, &self.name, "of the policy FILE"},
        {"content-type", PARAM_STRING, NULL, 0, 0, &self.content_type, "of the payload; without: the description's"},
        {"header", PARAM_STRING, NULL, 0, 0, &self.header, "'Name: value' of the request; may be given again"},
        {"query", PARAM_STRING, NULL, 0, 0, &self.query, "'name=value' of the URL; may be given again"},
        {"set", PARAM_STRING, NULL, 0, 0, &self.set, "'name=value', a setting of the channel; may be given again"},
        {"secret", PARAM_STRING, NULL, 0, 0, &self.secret, "file with the secret that the signature is checked with"},
        {"url", PARAM_STRING, NULL, 0, 0, &self.url, "as the platform calls it, where that is signed"},
        {"at", PARAM_STRING, NULL, 0, 0, &self.at, "the time at which it comes, for its time stamp; without: now"},
        {"method", PARAM_STRING, "POST", 0, 0, &self.method, "GET: a question at set-up, without a payload"},
        {NULL}};
    collect (&self.headers, ':', "--header", argc, argv);
    collect (&self.queries, '=', "--query", argc, argv);
    collect (&self.sets, '=', "--set", argc, argv);
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    if (strcmp (cli->words[0], "test") != 0)
        return cli_usage (cli, command);
    self.path = cli->words[1];
    g_mime_init ();
    rc = test (&self);
    g_mime_shutdown ();
    policy_destroy (&self.policy);
    free (self.text);
    free (self.secret_text);
    return rc;
}
