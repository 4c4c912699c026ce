/* show.h - a contact's page, as `buckstop show` prints it and `buckstop top` opens it. */
#ifndef BUCKSTOP_SHOW_H
#define BUCKSTOP_SHOW_H

#include "cli.h"

/* The contact with its whole timeline, of a whole id. CLI_FINE, or why (as cli_request_t) and the exit status. */
int show_fetch (cli_t *cli, const char *id, char *why, size_t why_size, json_t **contact);
/* each: also of deliveries that are tried again for one reason each is a line. */
void show_print (const json_t *contact, bool each, bool color, FILE *out);

#endif
