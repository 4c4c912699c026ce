/* tokens_private.h - what tokens.c and tokens_keep.c share. */
#ifndef BUCKSTOP_TOKENS_PRIVATE_H
#define BUCKSTOP_TOKENS_PRIVATE_H

#include "tokens.h"

/* The record as it stands in the store; bearer.id is the caller's. False: it is not one. */
bool token_read (const void *bytes, size_t size, token_info_t *info, uint8_t hash[TOKEN_HASH_SIZE]);

#endif
