/* address.h - which texts can be the far side of a delivery: one judgement for the door that takes an address and for
 * the sender that uses it. Pure; nothing is looked up, so that what passes may still lead nowhere. */
#ifndef BUCKSTOP_ADDRESS_H
#define BUCKSTOP_ADDRESS_H

#include <stdbool.h>

/* No control character in it: it would end a line of a mail's or a request's head. */
bool address_is_line (const char *text);
/* One address: "ada@example.com", "Ada <ada@example.com>", "ada@example.com (Ada)". Not RFC 5322 in full: what is
 * surely none is refused. */
bool address_is_mail (const char *text);
/* http or https (RFC 3986, in any case of letters), with a host and, if one is said, a port up to 65535; no blank
 * anywhere. */
bool address_is_url (const char *text);

#endif
