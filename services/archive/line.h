/* line.h - one event as an archive has it. Pure, but for jansson's memory. */
#ifndef BUCKSTOP_ARCHIVE_LINE_H
#define BUCKSTOP_ARCHIVE_LINE_H

#include "types.h"

#include <jansson.h>

/* An event of the stream: series, number and workspace before what `/v1/events` shows of it. What can't be read has its
 * number all the same. The caller owns it. */
json_t *line_of (const char *workspace, unsigned series, uint64_t number, const void *bytes, size_t size);
/* Subjects, texts and reasons go: what customers and people wrote. */
void line_without_texts (json_t *line);
/* What stays of a line about somebody who is forgotten: that there was one. The caller owns it. */
json_t *line_forgotten (const json_t *line);
/* As CloudEvents 1.0 wraps it; takes the line. */
json_t *line_cloud (json_t *line);
/* Is that line about this event? What it was when the line was written may be spelled otherwise by now. */
bool line_is (const char *line, uint64_t number, const void *bytes, size_t size);
/* Where a line stands. False: it is none of ours. */
bool line_place (const json_t *line, unsigned *series, uint64_t *number);

#endif
