/* link.c - signed links in notices.
 *
 * The fields are bytes with their lengths, so that no two claims have the same bytes:
 *   form (1), action (1), expires (8, big endian), then workspace, contact, person, each length (1) + bytes.
 * The signature covers all of them. What is said after LINK_MALFORMED does not depend on the key; expiry is
 * looked at only once the signature holds, so that a stranger learns nothing from the answer. */
#include "link.h"

#include <sodium.h>
#include <string.h>

enum {
    FORM = 1,
    FIELDS_MAX = 10 + 3 + (NAME_SIZE - 1) + (ID_SIZE - 1) + (NAME_SIZE - 1),
    MAC_SIZE = crypto_auth_hmacsha256_BYTES,
    MAC_LENGTH = 43,
    VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};
_Static_assert((FIELDS_MAX + 2) / 3 * 4 + 1 + MAC_LENGTH < LINK_TOKEN_SIZE, "the largest token fits");

typedef struct fields {
    uint8_t bytes[FIELDS_MAX];
    size_t size;
} fields_t;

static void put_text (fields_t *self, const char *text, size_t room)
{
    size_t length = strnlen (text, room - 1);
    self->bytes[self->size++] = (uint8_t)length;
    memcpy (self->bytes + self->size, text, length);
    self->size += length;
}

/* 0, or -1 when it is cut short or does not fit. */
static int get_text (const fields_t *self, size_t *at, char *text, size_t room)
{
    if (*at >= self->size)
        return -1;
    size_t length = self->bytes[(*at)++];
    if (length >= room || length > self->size - *at || memchr (self->bytes + *at, 0, length))
        return -1;
    memcpy (text, self->bytes + *at, length);
    text[length] = 0;
    *at += length;
    return 0;
}

static fields_t pack (const link_claim_t *claim)
{
    fields_t fields = {.size = 0};
    fields.bytes[fields.size++] = FORM;
    fields.bytes[fields.size++] = (uint8_t)claim->action;
    for (int shift = 56; shift >= 0; shift -= 8)
        fields.bytes[fields.size++] = (uint8_t)((uint64_t)claim->expires >> shift);
    put_text (&fields, claim->workspace, sizeof claim->workspace);
    put_text (&fields, claim->contact, sizeof claim->contact);
    put_text (&fields, claim->person, sizeof claim->person);
    return fields;
}

static int unpack (const fields_t *fields, link_claim_t *claim)
{
    memset (claim, 0, sizeof *claim);
    size_t at = 0;
    if (fields->size < 10 || fields->bytes[at++] != FORM)
        return -1;
    claim->action = fields->bytes[at++];
    uint64_t expires = 0;
    for (int i = 0; i < 8; i++)
        expires = expires << 8 | fields->bytes[at++];
    claim->expires = (wall_ms_t)expires;
    if (get_text (fields, &at, claim->workspace, sizeof claim->workspace) ||
        get_text (fields, &at, claim->contact, sizeof claim->contact) ||
        get_text (fields, &at, claim->person, sizeof claim->person))
        return -1;
    return at == fields->size ? 0 : -1;
}

/* Splits and decodes; 0 or -1. */
static int decode (const char *token, fields_t *fields, uint8_t mac[MAC_SIZE])
{
    const char *dot = token && strnlen (token, LINK_TOKEN_SIZE) < LINK_TOKEN_SIZE ? strchr (token, '.') : NULL;
    size_t size = 0;
    const char *end = NULL;
    if (!dot || strlen (dot + 1) != MAC_LENGTH)
        return -1;
    if (sodium_base642bin (fields->bytes, sizeof fields->bytes, token, (size_t)(dot - token), NULL, &fields->size, &end,
                           VARIANT) != 0 ||
        end != dot)
        return -1;
    if (sodium_base642bin (mac, MAC_SIZE, dot + 1, MAC_LENGTH, NULL, &size, &end, VARIANT) != 0 || *end)
        return -1;
    return size == MAC_SIZE ? 0 : -1;
}

void link_sign (const link_claim_t *claim, const uint8_t key[32], char token[LINK_TOKEN_SIZE])
{
    fields_t fields = pack (claim);
    uint8_t mac[MAC_SIZE];
    crypto_auth_hmacsha256 (mac, fields.bytes, fields.size, key);
    sodium_bin2base64 (token, LINK_TOKEN_SIZE, fields.bytes, fields.size, VARIANT);
    size_t length = strlen (token);
    token[length++] = '.';
    sodium_bin2base64 (token + length, LINK_TOKEN_SIZE - length, mac, sizeof mac, VARIANT);
}

int link_workspace (const char *token, char workspace[NAME_SIZE])
{
    fields_t fields;
    uint8_t mac[MAC_SIZE];
    link_claim_t claim;
    if (decode (token, &fields, mac) || unpack (&fields, &claim) || !claim.workspace[0])
        return -1;
    memcpy (workspace, claim.workspace, sizeof claim.workspace);
    return 0;
}

enum link_fault link_verify (const char *token, const uint8_t key[32], wall_ms_t now, link_claim_t *claim)
{
    fields_t fields;
    uint8_t mac[MAC_SIZE];
    if (decode (token, &fields, mac) || unpack (&fields, claim))
        return LINK_MALFORMED;
    if (crypto_auth_hmacsha256_verify (mac, fields.bytes, fields.size, key) != 0)
        return LINK_FORGED;
    return now < claim->expires ? LINK_OK : LINK_EXPIRED;
}
