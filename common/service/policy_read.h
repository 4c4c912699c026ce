/* policy_read.h - a policy from disk, with the files that it uses behind it. */
#ifndef BUCKSTOP_POLICY_READ_H
#define BUCKSTOP_POLICY_READ_H

#include "service.h"

enum { POLICY_FILE_MAX = 4 * 1024 * 1024 };

/* path "-": standard input. Names of files that it uses are relative to its directory. malloc'd text, ended by a zero;
 * NULL: `why` says which file can't be read, and why not. */
char *policy_read (const char *path, size_t *size, char why[PARAM_WHY_SIZE]);
/* The same, with each used file that can't be read as an error where the policy names it: the text comes without them. */
char *policy_read_parts (const char *path, size_t *size, policy_errors_t *missing, char why[PARAM_WHY_SIZE]);
/* The parser knows that a file is not in the text; who read it knows why: its word on that place, else the parser's. */
const policy_error_t *policy_read_known (const policy_errors_t *missing, const policy_error_t *place);
/* A policy's text that was read, with the files that it uses and does not hold yet behind it; takes the text. */
char *policy_read_used (const char *path, char *text, size_t *size, char why[PARAM_WHY_SIZE]);
/* One file, as it is. */
char *policy_read_file (const char *path, size_t *size, char why[PARAM_WHY_SIZE]);
/* "FILE:LINE:COLUMN" of something that is wrong with such a text: of the policy, or of a file that it uses. */
enum { POLICY_PLACE_SIZE = 600 };
const char *policy_place_words (const char *path, const char *text, size_t size, const policy_error_t *error,
                                char words[POLICY_PLACE_SIZE]);

#endif
