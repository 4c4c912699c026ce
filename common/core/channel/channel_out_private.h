/* channel_out_private.h - what the files channel_out*.c share. */
#ifndef BUCKSTOP_CHANNEL_OUT_PRIVATE_H
#define BUCKSTOP_CHANNEL_OUT_PRIVATE_H

#include "channel_out.h"

/* RFC 3986, 2.3: all but the unreserved, and what stands in `more`. Freed by the caller. */
char *out_percent (const char *text, const char *more);
/* Has its path a "." or a ".."? Who sends it leaves these out, and what stands before them: it would call another path. */
bool out_url_dotted (const char *url);
/* What stands in a rendered body for the secret: nobody outside knows the tag's MAC. Freed by the caller. */
char *out_body_mark (const char *tag);

#endif
