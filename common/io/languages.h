/* languages.h - what languages look like, from the files of libexttextcat. */
#ifndef BUCKSTOP_LANGUAGES_H
#define BUCKSTOP_LANGUAGES_H

#include "language.h"

#define LANGUAGES_DIRECTORY "/usr/share/libexttextcat" /* Debian: libexttextcat-data */

/* Reads about 45 files: once, at start. The caller destroys what it gets; NULL: none of them is there. */
recogniser_t *languages_load (const char *directory);

#endif
