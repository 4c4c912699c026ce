/* mails.c - mail that comes in, by whichever door.
 *
 * hears: the bytes of a mail, and the places that they are for. A thread reads them; then, for each place: a customer's
 * message has its files put into the spool (in a thread) and goes the way of every Submit; what a machine sent by itself
 * opens nothing and is answered by nobody, but is a fact of the contact that it names; what it reports of a mail of ours is taken (bounce.h).
 * says: what became of it, place by place.
 *
 * Limits: as many at once as the doors let in. A process that ends refuses what it has not begun: who gave it keeps it. */
#include "mails.h"

#include "bounce.h"
#include "guard.h"
#include "identity.h"
#include "log.h"
#include "mail_submit.h"
#include "metrics.h"
#include "words.h"
#include "xmalloc.h"

#include <errno.h>
#include <stdio.h>

struct mails {
    intake_t *intake;
    workers_t *workers;
    spool_t *spool; /* NULL: files are not kept */
    mail_places_t *places;
    size_t busy;
    bool ending;
    uint64_t counts[MAIL_KINDS];
};

typedef struct job {
    mails_t *mails;
    mail_order_t order;
    mail_place_t *places;
    char key[ADDRESS_SIZE], trace[TRACE_SIZE];
    mail_in_t *mail; /* NULL: not read yet */
    char id[ADDRESS_SIZE];
    size_t left;    /* places that are not answered */
    bool beginning; /* it is kept, though all may be answered */
} job_t;

/* A customer's message on its way to one place. */
typedef struct part {
    job_t *job;
    size_t index;
    mail_submit_t what;
    char customer[ID_SIZE]; /* whose files they are */
    int error;              /* of the spool; negative errno */
} part_t;

/* -------------------------------------------------------------- its answers */

/* In a thread: large files are as slow to give back as they are to read. */
static void drop_mail (void *arg)
{
    job_t *self = arg;
    mail_in_destroy (&self->mail);
}

static void dropped (void *arg)
{
    job_t *self = arg;
    self->mails->busy--;
    mail_in_destroy (&self->mail);
    free (self->places);
    free (self);
}

static void end (job_t *self)
{
    if (self->mail && self->mail->files_n && !self->mails->ending)
        workers_do (self->mails->workers, drop_mail, dropped, self);
    else
        dropped (self);
}

static void release (job_t *self)
{
    self->left--;
    if (self->left == 0 && !self->beginning)
        end (self);
}

static void answer (job_t *self, size_t index, const mail_outcome_t *outcome)
{
    self->order.fn (self->order.arg, index, outcome);
    release (self);
}

static void refuse (job_t *self, size_t index, const refusal_t *refusal)
{
    answer (self, index, &(mail_outcome_t){.refusal = refusal});
}

static void refuse_ending (job_t *self, size_t index)
{
    refusal_t refusal = refusal_of (REFUSE_DRAINING, "shutting down");
    refuse (self, index, &refusal);
}

static void log_ignored (const job_t *self, size_t index, const char *kind, const char *why)
{
    log_fact (LOG_NOTICE_, "", "mail ignored", "kind", kind, "rule", why, "workspace", self->places[index].workspace,
              "from", self->mail->from, "message_id", self->id, NULL);
}

static void ignore (job_t *self, size_t index, mail_kind_t kind, const char *why)
{
    log_ignored (self, index, mail_kind_word (kind), why);
    answer (self, index, &(mail_outcome_t){.ignored = mail_kind_word (kind), .why = why});
}

/* ----------------------------------------------- what became of a mail of ours */

typedef struct report {
    job_t *job;
    size_t index;
    mail_kind_t kind;
    const char *why; /* lives as long as the job */
} report_t;

static void reported (void *arg, bounce_outcome_t outcome)
{
    report_t *self = arg;
    job_t *job = self->job;
    report_t what = *self;
    free (self);
    if (outcome == BOUNCE_AWAY) {
        refusal_t refusal = refusal_of (REFUSE_AWAY, "the store can't be asked");
        refuse (job, what.index, &refusal);
    } else
        ignore (job, what.index, what.kind, what.why);
}

static report_t *report_new (job_t *job, size_t index, mail_kind_t kind, const char *why)
{
    report_t *self = xmalloc (sizeof *self);
    *self = (report_t){job, index, kind, why};
    return self;
}

static void take_report (job_t *self, size_t index)
{
    bounce_take (self->mails->intake->service, self->places[index].workspace, &self->mail->report, reported,
                 report_new (self, index, self->mail->kind, self->mail->why));
}

/* What a machine wrote about a contact is a fact there, and changes nothing. */
static void note (job_t *self, size_t index, const policy_t *policy, mail_kind_t kind, const char *why)
{
    mail_tag_t tag;
    const mail_place_t *place = &self->places[index];
    if (!mail_is_about (self->mail, place, policy, &tag)) {
        ignore (self, index, kind, why);
        return;
    }
    const ignored_t what = {
        .contact = tag.contact, .delivery = tag.delivery, .kind = mail_kind_word (kind), .why = why};
    ignored_note (self->mails->intake->service, place->workspace, &what, reported, report_new (self, index, kind, why));
}

/* ------------------------------------------------------- a customer's message */

static void submitted (void *arg, const receipt_t *receipt, const refusal_t *refusal)
{
    part_t *self = arg;
    answer (self->job, self->index, &(mail_outcome_t){.receipt = receipt, .refusal = refusal});
    free (self);
}

static void submit (part_t *self)
{
    job_t *job = self->job;
    self->what.submit.idempotency_key = job->key;
    ask_submit (job->mails->intake, &(ask_order_t){.workspace = job->places[self->index].workspace,
                                                   .submit = &self->what.submit,
                                                   .trace = job->trace,
                                                   .contact_is_hint = self->what.contact_is_hint,
                                                   .untold = mail_wants_no_answer (job->mail),
                                                   .fn = submitted,
                                                   .arg = self});
}

/* In a thread. */
static void keep_files (void *arg)
{
    part_t *self = arg;
    const job_t *job = self->job;
    const mail_in_t *mail = job->mail;
    for (size_t i = 0; i < mail->files_n && self->error >= 0; i++)
        if (mail->files[i].bytes)
            self->error = spool_keep (job->mails->spool, job->places[self->index].workspace, self->customer,
                                      mail->files[i].bytes, mail->files[i].size, self->what.hashes[i]);
}

static void files_kept (void *arg)
{
    part_t *self = arg;
    job_t *job = self->job;
    if (self->error >= 0 && !job->mails->ending) {
        submit (self);
        return;
    }
    if (job->mails->ending) {
        refuse_ending (job, self->index);
    } else {
        refusal_t refusal = refusal_of (REFUSE_SPOOL, "%s", strerror (-self->error));
        log_fact (LOG_ERROR_, "", "files not kept", "why", strerror (-self->error), NULL);
        refuse (job, self->index, &refusal);
    }
    free (self);
}

static bool has_files (const mail_in_t *mail)
{
    for (size_t i = 0; i < mail->files_n; i++)
        if (mail->files[i].bytes)
            return true;
    return false;
}

static void take_message (job_t *self, size_t index, const policy_t *policy)
{
    const mail_place_t *place = &self->places[index];
    identity_t identity;
    if (!*place->channel) {
        refusal_t refusal = refusal_of (REFUSE_UNKNOWN_CHANNEL, "no channel takes mail to %.200s", place->address);
        refuse (self, index, &refusal);
        return;
    }
    part_t *part = xcalloc (1, sizeof *part);
    part->job = self;
    part->index = index;
    mail_submit_fill (&part->what, self->mail, self->order.sender, self->id, place, policy,
                      self->mails->spool ? NULL : "not kept: no --spool");
    if (identity_of (policy, place->channel, part->what.submit.customer, &identity))
        customer_id_of (&identity, part->customer);
    else
        WORD_COPY (part->customer, "nobody");
    if (self->mails->spool && has_files (self->mail))
        workers_do (self->mails->workers, keep_files, files_kept, part);
    else
        submit (part);
}

/* ------------------------------------------------------------------- reading */

static void take_at (job_t *self, size_t index)
{
    const mail_place_t *place = &self->places[index];
    const policy_t *policy = workspaces_policy (self->mails->intake->service->workspaces, place->workspace);
    if (!policy) {
        refusal_t refusal = refusal_of (REFUSE_NO_POLICY, "workspace '%s' has no policy", place->workspace);
        refuse (self, index, &refusal);
        return;
    }
    const char *ours = mail_is_ours (self->mail, place->workspace, policy);
    mail_kind_t kind = ours ? MAIL_LOOP : self->mail->kind;
    if (kind == MAIL_LIST && mail_is_by_our_list (self->mail, policy))
        kind = MAIL_PERSON;
    self->mails->counts[kind]++;
    if (kind == MAIL_PERSON || !GUARD ("f18"))
        take_message (self, index, policy);
    else if (kind == MAIL_BOUNCE || kind == MAIL_RECEIPT)
        take_report (self, index);
    else
        note (self, index, policy, kind, ours ? ours : self->mail->why);
}

/* In a thread. */
static void read_mail (void *arg)
{
    job_t *self = arg;
    self->mail = mail_in_parse (self->order.bytes, self->order.size, &mail_limits_default, self->order.sender);
    mail_id (self->mail, self->order.bytes, self->order.size, self->id);
}

static void mail_read (void *arg)
{
    job_t *self = arg;
    size_t n = self->order.places_n;
    self->beginning = true;
    for (size_t i = 0; i < n; i++)
        if (self->mail && !self->mails->ending) // NOLINT(clang-analyzer-unix.Malloc): kept while it begins
            take_at (self, i);
        else
            refuse_ending (self, i);
    self->beginning = false; // NOLINT(clang-analyzer-unix.Malloc)
    if (self->left == 0)
        end (self);
}

void mails_take (mails_t *self, const mail_order_t *order)
{
    job_t *job = xcalloc (1, sizeof *job);
    job->mails = self;
    job->order = *order;
    job->places = xmemdup (order->places, order->places_n * sizeof *order->places);
    job->left = order->places_n;
    WORD_COPY (job->key, order->key);
    WORD_COPY (job->trace, order->trace);
    self->busy++;
    workers_do (self->workers, read_mail, mail_read, job);
}

/* ----------------------------------------------------------------- its life */

mail_places_t *mails_places (const mails_t *self)
{
    return self->places;
}

workers_t *mails_workers (const mails_t *self)
{
    return self->workers;
}

const spool_t *mails_spool (const mails_t *self)
{
    return self->spool;
}

size_t mails_busy (const mails_t *self)
{
    return self->busy;
}

void mails_metrics (const mails_t *self, FILE *out)
{
    metric_head (out, "intake_mail");
    for (size_t i = 0; i < MAIL_KINDS; i++)
        fprintf (out, "buckstop_intake_mail_total{kind=\"%s\"} %llu\n", mail_kind_word ((mail_kind_t)i),
                 (unsigned long long)self->counts[i]);
    metric_print (out, "intake_mail_open", (double)self->busy);
}

mails_t *mails_new (intake_t *intake)
{
    const intake_params_t *given = intake->params;
    mails_t *self = xcalloc (1, sizeof *self);
    self->intake = intake;
    self->places = mail_places_new (intake->service->workspaces);
    self->workers = workers_new (intake->service->loop, (int)given->mail_threads);
    const char *wrong = self->workers ? NULL : "threads";
    if (!wrong && !word_empty (given->spool) && !(self->spool = spool_open (given->spool)))
        wrong = given->spool;
    if (wrong) {
        log_fact (LOG_ERROR_, "", "can't take mail", "what", wrong, "why", strerror (errno), NULL);
        mails_destroy (&self);
    }
    return self;
}

void mails_destroy (mails_t **self_p)
{
    mails_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    self->ending = true;
    workers_destroy (&self->workers);
    spool_close (&self->spool);
    mail_places_destroy (&self->places);
    free (self);
}
