/* mail_submit.c - from what a mail says to what the pipeline takes.
 *
 * Where it belongs is told by what machines have written: a tag of ours that is signed (in an address, in the subject, in
 * the id of the mail that it answers), the ids in References and In-Reply-To. A subject's words never tell it. */
#include "mail_submit.h"

#include "address.h"
#include "identity.h"
#include "ids.h"
#include "mail_tag.h"
#include "words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---------------------------------------------------------------------- ids */

void mail_id (const mail_in_t *mail, const void *bytes, size_t size, char id[ADDRESS_SIZE])
{
    char hash[SPOOL_HASH_SIZE];
    word_copy (id, ADDRESS_SIZE, mail->message_id);
    if (*id)
        return;
    spool_hash (bytes, size, hash);
    snprintf (id, ADDRESS_SIZE, "no-id.%s", hash);
}

/* "m:" keeps them apart from the threads of other doors to the same channel. */
static void thread_of (const char *id, char thread[MAIL_THREAD_SIZE])
{
    char hash[SPOOL_HASH_SIZE];
    if ((size_t)snprintf (thread, MAIL_THREAD_SIZE, "m:%s", id) < MAIL_THREAD_SIZE)
        return;
    spool_hash (id, strlen (id), hash);
    snprintf (thread, MAIL_THREAD_SIZE, "m:#%s", hash);
}

static void add_reference (mail_submit_t *self, const char *id)
{
    char thread[MAIL_THREAD_SIZE];
    Buckstop__V1__Submit *submit = &self->submit;
    if (!*id || submit->n_references == MAIL_THREADS_MAX)
        return;
    thread_of (id, thread);
    if (strcmp (thread, self->thread) == 0)
        return;
    for (size_t i = 0; i < submit->n_references; i++)
        if (strcmp (thread, self->references[i]) == 0)
            return;
    char *row = self->references[submit->n_references];
    word_copy (row, MAIL_THREAD_SIZE, thread);
    self->reference_rows[submit->n_references++] = row;
}

static void fill_threads (mail_submit_t *self, const mail_in_t *mail)
{
    const char *root = mail->references_n ? mail->references[0] : mail->in_reply_to;
    thread_of (*root ? root : self->message_id, self->thread);
    self->submit.thread = self->thread;
    self->submit.references = self->reference_rows;
    add_reference (self, self->message_id); /* first: it becomes a name of the contact */
    add_reference (self, mail->in_reply_to);
    for (size_t i = mail->references_n; i > 0; i--)
        add_reference (self, mail->references[i - 1]);
}

/* --------------------------------------------------------------------- tags */

typedef struct tags {
    const char *workspace;
    const policy_t *policy;
    mail_tag_t found;
} tags_t;

static bool is_true (const tags_t *self)
{
    return mail_tag_true (&self->found, self->workspace, self->policy->link_key);
}

static bool in_address (tags_t *self, const char *address)
{
    return mail_tag_in_address (address, &self->found, NULL) && is_true (self);
}

static bool in_id (tags_t *self, const char *id)
{
    return *id && mail_tag_in_message_id (id, &self->found) && is_true (self);
}

/* What we sent may have been about no contact, or about several. */
static bool leads_on (tags_t *self, const char *id)
{
    return in_id (self, id) && id_time (self->found.contact) > 0;
}

static bool in_references (tags_t *self, const mail_in_t *mail)
{
    for (size_t i = mail->references_n; i > 0; i--)
        if (leads_on (self, mail->references[i - 1]))
            return true;
    return false;
}

static bool in_recipients (tags_t *self, const mail_in_t *mail)
{
    for (size_t i = 0; i < mail->recipients_n; i++)
        if (in_address (self, mail->recipients[i]))
            return true;
    return false;
}

bool mail_is_about (const mail_in_t *mail, const mail_place_t *place, const policy_t *policy, mail_tag_t *found)
{
    tags_t tags = {.workspace = place->workspace, .policy = policy};
    bool about = leads_on (&tags, mail->message_id) || in_address (&tags, place->address) ||
                 leads_on (&tags, mail->in_reply_to) || in_references (&tags, mail) || in_recipients (&tags, mail) ||
                 (mail_tag_in_subject (mail->subject, &tags.found) && is_true (&tags));
    if (about)
        *found = tags.found;
    return about;
}

static void fill_contact (mail_submit_t *self, const mail_in_t *mail, const mail_place_t *place, const policy_t *policy)
{
    mail_tag_t tag;
    self->contact_is_hint = mail_is_about (mail, place, policy, &tag);
    if (self->contact_is_hint)
        WORD_COPY (self->contact, tag.contact);
    self->submit.contact = self->contact;
}

/* ------------------------------------------------------------------- is it ours */

/* What stands behind the '@' of our Message-IDs: that of the sender's address, whichever of ours it is. */
static bool is_own_host (const char *host, const policy_t *policy)
{
    identity_t sender;
    if (policy->mail_from && identity_mail (policy->mail_from, &sender) &&
        strcasecmp (strrchr (sender.value, '@') + 1, host) == 0)
        return true;
    for (size_t i = 0; i < policy->channels_n; i++)
        for (size_t a = 0; a < policy->channels[i].addresses_n; a++) {
            const char *at = strrchr (policy->channels[i].addresses[a], '@');
            if (at && strcasecmp (at + 1, host) == 0)
                return true;
        }
    return false;
}

const char *mail_is_ours (const mail_in_t *mail, const char *workspace, const policy_t *policy)
{
    tags_t tags = {.workspace = workspace, .policy = policy};
    if (in_id (&tags, mail->message_id))
        return "its Message-ID is signed by this workspace";
    return *mail->mark && is_own_host (mail->mark, policy) ? "its " MAIL_OWN_HEADER " names a host of this workspace"
                                                           : NULL;
}

/* "support@example.com"; some say it with a dot alone (RFC 2919). */
static bool is_list (const char *list, const char *address)
{
    const char *at = strchr (address, '@');
    size_t local = at ? (size_t)(at - address) : 0;
    return local && strlen (list) == strlen (address) && strncasecmp (list, address, local) == 0 &&
           (list[local] == '@' || list[local] == '.') && strcasecmp (list + local + 1, at + 1) == 0;
}

bool mail_is_by_our_list (const mail_in_t *mail, const policy_t *policy)
{
    for (size_t i = 0; *mail->list && i < policy->channels_n; i++)
        for (size_t a = 0; a < policy->channels[i].addresses_n; a++)
            if (is_list (mail->list, policy->channels[i].addresses[a]))
                return true;
    return false;
}

const char *mail_wants_no_answer (const mail_in_t *mail)
{
    return mail->no_answer ? "the mail asks for no automatic answer, or nobody reads it there" : NULL;
}

/* ---------------------------------------------------------------- who wrote */

static const char *first_address (const char *a, const char *b, const char *c)
{
    const char *rows[] = {a, b, c};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!word_empty (rows[i]) && address_is_mail (rows[i]))
            return rows[i];
    return "";
}

static void fill_people (mail_submit_t *self, const mail_in_t *mail, const char *sender)
{
    Buckstop__V1__Submit *submit = &self->submit;
    const char *back = first_address (mail->reply_to, mail->from, sender);
    submit->customer = (char *)first_address (mail->from, mail->reply_to, sender);
    submit->customer_name = (char *)mail->from_name;
    submit->return_to = (char *)back;
    if (*back)
        submit->return_way = BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL;
}

/* -------------------------------------------------------------------- files */

static void fill_files (mail_submit_t *self, const mail_in_t *mail, const char *unkept)
{
    Buckstop__V1__Submit *submit = &self->submit;
    submit->attachments = self->file_rows;
    for (size_t i = 0; i < mail->files_n && i < ATTACHMENTS_MAX; i++) {
        const mail_file_t *said = &mail->files[i];
        Buckstop__V1__Attachment *file = self->file_rows[submit->n_attachments++] = &self->files[i];
        buckstop__v1__attachment__init (file);
        file->name = (char *)said->name;
        file->type = (char *)said->type;
        file->size = said->size;
        file->hash = self->hashes[i];
        file->note = (char *)(unkept && said->bytes ? unkept : said->note);
    }
}

/* -------------------------------------------------------------------- whole */

static const char *text_of (const mail_in_t *mail)
{
    if (!word_empty (mail->text))
        return mail->text;
    return mail->files_n ? "(no text; see the files)" : "(no text)";
}

void mail_submit_fill (mail_submit_t *self, const mail_in_t *mail, const char *sender, const char *id,
                       const mail_place_t *place, const policy_t *policy, const char *unkept)
{
    Buckstop__V1__Submit *submit = &self->submit;
    buckstop__v1__submit__init (submit);
    WORD_COPY (self->message_id, id);
    submit->channel = (char *)place->channel;
    submit->subject = (char *)mail->subject;
    submit->text = (char *)text_of (mail);
    if (!word_empty (mail->fresh) && strcmp (mail->fresh, submit->text) != 0)
        submit->fresh = mail->fresh;
    submit->message_id = self->message_id;
    submit->language = (char *)mail->language;
    submit->sent_at = mail->sent_at > 0 ? mail->sent_at : 0;
    fill_people (self, mail, sender);
    fill_threads (self, mail);
    fill_contact (self, mail, place, policy);
    fill_files (self, mail, unkept);
}
