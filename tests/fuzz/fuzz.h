/* fuzz.h - what all fuzz targets share: an input that is read as the parser would get it, and what must hold.
 *
 * What a target chooses beside the bytes of its parser (a kind, where to split) it takes from the input's end, so that a
 * corpus file begins as a real message does, and a real message is a corpus file. */
#ifndef BUCKSTOP_FUZZ_H
#define BUCKSTOP_FUZZ_H

#include "types.h"
#include "xmalloc.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
int LLVMFuzzerInitialize (int *argc, char ***argv);

#define MUST(holds)                                                                    \
    do {                                                                               \
        if (!(holds)) {                                                                \
            fprintf (stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #holds); \
            abort ();                                                                  \
        }                                                                              \
    } while (0)

/* The last byte; 0 when there is none left. */
static inline uint8_t fuzz_choice (const uint8_t *data, size_t *size)
{
    return *size ? data[--*size] : 0;
}

/* Bytes of its own, so that the sanitizer sees every edge; behind them a zero, where it is a text. */
static inline char *fuzz_text (const uint8_t *data, size_t size)
{
    char *text = xmalloc (size + 1);
    if (size)
        memcpy (text, data, size);
    text[size] = '\0';
    return text;
}

static inline void *fuzz_bytes (const uint8_t *data, size_t size)
{
    return xmemdup (data, size);
}

/* Up to the next line end (which is passed) or the end. */
static inline char *fuzz_line (const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size ? memchr (*data, '\n', *size) : NULL;
    size_t length = end ? (size_t)(end - *data) : *size;
    char *line = fuzz_text (*data, length);
    *data += length + (end != NULL);
    *size -= length + (end != NULL);
    return line;
}

#endif
