/* mail_guard.c - what gmime is spared: it recurses into groups of addresses, compares each address with all
 * others, each "--" line with every boundary that is open, and keeps any number of headers.
 *
 * One pass over the bytes. Address fields, also those of mails within the mail, are cut by overwriting with
 * spaces; the mail's own head is cut to so many fields, each to such a length. A mail that nests or repeats more
 * than anybody's does is not taken apart: its raw bytes become its text. */
#include "mail_private.h"

#include <string.h>

enum {
    FIELD_MAX = 32 * 1024,     /* of a field of the head */
    ADDRESSES_MAX = 16 * 1024, /* of an address field anywhere */
    LISTED_MAX = 200,          /* commas in an address field */
    LISTED_ALL_MAX = 3000,     /* commas and colons in all address fields */
    COLONS_MAX = 200,          /* in an address field: each may open a group */
    FIELDS_MAX = 2000,         /* of the head */
    FIELDS_ALL_MAX = 50000,    /* lines that look like fields, where there are parts */
    CONTAINERS_MAX = 500,      /* multipart/... and message/rfc822 */
    DASHED_MAX = 20000,        /* lines that begin with "--", where there are parts */
};

static const char *const address_fields[] = {
    "from",      "to",        "cc",         "bcc",           "sender",          "reply-to", "resent-from",
    "resent-to", "resent-cc", "resent-bcc", "resent-sender", "resent-reply-to", NULL};

typedef struct guard {
    GByteArray *bytes;
    size_t at;   /* the line that is looked at */
    size_t head; /* where the head ends; 0: not yet */
    int fields, fields_all, containers, dashed;
    size_t length; /* of the field so far */
    int colons, listed, listed_all;
    bool addresses, field; /* what the line goes on with */
} guard_t;

static bool blank_line (const char *line, size_t n)
{
    return n == 0 || (n == 1 && *line == '\r');
}

/* The length of "Name:" at the beginning of a line; 0: it is no field. */
static size_t field_name (const char *line, size_t n)
{
    size_t i = 0;
    while (i < n && (unsigned char)line[i] > ' ' && line[i] != ':' && i < 100)
        i++;
    while (i < n && (line[i] == ' ' || line[i] == '\t'))
        i++;
    return i > 0 && i < n && line[i] == ':' ? i : 0;
}

static bool is_addresses (const char *line, size_t n)
{
    while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
        n--;
    for (const char *const *name = address_fields; *name; name++)
        if (strlen (*name) == n && g_ascii_strncasecmp (line, *name, n) == 0)
            return true;
    return false;
}

static void count_containers (guard_t *self, const char *line, size_t n)
{
    for (const char *at = line; (at = memchr (at, '/', (size_t)(line + n - at))); at++) {
        self->containers += at - line >= 9 && g_ascii_strncasecmp (at - 9, "multipart", 9) == 0;
        self->containers += line + n - at >= 7 && g_ascii_strncasecmp (at, "/rfc822", 7) == 0;
    }
}

/* Spaces instead of what is too much of a field. */
static void cut_field (guard_t *self, char *line, size_t n)
{
    bool head = !self->head;
    size_t most = self->addresses ? ADDRESSES_MAX : head ? FIELD_MAX : SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        self->length++;
        self->colons += line[i] == ':';
        self->listed += line[i] == ',';
        self->listed_all += self->addresses && (line[i] == ':' || line[i] == ',');
        bool many = self->addresses &&
                    (self->colons > COLONS_MAX || self->listed > LISTED_MAX || self->listed_all > LISTED_ALL_MAX);
        if ((self->length > most || many) && line[i] != '\r')
            line[i] = ' ';
    }
}

static void look (guard_t *self, char *line, size_t n)
{
    bool folded = n && (*line == ' ' || *line == '\t');
    if (!folded) {
        size_t name = field_name (line, n);
        self->field = name > 0;
        self->addresses = name && is_addresses (line, name);
        self->length = 0;
        self->colons = self->listed = 0;
        self->fields += self->field && !self->head;
        self->fields_all += self->field;
        self->dashed += n >= 2 && line[0] == '-' && line[1] == '-';
    }
    count_containers (self, line, n);
    if (self->field && (self->addresses || !self->head))
        cut_field (self, line, n);
}

/* The head's fields beyond the limit go. */
static void cut_head (guard_t *self, size_t from)
{
    if (self->head > from)
        g_byte_array_remove_range (self->bytes, (guint)from, (guint)(self->head - from));
}

bool mail_guard (GByteArray *bytes)
{
    guard_t self = {.bytes = bytes};
    size_t enough = 0;
    while (self.at < bytes->len) {
        char *line = (char *)bytes->data + self.at;
        char *end = memchr (line, '\n', bytes->len - self.at);
        size_t n = end ? (size_t)(end - line) : bytes->len - self.at;
        if (!self.head && blank_line (line, n))
            self.head = self.at;
        look (&self, line, n);
        if (!enough && !self.head && self.fields > FIELDS_MAX)
            enough = self.at;
        self.at += n + 1;
    }
    if (!self.head)
        self.head = bytes->len;
    if (enough)
        cut_head (&self, enough);
    bool parts = self.containers > 0;
    return self.containers <= CONTAINERS_MAX &&
           (!parts || (self.dashed <= DASHED_MAX && self.fields_all - self.fields <= FIELDS_ALL_MAX));
}
