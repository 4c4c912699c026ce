/* lmtp_commands.c - the commands: one table, commands by states.
 *
 * Who does not speak LMTP is told so: HELO and EHLO get 500 (RFC 2033, 4.1); a browser that was sent here, and BDAT, whose
 * chunk would be read as commands, are cut off. */
#include "lmtp_private.h"

#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef void (command_fn) (lmtp_t *self, char *rest);

/* ------------------------------------------------------------ out of order */

static void first_lhlo (lmtp_t *self, char *rest)
{
    (void)rest;
    lmtp_error (self, 503, "5.5.1 say LHLO first");
}

static void first_mail (lmtp_t *self, char *rest)
{
    (void)rest;
    lmtp_error (self, 503, "5.5.1 say MAIL first");
}

static void nested_mail (lmtp_t *self, char *rest)
{
    (void)rest;
    lmtp_error (self, 503, "5.5.1 a message is under way; RSET forgets it");
}

static void no_recipient (lmtp_t *self, char *rest)
{
    (void)rest;
    lmtp_error (self, 503, "5.5.1 no valid recipients"); /* RFC 2033, 4.2 */
}

static void not_smtp (lmtp_t *self, char *rest)
{
    (void)rest;
    lmtp_error (self, 500, "5.5.1 this is LMTP, not SMTP: say LHLO");
}

static void not_offered (lmtp_t *self, char *rest)
{
    (void)rest;
    lmtp_error (self, 502, "5.5.1 this is not offered");
}

static void cut_off (lmtp_t *self, char *rest)
{
    (void)rest;
    lmtp_end (self, 502, "5.5.1 this is LMTP, and that is not; good bye");
}

/* -------------------------------------------------------------- the simple */

static bool has_host (const char *rest)
{
    return *rest && strlen (rest) < ADDRESS_SIZE && !strpbrk (rest, " \t");
}

static void lhlo (lmtp_t *self, char *rest)
{
    char size[32];
    if (!has_host (rest)) {
        lmtp_error (self, 501, "5.5.4 write LHLO and a host's name");
        return;
    }
    lmtp_reset (self);
    self->state = LMTP_GREETED;
    lmtp_reply_line (self, 250, self->host, true);
    lmtp_reply_line (self, 250, "PIPELINING", true);
    lmtp_reply_line (self, 250, "8BITMIME", true);
    lmtp_reply_line (self, 250, "SMTPUTF8", true);
    lmtp_reply_line (self, 250, "ENHANCEDSTATUSCODES", true);
    snprintf (size, sizeof size, "SIZE %zu", self->message_max);
    lmtp_reply (self, 250, size);
}

static void rset (lmtp_t *self, char *rest)
{
    (void)rest;
    lmtp_reset (self);
    lmtp_reply (self, 250, "2.0.0 forgotten");
}

static void noop (lmtp_t *self, char *rest)
{
    (void)rest;
    lmtp_reply (self, 250, "2.0.0 fine");
}

static void vrfy (lmtp_t *self, char *rest)
{
    if (*rest)
        lmtp_reply (self, 252, "2.5.2 send a message to it, and see");
    else
        lmtp_error (self, 501, "5.5.4 write VRFY and an address");
}

static void help (lmtp_t *self, char *rest)
{
    (void)rest;
    lmtp_reply (self, 214, "2.0.0 LHLO MAIL RCPT DATA RSET NOOP VRFY QUIT");
}

static void quit (lmtp_t *self, char *rest)
{
    (void)rest;
    lmtp_end (self, 221, "2.0.0 good bye");
}

/* --------------------------------------------------------------- addresses */

/* "FROM:<path> params" (RFC 5321, 4.1.1.2, 4.1.2). The path without <> and without a source route; *params: what is behind
 * it. False: it has not that form. */
static bool take_path (char *rest, const char *word, char path[ADDRESS_SIZE], char **params)
{
    size_t head = strlen (word);
    if (strncasecmp (rest, word, head) != 0)
        return false;
    char *at = rest + head;
    at += strspn (at, " ");
    if (*at++ != '<')
        return false;
    char *end = at;
    for (bool quoted = false; *end && (quoted || *end != '>'); end++) {
        if (*end == '"')
            quoted = !quoted;
        else if (*end == '\\' && quoted && end[1])
            end++;
    }
    if (*end != '>' || (end[1] && end[1] != ' '))
        return false;
    *end = '\0';
    *params = end + 1;
    char *colon = *at == '@' ? strchr (at, ':') : NULL;
    return word_fits (path, ADDRESS_SIZE, colon ? colon + 1 : at);
}

/* No control characters; one @ with something on both sides, or a bare name where that is allowed. */
static bool path_is_fine (const char *path)
{
    const char *at = strrchr (path, '@');
    for (const char *byte = path; *byte; byte++)
        if ((unsigned char)*byte < ' ' || *byte == 0x7f)
            return false;
    return at ? at > path && at[1] && !strpbrk (at, " \t\"<>") : strcasecmp (path, "postmaster") == 0;
}

static bool is_ascii (const char *text)
{
    while (*text && !((unsigned char)*text & 0x80))
        text++;
    return !*text;
}

/* -------------------------------------------------------------- parameters */

typedef struct mail_said {
    bool size, body, utf8;
} mail_said_t;

/* NULL: fine; else the reply. */
static const char *said_size (lmtp_t *self, mail_said_t *said, const char *value)
{
    char *end = NULL;
    if (said->size || !value || !*value || strspn (value, "0123456789") != strlen (value) || strlen (value) > 20)
        return "501 5.5.4 write SIZE=BYTES, once";
    said->size = true;
    unsigned long long size = strtoull (value, &end, 10);
    self->announced = size > self->message_max ? 0 : (size_t)size;
    return size > self->message_max ? "552 5.3.4 the message is larger than this server takes" : NULL;
}

static const char *said_body (lmtp_t *self, mail_said_t *said, const char *value)
{
    (void)self;
    if (said->body || !value || (strcasecmp (value, "7BIT") != 0 && strcasecmp (value, "8BITMIME") != 0))
        return "501 5.5.4 BODY is 7BIT or 8BITMIME, once";
    said->body = true;
    return NULL;
}

static const char *said_utf8 (lmtp_t *self, mail_said_t *said, const char *value)
{
    (void)self;
    if (said->utf8 || value)
        return "501 5.5.4 SMTPUTF8 has no value, and is said once";
    said->utf8 = true;
    return NULL;
}

static const struct {
    const char *word;
    const char *(*take) (lmtp_t *self, mail_said_t *said, const char *value);
} parameters[] = {{"SIZE", said_size}, {"BODY", said_body}, {"SMTPUTF8", said_utf8}};
enum { PARAMETERS = sizeof parameters / sizeof *parameters };

static const char *take_parameter (lmtp_t *self, mail_said_t *said, char *word)
{
    char *value = strchr (word, '=');
    if (value)
        *value++ = '\0';
    for (size_t i = 0; i < PARAMETERS; i++)
        if (strcasecmp (parameters[i].word, word) == 0)
            return parameters[i].take (self, said, value);
    return "555 5.5.4 this parameter is not known";
}

/* ------------------------------------------------------------- transaction */

static const char *look_at_mail (lmtp_t *self, char *rest, char path[ADDRESS_SIZE], mail_said_t *said)
{
    char *params, *save = NULL;
    const char *wrong = NULL;
    if (!take_path (rest, "FROM:", path, &params) || (*path && !path_is_fine (path)))
        return "501 5.1.7 write MAIL FROM:<address>, or <>";
    for (char *word = strtok_r (params, " ", &save); word && !wrong; word = strtok_r (NULL, " ", &save))
        wrong = take_parameter (self, said, word);
    if (!wrong && !said->utf8 && !is_ascii (path))
        wrong = "553 5.6.7 such an address needs the parameter SMTPUTF8";
    return wrong;
}

static void mail (lmtp_t *self, char *rest)
{
    char path[ADDRESS_SIZE];
    mail_said_t said = {false, false, false};
    self->announced = 0;
    const char *wrong = look_at_mail (self, rest, path, &said);
    if (wrong) {
        lmtp_error (self, atoi (wrong), wrong + 4);
        return;
    }
    if (self->crowded) {
        lmtp_reply (self, 452, "4.3.1 too many messages are under way; send it again later");
        return;
    }
    self->utf8 = said.utf8;
    self->state = LMTP_MAIL;
    WORD_COPY (self->from, path);
    lmtp_reply (self, 250, "2.1.0 fine");
}

static void rcpt (lmtp_t *self, char *rest)
{
    char path[ADDRESS_SIZE], *params;
    if (!take_path (rest, "TO:", path, &params) || !path_is_fine (path)) {
        lmtp_error (self, 501, "5.1.3 write RCPT TO:<address>");
    } else if (params[strspn (params, " ")]) {
        lmtp_error (self, 555, "5.5.4 no parameter is known here");
    } else if (!self->utf8 && !is_ascii (path)) {
        lmtp_error (self, 553, "5.6.7 such an address needs the parameter SMTPUTF8 at MAIL");
    } else if (self->to_n >= LMTP_RECIPIENTS_MAX) {
        lmtp_reply (self, 452, "4.5.3 too many recipients; send the message again for the others");
    } else {
        WORD_COPY (self->asked, path);
        self->asks = true;
    }
}

static void data (lmtp_t *self, char *rest)
{
    if (*rest) {
        lmtp_error (self, 501, "5.5.4 DATA has no parameter");
        return;
    }
    lmtp_text_begin (self);
    self->in_text = true;
    self->place = TEXT_LINE;
    self->last = '\0';
    lmtp_reply (self, 354, "go on; a line with a dot alone ends it");
}

/* --------------------------------------------------------------- the table */

static const struct command {
    const char *word;
    command_fn *in[LMTP_STATES];
} commands[] = {
    /*            before LHLO  behind it    behind MAIL   behind RCPT */
    {"LHLO", {lhlo, lhlo, lhlo, lhlo}},
    {"MAIL", {first_lhlo, mail, nested_mail, nested_mail}},
    {"RCPT", {first_lhlo, first_mail, rcpt, rcpt}},
    {"DATA", {first_lhlo, first_mail, no_recipient, data}},
    {"RSET", {rset, rset, rset, rset}},
    {"NOOP", {noop, noop, noop, noop}},
    {"VRFY", {vrfy, vrfy, vrfy, vrfy}},
    {"HELP", {help, help, help, help}},
    {"QUIT", {quit, quit, quit, quit}},
    {"EHLO", {not_smtp, not_smtp, not_smtp, not_smtp}},
    {"HELO", {not_smtp, not_smtp, not_smtp, not_smtp}},
    {"EXPN", {not_offered, not_offered, not_offered, not_offered}},
    {"STARTTLS", {not_offered, not_offered, not_offered, not_offered}},
    {"AUTH", {not_offered, not_offered, not_offered, not_offered}},
    {"BDAT", {cut_off, cut_off, cut_off, cut_off}},
    {"GET", {cut_off, cut_off, cut_off, cut_off}},
    {"POST", {cut_off, cut_off, cut_off, cut_off}},
    {"PUT", {cut_off, cut_off, cut_off, cut_off}},
    {"OPTIONS", {cut_off, cut_off, cut_off, cut_off}},
    {"CONNECT", {cut_off, cut_off, cut_off, cut_off}},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void trim_end (char *text)
{
    size_t size = strlen (text);
    while (size && (text[size - 1] == ' ' || text[size - 1] == '\t'))
        text[--size] = '\0';
}

void lmtp_command (lmtp_t *self, char *line)
{
    trim_end (line);
    size_t word = strcspn (line, " ");
    char *rest = line + word;
    rest += strspn (rest, " ");
    for (size_t i = 0; i < COMMANDS; i++)
        if (strlen (commands[i].word) == word && strncasecmp (commands[i].word, line, word) == 0) {
            commands[i].in[self->state](self, rest);
            return;
        }
    lmtp_error (self, 500, "5.5.2 no such command");
}
