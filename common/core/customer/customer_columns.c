/* customer_columns.c - the columns of a table of customers: one row a column, with what its cells may hold.
 *
 * Hears: a cell. Says: its text in the customer's row, or what is wrong with it and what was expected. */
#include "customer_columns.h"

#include "ids.h"
#include "wire.h"
#include "words.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct column {
    const char *name;
    bool (*take) (const cell_t *cell);
    size_t offset, size; /* of a text in the row */
    bool many;           /* name2 ... name9, too */
};

bool row_wrong (rows_place_t *place, const char *expected, const char *format, ...)
{
    va_list list;
    va_start (list, format);
    vsnprintf (place->what, sizeof place->what, format, list);
    va_end (list);
    WORD_COPY (place->expected, expected);
    return false;
}

static bool wrong_cell (const cell_t *cell, const char *expected)
{
    return row_wrong (cell->place, expected, "%s: '%.80s'", cell->head, cell->text);
}

static bool keep (const cell_t *cell)
{
    const column_t *column = cell->column;
    if (word_fits ((char *)cell->row + column->offset, column->size, cell->text))
        return true;
    return row_wrong (cell->place, "fewer words", "%s: it has %zu bytes, there is room for %zu", cell->head,
                      strlen (cell->text), column->size - 1);
}

static bool has_control (const char *text, const char *allowed)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' || *text == 0x7f) && !strchr (allowed, *text))
            return true;
    return false;
}

static bool take_id (const cell_t *cell)
{
    return id_valid (cell->text) ? keep (cell)
                                 : wrong_cell (cell, "a customer's id, as 'buckstop customer show' says it; empty for "
                                                     "who has none yet; leave out a column with numbers of your own");
}

static bool take_line (const cell_t *cell)
{
    return has_control (cell->text, "") ? wrong_cell (cell, "one line of text") : keep (cell);
}

static bool take_notes (const cell_t *cell)
{
    return has_control (cell->text, "\n\r\t") ? wrong_cell (cell, "text") : keep (cell);
}

static bool take_language (const cell_t *cell)
{
    size_t letters = 0;
    while (isalpha ((unsigned char)cell->text[letters]))
        letters++;
    bool is = letters >= 2 && letters <= 3 && (!cell->text[letters] || cell->text[letters] == '-') &&
              strspn (cell->text + letters, "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") ==
                  strlen (cell->text) - letters;
    return is && strlen (cell->text) < LANGUAGE_SIZE ? keep (cell)
                                                     : wrong_cell (cell, "a language, as in 'en', 'de' or 'pt-BR'");
}

static bool take_tier (const cell_t *cell)
{
    return name_valid (cell->text) ? keep (cell) : wrong_cell (cell, "one word, as rules of the policy name tiers");
}

static bool take_channel (const cell_t *cell)
{
    return policy_channel (cell->policy, cell->text) ? keep (cell)
                                                     : wrong_cell (cell, "a channel that the policy names");
}

static bool take_person (const cell_t *cell)
{
    return policy_person (cell->policy, cell->text) ? keep (cell) : wrong_cell (cell, "a person that the policy names");
}

static bool add_identity (const cell_t *cell, const identity_t *identity)
{
    customer_row_t *row = cell->row;
    for (size_t i = 0; i < row->identities_n; i++)
        if (identity_same (&row->identities[i], identity))
            return true;
    if (row->identities_n == CUSTOMER_IDENTITIES_MAX)
        return row_wrong (cell->place, "fewer of them", "%s: a customer has at most %d addresses, numbers and handles",
                          cell->head, (int)CUSTOMER_IDENTITIES_MAX);
    row->identities[row->identities_n++] = *identity;
    return true;
}

static bool take_mail (const cell_t *cell)
{
    identity_t identity;
    return identity_mail (cell->text, &identity) ? add_identity (cell, &identity)
                                                 : wrong_cell (cell, "a mail address, as in ada@example.com");
}

/* Of one with its country it can be told what is wrong. */
static bool wrong_phone (const cell_t *cell)
{
    const char *country = cell->policy->country;
    size_t digits = 0;
    for (const char *c = cell->text; *c; c++)
        digits += *c >= '0' && *c <= '9';
    if (*cell->text == '+' && (digits < E164_DIGITS_MIN || digits > E164_DIGITS_MAX))
        return row_wrong (cell->place, "7 to 15 digits, the country's among them", "%s: '%.80s' is too %s, it has %zu",
                          cell->head, cell->text, digits < E164_DIGITS_MIN ? "short" : "long", digits);
    return wrong_cell (cell, country && *country ? "a telephone number, as in +49 30 123456"
                                                 : "a number with its country, as in +49 30 123456 (or say `country` "
                                                   "in the policy)");
}

static bool take_phone (const cell_t *cell)
{
    identity_t identity;
    return identity_phone (cell->policy->country, cell->text, &identity) ? add_identity (cell, &identity)
                                                                         : wrong_phone (cell);
}

static bool take_handle (const cell_t *cell)
{
    identity_t identity;
    char platform[NAME_SIZE];
    const char *colon = strchr (cell->text, ':');
    snprintf (platform, sizeof platform, "%.*s", colon ? (int)(colon - cell->text) : 0, cell->text);
    bool is = colon && colon - cell->text < NAME_SIZE && name_valid (platform) &&
              identity_handle (platform, colon + 1, &identity);
    return is ? add_identity (cell, &identity) : wrong_cell (cell, "PLATFORM:HANDLE, as in slack:U012AB3CD");
}

#define IN_ROW(field) offsetof (customer_row_t, field), sizeof (((customer_row_t *)0)->field)
static const column_t known[] = {
    {"id", take_id, IN_ROW (id)},
    {"name", take_line, IN_ROW (name)},
    {"mail", take_mail, .many = true},
    {"phone", take_phone, .many = true},
    {"handle", take_handle, .many = true},
    {"language", take_language, IN_ROW (language)},
    {"channel", take_channel, IN_ROW (preferred_channel)},
    {"tier", take_tier, IN_ROW (tier)},
    {"owner", take_person, IN_ROW (owner)},
    {"deputy", take_person, IN_ROW (deputy)},
    {"notes", take_notes, IN_ROW (notes)},
};

const column_t *column_find (const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t length = strlen (known[i].name);
        if (strncmp (name, known[i].name, length) != 0)
            continue;
        const char *rest = name + length;
        if (!*rest || (known[i].many && *rest >= '2' && *rest <= '9' && !rest[1]))
            return &known[i];
    }
    return NULL;
}

bool column_many (const column_t *self)
{
    return self->many;
}

bool cell_take (cell_t *cell, char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    size_t length = strlen (text);
    while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    text[length] = '\0';
    cell->text = text;
    if (!length)
        return true;
    if (!utf8_valid (text, length))
        return row_wrong (cell->place, "UTF-8", "%s: it can't be read", cell->head);
    return cell->column->take (cell);
}
