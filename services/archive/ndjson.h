/* ndjson.h - a file of lines, compressed (gzip) or not, read from its beginning. Blocks. */
#ifndef BUCKSTOP_NDJSON_H
#define BUCKSTOP_NDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ndjson ndjson_t;

ndjson_t *ndjson_open (int fd); /* takes the descriptor; NULL: no memory */
void ndjson_close (ndjson_t **self_p);
/* The next line, without its end and with a zero behind it, until the next call. NULL: there is none. */
const char *ndjson_next (ndjson_t *self, size_t *size);
/* Once there is no further line: is it read to its end, and does it end with a whole line? Words, or NULL: it is fine. */
const char *ndjson_fault (const ndjson_t *self);
/* Its only fault is that the last line is not whole: of a file that is written still, or was when its archive died. */
bool ndjson_torn (const ndjson_t *self);
/* Bytes up to the end of the last whole line. */
uint64_t ndjson_whole (const ndjson_t *self);

#endif
