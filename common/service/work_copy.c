/* work_copy.c - copies an event with all its strings into one block. */
#include "work_copy.h"

#include "xmalloc.h"

enum { STRINGS_MAX = 40 + 4 * ATTACHMENTS_MAX };

/* Every string of an event, as places to be pointed at the copy. */
static size_t places_of (work_copy_t *self, const char **places[STRINGS_MAX])
{
    size_t n = 0;
    contact_event_t *e = &self->event;
    const char **of_event[] = {&e->by,     &e->person,  &e->team,      &e->text,
                               &e->detail, &e->contact, &e->workspace, &e->trace};
    for (size_t i = 0; i < sizeof (of_event) / sizeof (of_event[0]); i++)
        places[n++] = of_event[i];
    if (!e->submission)
        return n;
    submission_t *s = &self->submission;
    const char **of_submission[] = {&s->channel,       &s->subject,      &s->text,       &s->customer,
                                    &s->customer_name, &s->thread,       &s->message_id, &s->language,
                                    &s->tier,          &s->return_to,    &s->continues,  &s->fresh,
                                    &s->call_person,   &s->customer_id,  &s->tier_known, &s->owner_known,
                                    &s->linked,        &s->linked_owner, &s->untold,     &s->customer_ids};
    for (size_t i = 0; i < sizeof (of_submission) / sizeof (of_submission[0]); i++)
        places[n++] = of_submission[i];
    for (size_t i = 0; i < s->attachments_n; i++) {
        const char **of_file[] = {&self->attachments[i].name, &self->attachments[i].type, &self->attachments[i].hash,
                                  &self->attachments[i].note};
        for (size_t k = 0; k < sizeof (of_file) / sizeof (of_file[0]); k++)
            places[n++] = of_file[k];
    }
    return n;
}

/* The rows; their strings are among the places. */
static void copy_attachments (work_copy_t *self)
{
    submission_t *s = &self->submission;
    if (s->attachments_n > ATTACHMENTS_MAX)
        s->attachments_n = ATTACHMENTS_MAX;
    self->attachments = s->attachments_n ? xmemdup (s->attachments, s->attachments_n * sizeof *s->attachments) : NULL;
    s->attachments = self->attachments;
}

void work_copy_make (work_copy_t *self, const contact_event_t *event)
{
    const char **places[STRINGS_MAX];
    size_t total = 0;
    self->event = *event;
    self->attachments = NULL;
    if (event->submission) {
        self->submission = *event->submission;
        self->event.submission = &self->submission;
        copy_attachments (self);
    }
    size_t n = places_of (self, places);
    for (size_t i = 0; i < n; i++)
        total += *places[i] ? strlen (*places[i]) + 1 : 0;
    char *at = self->memory = xmalloc (total);
    for (size_t i = 0; i < n; i++) {
        if (!*places[i])
            continue;
        size_t size = strlen (*places[i]) + 1;
        memcpy (at, *places[i], size);
        *places[i] = at;
        at += size;
    }
}

void work_copy_clear (work_copy_t *self)
{
    free (self->memory);
    free (self->attachments);
    self->memory = NULL;
    self->attachments = NULL;
}
