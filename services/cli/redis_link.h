/* redis_link.h - a plain connection to the node that holds the store, for what goes beside the store's door: a copy of all
 * that it holds, and putting one back. It blocks: one person waits for it. */
#ifndef BUCKSTOP_REDIS_LINK_H
#define BUCKSTOP_REDIS_LINK_H

#include "cli.h"

#include <hiredis/hiredis.h>
#include <sys/types.h>

/* Where --redis leads, logged in; of sentinels, the primary that they name. CLI_GO, or said; then there is none. */
int link_open (const cli_t *cli, redisContext **link);
bool link_is_tls (const cli_t *cli);
/* Bytes that are no answer to a command: sent as they are; received, 0 at the end, -1 on an error (said), where nothing for
 * LINK_SILENCE_SECONDS is one, too. */
enum { LINK_SILENCE_SECONDS = 60 };
bool link_send (redisContext *link, const char *bytes, size_t size);
ssize_t link_receive (redisContext *link, char *to, size_t most);
/* A command and its answer, which the caller frees; NULL: it was an error, or there was none, and that is said. */
redisReply *link_ask (redisContext *link, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
/* "role" of `INFO SECTION`; "" : it is not there. False: said. */
enum { LINK_VALUE_SIZE = 128 };
void link_field (const char *info, const char *field, char value[LINK_VALUE_SIZE]); /* the same, of what INFO said */
bool link_info (redisContext *link, const char *section, const char *field, char value[LINK_VALUE_SIZE]);

#endif
