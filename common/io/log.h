/* log.h - one line a fact, JSON or text, on standard error. Called by services only, never by core. */
#ifndef BUCKSTOP_LOG_H
#define BUCKSTOP_LOG_H

#include "types.h"

typedef enum log_level { LOG_ERROR_, LOG_WARNING_, LOG_NOTICE_, LOG_INFO_, LOG_DEBUG_ } log_level_t;

void log_open (const char *service, bool json, log_level_t level);
/* subject: contact id, person or "" ; then pairs of key, value (strings), ended by NULL:
 *   log_fact (LOG_NOTICE_, contact->id, "offered", "to", "ada", NULL);
 * What is about a contact says its trace, too, where it is at hand: "trace", trace_id_of (...). */
void log_fact (log_level_t level, const char *subject, const char *fact, ...) __attribute__ ((sentinel));
bool log_level_parse (const char *word, log_level_t *level);
const char *log_level_word (log_level_t level);
/* At run time. */
void log_set_level (log_level_t level);
log_level_t log_get_level (void);
/* Whether a line of that level would be written: asked before words are made for it where much happens. */
bool log_wants (log_level_t level);

#endif
