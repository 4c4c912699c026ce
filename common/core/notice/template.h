/* template.h - words with slots: "{person} takes care of {subject}". Pure.
 *
 * A slot is {name}; "{{" is a brace. Values are inserted as they are, so a value can't bring slots;
 * where a template is for a header line (subject) control characters become spaces. In a text of several
 * lines, one whose slots are all empty is left out ("Take it: {link_accept}" where there are no links). In a header line
 * the colon before an empty slot at its end is ("We have your message: {subject}" where there is no subject). */
#ifndef BUCKSTOP_TEMPLATE_H
#define BUCKSTOP_TEMPLATE_H

#include <stddef.h>

typedef struct template_slot {
    const char *name;
    const char *value;
} template_slot_t;

/* Returns malloc'd text; unknown slots stay as they stand (template_check finds them before). */
char *template_expand (const char *text, const template_slot_t *slots, size_t slots_n, int one_line);
/* The first slot that is not in the list of names (NULL-terminated), or an open brace without its
 * match: its offset, and its name in `name`. -1: all well. */
long template_check (const char *text, const char *const *names, char *name, size_t name_size);
/* The slots that every template may use, NULL-terminated: person, owner, accountable, customer, about, subject,
 * contact, channel, state, standing, promise, due, text, detail, link_accept, link_acknowledge, workspace. */
extern const char *const template_slot_names[];

#endif
