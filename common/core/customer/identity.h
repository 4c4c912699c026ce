/* identity.h - by what a customer is known: a mail address, a number, a handle; brought to one spelling. Pure.
 *
 * Two texts that mean the same mailbox, line or account end in identities that lead to the same id. The id is derived
 * (a hash of kind, platform and value), so a customer who was never seen needs no index to be looked up. */
#ifndef BUCKSTOP_IDENTITY_H
#define BUCKSTOP_IDENTITY_H

#include "policy.h"
#include "types.h"

#include "buckstop/v1/record.pb-c.h"

typedef Buckstop__V1__IdentityKind identity_kind_t;

enum { E164_DIGITS_MIN = 7, E164_DIGITS_MAX = 15 };

typedef struct identity {
    identity_kind_t kind;
    char platform[NAME_SIZE]; /* HANDLE: whose; "" else */
    char value[ADDRESS_SIZE];
} identity_t;

/* What a channel calls the customer, as the channel's row of the policy reads it; a text that is not of the channel's
 * kind is a handle of the channel. False: it names nobody (empty, a number that is withheld). */
bool identity_of (const policy_t *policy, const char *channel, const char *text, identity_t *identity);

/* The same by kind. False: it is none.
 * Mail: "Ada <ada@Example.com>" is "ada@example.com"; the domain in lower case (RFC 5321, section 2.4), the local part
 * as it is written: only the id folds it, since no mail system of today tells two cases apart.
 * Phone: E.164, "+4930123456". "00" counts as "+" ("011" where the country is "+1"), a leading 0 as the trunk prefix of
 * `country` (Italy keeps it), other digits as a number in it or, from 11 digits on, as one with its country's code.
 * country "" or NULL: only numbers with "+" or "00". */
bool identity_mail (const char *text, identity_t *identity);
bool identity_phone (const char *country, const char *text, identity_t *identity);
bool identity_handle (const char *platform, const char *text, identity_t *identity);

bool identity_same (const identity_t *a, const identity_t *b); /* leads to the same id */
/* The customer that it leads to where no index says otherwise; id_valid holds. Also the last part of key_identity. */
void customer_id_of (const identity_t *identity, char id[ID_SIZE]);

/* For people: "ada@example.com", "+4930123456", "slack:U123"; and back (a word without any of the three is none). */
enum { IDENTITY_TEXT_SIZE = NAME_SIZE + ADDRESS_SIZE };
const char *identity_text (const identity_t *identity, char text[IDENTITY_TEXT_SIZE]);
bool identity_parse (const char *text, identity_t *identity);
const char *identity_kind_name (identity_kind_t kind); /* "mail", "phone", "handle"; "" for none */

#endif
