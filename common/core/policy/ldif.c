/* ldif.c - entries of a directory, one by one.
 *
 * Hears: a text. Says: the values of an entry, as they were before they were written down. */
#include "ldif.h"

#include "xmalloc.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

typedef struct ldif_pair {
    char *name, *value; /* in `bytes` */
} ldif_pair_t;

struct ldif {
    const char *at, *end;
    size_t line, next_line; /* of the entry; of `at` */
    char *bytes;            /* of the entry at hand */
    size_t used, room;
    ldif_pair_t pairs[LDIF_VALUES_MAX];
    size_t n;
};

ldif_t *ldif_new (const char *text, size_t size)
{
    ldif_t *self = xcalloc (1, sizeof *self);
    if (size >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
        text += 3, size -= 3;
    self->at = text;
    self->end = text + size;
    self->next_line = 1;
    self->room = LDIF_ENTRY_MAX;
    self->bytes = xmalloc (self->room + 1);
    return self;
}

void ldif_destroy (ldif_t **self_p)
{
    ldif_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    free (self->bytes);
    free (self);
}

size_t ldif_line (const ldif_t *self)
{
    return self->line;
}

/* The line at hand without its end, and behind it. */
static size_t line_length (const ldif_t *self, const char **next)
{
    const char *stop = memchr (self->at, '\n', (size_t)(self->end - self->at));
    size_t length = (size_t)((stop ? stop : self->end) - self->at);
    *next = stop ? stop + 1 : self->end;
    return length > 0 && self->at[length - 1] == '\r' ? length - 1 : length;
}

static void pass_line (ldif_t *self)
{
    const char *next;
    (void)line_length (self, &next);
    self->at = next;
    self->next_line++;
}

static bool append (ldif_t *self, const char *bytes, size_t size)
{
    if (self->used + size + 1 > self->room)
        return false;
    memcpy (self->bytes + self->used, bytes, size);
    self->used += size;
    self->bytes[self->used] = '\0';
    return true;
}

/* A line with those that go on it, at `from` in `bytes`. False: it is too long. */
static bool unfold (ldif_t *self, size_t *from)
{
    const char *next;
    bool first = true, fits = true;
    *from = self->used;
    while (fits && self->at < self->end && (first || *self->at == ' ')) {
        size_t length = line_length (self, &next);
        fits = append (self, self->at + !first, length - (!first && length > 0));
        self->at = next;
        self->next_line++;
        first = false;
    }
    self->used++; /* its zero stays */
    return fits && self->used < self->room;
}

static ldif_outcome_t decode (char *value)
{
    size_t size, length = strlen (value);
    unsigned char *bytes = xmalloc (length + 1);
    bool well =
        sodium_base642bin (bytes, length, value, length, " ", &size, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
        !memchr (bytes, 0, size);
    if (well) {
        memcpy (value, bytes, size);
        value[size] = '\0';
    }
    free (bytes);
    return well ? LDIF_ENTRY : LDIF_BAD_BASE64;
}

/* Options of an attribute (";lang-de") are none of its name. */
static ldif_outcome_t take_pair (ldif_t *self, char *line)
{
    char *colon = strchr (line, ':');
    if (!colon || colon == line || strcspn (line, " ") < (size_t)(colon - line))
        return LDIF_BAD_LINE;
    if (self->n == LDIF_VALUES_MAX)
        return LDIF_TOO_LONG;
    bool coded = colon[1] == ':';
    char *value = colon + 1 + coded;
    *colon = '\0';
    line[strcspn (line, ";")] = '\0';
    if (!coded && *value == '<')
        return LDIF_URL;
    value += strspn (value, " ");
    if (strcasecmp (line, "changetype") == 0 && strcasecmp (value, "add") != 0)
        return LDIF_CHANGE;
    self->pairs[self->n++] = (ldif_pair_t){line, value};
    return coded ? decode (value) : LDIF_ENTRY;
}

static bool is_empty (const ldif_t *self)
{
    const char *next;
    return line_length (self, &next) == 0;
}

static void pass_entry (ldif_t *self)
{
    while (self->at < self->end && !is_empty (self))
        pass_line (self);
}

static void pass_comment (ldif_t *self)
{
    pass_line (self);
    while (self->at < self->end && *self->at == ' ')
        pass_line (self);
}

static ldif_outcome_t take_lines (ldif_t *self)
{
    ldif_outcome_t outcome = LDIF_ENTRY;
    while (outcome == LDIF_ENTRY && self->at < self->end && !is_empty (self)) {
        size_t from, line = self->next_line;
        if (*self->at == '#') {
            pass_comment (self);
            continue;
        }
        outcome = unfold (self, &from) ? take_pair (self, self->bytes + from) : LDIF_TOO_LONG;
        if (outcome != LDIF_ENTRY)
            self->line = line;
    }
    return outcome;
}

ldif_outcome_t ldif_next (ldif_t *self)
{
    do {
        while (self->at < self->end && is_empty (self))
            pass_line (self);
        self->line = self->next_line;
        self->n = self->used = 0;
        if (self->at >= self->end)
            return LDIF_END;
        ldif_outcome_t outcome = take_lines (self);
        if (outcome != LDIF_ENTRY) {
            pass_entry (self);
            return outcome;
        }
        /* "version: 1" may stand alone at the beginning, and comments anywhere */
    } while (self->n == 0 || (self->n == 1 && strcasecmp (self->pairs[0].name, "dn") != 0));
    return LDIF_ENTRY;
}

const char *ldif_value (const ldif_t *self, const char *name, size_t index)
{
    for (size_t i = 0; i < self->n; i++)
        if (strcasecmp (self->pairs[i].name, name) == 0 && index-- == 0)
            return self->pairs[i].value;
    return NULL;
}

const char *ldif_words (ldif_outcome_t outcome)
{
    static const char *const words[] = {
        [LDIF_BAD_LINE] = "no line of the form 'name: value'",
        [LDIF_BAD_BASE64] = "a value behind '::' that is no base64 of a text",
        [LDIF_CHANGE] = "a record that changes something; an export has entries alone",
        [LDIF_URL] = "a value that stands elsewhere (':<')",
        [LDIF_TOO_LONG] = "an entry that is too long",
    };
    return outcome > LDIF_END ? words[outcome] : "";
}
