/* trace.h - W3C Trace Context (https://www.w3.org/TR/trace-context/): traceparents taken in, made, kept small. Pure.
 *
 * A contact is one trace. Where its submission brought a traceparent that is kept, and given out as it came: we add no spans
 * of our own, so that what is told downstream hangs where the submission did (4.3, "forward"). Where none came it is made of
 * the contact's id, whose 128 bits nobody else has: known to whoever knows the contact, and stored nowhere. */
#ifndef BUCKSTOP_TRACE_H
#define BUCKSTOP_TRACE_H

#include "types.h"

enum {
    TRACE_BYTES = 25,   /* trace id, parent id, flags */
    TRACE_ID_SIZE = 33, /* the trace's id alone, in hex */
};

/* A header as it came, as version 00. False, and "": it is none, so it is as if none had come (4.2.2.1). NULL may be
 * given. */
bool trace_take (const char *header, char trace[TRACE_SIZE]);
/* given: of a record, perhaps an older one: what is no traceparent counts as none. The traceparent of that contact; "" : none was given, and `contact` is no id. */
const char *trace_of (const char *given, const char *contact, char trace[TRACE_SIZE]);
/* Its trace id alone, as logs name it. */
const char *trace_id_of (const char *given, const char *contact, char id[TRACE_ID_SIZE]);

/* As records keep it. 0: there is none. */
size_t trace_pack (const char *trace, uint8_t bytes[TRACE_BYTES]);
/* Of no bytes: "". False: these are no trace's. */
bool trace_unpack (const uint8_t *bytes, size_t size, char trace[TRACE_SIZE]);

#endif
