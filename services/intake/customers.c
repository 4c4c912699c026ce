/* customers.c - whose submission it is. */
#include "customers.h"

#include <stddef.h>

customer_found_t *customers_new (const ask_t *ask, const policy_t *policy, const char *channel, const char *customer)
{
    (void)ask, (void)policy, (void)channel, (void)customer;
    return NULL;
}

void customers_destroy (customer_found_t **self_p)
{
    *self_p = NULL;
}

const char *customers_key (const customer_found_t *self, size_t index, char key[KEY_SIZE])
{
    (void)self, (void)index;
    return key;
}

void customers_read (ask_t *ask, customer_found_t *self, const store_values_t *values, bool known,
                     void (*then) (ask_t *ask))
{
    (void)self, (void)values, (void)known;
    then (ask);
}

const char *customers_append (const customer_found_t *self)
{
    (void)self;
    return NULL;
}

void customers_say (const customer_found_t *self, submission_t *submission)
{
    (void)self, (void)submission;
}

void customers_extra (customer_found_t *self, const ask_t *ask, commit_t *commit, const contact_t *after, bool opening)
{
    (void)self, (void)ask, (void)commit, (void)after, (void)opening;
}

bool customers_refused (const customer_found_t *self, const commit_answer_t *answer)
{
    (void)self, (void)answer;
    return false;
}
