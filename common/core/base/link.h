/* link.h - signed links in notices: one click, a confirmation page, an expiry. Pure.
 *
 * token = base64url (fields) "." base64url (HMAC-SHA-256 over the fields with the workspace's link key) */
#ifndef BUCKSTOP_LINK_H
#define BUCKSTOP_LINK_H

#include "types.h"

#include "buckstop/v1/action.pb-c.h"

typedef struct link_claim {
    char workspace[NAME_SIZE];
    char contact[ID_SIZE];
    char person[NAME_SIZE];
    Buckstop__V1__ActionKind action;
    wall_ms_t expires;
} link_claim_t;

enum { LINK_TOKEN_SIZE = 256 };
enum link_fault { LINK_OK = 0, LINK_MALFORMED, LINK_FORGED, LINK_EXPIRED };

void link_sign (const link_claim_t *claim, const uint8_t key[32], char token[LINK_TOKEN_SIZE]);
/* The workspace alone, unverified, to find the key. 0 or -1. */
int link_workspace (const char *token, char workspace[NAME_SIZE]);
enum link_fault link_verify (const char *token, const uint8_t key[32], wall_ms_t now, link_claim_t *claim);

#endif
