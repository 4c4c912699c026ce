/* policy_tree_words.h - what libfyaml finds wrong in a text, in words that say what to do. Pure. For policy_tree.c alone. */
#ifndef BUCKSTOP_POLICY_TREE_WORDS_H
#define BUCKSTOP_POLICY_TREE_WORDS_H

#include "policy.h"

#include <stddef.h>

/* One more error: what libfyaml means by `message` about that place of the text. Line and column count from 1. */
void tree_syntax_error (policy_errors_t *errors, const char *text, size_t length, int line, int column,
                        const char *message);

#endif
