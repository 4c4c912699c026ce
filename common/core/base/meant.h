/* meant.h - a word that nobody knows: which of those that are known was probably meant. Pure. */
#ifndef BUCKSTOP_MEANT_H
#define BUCKSTOP_MEANT_H

#include <stddef.h>

/* Of rows, each row_size bytes that begin with a name (const char *). */
static inline const char *row_name (const void *rows, size_t row_size, size_t index)
{
    return *(const char *const *)((const char *)rows + index * row_size);
}
/* For qsort of such rows, by name. */
int row_by_name (const void *a, const void *b);
/* Of n such rows the one whose name is nearest: a letter or two
 * changed, come, gone or swapped. Its name; NULL: none is near. */
const char *word_nearest (const char *word, const void *rows, size_t n, size_t row_size);
/* "; did you mean 'ada'?" to put behind a refusal, of the word that was found near; "" for NULL. */
enum { WORD_MEANT_SIZE = 96 };
const char *word_meant (const char *near, char text[WORD_MEANT_SIZE]);

#endif
