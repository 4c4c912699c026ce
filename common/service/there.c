/* there.c - asks for a key as if it were a list: none is an empty one, a list has members, all else is of the wrong type. */
#include "there.h"

#include "xmalloc.h"

typedef struct question {
    there_fn *fn;
    void *arg;
} question_t;

static void answered (void *arg, const store_values_t *values)
{
    question_t self = *(question_t *)arg;
    free (arg);
    self.fn (self.arg, values->away ? THERE_AWAY : values->wrong_type || values->n ? THERE_SOMETHING : THERE_NOT);
}

void there_ask (store_t *store, const char *key, there_fn *fn, void *arg)
{
    question_t *self = xmalloc (sizeof *self);
    *self = (question_t){fn, arg};
    store_list (store, key, 0, 0, answered, self);
}
