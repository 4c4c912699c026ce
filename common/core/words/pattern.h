/* pattern.h - patterns that rules look for in a message, and a bound on what looking may cost. Pure.
 *
 * A pattern is a regular expression as pcre2 has it (pcre2pattern(3)): letters of any case match unless it says (?-i),
 * \b \d \w know all alphabets, ^ and $ are of lines. It can't have back references, \C, or counts above
 * PATTERN_COUNT_MAX: their cost can't be bounded by counting steps.
 *
 * What looking costs is counted in steps, not in time, so that the same message and policy always end alike. One search
 * serves one decision and all its patterns; a pattern that has used up its share, or what the decision had, gives up:
 * that is neither found nor absent, and the caller says so. */
#ifndef BUCKSTOP_PATTERN_H
#define BUCKSTOP_PATTERN_H

#include "types.h"

typedef struct pattern pattern_t;
typedef struct pattern_search pattern_search_t;

enum {
    PATTERN_MAX = 256,              /* bytes of a pattern */
    PATTERN_COUNT_MAX = 1000,       /* x{1000} */
    PATTERN_TEXT_MAX = 16 * 1024,   /* bytes of each text that are looked at */
    PATTERN_STEPS = 40 * 1000,      /* of one pattern: about a millisecond */
    PATTERN_STEPS_ALL = 100 * 1000, /* of all patterns of a decision */
};

typedef struct pattern_fault {
    size_t offset; /* of the byte where it was noticed */
    char what[DETAIL_SIZE];
} pattern_fault_t;

/* NULL: it is none, and the fault says why. */
pattern_t *pattern_new (const char *text, size_t length, pattern_fault_t *fault);
void pattern_destroy (pattern_t **self_p);

/* Where to look: one text and another, each of which may be NULL. They are borrowed. */
pattern_search_t *pattern_search_new (const char *first, const char *second);
void pattern_search_destroy (pattern_search_t **self_p);

typedef enum pattern_found { PATTERN_ABSENT, PATTERN_FOUND, PATTERN_GAVE_UP } pattern_found_t;
pattern_found_t pattern_find (const pattern_t *self, pattern_search_t *search);

#endif
