/* policy_match.h - whole words in a text, case folded. Pure. For policy*.c, and for what searches as it does. */
#ifndef BUCKSTOP_POLICY_MATCH_H
#define BUCKSTOP_POLICY_MATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Words are looked for in so many bytes of a text; what comes behind is quotation, and time is bounded. */
enum { MATCH_TEXT_MAX = 64 * 1024, MATCH_WORD_MAX = 64 };

/* The text in lower case, every run of what is not part of a word made one space, a space at either end;
 * of two texts, which may be NULL, with a bar between. malloc'd. "Top-up failed!" is " top up failed ". */
char *match_fold (const char *first, const char *second);
/* Does a folded text have the word (or several words in a row)? A word without letters matches nothing. */
bool match_word (const char *folded, const char *word);

#endif
