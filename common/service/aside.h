/* aside.h - what is set aside: it can't be read, or can't be written about. It is said, the last resort is told, and it
 * goes on by itself once somebody has mended it. */
#ifndef BUCKSTOP_ASIDE_H
#define BUCKSTOP_ASIDE_H

#include "service.h"

typedef struct aside aside_t;

/* Something of a workspace: a record by its kind and name, or a key that many share. */
#define KIND_SHARED 'k'
typedef struct aside_subject {
    char kind; /* KIND_CONTACT, KIND_PERSON, KIND_DELIVERY, KIND_WORKSPACE, KIND_SHARED */
    const char *workspace, *name;
    const char *why; /* words for a person */
} aside_subject_t;

aside_t *aside_new (service_t *service);
void aside_destroy (aside_t **self_p);
bool aside_idle (const aside_t *self); /* no call to the store is under way */

/* In the log, by an event, and by an urgent notice to the workspace's last resort, who is named as accountable: once an
 * hour for the same thing, whoever finds it. All but the log need keys that can still be written.
 * A record is looked at every ASIDE_LOOK_MS from then on; once it can be read its timer is armed for now. */
enum { ASIDE_LOOK_MS = 5000, ASIDE_KEPT = 64 };
void aside_add (aside_t *self, const aside_subject_t *subject);
/* The same for a commit that was INVALID: the key that it failed at. */
void aside_add_key (aside_t *self, const char *workspace, const commit_answer_t *answer);

#endif
