/* lmtp_text.c - the text of a message as it comes: its end, and the dots that were put in (RFC 5321, 4.5.2).
 *
 * Limits: what passes message_max, or has the look of an end that is none (a dot alone on a line that a bare LF begins or
 * ends), is read to its end and dropped. Other bare LFs are the sender's business, and stay. */
#include "lmtp_private.h"

#include "xmalloc.h"

enum { TEXT_ROOM_MIN = 4096 };

void lmtp_text_spoil (lmtp_t *self, const char *why)
{
    if (!self->spoilt)
        self->spoilt = why;
    free (self->text);
    self->text = NULL;
    self->text_size = self->text_room = 0;
}

void lmtp_text_begin (lmtp_t *self)
{
    if (self->announced < TEXT_ROOM_MIN)
        return;
    self->text_room = self->announced;
    self->text = xmalloc (self->text_room);
}

static void keep (lmtp_t *self, const char *bytes, size_t size)
{
    if (!size)
        return;
    self->last = bytes[size - 1];
    if (self->spoilt)
        return;
    if (self->text_size + size > self->message_max) {
        lmtp_text_spoil (self, "552 5.3.4 the message is larger than this server takes");
        return;
    }
    if (self->text_size + size > self->text_room) {
        size_t room = self->text_room ? 2 * self->text_room : TEXT_ROOM_MIN;
        self->text_room = room < self->text_size + size ? self->text_size + size : room;
        self->text = xrealloc (self->text, self->text_room);
    }
    memcpy (self->text + self->text_size, bytes, size);
    self->text_size += size;
}

static void looks_like_an_end (lmtp_t *self)
{
    lmtp_text_spoil (self, "554 5.6.0 a dot stands alone on a line that ends without CRLF: where the message ends is "
                           "not certain");
}

/* Through the line's end, or all there is. */
static size_t middle (lmtp_t *self, const char *bytes, size_t size)
{
    const char *end = memchr (bytes, '\n', size);
    size_t n = end ? (size_t)(end - bytes) + 1 : size;
    char before = n > 1 ? bytes[n - 2] : self->last;
    keep (self, bytes, n);
    if (end)
        self->place = before == '\r' ? TEXT_LINE : TEXT_LF;
    return n;
}

/* Behind a dot that begins a line, and is not kept. */
static size_t behind_dot (lmtp_t *self, char byte)
{
    if (byte == '\r') {
        self->place = TEXT_DOT_CR;
        return 1;
    }
    if (byte == '\n')
        looks_like_an_end (self);
    self->place = TEXT_MIDDLE;
    return 0;
}

static size_t behind_dot_cr (lmtp_t *self, char byte, bool *whole)
{
    *whole = byte == '\n';
    if (*whole)
        return 1;
    keep (self, "\r", 1);
    self->place = TEXT_MIDDLE;
    return 0;
}

/* Behind a bare LF: all is kept, and looked at. */
static size_t behind_lf (lmtp_t *self, char byte)
{
    static const struct {
        char byte;
        lmtp_place_t next;
    } rows[] = {
        [TEXT_LF] = {'.', TEXT_LF_DOT},
        [TEXT_LF_DOT] = {'\r', TEXT_LF_DOT_CR},
    };
    if (self->place != TEXT_LF && byte == '\n')
        looks_like_an_end (self);
    if (self->place == TEXT_LF_DOT_CR || rows[self->place].byte != byte) {
        self->place = TEXT_MIDDLE;
        return 0;
    }
    self->place = rows[self->place].next;
    keep (self, &byte, 1);
    return 1;
}

size_t lmtp_text (lmtp_t *self, const char *bytes, size_t size, bool *whole)
{
    size_t at = 0;
    *whole = false;
    while (at < size && !*whole) {
        switch (self->place) {
        case TEXT_LINE:
            self->place = bytes[at] == '.' ? TEXT_DOT : TEXT_MIDDLE;
            at += self->place == TEXT_DOT;
            self->last = '\0';
            break;
        case TEXT_DOT:
            at += behind_dot (self, bytes[at]);
            break;
        case TEXT_DOT_CR:
            at += behind_dot_cr (self, bytes[at], whole);
            break;
        case TEXT_MIDDLE:
            at += middle (self, bytes + at, size - at);
            break;
        default:
            at += behind_lf (self, bytes[at]);
            break;
        }
    }
    return at;
}
