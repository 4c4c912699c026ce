/* show.h - a contact's page, as `buckstop show` prints it and `buckstop top` opens it. */
#ifndef BUCKSTOP_SHOW_H
#define BUCKSTOP_SHOW_H

#include "cli.h"

enum { SHOW_PATH_SIZE = 512 };

/* Where the first page of a contact is, of a whole id. */
void show_path (const char *id, char path[SHOW_PATH_SIZE]);
/* Adds a page (lent) to what there is of the contact: NULL at first; the caller's, json_decref. Into path goes that of
 * the next page; "": there is none. */
void show_add_page (json_t **contact, const json_t *page, char path[SHOW_PATH_SIZE]);
/* each: also of deliveries that are tried again for one reason each is a line. */
void show_print (const json_t *contact, bool each, bool color, FILE *out);

#endif
