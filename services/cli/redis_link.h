/* redis_link.h - a plain connection to the node that holds the store, for what goes beside the store's door: a copy of all
 * that it holds, and putting one back. It blocks: one person waits for it. */
#ifndef BUCKSTOP_REDIS_LINK_H
#define BUCKSTOP_REDIS_LINK_H

#include "cli.h"

#include <hiredis/hiredis.h>

/* Where --redis leads, logged in; of sentinels, the primary that they name. NULL: said. */
redisContext *link_open (const cli_t *cli);
/* A command and its answer, which the caller frees; NULL: it was an error, or there was none, and that is said. */
redisReply *link_ask (redisContext *link, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
/* "role" of `INFO SECTION`; "" : it is not there. False: said. */
enum { LINK_VALUE_SIZE = 128 };
bool link_info (redisContext *link, const char *section, const char *field, char value[LINK_VALUE_SIZE]);

#endif
