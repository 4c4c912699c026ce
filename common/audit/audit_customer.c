/* audit_customer.c - customers: what their records say of each other, and whether identities lead to them.
 *
 * Hears: the record of a customer, or an identity that leads elsewhere, and in one read all that these name. Says:
 * links that only one side knows of, identities that lead to nobody or to somebody else. Whoever has one identity and
 * was linked to nobody names nothing, and costs no read.
 * Limits: whether a contact stands in its customer's list is not asked, since the list keeps only the newest. */
#include "audit_private.h"

#include "customer.h"
#include "ids.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

enum { QUESTIONS_MAX = 1 + CUSTOMER_MERGED_MAX + CUSTOMER_IDENTITIES_MAX };

/* What is asked of another key. */
typedef enum question_kind { ASK_INTO, ASK_MERGED, ASK_INDEX, ASK_HOLDER } question_kind_t;
typedef struct question {
    question_kind_t kind;
    size_t index; /* in the record's list */
    bool right;
} question_t;

struct customer_look {
    customer_t customer; /* of a record */
    record_fault_t fault;
    char holder[ID_SIZE]; /* of an identity: where it leads */
    question_t questions[QUESTIONS_MAX];
    size_t questions_n;
};

/* ---------------------------------------------------------------- the answers */

static bool names (const customer_t *customer, const char *id)
{
    for (size_t i = 0; i < customer->merged_n; i++)
        if (strcmp (customer->merged[i], id) == 0)
            return true;
    return false;
}

/* The identity is known here by the id that it derives. */
static bool has_derived (const customer_t *customer, const char *derived)
{
    for (size_t i = 0; i < customer->identities_n; i++) {
        char id[ID_SIZE];
        customer_id_of (&customer->identities[i], id);
        if (strcmp (id, derived) == 0)
            return true;
    }
    return false;
}

static bool is_right (const look_t *look, const question_t *question, const store_value_t *value)
{
    const customer_look_t *self = look->customer;
    const char *id = look->subject.id;
    record_head_t head;
    customer_t other;
    if (!value->bytes)
        return false;
    if (question->kind == ASK_INDEX)
        return value->size == strlen (id) && memcmp (value->bytes, id, value->size) == 0;
    record_fault_t fault = customer_unpack (value->bytes, value->size, &head, &other);
    if (fault != RECORD_OK)
        return fault == RECORD_NEWER; /* a broken one is named when the walk comes to it */
    switch (question->kind) {
    case ASK_INTO:
        return !*other.merged_into && names (&other, id);
    case ASK_MERGED:
        return strcmp (other.merged_into, self->customer.id) == 0;
    default:
        return has_derived (&other, id);
    }
}

static void on_answers (void *arg, const store_values_t *values)
{
    look_t *look = arg;
    customer_look_t *self = look->customer;
    for (size_t i = 0; i < values->n && i < self->questions_n; i++)
        self->questions[i].right = is_right (look, &self->questions[i], &values->items[i]);
    round_answered (look->round, values);
}

/* -------------------------------------------------------------- the questions */

static void add_question (customer_look_t *self, question_kind_t kind, size_t index)
{
    self->questions[self->questions_n++] = (question_t){.kind = kind, .index = index};
}

static void questions_of_record (look_t *look)
{
    customer_look_t *self = look->customer;
    const customer_t *customer = &self->customer;
    self->fault = customer_unpack (look->bytes, look->size, &look->head, &self->customer);
    if (self->fault != RECORD_OK)
        return;
    if (*customer->merged_into)
        add_question (self, ASK_INTO, 0);
    for (size_t i = 0; i < customer->merged_n && !*customer->merged_into; i++)
        add_question (self, ASK_MERGED, i); /* of one that was merged itself they tell the way back only */
    for (size_t i = 0; i < customer->identities_n; i++) {
        char derived[ID_SIZE];
        customer_id_of (&customer->identities[i], derived);
        if (strcmp (derived, look->subject.id) != 0)
            add_question (self, ASK_INDEX, i);
    }
}

static void questions_of_identity (look_t *look)
{
    customer_look_t *self = look->customer;
    if (look->size >= sizeof self->holder)
        return;
    memcpy (self->holder, look->bytes, look->size);
    self->holder[look->size] = '\0';
    if (id_valid (self->holder))
        add_question (self, ASK_HOLDER, 0);
}

static const char *question_key (const look_t *look, const question_t *question, char key[KEY_SIZE])
{
    const customer_look_t *self = look->customer;
    const subject_t *subject = &look->subject;
    char derived[ID_SIZE];
    switch (question->kind) {
    case ASK_INTO:
        return key_customer (key, subject->shard, subject->workspace, self->customer.merged_into);
    case ASK_MERGED:
        return key_customer (key, subject->shard, subject->workspace, self->customer.merged[question->index]);
    case ASK_INDEX:
        customer_id_of (&self->customer.identities[question->index], derived);
        return key_identity (key, subject->shard, subject->workspace, derived);
    default:
        return key_customer (key, subject->shard, subject->workspace, self->holder);
    }
}

void customer_ask (look_t *look)
{
    char room[QUESTIONS_MAX][KEY_SIZE];
    const char *keys[QUESTIONS_MAX];
    if (!look->bytes)
        return;
    free (look->customer);
    customer_look_t *self = look->customer = xcalloc (1, sizeof *self);
    if (look->subject.kind == KIND_CUSTOMER)
        questions_of_record (look);
    else
        questions_of_identity (look);
    for (size_t i = 0; i < self->questions_n; i++)
        keys[i] = question_key (look, &self->questions[i], room[i]);
    if (!self->questions_n)
        return;
    look->round->open++;
    store_get (look->round->order.store, keys, self->questions_n, on_answers, look);
}

/* ---------------------------------------------------------------- the verdict */

static void tell (const look_t *look, const question_t *question, audit_findings_t *out)
{
    const customer_look_t *self = look->customer;
    const customer_t *customer = &self->customer;
    const char *id = look->subject.id;
    char text[IDENTITY_TEXT_SIZE];
    switch (question->kind) {
    case ASK_INTO:
        audit_add (out, AUDIT_MISSING_PLACE, "customer", id, customer->version,
                   "merged into %s, which does not say so, or is merged itself", customer->merged_into);
        return;
    case ASK_MERGED:
        audit_add (out, AUDIT_STALE_PLACE, "customer", id, customer->version,
                   "says that %s was merged into it, and that one does not", customer->merged[question->index]);
        return;
    case ASK_INDEX:
        audit_add (out, AUDIT_MISSING_PLACE, "customer", id, customer->version,
                   "its identity %.120s does not lead to it",
                   identity_text (&customer->identities[question->index], text));
        return;
    case ASK_HOLDER:
        audit_add (out, AUDIT_STALE_PLACE, "identity", id, 0, "leads to customer %s, who does not have it",
                   self->holder);
        return;
    }
}

record_fault_t customer_judge (look_t *look, audit_findings_t *out)
{
    const customer_look_t *self = look->customer;
    if (!self)
        return RECORD_OK;
    for (size_t i = 0; i < self->questions_n; i++)
        if (!self->questions[i].right)
            tell (look, &self->questions[i], out);
    return self->fault;
}
