/* password_file.h - a password that stands in a file, or comes by a pipe. */
#ifndef BUCKSTOP_PASSWORD_FILE_H
#define BUCKSTOP_PASSWORD_FILE_H

#include "service.h"

enum { PASSWORD_SIZE = 512 };

/* The first line, without its end. path NULL or "": there is none, and password is "". False: why; it is never "" for a
 * path that was given, since who gives one does not mean to log in without. */
bool password_file_read (const char *path, char password[PASSWORD_SIZE], char why[PARAM_WHY_SIZE]);

#endif
