/* template.c - words with slots.
 *
 * One walk over the text serves both expansion and check. Values are copied, never looked into: a customer
 * who writes "{link_accept}" as a subject gets those characters, not a link. */
#include "template.h"
#include "xmalloc.h"

#include <stdbool.h>

const char *const template_slot_names[] = {
    "person",   "owner",   "accountable", "customer", "about",  "subject",     "contact",          "channel",   "state",
    "standing", "promise", "due",         "text",     "detail", "link_accept", "link_acknowledge", "workspace", NULL,
};

/* Words end with their line, so that a walk sees where lines end. */
enum piece_kind { PIECE_END, PIECE_WORDS, PIECE_BRACE, PIECE_SLOT, PIECE_OPEN };

typedef struct piece {
    enum piece_kind kind;
    const char *text; /* WORDS: the words; SLOT: the name, without braces */
    size_t length;
    const char *next;
} piece_t;

static piece_t next_piece (const char *at)
{
    if (!*at)
        return (piece_t){PIECE_END, at, 0, at};
    if (*at != '{') {
        size_t length = strcspn (at, "{\n");
        length += at[length] == '\n';
        return (piece_t){PIECE_WORDS, at, length, at + length};
    }
    if (at[1] == '{')
        return (piece_t){PIECE_BRACE, at, 1, at + 2};
    size_t length = strcspn (at + 1, "{}\n");
    if (at[1 + length] != '}')
        return (piece_t){PIECE_OPEN, at, 1, at + 1};
    return (piece_t){PIECE_SLOT, at + 1, length, at + length + 2};
}

typedef struct builder {
    char *text;
    size_t length, room;
    bool one_line;
} builder_t;

/* Control characters would end a header line: C0, DEL, and C1 as UTF-8 writes it. */
static void append (builder_t *self, const char *text, size_t length)
{
    if (self->length + length + 1 > self->room) {
        self->room = (self->length + length + 1) * 2;
        self->text = xrealloc (self->text, self->room);
    }
    char *to = self->text + self->length;
    memcpy (to, text, length);
    for (size_t i = 0; self->one_line && i < length; i++) {
        unsigned char c = (unsigned char)to[i], next = i + 1 < length ? (unsigned char)to[i + 1] : 0;
        if (c < 0x20 || c == 0x7F)
            to[i] = ' ';
        else if (c == 0xC2 && next >= 0x80 && next < 0xA0)
            to[i] = to[i + 1] = ' ';
    }
    self->length += length;
}

static const template_slot_t *slot_of (const piece_t *piece, const template_slot_t *slots, size_t slots_n)
{
    for (size_t i = 0; i < slots_n; i++)
        if (strlen (slots[i].name) == piece->length && memcmp (slots[i].name, piece->text, piece->length) == 0)
            return &slots[i];
    return NULL;
}

static void append_piece (builder_t *out, const piece_t *piece, const template_slot_t *slot)
{
    if (slot)
        append (out, slot->value ? slot->value : "", slot->value ? strlen (slot->value) : 0);
    else if (piece->kind == PIECE_SLOT)
        append (out, piece->text - 1, piece->length + 2);
    else
        append (out, piece->text, piece->length);
}

static bool is_blank (const piece_t *piece)
{
    return piece->kind == PIECE_WORDS && strspn (piece->text, " ") >= piece->length;
}

/* "Hello: {subject}" without a subject: the words that lead to it end before their colon. */
static void trim_lead (builder_t *out)
{
    while (out->length && (out->text[out->length - 1] == ' ' || out->text[out->length - 1] == ':'))
        out->length--;
}

char *template_expand (const char *text, const template_slot_t *slots, size_t slots_n, int one_line)
{
    builder_t out = {.one_line = one_line != 0};
    size_t line = 0;                  /* where the line at hand begins in what is built */
    bool asked = false, said = false; /* it has slots; one of them has a value, or is not known */
    bool empty_end = false;           /* nothing came after a slot without a value */
    append (&out, "", 0);
    for (piece_t piece = next_piece (text); piece.kind != PIECE_END; piece = next_piece (piece.next)) {
        const template_slot_t *slot = piece.kind == PIECE_SLOT ? slot_of (&piece, slots, slots_n) : NULL;
        append_piece (&out, &piece, slot);
        empty_end = slot ? !slot->value || !*slot->value : empty_end && is_blank (&piece);
        asked = asked || slot;
        said = said || (piece.kind == PIECE_SLOT && (!slot || (slot->value && *slot->value)));
        bool ends = piece.kind == PIECE_WORDS && piece.text[piece.length - 1] == '\n';
        if (!ends && *piece.next)
            continue;
        if (asked && !said && !one_line)
            out.length = line;
        line = out.length;
        asked = said = false;
    }
    if (one_line && empty_end)
        trim_lead (&out);
    out.text[out.length] = 0;
    return out.text;
}

long template_check (const char *text, const char *const *names, char *name, size_t name_size)
{
    for (piece_t piece = next_piece (text); piece.kind != PIECE_END; piece = next_piece (piece.next)) {
        bool known = piece.kind != PIECE_SLOT && piece.kind != PIECE_OPEN;
        for (const char *const *row = names; piece.kind == PIECE_SLOT && !known && *row; row++)
            known = strlen (*row) == piece.length && memcmp (*row, piece.text, piece.length) == 0;
        if (known)
            continue;
        if (name_size) {
            size_t length = piece.length < name_size ? piece.length : name_size - 1;
            memcpy (name, piece.text, length);
            name[length] = 0;
        }
        return (piece.kind == PIECE_SLOT ? piece.text - 1 : piece.text) - text;
    }
    return -1;
}
