/* work_copy.c - copies an event with all its strings into one block. */
#include "work_copy.h"

#include "xmalloc.h"

enum { STRINGS_MAX = 24 };

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
    const char **of_submission[] = {&s->channel,       &s->subject,   &s->text,       &s->customer,
                                    &s->customer_name, &s->thread,    &s->message_id, &s->language,
                                    &s->tier,          &s->return_to, &s->continues};
    for (size_t i = 0; i < sizeof (of_submission) / sizeof (of_submission[0]); i++)
        places[n++] = of_submission[i];
    return n;
}

void work_copy_make (work_copy_t *self, const contact_event_t *event)
{
    const char **places[STRINGS_MAX];
    size_t total = 0;
    self->event = *event;
    if (event->submission) {
        self->submission = *event->submission;
        self->event.submission = &self->submission;
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
    self->memory = NULL;
}
