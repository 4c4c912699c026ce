/* bounce_ignored.c - what a machine writes to a contact by itself is no message of the customer, and a fact all the same.
 *
 * Hears: an automatic answer, a list's copy, a mail of ours that came round, by a tag of ours. Says: a fact of the contact
 * that it names (RECEIPT), which changes no promise and tells nobody.
 *
 * Limits: of a contact that is closed, or gone, the log alone says it. */
#include "bounce.h"

#include "ids.h"
#include "words.h"
#include "work.h"
#include "xmalloc.h"

#include <stdio.h>

typedef struct noting {
    bounce_fn *fn;
    void *arg;
} noting_t;

static void on_worked (void *arg, const work_result_t *result)
{
    noting_t self = *(noting_t *)arg;
    bool away = result->outcome == WORK_AWAY || result->outcome == WORK_CONFLICT || result->outcome == WORK_STUCK;
    free (arg);
    self.fn (self.arg, away ? BOUNCE_AWAY : BOUNCE_DONE);
}

void ignored_note (service_t *service, const char *workspace, const ignored_t *what, bounce_fn *fn, void *arg)
{
    char detail[DETAIL_SIZE];
    noting_t *self = xmalloc (sizeof *self);
    *self = (noting_t){fn, arg};
    snprintf (detail, sizeof detail, "a mail that was not taken as a message: %s (%s)", what->kind,
              WORD_CUT (what->why, 180));
    work_order_t order = {
        .service = service,
        .workspace = workspace,
        .contact = what->contact,
        .event = {.kind = EVENT_RECEIPT,
                  .id = event_id_of ("ignored", what->contact, *what->delivery ? what->delivery : what->kind, NULL),
                  .detail = detail},
        .done = on_worked,
        .arg = self,
    };
    work_begin (&order);
}
