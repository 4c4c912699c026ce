/* channel_in_private.h - what the files channel_*.c share. */
#ifndef BUCKSTOP_CHANNEL_IN_PRIVATE_H
#define BUCKSTOP_CHANNEL_IN_PRIVATE_H

#include "channel_in.h"

/* Without control characters and blanks around it; lines: line ends and tabs stay. */
void channel_clean (GString *text, bool lines);
/* At most size - 1 bytes, never half a character. */
void channel_cut (GString *text, size_t size);
/* As its field wants it; "" when it can't be. */
void channel_shape (GString *text, enum in_field field);
/* The files of the item at hand; what is larger than a mail's may be is listed without its bytes. */
void channel_files (const channel_in_t *in, pick_scope_t *scope, channel_message_t *message);

#endif
