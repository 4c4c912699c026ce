/* lmtp.c - an LMTP conversation: lines and text in order, answers in order, its end.
 *
 * hears: bytes, as they come; answers about recipients and messages. says: replies, each ended by CRLF, and events.
 *
 * Limits: a line of LMTP_LINE_MAX; LMTP_ERRORS_MAX mistakes; while an answer is waited for nothing more is read, so that
 * replies keep the order of commands that came in one go (RFC 2920). */
#include "lmtp_private.h"

#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

/* ---------------------------------------------------------------- replies */

static void out (lmtp_t *self, const char *bytes, size_t size)
{
    if (self->out_size + size > self->out_room) {
        self->out_room = 2 * (self->out_size + size);
        self->out = xrealloc (self->out, self->out_room);
    }
    memcpy (self->out + self->out_size, bytes, size);
    self->out_size += size;
}

/* Words may hold what others said: a reply is one line, of ASCII where the client has not asked for more. */
void lmtp_reply_line (lmtp_t *self, int code, const char *words, bool more)
{
    char line[LMTP_WORDS_SIZE + 8];
    int size = snprintf (line, sizeof line, "%03d%c%.*s", code % 1000, more ? '-' : ' ', LMTP_WORDS_SIZE - 1, words);
    for (int i = 0; i < size; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f || ((unsigned char)line[i] > 0x7f && !self->utf8))
            line[i] = '?';
    out (self, line, (size_t)size);
    out (self, "\r\n", 2);
}

void lmtp_reply (lmtp_t *self, int code, const char *words)
{
    lmtp_reply_line (self, code, words, false);
}

void lmtp_end (lmtp_t *self, int code, const char *words)
{
    lmtp_reply (self, code, words);
    self->closed = true;
}

void lmtp_error (lmtp_t *self, int code, const char *words)
{
    if (++self->errors > LMTP_ERRORS_MAX)
        lmtp_end (self, 421, "4.7.0 too many mistakes");
    else
        lmtp_reply (self, code, words);
}

const char *lmtp_says (const lmtp_t *self, size_t *size)
{
    *size = self->out_size;
    return self->out;
}

void lmtp_sent (lmtp_t *self, size_t size)
{
    self->out_size -= size;
    memmove (self->out, self->out + size, self->out_size);
}

/* ------------------------------------------------------------- its life */

lmtp_t *lmtp_new (const char *host, size_t message_max)
{
    char words[LMTP_WORDS_SIZE];
    lmtp_t *self = xcalloc (1, sizeof *self);
    self->host = xstrdup (host);
    self->message_max = message_max;
    snprintf (words, sizeof words, "%.255s LMTP buckstop", host);
    lmtp_reply (self, 220, words);
    return self;
}

void lmtp_destroy (lmtp_t **self_p)
{
    lmtp_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    free (self->host);
    free (self->to);
    free (self->text);
    free (self->out);
    free (self);
}

/* The transaction is over, or never was. */
void lmtp_reset (lmtp_t *self)
{
    lmtp_text_spoil (self, NULL);
    free (self->to);
    self->to = NULL;
    self->to_n = self->said = 0;
    self->from[0] = self->asked[0] = '\0';
    self->spoilt = NULL;
    self->announced = 0;
    self->asks = self->waits = self->in_text = self->utf8 = false;
    if (self->state != LMTP_NEW)
        self->state = LMTP_GREETED;
}

void lmtp_break (lmtp_t *self, const char *words)
{
    if (!self->closed)
        lmtp_end (self, 421, words);
}

void lmtp_leave (lmtp_t *self, const char *words)
{
    if (lmtp_busy (self))
        WORD_COPY (self->leaving, words);
    else
        lmtp_break (self, words);
}

bool lmtp_busy (const lmtp_t *self)
{
    return self->in_text || self->waits;
}

size_t lmtp_holds (const lmtp_t *self)
{
    return self->text_room;
}

void lmtp_crowded (lmtp_t *self, bool crowded)
{
    self->crowded = crowded;
}

void lmtp_drop (lmtp_t *self)
{
    if (self->in_text)
        lmtp_text_spoil (self, "452 4.3.1 too many messages are under way; this one finds no room now");
}

/* ---------------------------------------------------------------- answers */

const char *lmtp_recipient (const lmtp_t *self)
{
    return self->asked;
}

void lmtp_answer_recipient (lmtp_t *self, int code, const char *words)
{
    if (!self->asks)
        return;
    self->asks = false;
    if (code == 250) {
        self->to = xrealloc (self->to, (self->to_n + 1) * sizeof *self->to);
        lmtp_to_t *to = &self->to[self->to_n++];
        *to = (lmtp_to_t){.code = 0};
        WORD_COPY (to->address, self->asked);
        self->state = LMTP_RCPT;
    }
    lmtp_reply (self, code, words);
}

const char *lmtp_sender (const lmtp_t *self)
{
    return self->from;
}

size_t lmtp_recipients (const lmtp_t *self)
{
    return self->to_n;
}

const char *lmtp_recipient_at (const lmtp_t *self, size_t index)
{
    return self->to[index].address;
}

char *lmtp_take (lmtp_t *self, size_t *size)
{
    char *text = self->text;
    *size = self->text_size;
    self->text = NULL;
    self->text_size = self->text_room = 0;
    return text ? text : xstrdup ("");
}

void lmtp_answer (lmtp_t *self, size_t index, int code, const char *words)
{
    if (!self->waits || index >= self->to_n || self->to[index].code)
        return;
    self->to[index].code = code;
    WORD_COPY (self->to[index].words, words);
    for (; self->said < self->to_n && self->to[self->said].code; self->said++)
        lmtp_reply (self, self->to[self->said].code, self->to[self->said].words);
    if (self->said < self->to_n)
        return;
    lmtp_reset (self);
    if (*self->leaving)
        lmtp_end (self, 421, self->leaving);
}

/* ------------------------------------------------------------------ bytes */

/* The text is there. What can't be taken is answered here. */
static lmtp_event_t whole (lmtp_t *self)
{
    const char *spoilt = self->spoilt;
    size_t n = self->to_n;
    self->in_text = false;
    self->waits = true;
    if (!spoilt)
        return LMTP_MESSAGE;
    for (size_t i = 0; i < n; i++)
        lmtp_answer (self, i, atoi (spoilt), spoilt + 4);
    return LMTP_NOTHING;
}

static void long_line (lmtp_t *self)
{
    self->line_long = false;
    lmtp_error (self, 500, "5.5.6 the line is too long");
}

/* One command, as far as it is there. */
static size_t take_line (lmtp_t *self, const char *bytes, size_t size)
{
    const char *end = memchr (bytes, '\n', size);
    size_t n = end ? (size_t)(end - bytes) + 1 : size;
    if (self->line_long || self->line_size + n > sizeof self->line) {
        self->line_size = 0;
        self->line_long = true;
    } else {
        memcpy (self->line + self->line_size, bytes, n);
        self->line_size += n;
    }
    if (!end)
        return n;
    size_t line_size = self->line_size;
    self->line_size = 0;
    if (self->line_long)
        long_line (self);
    else if (line_size < 2 || self->line[line_size - 2] != '\r')
        lmtp_error (self, 500, "5.5.2 a line ends with CR and LF");
    else if (memchr (self->line, '\0', line_size) || memchr (self->line, '\r', line_size - 2))
        lmtp_error (self, 500, "5.5.2 a command has no such bytes in it");
    else {
        self->line[line_size - 2] = '\0';
        lmtp_command (self, self->line);
    }
    return n;
}

lmtp_event_t lmtp_feed (lmtp_t *self, const char *bytes, size_t size, size_t *used)
{
    *used = 0;
    for (;;) {
        bool ended = false;
        if (self->closed)
            return LMTP_CLOSE;
        if (self->asks || self->waits)
            return LMTP_WAITS;
        if (*used == size)
            return LMTP_NOTHING;
        if (self->in_text)
            *used += lmtp_text (self, bytes + *used, size - *used, &ended);
        else
            *used += take_line (self, bytes + *used, size - *used);
        if (self->asks)
            return LMTP_RECIPIENT;
        if (ended && whole (self) == LMTP_MESSAGE)
            return LMTP_MESSAGE;
    }
}
