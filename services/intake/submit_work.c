/* submit_work.c - the commit of a submission, and the answer that its outcome leads to.
 *
 * Where it belongs: to the contact it names; else to the one that its thread names; else it opens one. The thread's
 * index is checked by the commit that opens: two first messages of one thread, at two intakes at once, make one
 * contact, since the second is refused, told which, and appended. A closed contact is not written to: a new one
 * continues it and takes over its thread.
 *
 * Limits: SUBMIT_TURNS_MAX changes of mind, then 503. */
#include "submit.h"

#include "guard.h"
#include "log.h"
#include "wire.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

void submit_free (void *more)
{
    submit_t *self = more;
    free (self->closed);
    customers_destroy (&self->customer);
    free (self);
}

static submit_t *submit_of (const ask_t *ask)
{
    return ask->more;
}

/* False: somebody always was faster, and the ask is gone. */
static bool again (ask_t *ask)
{
    if (++submit_of (ask)->turns <= SUBMIT_TURNS_MAX)
        return true;
    ask_refuse_as (&ask, REFUSE_BUSY, "others write to this thread at the same time");
    return false;
}

/* ------------------------------------------------------------- the commit */

/* A thread of its own that is appended to what its customer has open leads there from now on: what follows on a line, or
 * in a session, may come when that customer's contact would not be looked for any more. Retention does not know of it. */
#define THREAD_BESIDE_MS (30 * MS_PER_DAY)

static void expect_thread (submit_t *self, const ask_t *ask, commit_t *commit)
{
    char key[KEY_SIZE];
    bool beside = !self->opening && self->by_customer && !*self->thread_was;
    self->thread_op = SIZE_MAX;
    if (!*self->thread || (!self->opening && !beside))
        return;
    key_thread (key, ask_shard (ask), ask->bearer.workspace, self->channel, self->thread);
    self->thread_op = commit_size (commit);
    commit_expect_value (commit, key, self->thread_was, strlen (self->thread_was));
    commit_put (commit, key, self->contact, strlen (self->contact), beside ? THREAD_BESIDE_MS : 0);
}

/* The first reference is a name of the contact from now on, if it was nobody's: of a mail it is the mail itself, and who
 * answers it may name nothing else. */
static void name_by_message (const submit_t *self, const ask_t *ask, commit_t *commit)
{
    char key[KEY_SIZE];
    if (!self->reference_is_new || self->only_thread || strcmp (ask->submit.references[0], self->thread) == 0)
        return;
    key_thread (key, ask_shard (ask), ask->bearer.workspace, self->channel, ask->submit.references[0]);
    commit_put (commit, key, self->contact, strlen (self->contact), THREAD_BESIDE_MS);
}

/* A message in a contact of another customer is taken all the same, but their record must be at hand. */
bool submit_may_go (void *arg, const contact_t *before, wall_ms_t now, const policy_t *policy, contact_event_t *event)
{
    (void)now, (void)policy, (void)event;
    return customers_may_go (submit_of (arg)->customer, before);
}

void submit_extra (void *arg, commit_t *commit, const contact_t *after)
{
    ask_t *ask = arg;
    submit_t *self = submit_of (ask);
    self->receipt = receipt_of (after, after->version + 1,
                                self->opening ? BUCKSTOP__V1__DISPOSITION__DISPOSITION_OPENED
                                              : BUCKSTOP__V1__DISPOSITION__DISPOSITION_APPENDED);
    const policy_t *policy = workspaces_policy (ask->intake->service->workspaces, ask->bearer.workspace);
    self->receipt.no_way_back = policy && contact_lacks_way_back (after, policy);
    expect_thread (self, ask, commit);
    name_by_message (self, ask, commit);
    customers_extra (self->customer, ask, commit, after, self->opening);
    once_write (&ask->once, commit, &self->receipt);
    kill_point ("intake.decided");
    if (!GUARD ("f21"))
        ask_answer_receipt (ask, &self->receipt, false);
}

/* ------------------------------------------------------------ its outcomes */

static void done (ask_t *ask, const work_result_t *result)
{
    (void)result;
    kill_point ("intake.committed");
    const submit_t *self = submit_of (ask);
    if (log_wants (LOG_DEBUG_))
        log_fact (LOG_DEBUG_, self->receipt.contact, disposition_name (self->receipt.disposition), "accountable",
                  self->receipt.accountable, "request_trace", ask->trace, NULL);
    ask_receipt (&ask, &self->receipt, false);
}

static void stored_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    receipt_t receipt;
    once_found_t found = ONCE_NEW;
    if (values->away) {
        ask_away (&ask);
        return;
    }
    if (values->n == 1)
        found = once_stored (&ask->once, values->items[0].bytes, values->items[0].size, &receipt);
    if (found == ONCE_REUSED)
        ask_refuse_as (&ask, REFUSE_KEY_REUSED, "the Idempotency-Key was sent before with another body");
    else
        ask_receipt (&ask, found == ONCE_SAME ? &receipt : &submit_of (ask)->receipt, found == ONCE_SAME);
}

/* This event is in the record: by this very commit, whose answer was lost, or by the same key before. */
static void already (ask_t *ask, const work_result_t *result)
{
    submit_t *self = submit_of (ask);
    if (!*self->receipt.contact)
        self->receipt =
            receipt_of (result->contact, result->contact->version, BUCKSTOP__V1__DISPOSITION__DISPOSITION_DUPLICATE);
    if (self->opening || !*ask->once.key) {
        ask_receipt (&ask, &self->receipt, false);
        return;
    }
    const char *keys[] = {ask->once.key};
    store_get (ask_store (ask), keys, 1, stored_read, ask);
}

/* The thread's index names another contact by now: that is where the message belongs. */
static void thread_moved (ask_t *ask, const commit_answer_t *answer)
{
    submit_t *self = submit_of (ask);
    char found[ID_SIZE] = "";
    if (answer->found_size == sizeof found - 1)
        memcpy (found, answer->found, sizeof found - 1);
    if (!again (ask))
        return;
    WORD_COPY (self->thread_was, found);
    if (*found)
        submit_work (ask, found, false);
    else
        submit_work (ask, "", true);
}

static void check (ask_t *ask, const work_result_t *result)
{
    receipt_t receipt;
    const commit_answer_t *answer = result->answer;
    if (answer->failed_op == OP_VALUE && answer->failed == submit_of (ask)->thread_op) {
        thread_moved (ask, answer);
        return;
    }
    if (customers_refused (submit_of (ask)->customer, answer)) {
        if (again (ask))
            submit_find (ask);
        return;
    }
    switch (once_refused (&ask->once, answer, &receipt)) {
    case ONCE_SAME:
        ask_receipt (&ask, &receipt, true);
        return;
    case ONCE_DUPLICATE:
        ask_receipt (&ask, &receipt, false);
        return;
    case ONCE_REUSED:
        ask_refuse_as (&ask, REFUSE_KEY_REUSED, "the Idempotency-Key was sent before with another body");
        return;
    case ONCE_NEW:
        ask_refuse_as (&ask, REFUSE_BROKEN, "an idempotency key or thread is not stored as it should be");
        return;
    }
}

/* A new contact follows the closed one. Without a thread they share one of their own, so that two messages at once
 * make one contact here too. */
static void follow_closed (ask_t *ask, const contact_t *closed)
{
    submit_t *self = submit_of (ask);
    bool by_thread = strcmp (self->thread_was, closed->id) == 0;
    if (!again (ask))
        return;
    if (self->by_customer) {
        submit_find (ask); /* it was closed this very moment: no thread says that it is the same matter */
        return;
    }
    WORD_COPY (self->continues, closed->id);
    if (!self->closed)
        self->closed = xmemdup (closed, sizeof *closed);
    if (by_thread) {
        submit_work (ask, "", true);
        return;
    }
    self->only_thread = true;
    WORD_COPY (self->channel, closed->channel);
    if (*closed->thread)
        WORD_COPY (self->thread, closed->thread);
    else
        snprintf (self->thread, sizeof self->thread, "continues %s", closed->id);
    submit_find (ask);
}

static void go_on (ask_t *ask)
{
    char contact[ID_SIZE];
    WORD_COPY (contact, submit_of (ask)->contact);
    submit_work (ask, contact, false);
}

static void refused (ask_t *ask, const work_result_t *result)
{
    if (customers_wants_theirs (submit_of (ask)->customer)) {
        if (again (ask))
            customers_read_theirs (ask, submit_of (ask)->customer, go_on);
        return;
    }
    if (!submit_of (ask)->opening && result->apply == APPLY_NO_STATE) {
        if (submit_only_ends (ask)) /* only a closed contact hears nobody */
            submit_refuse_end (ask);
        else
            follow_closed (ask, result->contact);
        return;
    }
    ask_refuse_as (&ask, REFUSE_INVALID, "%s", result->why);
}

/* What named it is older than the contact: that was closed and deleted meanwhile. Whoever named it outright hears so. */
static void missing (ask_t *ask, const work_result_t *result)
{
    submit_t *self = submit_of (ask);
    bool outright = strcmp (ask->submit.contact, self->contact) == 0 && !ask->contact_is_hint;
    if (self->opening || outright) {
        ask_refuse_outcome (&ask, result);
        return;
    }
    if (!again (ask))
        return;
    if (*ask->submit.contact && !self->named_is_gone) {
        self->named_is_gone = true;
        submit_find (ask);
    } else if (submit_only_ends (ask))
        submit_refuse_end (ask);
    else
        submit_work (ask, "", true);
}

static void failed (ask_t *ask, const work_result_t *result)
{
    ask_refuse_outcome (&ask, result);
}

void submit_worked (void *arg, const work_result_t *result)
{
    static void (*const rows[]) (ask_t *, const work_result_t *) = {
        [WORK_DONE] = done,       [WORK_ALREADY] = already, [WORK_REFUSED] = refused, [WORK_CHECK] = check,
        [WORK_ROOM] = failed,     [WORK_MISSING] = missing, [WORK_BROKEN] = failed,   [WORK_AWAY] = failed,
        [WORK_CONFLICT] = failed, [WORK_STUCK] = failed,
    };
    rows[result->outcome](arg, result);
}
