/* ldif.h - entries of a directory as RFC 2849 writes them (LDIF, as ldapsearch and slapcat print it), one by one out of a
 * text in memory. Pure.
 *
 * Lines that begin with a space go on the one before; "name:: value" is base64; comments are passed over. Entries alone: a
 * record that changes something, and a value that stands in a file (name:< url) are errors, since both would have to be
 * fetched or applied. libldap's own parser is no public interface, and does not tell the line. */
#ifndef BUCKSTOP_LDIF_H
#define BUCKSTOP_LDIF_H

#include <stddef.h>

enum { LDIF_VALUES_MAX = 256, LDIF_ENTRY_MAX = 1024 * 1024 };

typedef struct ldif ldif_t;

typedef enum ldif_outcome {
    LDIF_ENTRY,
    LDIF_END,
    LDIF_BAD_LINE, /* no "name: value" */
    LDIF_BAD_BASE64,
    LDIF_CHANGE,   /* a record that changes something */
    LDIF_URL,      /* a value elsewhere */
    LDIF_TOO_LONG, /* an entry above LDIF_ENTRY_MAX, or of more than LDIF_VALUES_MAX values */
} ldif_outcome_t;

/* The text is the caller's, and stays as it is. */
ldif_t *ldif_new (const char *text, size_t size);
void ldif_destroy (ldif_t **self_p);
/* The next entry; after an error the one behind the next empty line. */
ldif_outcome_t ldif_next (ldif_t *self);
size_t ldif_line (const ldif_t *self); /* on which it begins; of an error: where it is; from 1 */
/* The index-th value of an attribute (its name without options such as ";lang-de"; letters of any case), until ldif_next.
 * NULL: it has no more. */
const char *ldif_value (const ldif_t *self, const char *name, size_t index);
const char *ldif_words (ldif_outcome_t outcome); /* of an error: what is wrong */

#endif
