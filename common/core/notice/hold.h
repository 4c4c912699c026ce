/* hold.h - the sending of a workspace is held: since when, who said so, and why. Pure.
 *
 * Said by an operator, or by a restore: what a backup holds may have been sent long ago. What is due meanwhile waits for a
 * word (released, dropped; delivery.h), not for a time. Everything else goes on: messages come in, deadlines pass.
 * It stands in key_hold as "SINCE\nBY\nREASON\n". */
#ifndef BUCKSTOP_HOLD_H
#define BUCKSTOP_HOLD_H

#include "types.h"

typedef struct hold {
    wall_ms_t since;
    char by[NAME_SIZE];
    char reason[DETAIL_SIZE];
} hold_t;

enum { HOLD_SIZE = NAME_SIZE + DETAIL_SIZE + 32 };
/* Line ends in the reason become blanks. The text, and its length. */
size_t hold_write (const hold_t *self, char text[HOLD_SIZE]);
/* Whatever stands there holds: what can't be read, too, since nobody knows what it was about. */
hold_t hold_read (const void *bytes, size_t size);
/* "sending is held by dana since 2026-05-02 10:11:12 UTC: restored" */
void hold_words (const hold_t *self, char words[DETAIL_SIZE]);

#endif
