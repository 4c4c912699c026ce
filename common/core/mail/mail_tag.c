/* mail_tag.c - the signed tag by which a mail leads back to its contact.
 *
 * Told:  workspace, contact, delivery and the workspace's link key; or an address, a subject, a message id as a mail
 *        has it, from anybody.
 * Says:  the tag; or what a text claims to be one of.
 *
 * A customer who reads one tag can make none of another contact or delivery. Eighty bits are enough for what can only be
 * tried by sending a mail each. Limits: one '+' counts, the last; of several tags in a subject, the first. */
#include "mail_tag.h"

#include "ids.h"
#include "words.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    MAC_BYTES = 10,
    CONTACT_LENGTH = ID_SIZE - 1,
    MAC_LENGTH = MAIL_TAG_MAC_SIZE - 1,
    TAG_LENGTH = MAIL_TAG_SIZE - 1,
    EFFECT_HEX = 16, /* ids.h: 16 hex digits, '-', a number */
    LOCAL_MAX = 64,
};
_Static_assert(TAG_LENGTH == CONTACT_LENGTH + 1 + MAC_LENGTH, "CONTACT.MAC");
_Static_assert(MAC_LENGTH * 5 == MAC_BYTES * 8, "no bits are left over");

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void hash_part (crypto_auth_hmacsha256_state *state, const char *part)
{
    crypto_auth_hmacsha256_update (state, (const unsigned char *)part, strlen (part) + 1);
}

static void mac_of (const char *workspace, const char *contact, const char *delivery, const uint8_t key[32],
                    char mac[MAIL_TAG_MAC_SIZE])
{
    crypto_auth_hmacsha256_state state;
    unsigned char full[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_init (&state, key, 32);
    hash_part (&state, "mail"); /* the key signs links, too */
    hash_part (&state, workspace);
    hash_part (&state, contact);
    hash_part (&state, delivery);
    crypto_auth_hmacsha256_final (&state, full);
    uint64_t bits = 0;
    size_t at = 0;
    for (int i = 0, n = 0; i < MAC_BYTES; i++) {
        bits = bits << 8 | full[i];
        for (n += 8; n >= 5; n -= 5)
            mac[at++] = alphabet[bits >> (n - 5) & 31];
    }
    mac[at] = 0;
}

void mail_tag_make (const char *workspace, const char *contact, const char *delivery, const uint8_t key[32],
                    char tag[MAIL_TAG_SIZE])
{
    char mac[MAIL_TAG_MAC_SIZE];
    mac_of (workspace, contact, delivery, key, mac);
    snprintf (tag, MAIL_TAG_SIZE, "%.*s.%s", CONTACT_LENGTH, contact, mac);
}

bool mail_tag_true (const mail_tag_t *self, const char *workspace, const uint8_t key[32])
{
    char mac[MAIL_TAG_MAC_SIZE];
    mac_of (workspace, self->contact, self->delivery, key, mac);
    return sodium_memcmp (mac, self->mac, sizeof mac) == 0;
}

/* Of exactly `length` bytes, in any case; false: it is none. */
static bool read_tag (const char *text, size_t length, mail_tag_t *tag)
{
    if (length != TAG_LENGTH || text[CONTACT_LENGTH] != '.')
        return false;
    for (int i = 0; i < CONTACT_LENGTH; i++)
        tag->contact[i] = (char)toupper ((unsigned char)text[i]);
    for (int i = 0; i < MAC_LENGTH; i++) {
        tag->mac[i] = (char)toupper ((unsigned char)text[CONTACT_LENGTH + 1 + i]);
        if (!tag->mac[i] || !strchr (alphabet, tag->mac[i]))
            return false;
    }
    return id_valid (tag->contact);
}

/* 16 hex digits, '-', a number; in lower case, as it was made. */
static bool read_delivery (const char *text, size_t length, char delivery[DELIVERY_ID_SIZE])
{
    if (length < EFFECT_HEX + 2 || length >= DELIVERY_ID_SIZE)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = (char)tolower ((unsigned char)text[i]);
        const char *allowed = i < EFFECT_HEX ? "0123456789abcdef" : i == EFFECT_HEX ? "-" : "0123456789";
        if (!c || !strchr (allowed, c))
            return false;
        delivery[i] = c;
    }
    delivery[length] = 0;
    return true;
}

bool mail_tag_in_address (const char *address, mail_tag_t *found, char bare[ADDRESS_SIZE])
{
    const char *at = strrchr (address, '@');
    const char *plus = at ? memrchr (address, '+', (size_t)(at - address)) : NULL;
    mail_tag_t tag = {0};
    if (!plus || !read_tag (plus + 1, (size_t)(at - plus - 1), &tag))
        return false;
    *found = tag;
    if (bare)
        snprintf (bare, ADDRESS_SIZE, "%.*s%s", (int)(plus - address), address, at);
    return true;
}

bool mail_tag_in_subject (const char *subject, mail_tag_t *found)
{
    for (const char *at = strstr (subject, "[#"); at; at = strstr (at + 1, "[#")) {
        mail_tag_t tag = {0};
        if (!read_tag (at + 2, strcspn (at + 2, "]"), &tag) || at[2 + TAG_LENGTH] != ']')
            continue;
        *found = tag;
        return true;
    }
    return false;
}

bool mail_tag_in_message_id (const char *id, mail_tag_t *found)
{
    id += *id == '<';
    const char *at = strchr (id, '@'), *dot = strchr (id, '.');
    mail_tag_t tag = {0};
    if (!at || !dot || dot > at)
        return false;
    if (!read_delivery (id, (size_t)(dot - id), tag.delivery) || !read_tag (dot + 1, (size_t)(at - dot - 1), &tag))
        return false;
    *found = tag;
    return true;
}

bool mail_tag_address (const char *address, const char *workspace, const char *contact, const uint8_t key[32],
                       char tagged[ADDRESS_SIZE])
{
    char tag[MAIL_TAG_SIZE];
    const char *at = strrchr (address, '@');
    tagged[0] = 0;
    if (!at || (size_t)(at - address) + 1 + TAG_LENGTH > LOCAL_MAX || strlen (address) + 1 + TAG_LENGTH >= ADDRESS_SIZE)
        return false;
    mail_tag_make (workspace, contact, "", key, tag);
    snprintf (tagged, ADDRESS_SIZE, "%.*s+%s%s", (int)(at - address), address, tag, at);
    return true;
}

bool mail_tag_message_id (const char *delivery, const char *workspace, const char *contact, const uint8_t key[32],
                          const char *host, char id[ADDRESS_SIZE])
{
    static const char none[] = "00000000000000000000000000";
    _Static_assert(sizeof none == ID_SIZE, "as long as an id");
    char tag[MAIL_TAG_SIZE];
    mail_tag_make (workspace, *contact ? contact : none, delivery, key, tag);
    int length = snprintf (id, ADDRESS_SIZE, "<%s.%s@%s>", delivery, tag, host);
    bool fits = length > 0 && length < ADDRESS_SIZE;
    if (!fits)
        id[0] = 0;
    return fits;
}
