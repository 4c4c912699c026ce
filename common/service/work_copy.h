/* work_copy.h - a work order that owns its strings: the caller's may go while it runs. */
#ifndef BUCKSTOP_WORK_COPY_H
#define BUCKSTOP_WORK_COPY_H

#include "work.h"

typedef struct work_copy {
    contact_event_t event; /* its strings, and the submission, lie in `memory` */
    submission_t submission;
    attachment_t *attachments; /* the submission's; owned */
    char *memory;
} work_copy_t;

void work_copy_make (work_copy_t *self, const contact_event_t *event);
void work_copy_clear (work_copy_t *self);

#endif
