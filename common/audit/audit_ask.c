/* audit_ask.c - questions to the store: those of one turn go out in one pipeline; who asked hears when all are answered. */
#include "audit_ask.h"

#include "xmalloc.h"

answer_t *answer_new (asker_t *asker)
{
    answer_t *self = xcalloc (1, sizeof *self);
    self->asker = asker;
    asker->open++;
    return self;
}

void answer_clear (answer_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        free (self->copies[i]);
    free (self->copies);
    free (self->items);
    self->copies = NULL;
    self->items = NULL;
    self->n = 0;
}

void answer_destroy (answer_t **self_p)
{
    if (*self_p)
        answer_clear (*self_p);
    free (*self_p);
    *self_p = NULL;
}

void answer_take (void *arg, const store_values_t *values)
{
    answer_t *self = arg;
    asker_t *asker = self->asker;
    asker->away = asker->away || values->away;
    self->cursor = values->cursor;
    self->n = values->away ? 0 : values->n;
    self->items = xcalloc (self->n, sizeof *self->items);
    self->copies = xcalloc (self->n, sizeof (char *));
    for (size_t i = 0; i < self->n; i++) {
        self->items[i] = values->items[i];
        if (values->items[i].bytes) {
            char *copy = xcalloc (values->items[i].size + 1, 1);
            memcpy (copy, values->items[i].bytes, values->items[i].size);
            self->items[i].bytes = self->copies[i] = copy;
        }
    }
    if (--asker->open == 0)
        asker->ended (asker->arg);
}
