/* words.h - bounded copies of strings, and what stands for them in a table. Pure. */
#ifndef BUCKSTOP_WORDS_H
#define BUCKSTOP_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies at most size - 1 bytes, never half a UTF-8 character; NULL counts as "". */
void word_copy (char *to, size_t size, const char *from);
#define WORD_COPY(to, from) word_copy ((to), sizeof (to), (from))
/* As word_copy; false when it did not fit. */
bool word_fits (char *to, size_t size, const char *from);
/* For a "%s": at most so many bytes, never half a character; "%.150s" cuts one in two, and what is not UTF-8 any more no
 * reader of our records or of JSON takes. It lives as long as the block. */
const char *word_cut (char *room, size_t size, const char *text);
#define WORD_CUT(text, most) word_cut ((char[(most) + 1]){""}, (most) + 1, (text))
/* NULL and "" are the same: nothing is named. */
static inline bool word_empty (const char *word)
{
    return !word || !*word;
}
bool word_same (const char *a, const char *b);
/* "first_response", as programs write it, as people say it; in place. Returns it. */
char *word_spaced (char *word);

/* FNV-1a, for tables in memory: the hash of all words that were given, one after the other, from WORD_HASH on. */
#define WORD_HASH UINT64_C (14695981039346656037)
uint64_t word_hash (uint64_t hash, const char *word);

#endif
