/* identity.c - by what a customer is known, brought to one spelling.
 *
 * hears: what a channel or a table calls somebody. says: a mail address, a number, a handle; or that it is nobody.
 * Limits: of a country's habits of dialling those that the table names; numbers are judged by their length, not by the
 * plan of their country. Cases are folded as Unicode does without regard to a language. */
#include "identity.h"

#include "address.h"
#include "ids.h"
#include "words.h"

#include <ctype.h>
#include <glib.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WITH_CODE_MIN = 10, ANY_CODE_MIN = 11, DIGITS_SIZE = 24 };

/* As much of it as stands between blanks; false: nothing, or it does not fit. */
static bool trimmed (char to[ADDRESS_SIZE], const char *from)
{
    while (isspace ((unsigned char)*from))
        from++;
    size_t size = strlen (from);
    while (size && isspace ((unsigned char)from[size - 1]))
        size--;
    if (size == 0 || size >= ADDRESS_SIZE)
        return false;
    memcpy (to, from, size);
    to[size] = '\0';
    return true;
}

/* In lower case, where that fits. */
static void fold (char *text, size_t size)
{
    if (!g_utf8_validate (text, -1, NULL))
        return;
    char *lower = g_utf8_strdown (text, -1);
    if (strlen (lower) < size)
        word_copy (text, size, lower);
    g_free (lower);
}

/* ------------------------------------------------------------------- mail */

bool identity_mail (const char *text, identity_t *identity)
{
    char whole[ADDRESS_SIZE];
    if (word_empty (text) || !trimmed (whole, text) || !address_is_mail (whole))
        return false;
    const char *open = strchr (whole, '<'), *from = open ? open + 1 : whole;
    *identity = (identity_t){.kind = BUCKSTOP__V1__IDENTITY_KIND__IDENTITY_KIND_MAIL};
    memcpy (identity->value, from, strcspn (from, open ? ">" : " "));
    char *domain = strchr (identity->value, '@');
    fold (domain, sizeof identity->value - (size_t)(domain - identity->value));
    return true;
}

/* ------------------------------------------------------------------ phone */

/* What one dials there before a number of the country, and before one of another (ITU-T, Operational Bulletin 994). */
static const struct dialling {
    const char *country, *trunk, *abroad;
} dialling[] = {
    {"1", "1", "011"},  {"7", "8", "810"}, {"36", "06", "00"}, {"39", "", "00"},  {"61", "0", "0011"},
    {"81", "0", "010"}, {"225", "", "00"}, {"242", "", "00"},  {"378", "", "00"}, {"", "0", "00"},
};

static const struct dialling *dialling_in (const char *country)
{
    const struct dialling *row = dialling;
    while (*row->country && strcmp (row->country, country) != 0)
        row++;
    return row;
}

static bool starts (const char *text, const char *with)
{
    return *with && strncmp (text, with, strlen (with)) == 0;
}

/* The digits of it. false: something in it is no part of a number. plus: it begins with one. */
static bool digits_of (const char *text, char digits[DIGITS_SIZE], bool *plus)
{
    size_t n = 0;
    *plus = *text == '+';
    for (text += *plus; *text; text++) {
        if (*plus && strncmp (text, "(0)", 3) == 0)
            text += 2; /* "+49 (0)30": one dials it only within the country */
        else if (*text >= '0' && *text <= '9' && n + 1 < DIGITS_SIZE)
            digits[n++] = *text;
        else if (!strchr (" -./()", *text))
            return false;
    }
    digits[n] = '\0';
    return n > 0;
}

static bool phone_set (identity_t *identity, const char *country, const char *digits)
{
    size_t n = strlen (country) + strlen (digits);
    *identity = (identity_t){.kind = BUCKSTOP__V1__IDENTITY_KIND__IDENTITY_KIND_PHONE};
    snprintf (identity->value, sizeof identity->value, "+%s%s", country, digits);
    return n >= E164_DIGITS_MIN && n <= E164_DIGITS_MAX && identity->value[1] != '0';
}

bool identity_phone (const char *country, const char *text, identity_t *identity)
{
    static const char *const schemes[] = {"tel:", "whatsapp:"};
    char whole[ADDRESS_SIZE], digits[DIGITS_SIZE], *from = whole;
    bool plus;
    if (word_empty (text) || !trimmed (whole, text))
        return false;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncasecmp (from, schemes[i], strlen (schemes[i])) == 0)
            from += strlen (schemes[i]);
    from[strcspn (from, ";")] = '\0'; /* a parameter of the URI, RFC 3966 */
    if (!digits_of (from, digits, &plus))
        return false;
    country = word_empty (country) ? "" : country + (*country == '+');
    const struct dialling *row = dialling_in (country);
    size_t n = strlen (digits);
    if (plus)
        return phone_set (identity, "", digits);
    if (starts (digits, row->abroad))
        return phone_set (identity, "", digits + strlen (row->abroad));
    if (*country && starts (digits, row->trunk))
        return phone_set (identity, country, digits + strlen (row->trunk));
    if ((starts (digits, country) && n >= WITH_CODE_MIN) || (n >= ANY_CODE_MIN && *digits != '0'))
        return phone_set (identity, "", digits);
    return *country && phone_set (identity, country, digits);
}

/* Who calls and does not want to be known, in the words and numbers of exchanges and of Twilio. */
static bool is_withheld (const char *text)
{
    static const char *const words[] = {"anonymous",   "restricted", "unknown",  "unavailable",
                                        "private",     "blocked",    "withheld", "+266696687",
                                        "+7378742833", "+2562533",   "+8566696", "+86282452253"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp (words[i], text) == 0)
            return true;
    return false;
}

/* ----------------------------------------------------------------- handle */

bool identity_handle (const char *platform, const char *text, identity_t *identity)
{
    *identity = (identity_t){.kind = BUCKSTOP__V1__IDENTITY_KIND__IDENTITY_KIND_HANDLE};
    if (!name_valid (platform) || word_empty (text))
        return false;
    WORD_COPY (identity->platform, platform);
    return trimmed (identity->value, text);
}

/* -------------------------------------------------------------- a channel's */

/* A channel on which people speak is a telephone as far as its customers come by numbers, even where the policy does not
 * say so. Digits alone are one from WITH_CODE_MIN on: shorter ones may be what else a platform calls somebody. */
static bool is_line (const policy_channel_t *row)
{
    return row && row->live && row->answer == BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_SPOKEN;
}

static bool is_dialled (const char *text)
{
    size_t digits = 0;
    for (const char *c = text; *c; c++)
        digits += *c >= '0' && *c <= '9';
    return *text == '0' || *text == '(' || digits >= WITH_CODE_MIN;
}

bool identity_of (const policy_t *policy, const char *channel, const char *text, identity_t *identity)
{
    const policy_channel_t *row = policy ? policy_channel (policy, channel) : NULL;
    const char *country = policy ? policy->country : NULL;
    char whole[ADDRESS_SIZE];
    if (word_empty (text) || !trimmed (whole, text))
        return false;
    int by = row ? row->identity : IDENTITY_BY_FORM;
    bool called = by == IDENTITY_PHONE || (by == IDENTITY_BY_FORM && is_line (row));
    if (called && is_withheld (whole))
        return false;
    if ((by == IDENTITY_BY_FORM || by == IDENTITY_MAIL) && identity_mail (whole, identity))
        return true;
    bool number = by == IDENTITY_BY_FORM ? *whole == '+' || (called && is_dialled (whole)) : called;
    if (number && identity_phone (country, whole, identity))
        return true;
    return identity_handle (row && row->platform ? row->platform : channel, whole, identity);
}

/* ------------------------------------------------------------------- words */

const char *identity_kind_name (identity_kind_t kind)
{
    static const char *const names[] = {"", "mail", "phone", "handle"};
    return (size_t)kind < sizeof names / sizeof *names ? names[kind] : "";
}

const char *identity_text (const identity_t *identity, char text[IDENTITY_TEXT_SIZE])
{
    bool handle = identity->kind == BUCKSTOP__V1__IDENTITY_KIND__IDENTITY_KIND_HANDLE;
    snprintf (text, IDENTITY_TEXT_SIZE, "%s%s%s", handle ? identity->platform : "", handle ? ":" : "", identity->value);
    return text;
}

bool identity_parse (const char *text, identity_t *identity)
{
    char platform[NAME_SIZE];
    size_t before = strcspn (text, ":");
    if (*text == '+' && !strchr (text, '@'))
        return identity_phone (NULL, text, identity);
    if (!text[before] || before >= sizeof platform)
        return identity_mail (text, identity);
    memcpy (platform, text, before);
    platform[before] = '\0';
    return identity_handle (platform, text + before + 1, identity);
}

/* ---------------------------------------------------------------------- id */

void customer_id_of (const identity_t *identity, char id[ID_SIZE])
{
    enum { TIME_BYTES = 6, HASH_BYTES = TIME_BYTES + ID_RANDOM_BYTES };
    char value[ADDRESS_SIZE];
    const char *parts[] = {identity_kind_name (identity->kind), identity->platform, value};
    uint8_t hash[HASH_BYTES];
    crypto_generichash_state state;
    WORD_COPY (value, identity->value);
    if (identity->kind == BUCKSTOP__V1__IDENTITY_KIND__IDENTITY_KIND_MAIL)
        fold (value, sizeof value);
    crypto_generichash_init (&state, NULL, 0, sizeof hash);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        crypto_generichash_update (&state, (const uint8_t *)parts[i], strlen (parts[i]) + 1);
    crypto_generichash_final (&state, hash, sizeof hash);
    wall_ms_t time = 0; /* the place of an id's time holds hash, too */
    for (size_t i = 0; i < TIME_BYTES; i++)
        time = time << 8 | hash[i];
    id_make (time, hash + TIME_BYTES, id);
}

bool identity_same (const identity_t *a, const identity_t *b)
{
    char one[ID_SIZE], other[ID_SIZE];
    customer_id_of (a, one);
    customer_id_of (b, other);
    return strcmp (one, other) == 0;
}
