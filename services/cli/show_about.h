/* show_about.h - the customer beside a contact, as `buckstop show` prints them. */
#ifndef BUCKSTOP_SHOW_ABOUT_H
#define BUCKSTOP_SHOW_ABOUT_H

#include <jansson.h>
#include <stdio.h>

/* contact: as GET /v1/contacts/{id} answers; without `about` nothing is printed. */
void show_about (const json_t *contact, FILE *out);

#endif
