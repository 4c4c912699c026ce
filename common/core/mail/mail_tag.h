/* mail_tag.h - the signed tag by which a mail leads back to its contact: in the ids of our mails, in an address, in a
 * subject. Pure.
 *
 *   tag          CONTACT "." MAC
 *   message id   "<" DELIVERY "." CONTACT "." MAC "@" host ">"
 *   address      local "+" CONTACT "." MAC "@" domain
 *   subject      words "[#" CONTACT "." MAC "]"
 *
 * MAC: HMAC-SHA-256 (the workspace's link key; workspace, contact and, of a message id, delivery), its first 80 bits in
 * Crockford's base 32. Mail systems change the case of letters: it is read in any. A tag that was found says only where
 * it claims to lead: nothing may follow from it before mail_tag_true. */
#ifndef BUCKSTOP_MAIL_TAG_H
#define BUCKSTOP_MAIL_TAG_H

#include "types.h"

enum { MAIL_TAG_MAC_SIZE = 17, MAIL_TAG_SIZE = ID_SIZE + MAIL_TAG_MAC_SIZE };

typedef struct mail_tag {
    char contact[ID_SIZE];           /* valid as an id, in upper case */
    char delivery[DELIVERY_ID_SIZE]; /* of a message id: as effect_id makes it; else "" */
    char mac[MAIL_TAG_MAC_SIZE];     /* in upper case */
} mail_tag_t;

/* "CONTACT.MAC". delivery: "" but for a message id. */
void mail_tag_make (const char *workspace, const char *contact, const char *delivery, const uint8_t key[32],
                    char tag[MAIL_TAG_SIZE]);

/* Each finds the first tag of its form; false: there is none, *found is untouched.
 * Behind a '+' in the local part of an address; `bare` (may be NULL) is the address without it. */
bool mail_tag_in_address (const char *address, mail_tag_t *found, char bare[ADDRESS_SIZE]);
bool mail_tag_in_subject (const char *subject, mail_tag_t *found);
/* With or without the angle brackets. */
bool mail_tag_in_message_id (const char *id, mail_tag_t *found);
/* Was it signed by that workspace? In constant time. */
bool mail_tag_true (const mail_tag_t *self, const char *workspace, const uint8_t key[32]);

/* false: it does not fit (a local part has at most 64 octets, RFC 5321, 4.5.3.1.1); the result is "". */
bool mail_tag_address (const char *address, const char *workspace, const char *contact, const uint8_t key[32],
                       char tagged[ADDRESS_SIZE]);
/* contact: "" where it is about none, or several; it then reads as 26 zeros. */
bool mail_tag_message_id (const char *delivery, const char *workspace, const char *contact, const uint8_t key[32],
                          const char *host, char id[ADDRESS_SIZE]);

#endif
